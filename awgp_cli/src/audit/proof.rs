//! `awgp audit prove` and `awgp audit check-proof`.

use super::key::{self, write_new};
use super::scope;
use crate::opt::{AuditCheckProof, AuditProve, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble, input};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::note::{self, Statement};
use awgp_core::audit::proof::{FORMAT, Kind, Proof, Unproven};
use awgp_core::audit::row::AuditRow;
use awgp_core::audit::tree::{Leaves, includes};
use awgp_core::civil::format_timestamp;
use awgp_core::reason::Reason;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
use uuid::Uuid;

/// The answer of the server's `prove_audit()`, as far as it is used; none of it is trusted.
#[derive(Deserialize)]
struct Answer {
    row: AuditRow,
    leaf_index: u64,
    path: Vec<Digest>,
}

/// Writes the proof of an event. Everything but the signature, which needs the public key, is checked before
/// it is written.
pub async fn prove(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditProve,
    output: Output,
) -> Result<String, Trouble> {
    let place = options.checkpoint.display().to_string();
    let note = input::file(&options.checkpoint).map_err(|error| {
        Failure::of_reason(Reason::NoteMalformed, format!("{place} cannot be read: {error}"))
            .hint("name a note that `awgp audit checkpoint` has written")
    })?;
    let statement = note::unverified_text(&note)
        .and_then(|text| Ok(Statement::parse(&text)?))
        .map_err(|error| key::refused(&error, &place))?;
    let (work, _) = scope::open(session, context).await?;
    let sql = "SELECT (SELECT tenant_id::text FROM awgp.audit_logs WHERE id = $1 LIMIT 1)";
    let rows = work.select(&format!("{sql} AS tenant_id"), &[&options.id]).await?;
    let tenant = rows.first().and_then(|row| Uuid::parse_str(&row.text("tenant_id")?).ok());
    let tenant = tenant.ok_or_else(|| {
        Failure::of_reason(Reason::UnknownAuditRow, format!("the visible trail has no event {}", options.id))
            .hint("awgp audit log")
    })?;
    let (size, root) = statement.tree_of(tenant).ok_or_else(|| unproven(&Unproven::OtherLog, &place))?;
    let size_in_sql = i64::try_from(size).unwrap_or(i64::MAX);
    let answer = work.text("SELECT awgp.prove_audit($1, $2)::text", &[&options.id, &size_in_sql]).await?;
    let answer: Answer = serde_json::from_str(&answer).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("the server's answer cannot be read: {error}"))
    })?;
    let leaf = Leaves::default().leaf(&answer.row.borrowed());
    let holds = leaf.is_some_and(|leaf| includes(root, size, answer.leaf_index, leaf, &answer.path));
    if !holds || answer.row.id != options.id {
        return Err(unproven(&Unproven::Mismatch, &place)
            .hint("find out what was changed with: awgp audit verify --checkpoint")
            .into());
    }
    let Answer { row, leaf_index, path } = answer;
    let hashes = path.len();
    let proof = Proof { awgp: Kind::Proof, format: FORMAT, row, leaf_index, path, note };
    write_new(&options.out, &render::pretty(&proof), false)?;
    Ok(match output {
        Output::Json => render::pretty(&json!({
            "audit_id": options.id, "leaf_index": leaf_index, "tree_size": size, "hashes": hashes, "proof": options.out,
        })),
        Output::Table => format!("event {} is leaf {leaf_index} of {size}: {hashes} hashes\n", options.id),
    })
}

/// Checks a proof, with only the proof and the public key.
pub fn check(options: &AuditCheckProof, output: Output) -> Result<String, Failure> {
    let place = options.file.display().to_string();
    let public_key = key::public(&options.public_key)?;
    let json = input::file(&options.file)
        .map_err(|error| unproven(&Unproven::Malformed(error.to_string()), &place))?;
    let proof = Proof::parse(&json).map_err(|error| unproven(&error, &place))?;
    let proven = proof.check(&public_key).map_err(|error| unproven(&error, &place))?;
    let signed_by = note::key_name(&public_key).map_err(|error| key::refused(&error, "--public-key"))?;
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

fn unproven(unproven: &Unproven, place: &str) -> Failure {
    match unproven {
        Unproven::Note(refused) => key::refused(refused, place),
        Unproven::Malformed(_) => {
            told(unproven, place).hint("name a file that `awgp audit prove` has written")
        }
        Unproven::OtherLog => told(unproven, place).hint("use a note of the tenant, or of its holding"),
        Unproven::Mismatch => told(unproven, place)
            .hint("do not trust this proof: its row, path or note is not what was signed"),
    }
}

fn told(unproven: &Unproven, place: &str) -> Failure {
    Failure::of_reason(unproven.reason(), format!("{place}: {unproven}"))
}
