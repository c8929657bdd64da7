//! AWGP's own functions as tools for an assistant.
//!
//! Model: each call of a tool is one transaction with the assistant in context, beside the user of its
//! program ([`desk`]). A tool reads views and calls functions of the database, where every rule is; here are
//! only words: of the tools' schemas, and of what helps after a refusal. What belongs to another assistant or
//! tenant is unknown, and nothing of deciding, of policies or of tenants is offered.
//!
//! - [`server`]: the protocol's server; [`http`]: the same over HTTP
//! - [`offer`]: what a tool is; [`tools`]: all of them; [`schema`]: what they take and give
//! - [`refused`], [`hints`]: a refusal in words for a model
//! - [`hearing`]: wakes who waits for an approval
//!
//! Failure handling: a refusal is a result of the tool, not an error of the protocol, so that the model reads
//! it. A call that the client gives up is rolled back, or has committed.

pub mod desk;
pub mod hearing;
pub mod hints;
pub mod http;
pub mod offer;
pub mod refused;
pub mod schema;
pub mod server;
pub mod tools;

use crate::opt::{Door, Serve};
use awgp_client::{Exit, Failure};
use awgp_program::ended;
use desk::Desk;
use rmcp::ServiceExt as _;
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::transport::stdio_pipes;
use server::Server;
use std::sync::Arc;

/// A message has so many bytes at most.
pub const MOST_OF_MESSAGE: usize = 4 << 20;

/// Runs until the client is gone.
pub async fn run(serve: &Serve, door: &Door) -> Result<Exit, Failure> {
    check(serve, door)?;
    let desk = Arc::new(Desk::new(door)?);
    if !serve.bearer {
        // Who may not come in learns it now, and not at the first call of a tool.
        desk.own().name().await?;
    }
    match serve.listen {
        Some(address) => http::run(serve, address, desk).await,
        None => over_pipes(desk).await,
    }
}

/// Speaks with the one client on standard input and output.
async fn over_pipes(desk: Arc<Desk>) -> Result<Exit, Failure> {
    let (read, write) = stdio_pipes();
    let transport = AsyncRwTransport::new_server(read, write).with_max_line_length(MOST_OF_MESSAGE);
    let ended = ended();
    tokio::pin!(ended);
    let running = tokio::select! {
        () = &mut ended => return Ok(Exit::Success),
        running = Server::new(desk, false).serve(transport) => running,
    };
    // A client that goes away before it has said who it is wants nothing.
    let Ok(running) = running else { return Ok(Exit::Success) };
    let end = running.cancellation_token();
    let waiting = running.waiting();
    tokio::pin!(waiting);
    tokio::select! {
        _ = &mut waiting => {}
        () = &mut ended => {
            end.cancel();
            let _ = waiting.await;
        }
    }
    Ok(Exit::Success)
}

/// What arguments have to be like together.
fn check(serve: &Serve, door: &Door) -> Result<(), Failure> {
    let usage = |message: String, hint: &str| Err(Failure::new(Exit::Usage, message).hint(hint));
    if serve.bearer {
        for (is_given, option) in [
            (door.tenant.is_some(), "--tenant"),
            (door.user.is_some(), "--user"),
            (door.token_file.is_some(), "--token-file"),
        ] {
            if is_given {
                return usage(
                    format!("--bearer and {option} are given"),
                    "leave one of them out: with --bearer each request's token says who comes in",
                );
            }
        }
        return Ok(());
    }
    if let Some(address) = serve.listen.filter(|address| !address.ip().is_loopback()) {
        return usage(
            format!("{address} can be reached from other machines, and nobody would be asked who they are"),
            "add --bearer, or listen on an address of this machine such as 127.0.0.1:8787",
        );
    }
    let effective = door.effective()?;
    if effective.token().is_none() && effective.user().is_none_or(|user| user.trim().is_empty()) {
        return usage(
            "no user is given, and without one no role is checked".to_owned(),
            "add --user E-MAIL_OR_ID: a user of the agent's own, with the role operator",
        );
    }
    Ok(())
}
