//! `awgp tenant import`: a family out of a file, in one transaction.

use super::format::{self, Piece};
use crate::fleet::carrying;
use awgp_client::{Context, Failure, Session, Target, Trouble, Work};
use awgp_core::reason::Reason;
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

/// Rows and bytes that are sent at a time.
const AT_ONCE: usize = 5_000;
const BYTES_AT_ONCE: usize = 8 << 20;

const BEGIN: &str = "
    SELECT awgp.move_begin($1::uuid, 'target', $2::uuid, $3::uuid, 'an archive', $4::jsonb)";

/// Imports a family; returns what was done.
pub async fn import(target: &Target, file: &Path, as_copy: bool) -> Result<Value, Failure> {
    // Once to see that it is whole, once to send it.
    let mut facts = Value::Null;
    let end = format::read(file, |piece| {
        if let Piece::Facts(told) = piece {
            facts = told.clone();
        }
        Ok(())
    })?;
    if !end.left && !as_copy {
        let message = "the family has not left: it works on where it was exported";
        return Err(Failure::of_reason(Reason::TenantMoveRefused, message)
            .hint("awgp tenant export --leave, or import it beside the original with --as-copy"));
    }
    let id = |name: &str| facts[name].as_str().and_then(|id| id.parse::<Uuid>().ok());
    let (Some(family), Some(origin)) = (id("family_id"), id("install_id")) else {
        return Err(format::malformed("it does not say what it is about"));
    };
    Session::within(target, async |session| {
        let work = session.begin(Context::default()).await?;
        let move_id = Uuid::new_v4();
        work.rows(BEGIN, &[&move_id, &family, &origin, &facts]).await?;
        send(&work, move_id, file).await?;
        let rows = work.rows("SELECT awgp.move_verify($1::uuid, $2::jsonb)", &[&move_id, &end.lanes]).await?;
        let digests: Option<Value> = rows.first().map(|row| row.try_get(0)).transpose()?;
        if digests.as_ref() != Some(&end.digests) {
            return Err(format::malformed("its rows are not those that were exported").into());
        }
        work.rows("SELECT awgp.move_arrive($1::uuid, $2::jsonb)", &[&move_id, &end.lanes]).await?;
        work.commit().await?;
        Ok(json!({"move_id": move_id, "family_id": family, "slug": facts["slug"], "rows": end.rows,
                  "origin": origin, "is_copy": !end.left, "not_moved": facts["not_moved"]}))
    })
    .await
}

/// Sends all rows, in the order of the file.
async fn send(work: &Work<'_>, move_id: Uuid, file: &Path) -> Result<(), Trouble> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<(String, Vec<Vec<u8>>)>(2);
    let path = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || pieces(&path, &sender));
    let mut is_rest = false;
    while let Some((table, lines)) = receiver.recv().await {
        if table == "audit_logs" {
            work.rows("SELECT awgp.move_take_trail($1::uuid, $2::bytea[])", &[&move_id, &lines]).await?;
            continue;
        }
        if !is_rest && !carrying::BEFORE_THE_TRAIL.contains(&table.as_str()) {
            work.rows("SELECT awgp.move_rest($1::uuid)", &[&move_id]).await?;
            is_rest = true;
        }
        carrying::take(work, move_id, &table, &lines).await?;
    }
    reading.await.map_err(|error| format::malformed(&error.to_string()))??;
    Ok(())
}

/// Reads the rows, and passes them on in pieces of one table.
fn pieces(file: &Path, sender: &tokio::sync::mpsc::Sender<(String, Vec<Vec<u8>>)>) -> Result<(), Failure> {
    let (mut table, mut lines, mut bytes) = (String::new(), Vec::new(), 0);
    let pass_on = |table: &str, lines: Vec<Vec<u8>>| {
        if lines.is_empty() {
            return Ok(());
        }
        // The receiver is gone where the server has refused something, which is told there.
        sender.blocking_send((table.to_owned(), lines)).map_err(|_| format::malformed("it was not taken"))
    };
    format::read(file, |piece| {
        let Piece::Row(of, row) = piece else { return Ok(()) };
        if of != table || lines.len() >= AT_ONCE || (bytes >= BYTES_AT_ONCE && of != "tenants") {
            pass_on(&table, std::mem::take(&mut lines))?;
            (table, bytes) = (of.to_owned(), 0);
        }
        bytes += row.len();
        lines.push(row);
        Ok(())
    })?;
    pass_on(&table, lines)
}
