//! Whether a sealed partition is covered by signed checkpoints: only then may it be retired.

use crate::pg::argument;
use crate::pg::query;
use pgrx::prelude::*;

/// True where each lane's last row in the partition is in a tree whose checkpoint was signed, or moved away
/// with its family: then the event of that has the lane's last link, and the installation's own tree covers
/// the event.
const COVERED: &str = "
    SELECT NOT EXISTS (
        SELECT FROM awgp.audit_chain_anchors AS anchor
        WHERE anchor.partition_name = $1 AND NOT EXISTS (
            SELECT FROM awgp.audit_tree_lanes AS run
            WHERE run.tenant_id = anchor.tenant_id AND run.chain_lane = anchor.chain_lane
              AND run.last_seq >= anchor.last_seq
              AND EXISTS (
                  SELECT FROM awgp.audit_checkpoints AS signed
                  WHERE signed.tenant_id = run.tenant_id AND signed.tree_size >= run.tree_size
                    AND signed.signed_at IS NOT NULL))
          AND NOT EXISTS (
              SELECT FROM awgp.tenant_moves AS gone CROSS JOIN jsonb_array_elements(gone.lanes) AS lane
              WHERE gone.side = 'source' AND gone.state = 'cleared'
                AND (lane ->> 'tenant_id')::uuid = anchor.tenant_id
                AND (lane ->> 'chain_lane')::smallint = anchor.chain_lane
                AND (lane ->> 'last_seq')::bigint >= anchor.last_seq))
       AND EXISTS (SELECT FROM awgp.audit_log_integrity WHERE partition_name = $1)";

/// True where a signed checkpoint covers every row of a sealed partition. False where the partition is not
/// sealed. Runs as the caller, who must see all three tables.
pub fn covers_partition(name: &str) -> bool {
    let covered = query::one::<bool>(COVERED, &[name.into()]);
    match covered {
        Ok(covered) => covered == Some(true),
        Err(error) => error!("the checkpoints could not be read: {error}"),
    }
}

/// True where a signed checkpoint covers every row of a sealed partition.
///
/// SECURITY DEFINER, because maintainers cannot read the anchors; it returns only true or false.
#[pg_extern(stable, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn partition_is_checkpointed(partition_name: Option<&str>) -> bool {
    covers_partition(argument::needed("partition_name", partition_name))
}
