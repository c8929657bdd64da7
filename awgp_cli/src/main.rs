//! `awgp`, the command line of AWGP.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    awgp_cli::hide_secrets_in_panics();
    awgp_cli::run(std::env::args_os()).await.into()
}
