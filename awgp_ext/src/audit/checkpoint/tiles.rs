//! The tiles of the trees, rows of audit_tree_tiles.

use crate::pg::datum::{to_sql, uuid};
use crate::pg::statement::statements;
use awgp_core::audit::chain::Digest;
use awgp_core::audit::tree::Place;
use pgrx::IntoDatum;
use pgrx::prelude::*;
use uuid::Uuid;

statements! {
    TILE(UUIDOID, INT2OID, INT8OID) = "
        SELECT hashes FROM awgp.audit_tree_tiles
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND level OPERATOR(pg_catalog.=) $2 AND tile OPERATOR(pg_catalog.=) $3";
}

/// The hashes of a tile; None where the tile does not exist.
pub fn read(tenant: Uuid, place: Place) -> Option<Vec<Digest>> {
    let tile = i64::try_from(place.tile).unwrap_or(i64::MAX);
    let arguments = [uuid(tenant), i16::from(place.level).into_datum(), tile.into_datum()];
    let bytes = TILE.look(&arguments, |rows| rows.first().and_then(|row| row.bytes(c"hashes")))?;
    bytes.chunks(32).map(|hash| hash.try_into().ok().map(Digest)).collect()
}

/// Writes a tile, in place of a narrower one if there is one.
pub fn write(tenant: Uuid, place: Place, hashes: &[Digest]) {
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    let [tenant, level, tile] = arguments(tenant, place);
    let sql =
        "INSERT INTO awgp.audit_tree_tiles AS stored (tenant_id, level, tile, hashes) VALUES ($1, $2, $3, $4)
               ON CONFLICT (tenant_id, level, tile) DO UPDATE SET hashes = excluded.hashes";
    if let Err(error) = Spi::run_with_args(sql, &[tenant, level, tile, bytes.into()]) {
        error!("awgp.audit_tree_tiles could not be written: {error}");
    }
}

fn arguments(tenant: Uuid, place: Place) -> [pgrx::datum::DatumWithOid<'static>; 3] {
    let tile = i64::try_from(place.tile).unwrap_or(i64::MAX);
    [to_sql(tenant).into(), i16::from(place.level).into(), tile.into()]
}
