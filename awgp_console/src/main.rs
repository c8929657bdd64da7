//! `awgp-console`, the web page of AWGP; `awgp console` starts it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match awgp_console::run(std::env::args_os()).await {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit.into()
        }
    }
}
