//! One notice that says it is a test, to one target: the file, the way there and the shape are right.

use super::delivery::send;
use super::file::{Target, Targets};
use super::notice::Notice;
use crate::invocation::print;
use crate::opt::Output;
use crate::render;
use awgp_client::{Exit, Failure};
use awgp_core::reason::Reason;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

/// Sends it once. The database is not asked, and nothing of it is kept.
pub async fn deliver(targets: Targets, name: &str, output: Output) -> Result<Exit, Failure> {
    let Targets { console, targets } = targets;
    let known: Vec<String> = targets.iter().map(|target| target.name.clone()).collect();
    let Some(target) = targets.into_iter().find(|target| target.name == name) else {
        return Err(Failure::of_reason(Reason::NotifyFile, format!("the file has no target \"{name}\""))
            .hint(format!("its targets are {}", known.join(", "))));
    };
    let notice = notice(&target);
    let id = notice.id;
    let error = send(console.as_deref(), &Arc::new(target), &notice).await.err().map(|missed| missed.error);
    let exit = if error.is_none() { Exit::Success } else { Exit::Findings };
    let text = match output {
        Output::Json => {
            render::pretty(&json!({"target": name, "id": id, "delivered": error.is_none(), "error": error}))
        }
        Output::Table => match error {
            None => format!("a test notice was delivered to {name}\n"),
            Some(error) => format!("a test notice was not delivered to {name}: {}\n", render::cell(&error)),
        },
    };
    print(&text, exit)
}

/// The notice. A target of some tenants only gets it in the name of the first.
fn notice(target: &Target) -> Notice {
    Notice {
        id: Uuid::new_v4(),
        attempt: 1,
        kind: "test".to_owned(),
        tenant_id: None,
        tenant: target.tenants.as_ref().and_then(|slugs| slugs.first().cloned()),
        entity_type: "test".to_owned(),
        entity_id: None,
        code: None,
        expires_at: None,
        created_at: Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
    }
}
