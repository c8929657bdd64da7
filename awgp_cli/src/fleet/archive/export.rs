//! `awgp tenant export`: a family into a file.
//!
//! The trail is written first, while the family works. Then its writes are stopped, the rest is written, and
//! the family works on, or with `--leave` has left: the source lets go before the file says so.

use super::format::{self, FORMAT, Line, Writer};
use crate::fleet::carrying;
use crate::fleet::sides::Side;
use awgp_client::{Exit, Failure, Target};
use awgp_core::moving::{State, tables};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// What the record of an archive calls the other side.
const ARCHIVE: &str = "an archive";

const BEGIN: &str = "SELECT awgp.move_begin($1::uuid, 'source', $2::uuid, $3::uuid, $4::text)";

/// The newest move of a family here.
const NEWEST: &str = "
    SELECT id, state, peer FROM awgp.tenant_moves WHERE family_id = $1::uuid AND side = 'source'
    ORDER BY began_at DESC LIMIT 1";

/// Exports a family; returns what was done.
pub async fn export(target: &Target, family: &str, out: &Path, leave: bool) -> Result<Value, Failure> {
    let mut side = Side::open("source", target).await?;
    let outcome = written(&mut side, family, out, leave).await;
    side.close().await;
    outcome
}

async fn written(side: &mut Side, family: &str, out: &Path, leave: bool) -> Result<Value, Failure> {
    let family = crate::fleet::moving::family_of(side, family).await?;
    let mut writer = Writer::begin(out)?;
    let (move_id, mut state) = record(side, family, leave).await?;
    let facts: Value = one(side, "SELECT awgp.family_facts($1::uuid)", &family).await?;
    let not_moved = facts["not_moved"].clone();
    writer.put(&Line::Family { format: FORMAT, facts })?;
    let mut known = BTreeMap::new();
    for table in carrying::BEFORE_THE_TRAIL {
        whole(side, move_id, table, &mut writer).await?;
    }
    if state == State::Preparing {
        trail(side, move_id, &mut known, &mut writer).await?;
        call(side, "SELECT awgp.move_stop($1::uuid)", move_id).await?;
        state = State::Stopped;
    }
    let lanes = match trail(side, move_id, &mut known, &mut writer).await {
        Ok(lanes) => rest(side, move_id, &mut writer).await.map(|digests| (lanes, digests)),
        Err(failure) => Err(failure),
    };
    let (lanes, digests) = match lanes {
        Ok(told) => told,
        Err(failure) if state == State::Stopped => {
            call(side, "SELECT awgp.move_back($1::uuid)", move_id).await?;
            return Err(failure);
        }
        Err(failure) => return Err(failure),
    };
    if !leave {
        call(side, "SELECT awgp.move_back($1::uuid)", move_id).await?;
    } else if state == State::Stopped {
        let sql = "SELECT awgp.move_leave($1::uuid, $2::jsonb)";
        side.within(async |work| work.rows(sql, &[&move_id, &digests]).await.map(drop)).await?;
    }
    let rows = writer.finish(leave, lanes, digests)?;
    format::read(out, |_| Ok(()))?;
    if leave {
        call(side, "SELECT awgp.move_clear($1::uuid)", move_id).await?;
    }
    let file = out.display().to_string();
    Ok(json!({"family_id": family, "rows": rows, "file": file, "left": leave, "not_moved": not_moved}))
}

/// The record of this export: a new one, or that of one that was interrupted.
async fn record(side: &mut Side, family: Uuid, leave: bool) -> Result<(Uuid, State), Failure> {
    let newest = side
        .within(async |work| {
            let rows = work.rows(NEWEST, &[&family]).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            let (state, peer): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            Ok(State::of_name(&state).map(|state| (row.get::<_, Uuid>(0), state, peer)))
        })
        .await?;
    match newest {
        Some((id, state @ (State::Preparing | State::Stopped), peer)) if peer == ARCHIVE => Ok((id, state)),
        Some((id, State::Left, peer)) if peer == ARCHIVE && leave => Ok((id, State::Left)),
        Some((_, State::Preparing | State::Stopped | State::Left, _)) => {
            Err(Failure::new(Exit::WrongState, "source: the family is being moved")
                .hint("let the move end first: awgp fleet move"))
        }
        _ => {
            let (id, nobody) = (Uuid::new_v4(), Uuid::new_v4());
            side.within(async |work| work.rows(BEGIN, &[&id, &family, &nobody, &ARCHIVE]).await.map(drop))
                .await?;
            Ok((id, State::Preparing))
        }
    }
}

async fn call(side: &mut Side, sql: &str, id: Uuid) -> Result<(), Failure> {
    side.within(async |work| work.rows(sql, &[&id]).await.map(drop)).await
}

async fn one(side: &mut Side, sql: &str, id: &Uuid) -> Result<Value, Failure> {
    side.within(async |work| {
        let rows = work.rows(sql, &[id]).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or_default())
    })
    .await
}

/// Writes a table whole.
async fn whole(side: &mut Side, move_id: Uuid, table: &str, writer: &mut Writer) -> Result<(), Failure> {
    let mut after: Option<Vec<String>> = None;
    loop {
        let (key, lines) = carrying::piece(side, move_id, table, after.as_ref()).await?;
        if lines.is_empty() {
            return Ok(());
        }
        writer.rows(table, lines)?;
        after = key;
    }
}

/// Writes the rows of the trail that are not written yet; returns the last link of each lane.
async fn trail(
    side: &mut Side,
    move_id: Uuid,
    known: &mut BTreeMap<(Uuid, i16), i64>,
    writer: &mut Writer,
) -> Result<Value, Failure> {
    let lanes = side.within(async |work| carrying::lanes(work, move_id).await).await?;
    for ((tenant, lane), (last_seq, _)) in &lanes {
        let after = known.entry((*tenant, *lane)).or_insert(0);
        while *after < *last_seq {
            let lines = carrying::trail_piece(side, move_id, *tenant, *lane, *after).await?;
            let Some(reached) = lines.last().map(|(seq, _)| *seq) else { break };
            writer.rows("audit_logs", lines.into_iter().map(|(_, line)| line).collect())?;
            *after = reached;
        }
    }
    Ok(carrying::as_list(&lanes))
}

/// Writes everything else; returns the digests.
async fn rest(side: &mut Side, move_id: Uuid, writer: &mut Writer) -> Result<Value, Failure> {
    whole(side, move_id, "assistant_templates", writer).await?;
    for (table, _) in tables::compared() {
        whole(side, move_id, table, writer).await?;
    }
    one(side, "SELECT awgp.move_digests($1::uuid)", &move_id).await
}
