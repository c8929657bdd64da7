//! The trees of a family that comes back: what is here of them from an earlier stay, and the way back to it.
//!
//! While a family is away nobody appends to its trees here, and those that come back have grown from them:
//! each tile begins with the one that was here, and the runs of the lanes are among those that come. So what
//! arrives is written over what is here. The rows of checkpoints alone may be others, since the newest one is
//! restated where a family arrives, and signatures are confirmed later: those that are replaced are kept in
//! the record, until the family works here or the move is undone.

use super::record::{self, Move};
use crate::pg::datum::to_sql;

/// Keeps the newest checkpoint of each tree that is here from an earlier stay. Its size is the tree's.
pub fn keep_newest(moving: &Move) {
    record::write(
        "UPDATE awgp.tenant_moves SET kept = (
             SELECT pg_catalog.jsonb_agg(pg_catalog.to_jsonb(newest)) FROM (
                 SELECT DISTINCT ON (tenant_id) * FROM awgp.audit_checkpoints
                 WHERE tenant_id = ANY ($2) ORDER BY tenant_id, tree_size DESC) AS newest)
         WHERE id = $1",
        &[to_sql(moving.id).into(), moving.sql_tenants().into()],
    );
}

/// Keeps the checkpoints of an earlier stay that these lines are about to replace by others.
pub fn keep_replaced(moving: &Move, lines: &[Vec<u8>]) {
    record::write(
        "UPDATE awgp.tenant_moves SET kept = kept || (
             SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(here)), '[]')
             FROM (SELECT convert_from(line, 'UTF8')::awgp.audit_checkpoints AS r
                   FROM unnest($2::bytea[]) AS given (line) OFFSET 0) AS arriving
             JOIN awgp.audit_checkpoints AS here
               ON here.tenant_id = (r).tenant_id AND here.tree_size = (r).tree_size
             WHERE here.tenant_id = ANY ($3) AND here IS DISTINCT FROM r)
         WHERE id = $1 AND kept IS NOT NULL",
        &[to_sql(moving.id).into(), lines.to_vec().into(), moving.sql_tenants().into()],
    );
}

/// How rows of this table are written over those of an earlier stay; None where there is none.
pub fn over(table: &str) -> Option<&'static str> {
    match table {
        "audit_checkpoints" => Some(
            "ON CONFLICT (tenant_id, tree_size) DO UPDATE SET (root_hash, body, made_at, signed_at, signed_by)
             = (excluded.root_hash, excluded.body, excluded.made_at, excluded.signed_at, excluded.signed_by)",
        ),
        "audit_tree_lanes" => Some(
            "ON CONFLICT (tenant_id, chain_lane, last_seq) DO UPDATE SET (first_seq, last_hash, first_leaf, tree_size)
             = (excluded.first_seq, excluded.last_hash, excluded.first_leaf, excluded.tree_size)",
        ),
        "audit_tree_tiles" => Some(
            "ON CONFLICT (tenant_id, level, tile) DO UPDATE SET hashes = excluded.hashes",
        ),
        _ => None,
    }
}

/// The size that each tenant's tree had here: $1 the move, $2 the tenants.
const SIZES: &str = "
    SELECT tenant.id AS tenant_id, COALESCE(max((kept ->> 'tree_size')::bigint), 0) AS size
    FROM unnest($2::uuid[]) AS tenant (id)
    LEFT JOIN (SELECT pg_catalog.jsonb_array_elements(kept) AS kept FROM awgp.tenant_moves WHERE id = $1) AS was
           ON (kept ->> 'tenant_id')::uuid = tenant.id
    GROUP BY tenant.id";

/// Brings the trees back to what they were before the family came back: cut to the size that they had, with
/// the checkpoints that were replaced.
pub fn back(moving: &Move) {
    let arguments = || [to_sql(moving.id).into(), moving.sql_tenants().into()];
    // On each level a tree has a hash for each full subtree of 256 below it.
    let left = "least(256, greatest(0, (was.size >> (8 * here.level)) - 256 * here.tile))";
    for sql in [
        format!(
            "DELETE FROM awgp.audit_tree_tiles AS here USING ({SIZES}) AS was
             WHERE here.tenant_id = was.tenant_id AND {left} = 0"
        ),
        format!(
            "UPDATE awgp.audit_tree_tiles AS here SET hashes = substr(here.hashes, 1, 32 * ({left})::integer)
             FROM ({SIZES}) AS was
             WHERE here.tenant_id = was.tenant_id AND octet_length(here.hashes) > 32 * {left}"
        ),
        format!(
            "DELETE FROM awgp.audit_tree_lanes AS here USING ({SIZES}) AS was
             WHERE here.tenant_id = was.tenant_id AND here.tree_size > was.size"
        ),
        format!(
            "DELETE FROM awgp.audit_checkpoints AS here USING ({SIZES}) AS was
             WHERE here.tenant_id = was.tenant_id AND here.tree_size > was.size"
        ),
        "UPDATE awgp.audit_checkpoints AS here
         SET (root_hash, body, made_at, signed_at, signed_by)
           = (was.root_hash, was.body, was.made_at, was.signed_at, was.signed_by)
         FROM awgp.tenant_moves AS move
         CROSS JOIN LATERAL jsonb_populate_recordset(NULL::awgp.audit_checkpoints, move.kept) AS was
         WHERE move.id = $1 AND was.tenant_id = ANY ($2)
           AND here.tenant_id = was.tenant_id AND here.tree_size = was.tree_size"
            .to_owned(),
    ] {
        record::write(&sql, &arguments());
    }
    forget(moving);
}

/// What was kept is not needed any more.
pub fn forget(moving: &Move) {
    record::write("UPDATE awgp.tenant_moves SET kept = NULL WHERE id = $1", &[to_sql(moving.id).into()]);
}
