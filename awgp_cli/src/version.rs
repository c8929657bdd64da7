//! `awgp version`: the version of the client always, of the extension if a server is reachable.

use crate::invocation::{Invocation, print};
use crate::opt::Output;
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble, secret};
use serde_json::json;

/// Prints both versions. An unreachable server is not a failure: a note is printed beside the version.
pub async fn run(invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let client = env!("CARGO_PKG_VERSION");
    let (extension, note) = match invocation.connected(ask).await {
        Ok(version) => (Some(version), None),
        Err(failure) => (None, Some(secret::redact(&failure.message))),
    };
    let text = match invocation.output {
        Output::Json => render::pretty(&json!({ "client": client, "extension": extension, "note": note })),
        Output::Table => {
            let server = extension.unwrap_or_else(|| format!("unknown ({})", note.unwrap_or_default()));
            format!("awgp (client)     {client}\nawgp (extension)  {server}\n")
        }
    };
    print(&text, Exit::Success)
}

async fn ask(session: &mut Session) -> Result<String, Trouble> {
    session.begin(Context::default()).await?.text("SELECT awgp.version()", &[]).await
}
