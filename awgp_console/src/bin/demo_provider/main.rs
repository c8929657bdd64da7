//! `awgp-demo-provider`, an OpenID provider for the demo and the tests: whoever reaches it signs in as whom
//! they choose, so it listens on an address of this machine alone. No package brings it.
//!
//! | file | concept |
//! |---|---|
//! | `users` | whom one can sign in as |
//! | `tokens` | its key, and what it signs |
//! | `flow` | codes and refresh tokens that are out, and what they are given for |
//! | `pages` | what it answers |

mod flow;
mod pages;
mod tokens;
mod users;

use clap::{Parser, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;

/// Serve an OpenID provider for a try: whoever reaches it signs in as whom they choose.
#[derive(Debug, Parser)]
#[command(name = "awgp-demo-provider", version, max_term_width = 100)]
struct Opt {
    /// An address of this machine to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Whom one can sign in as: JSON Lines, each with `sub`, `name` and `about`.
    #[arg(long, value_name = "FILE")]
    users: PathBuf,
    /// What access tokens are for.
    #[arg(long, default_value = "awgp")]
    audience: String,
    /// The only client.
    #[arg(long, value_name = "ID", default_value = "awgp-console")]
    client_id: String,
    /// So many seconds an access token is good.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    lifetime: i64,
    /// Access tokens carry so many bytes of claims that nobody needs.
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    ballast: usize,
    /// For tests: what is wrong with every id token.
    #[arg(long, value_name = "WHAT")]
    wrong: Option<Wrong>,
}

/// What is wrong with id tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wrong {
    /// It answers another question.
    Nonce,
    /// It is another provider's.
    Issuer,
    /// It is another client's.
    Audience,
    /// It has ended.
    Expiry,
    /// It is signed by another key.
    Signature,
    /// It is of another access token.
    Hash,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve(Opt::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(opt: Opt) -> Result<(), String> {
    if !opt.listen.ip().is_loopback() {
        return Err(format!(
            "{} is no address of this machine alone: nobody is asked for a password",
            opt.listen
        ));
    }
    let users = users::read(&opt.users)?;
    let listener = TcpListener::bind(opt.listen).await.map_err(|error| format!("{}: {error}", opt.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let issuer = format!("http://{address}");
    println!("the provider is at {issuer}");
    let router = pages::router(opt, issuer, users)?;
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            let _ = tokio::signal::ctrl_c().await;
        })
        .await
        .map_err(|error| error.to_string())
}
