//! `awgp audit prove`, and how `awgp audit check-proof` checks one.

use super::key::{self, write_new};
use super::scope;
use crate::opt::{AuditProve, Output};
use crate::render;
use awgp_client::proof::{self, Made};
use awgp_client::{Context, Failure, Session, Trouble, input};
use awgp_core::audit::note;
use awgp_core::audit::proof::{Proof, Unproven};
use awgp_core::civil::format_timestamp;
use awgp_core::reason::Reason;
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// Writes the proof of an event. Everything but the signature, which needs the public key, is checked before
/// it is written.
pub async fn prove(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditProve,
    output: Output,
) -> Result<String, Trouble> {
    let place = options.checkpoint.display().to_string();
    let note = read_note(&options.checkpoint)?;
    let (work, scope) = scope::open(session, context).await?;
    let made =
        proof::prove(&work, options.id, &scope.condition(), note).await?.map_err(|error| match error {
            Unproven::Mismatch => {
                told(&error, &place).hint("find out what was changed with: awgp audit verify --checkpoint")
            }
            error => unproven(&error, &place),
        });
    let Made { proof, tree_size: size } = made?;
    let (leaf_index, hashes) = (proof.leaf_index, proof.path.len());
    write_new(&options.out, render::pretty(&proof), false)?;
    Ok(match output {
        Output::Json => render::pretty(&json!({
            "audit_id": options.id, "leaf_index": leaf_index, "tree_size": size, "hashes": hashes, "proof": options.out,
        })),
        Output::Table => format!("event {} is leaf {leaf_index} of {size}: {hashes} hashes\n", options.id),
    })
}

/// A signed note's file.
pub fn read_note(path: &Path) -> Result<String, Failure> {
    input::file(path).map_err(|error| {
        Failure::of_reason(Reason::NoteMalformed, format!("{} cannot be read: {error}", path.display()))
            .hint("name a note that `awgp audit checkpoint` has written")
    })
}

/// Checks a proof, with only its text and the public key.
pub fn check(json: &str, public_key: &str, place: &str, output: Output) -> Result<String, Failure> {
    let proof = Proof::parse(json).map_err(|error| unproven(&error, place))?;
    let proven = proof.check(public_key).map_err(|error| unproven(&error, place))?;
    let signed_by = note::key_name(public_key).map_err(|error| key::refused(&error, "--public-key"))?;
    Ok(match output {
        Output::Json => render::pretty(&json!({
            "proven": true, "row": proof.row, "leaf_index": proof.leaf_index, "tree_size": proven.size,
            "root_hash": proven.root, "install_id": proven.install_id, "signed_by": signed_by,
        })),
        Output::Table => {
            let row = &proof.row;
            let mut text =
                format!("proven: event {} is one of the {} that {signed_by} signed\n", row.id, proven.size);
            let actor = row.actor_id.map_or(String::new(), |id| format!(" {id}"));
            let entity = row.entity_id.map_or(String::new(), |id| format!(" {id}"));
            for (name, value) in [
                ("time", format_timestamp(row.timestamp_us)),
                ("tenant", row.tenant_id.to_string()),
                ("actor", format!("{}{actor}", row.actor_type)),
                ("action", row.action.clone()),
                ("entity", format!("{}{entity}", row.entity_type)),
            ] {
                let _ = writeln!(text, "{name:<8}{}", render::cell(&value));
            }
            text
        }
    })
}

/// Why a proof is refused, and what to do next.
pub fn unproven(unproven: &Unproven, place: &str) -> Failure {
    match unproven {
        Unproven::Note(refused) => key::refused(refused, place),
        Unproven::Malformed(_) => told(unproven, place)
            .hint("name a file that `awgp audit prove` or `awgp audit receipt` has written"),
        Unproven::OtherLog => told(unproven, place).hint("use a note of the tenant, or of its holding"),
        Unproven::Mismatch => told(unproven, place)
            .hint("do not trust this proof: its row, path or note is not what was signed"),
    }
}

fn told(unproven: &Unproven, place: &str) -> Failure {
    Failure::of_reason(unproven.reason(), format!("{place}: {unproven}"))
}
