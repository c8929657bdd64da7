//! `awgp version`: of the client always, of the extension where a server can be reached.

use crate::connect::Target;
use crate::failure::{Failure, Trouble};
use crate::opt::Output;
use crate::render;
use crate::session::{Context, Session};
use serde_json::json;

/// Both versions. A server that cannot be reached is no failure: it is said beside the version.
pub async fn version(target: Result<Target, Failure>, output: Output) -> String {
    let client = env!("CARGO_PKG_VERSION");
    let (extension, note) = match of_server(target).await {
        Ok(version) => (Some(version), None),
        Err(failure) => (None, Some(crate::secret::redact(&failure.message))),
    };
    match output {
        Output::Json => render::pretty(&json!({ "client": client, "extension": extension, "note": note })),
        Output::Table => {
            let server = extension.unwrap_or_else(|| format!("unknown ({})", note.unwrap_or_default()));
            format!("awgp (client)     {client}\nawgp (extension)  {server}\n")
        }
    }
}

async fn of_server(target: Result<Target, Failure>) -> Result<String, Failure> {
    let mut session = Session::open(&target?).await?;
    let outcome = ask(&mut session).await;
    match outcome {
        Ok(version) => Ok(version),
        Err(trouble) => Err(session.explain(trouble).await),
    }
}

async fn ask(session: &mut Session) -> Result<String, Trouble> {
    session.begin(Context::default()).await?.text("SELECT awgp.version()", &[]).await
}
