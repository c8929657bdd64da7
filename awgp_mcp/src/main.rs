//! `awgp-mcp`, the door of AWGP for agents; `awgp mcp` starts it.

#[tokio::main]
async fn main() {
    let exit = match awgp_mcp::run(std::env::args_os()).await {
        Ok(exit) => exit,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit
        }
    };
    // Not by returning: whoever reads a terminal would keep the program until a line comes.
    std::process::exit(exit.code().into())
}
