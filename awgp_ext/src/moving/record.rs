//! The record of a move.

use super::standing;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::raise::raise;
use awgp_core::moving::{self, Side, State};
use pgrx::prelude::*;
use pgrx::{JsonB, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

/// The record.
#[derive(Clone, Debug)]
pub struct Move {
    /// Its id, the same on both sides.
    pub id: Uuid,
    /// The side that this database is on.
    pub side: Side,
    /// How far it is.
    pub state: State,
    /// The tenant without a parent.
    pub family: Uuid,
    /// Its slug.
    pub slug: String,
    /// All tenants of the family, ascending.
    pub tenants: Vec<Uuid>,
    /// The install id of this database.
    pub install_id: Uuid,
    /// The install id of the other one.
    pub peer_id: Uuid,
    /// What the other one is called.
    pub peer: String,
}

impl Move {
    /// The family's tenants, as SQL passes them.
    pub fn sql_tenants(&self) -> Vec<SqlUuid> {
        self.tenants.iter().copied().map(to_sql).collect()
    }
}

const OF: &str = "SELECT side, state, family_id, slug, tenants, install_id, peer_id, peer
                  FROM awgp.tenant_moves WHERE id = $1";

/// The record with this id, locked until the transaction ends; refuses where there is none, where it is of
/// the other side, or where the state is none of these.
pub fn at(id: Uuid, side: Side, states: &[State]) -> Move {
    let found = find(id, true).unwrap_or_else(|| raise(&moving::unknown_move(id)));
    if found.side != side || !states.contains(&found.state) {
        let state = Some(found.state);
        raise(&match found.side {
            Side::Source => moving::unclear(state, None),
            Side::Target => moving::unclear(None, state),
        });
    }
    found
}

/// The record with this id, on whichever side.
pub fn find(id: Uuid, lock: bool) -> Option<Move> {
    let arguments = [to_sql(id).into()];
    // What only reads works on a standby too.
    let read = match lock {
        true => Spi::connect_mut(|client| {
            of_row(id, client.update(&format!("{OF} FOR UPDATE"), Some(1), &arguments)?)
        }),
        false => Spi::connect(|client| of_row(id, client.select(OF, Some(1), &arguments)?)),
    };
    read.unwrap_or_else(|error| error!("awgp.tenant_moves could not be read: {error}"))
}

fn of_row(id: Uuid, rows: spi::SpiTupleTable<'_>) -> spi::Result<Option<Move>> {
    if rows.is_empty() {
        return Ok(None);
    }
    let row = rows.first();
    let side = row.get::<String>(1)?.and_then(|side| Side::of_name(&side));
    let state = row.get::<String>(2)?.and_then(|state| State::of_name(&state));
    let ids: [Option<SqlUuid>; 3] = [row.get(3)?, row.get(6)?, row.get(7)?];
    let slug: Option<String> = row.get(4)?;
    let tenants: Option<Vec<SqlUuid>> = row.get(5)?;
    let peer: Option<String> = row.get(8)?;
    let ([Some(family), Some(install_id), Some(peer_id)], Some(side), Some(state)) = (ids, side, state)
    else {
        return Ok(None);
    };
    let mut tenants: Vec<Uuid> = tenants.unwrap_or_default().iter().map(from_sql).collect();
    tenants.sort_unstable();
    Ok(Some(Move {
        id,
        side,
        state,
        family: from_sql(&family),
        slug: slug.unwrap_or_default(),
        tenants,
        install_id: from_sql(&install_id),
        peer_id: from_sql(&peer_id),
        peer: peer.unwrap_or_default(),
    }))
}

/// Writes a new record, in the state `preparing`.
pub fn begin(record: &Move) {
    write(
        "INSERT INTO awgp.tenant_moves (id, side, family_id, slug, tenants, install_id, peer_id, peer, began_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, session_user)",
        &[
            to_sql(record.id).into(),
            record.side.name().into(),
            to_sql(record.family).into(),
            record.slug.as_str().into(),
            record.sql_tenants().into(),
            to_sql(record.install_id).into(),
            to_sql(record.peer_id).into(),
            record.peer.as_str().into(),
        ],
    );
    standing::announce();
}

/// Moves the record on.
pub fn set(id: Uuid, state: State) {
    let column = match state {
        State::Stopped => "stopped_at",
        State::Cleared => "cleared_at",
        _ => "settled_at",
    };
    let sql = format!("UPDATE awgp.tenant_moves SET state = $2, {column} = clock_timestamp() WHERE id = $1");
    write(&sql, &[to_sql(id).into(), state.name().into()]);
    standing::announce();
}

/// Keeps the last link of each lane, and the digest of each table.
pub fn keep(id: Uuid, lanes: Value, digests: Value) {
    write(
        "UPDATE awgp.tenant_moves SET lanes = $2, digests = $3 WHERE id = $1",
        &[to_sql(id).into(), JsonB(lanes).into(), JsonB(digests).into()],
    );
}

/// The digests that are kept.
pub fn kept(id: Uuid) -> (Value, Value) {
    let read = |column: &str| {
        let sql = format!("SELECT {column} FROM awgp.tenant_moves WHERE id = $1");
        let kept = crate::pg::query::one::<JsonB>(&sql, &[to_sql(id).into()]);
        kept.ok().flatten().map_or(Value::Null, |kept| kept.0)
    };
    (read("lanes"), read("digests"))
}

/// Runs a statement that writes, and returns how many rows it wrote.
pub fn write(sql: &str, arguments: &[pgrx::datum::DatumWithOid<'_>]) -> usize {
    let written = Spi::connect_mut(|client| client.update(sql, None, arguments).map(|rows| rows.len()));
    written.unwrap_or_else(|error| error!("the move could not be recorded: {error}"))
}
