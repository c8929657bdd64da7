//! Carries rows from the source of a move to its target, piece by piece.

use super::sides::Side;
use awgp_client::{Exit, Failure, Trouble, Work};
use awgp_core::moving::tables;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A lane of a trail: tenant and number.
type Lane = (Uuid, i16);

/// What has to be there before the first row of the trail: the points of its lanes, and the anchors of months
/// that are gone.
pub const BEFORE_THE_TRAIL: [&str; 2] = ["audit_adopted_lanes", "audit_chain_anchors"];

/// The last link of each lane, number and hash.
pub async fn lanes(work: &Work<'_>, move_id: Uuid) -> Result<BTreeMap<Lane, (i64, String)>, Trouble> {
    let sql = "SELECT tenant_id, chain_lane, last_seq, last_hash FROM awgp.move_lanes($1::uuid)";
    let rows = work.rows(sql, &[&move_id]).await?;
    rows.iter()
        .map(|row| Ok(((row.try_get(0)?, row.try_get(1)?), (row.try_get(2)?, row.try_get(3)?))))
        .collect()
}

/// The same as `awgp.move_verify()` takes them.
pub fn as_list(lanes: &BTreeMap<Lane, (i64, String)>) -> Value {
    let list = lanes.iter().map(|((tenant_id, chain_lane), (last_seq, last_hash))| {
        json!({"tenant_id": tenant_id, "chain_lane": chain_lane, "last_seq": last_seq, "last_hash": last_hash})
    });
    Value::Array(list.collect())
}

/// Carries the rows of the trail that the target does not have yet, and returns their number. Each piece is a
/// transaction of its own.
pub async fn trail(source: &mut Side, target: &mut Side, move_id: Uuid) -> Result<i64, Failure> {
    for table in BEFORE_THE_TRAIL {
        let pieces = read(source, move_id, table).await?;
        for lines in pieces {
            target.within(async |work| take(work, move_id, table, &lines).await).await?;
        }
    }
    let whole = source.within(async |work| lanes(work, move_id).await).await?;
    let mut arrived = target.within(async |work| lanes(work, move_id).await).await?;
    let mut carried = 0;
    for ((tenant, lane), (last_seq, _)) in &whole {
        let mut after = arrived.remove(&(*tenant, *lane)).map_or(0, |(seq, _)| seq);
        while after < *last_seq {
            let lines = trail_piece(source, move_id, *tenant, *lane, after).await?;
            let lines: Vec<Vec<u8>> = lines.into_iter().map(|(_, line)| line).collect();
            if lines.is_empty() {
                // What is left is in months that are gone.
                break;
            }
            let reached = target
                .within(async |work| {
                    work.rows("SELECT awgp.move_take_trail($1::uuid, $2::bytea[])", &[&move_id, &lines])
                        .await?;
                    Ok(lanes(work, move_id).await?.remove(&(*tenant, *lane)).map_or(0, |(seq, _)| seq))
                })
                .await?;
            if reached <= after {
                let message = format!("target: rows of tenant {tenant}, lane {lane} do not arrive");
                return Err(Failure::new(Exit::Unexpected, message).hint(
                    "awgp audit verify on both servers; awgp fleet move FAMILY --back undoes the move",
                ));
            }
            carried += i64::try_from(lines.len()).unwrap_or(i64::MAX);
            after = reached;
        }
    }
    Ok(carried)
}

/// Rows of a lane after this number, each with its number and as a line.
pub async fn trail_piece(
    source: &mut Side,
    move_id: Uuid,
    tenant: Uuid,
    lane: i16,
    after: i64,
) -> Result<Vec<(i64, Vec<u8>)>, Failure> {
    source
        .within(async |work| {
            let sql = "SELECT chain_seq, line
                       FROM awgp.move_trail($1::uuid, $2::uuid, $3::smallint, $4::bigint)";
            let rows = work.rows(sql, &[&move_id, &tenant, &lane, &after]).await?;
            let read = |row: &tokio_postgres::Row| Ok((row.try_get(0)?, row.try_get(1)?));
            Ok(rows.iter().map(read).collect::<Result<Vec<_>, tokio_postgres::Error>>()?)
        })
        .await
}

/// Carries everything else in one transaction of the target, and has it verified there. Returns the digests.
pub async fn rest(source: &mut Side, target: &mut Side, move_id: Uuid) -> Result<Value, Failure> {
    let whole = source.within(async |work| lanes(work, move_id).await).await?;
    let told = as_list(&whole);
    let mut names: Vec<&str> = vec!["assistant_templates"];
    names.extend(tables::compared().map(|(name, _)| name));
    // A holding's own templates come before the assistants that are made from them.
    target
        .within(async |work| {
            work.rows("SELECT awgp.move_rest($1::uuid)", &[&move_id]).await?;
            for table in names {
                let mut after: Option<Vec<String>> = None;
                loop {
                    let (key, lines) = piece(source, move_id, table, after.as_ref()).await?;
                    if lines.is_empty() {
                        break;
                    }
                    take(work, move_id, table, &lines).await?;
                    after = key;
                }
            }
            let verified = "SELECT awgp.move_verify($1::uuid, $2::jsonb)";
            let row = work.rows(verified, &[&move_id, &told]).await?;
            let digests: Option<Value> = row.first().map(|row| row.try_get(0)).transpose()?;
            Ok(digests.unwrap_or_default())
        })
        .await
}

/// The pieces of a small table.
async fn read(source: &mut Side, move_id: Uuid, table: &str) -> Result<Vec<Vec<Vec<u8>>>, Failure> {
    let (mut pieces, mut after) = (Vec::new(), None);
    loop {
        let (key, lines) = piece(source, move_id, table, after.as_ref()).await?;
        if lines.is_empty() {
            return Ok(pieces);
        }
        pieces.push(lines);
        after = key;
    }
}

/// The rows of a table after a key, as lines, and the last one's key.
pub async fn piece(
    source: &mut Side,
    move_id: Uuid,
    table: &str,
    after: Option<&Vec<String>>,
) -> Result<(Option<Vec<String>>, Vec<Vec<u8>>), Failure> {
    source
        .within(async |work| {
            let sql = "SELECT key, line FROM awgp.move_rows($1::uuid, $2::text, $3::text[])";
            let rows = work.rows(sql, &[&move_id, &table, &after]).await?;
            let key = rows.last().map(|row| row.try_get(0)).transpose()?;
            let lines = rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>()?;
            Ok((key, lines))
        })
        .await
}

/// Passes lines of a table on to the target.
pub async fn take(work: &Work<'_>, move_id: Uuid, table: &str, lines: &Vec<Vec<u8>>) -> Result<(), Trouble> {
    work.rows("SELECT awgp.move_take($1::uuid, $2::text, $3::bytea[])", &[&move_id, &table, lines]).await?;
    Ok(())
}
