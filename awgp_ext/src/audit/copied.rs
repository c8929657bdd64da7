//! Rows of the trail that a subscription brings into a copy of another installation.
//!
//! Model: the owner says once, in an empty database, that it is a copy, and names the subscription
//! (`become_copy()`). From then on the rows of the trail are written by that subscription's workers, and by
//! nobody else: neither by the chain, nor by a superuser's INSERT. The rows keep their chain; verification
//! shows whether they are whole.
//!
//! A worker is told by what the server knows of its own process, which SQL cannot change. Code of others
//! would run inside such a worker where the subscription also wrote tables of others, with triggers, defaults
//! or constraints of theirs. So the subscription may write the trail's tables only, and the row must come
//! from the worker itself, not from a trigger within it.

use super::append;
use super::installation;
use crate::pg::argument;
use crate::pg::datum::from_sql;
use crate::pg::raise::raise;
use crate::pg::replication;
use crate::pg::transaction::refuse_read_only;
use crate::pg::trigger::TriggerCall;
use crate::pg::{catalog, query, relation, role};
use awgp_core::audit::chain::{Digest, Lane};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys;
use pgrx::prelude::*;
use std::ffi::CStr;

/// What a subscription may write in a copy: the trail, and what its verification needs.
const TABLES: [&CStr; 10] = [
    c"audit_logs",
    c"audit_checkpoints",
    c"audit_tree_lanes",
    c"audit_tree_tiles",
    c"audit_log_integrity",
    c"audit_chain_anchors",
    c"audit_retired_partitions",
    c"audit_adoptions",
    c"audit_adopted_lanes",
    c"tenants",
];

/// What becomes of a row that somebody inserts into the trail.
pub enum Arrival {
    /// It is refused: this is no copy, or the row does not come from its subscription.
    Foreign,
    /// It is stored.
    New,
    /// It is there already: the copy has subscribed anew, and the trail is sent whole once more.
    Known,
}

/// Judges a row that is inserted.
pub fn arrival(call: &TriggerCall) -> Arrival {
    if !call.is_row_insert() || !comes_from_the_subscription() {
        return Arrival::Foreign;
    }
    let row = call.new_row();
    let (Some(tenant_id), Some(chain_lane), Some(seq)) =
        (row.uuid(c"tenant_id"), row.smallint(c"chain_lane"), row.bigint(c"chain_seq"))
    else {
        return Arrival::New;
    };
    // Its time decides on the partition, today as when it came first.
    let known = append::link_in(call.relation_oid(), Lane { tenant_id, chain_lane }, seq);
    let hash = row.text(c"integrity_hash").and_then(|hash| Digest::from_hex(hash.as_bytes()));
    // Another row at this place is not hidden: its index refuses it, and the subscription stops.
    if known.is_some() && known.map(|link| link.hash) == hash { Arrival::Known } else { Arrival::New }
}

fn comes_from_the_subscription() -> bool {
    let Some(own) = replication::subscription_of_this_worker() else { return false };
    let tables = TABLES.map(relation::oid);
    installation::present().subscription == Some(own.name)
        && replication::trigger_depth() == 1
        && own.relations.iter().all(|relation| tables.contains(relation) || is_partition(*relation))
}

/// True for a partition of the trail.
fn is_partition(of: pg_sys::Oid) -> bool {
    // SAFETY: syscache look-ups.
    unsafe {
        pg_sys::get_rel_relispartition(of)
            && pg_sys::get_rel_namespace(of) == catalog::namespace()
            && relation::name_of(of).starts_with("audit_logs_")
    }
}

/// Makes this database a copy of another installation, which only the named subscription writes from now on,
/// and returns the install id. For the owner; the database must be without tenants and without a trail.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn become_copy(install_id: Option<pgrx::Uuid>, subscription: Option<&str>) -> pgrx::Uuid {
    refuse_read_only(c"awgp.become_copy()");
    let install_id = argument::needed("install_id", install_id);
    let subscription = argument::needed("subscription", subscription);
    role::as_installer_past_row_security(|| {
        let used = "SELECT EXISTS (SELECT FROM awgp.tenants) OR EXISTS (SELECT FROM awgp.audit_logs)";
        if query::one::<bool>(used, &[]) != Ok(Some(false)) {
            raise(&Refusal::new(
                Reason::InstallationInUse,
                "this database has tenants or a trail of its own, and a copy has only the original's",
                "Make the copy in a new database: CREATE DATABASE …; CREATE EXTENSION awgp;",
            ));
        }
        let written = Spi::run_with_args(
            "UPDATE awgp.installation SET id = $1, is_copy = true, subscription = $2,
                 cluster_id = NULL, database_oid = NULL, timeline = NULL",
            &[install_id.into(), subscription.into()],
        );
        if let Err(error) = written {
            error!("awgp.installation could not be written: {error}");
        }
    });
    installation::forget();
    debug_assert_eq!(installation::id(), from_sql(&install_id));
    install_id
}
