//! The steps of each side. Each is one transaction, and can be called again when nobody knows whether it was
//! committed: the record says so.

use super::record::{self, Move};
use super::{rows, standing, trail, trees};
use crate::audit::actor;
use crate::audit::adopt::restate_checkpoints;
use crate::audit::event::Event;
use crate::audit::{installation, queue};
use crate::money::verify::QUERY as LEDGER_QUERY;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::guc::Setting;
use crate::pg::jsonb::Jsonb;
use crate::pg::query;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::chain::{Digest, Link};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::moving::{self, Side, State};
use pgrx::prelude::*;
use pgrx::{JsonB, Uuid as SqlUuid};
use serde_json::{Value, json};
use uuid::Uuid;

/// How long a stop waits for transactions that write for the family.
const PATIENCE_MS: u32 = 10_000;

fn begin(name: &std::ffi::CStr, move_id: Option<SqlUuid>) -> Uuid {
    refuse_read_only(name);
    installation::refuse_copy();
    from_sql(&argument::needed("move_id", move_id))
}

/// Records a step in the installation's trail.
fn say(action: &str, moving: &Move, more: Value) {
    let mut told = json!({
        "move_id": moving.id, "side": moving.side.name(), "family_id": moving.family, "slug": moving.slug,
        "tenants": moving.tenants, "peer_id": moving.peer_id, "peer": moving.peer,
    });
    if let (Some(told), Value::Object(more)) = (told.as_object_mut(), more) {
        told.extend(more);
    }
    queue::push_installation_event(action, "tenant_move", &told);
}

/// Records a step in the trail of the family's first tenant.
fn say_to_family(action: &str, moving: &Move, told: &Value) {
    queue::push(Event {
        id: None,
        at: None,
        tenant: moving.family,
        actor: actor::current(),
        action: action.to_owned(),
        entity_type: "tenant_move".to_owned(),
        entity_id: Some(moving.id),
        before: None,
        after: Some(Jsonb::from_text(&told.to_string())),
        metadata: None,
        left_out: Vec::new(),
        erasable: Vec::new(),
    });
}

/// Source: from the commit on nothing of the family is written here, also by transactions that began before.
/// Waits up to ten seconds for those that have written already.
///
/// SECURITY DEFINER, because only the functions of moves write the record.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_stop(move_id: Option<SqlUuid>) -> bool {
    let id = begin(c"awgp.move_stop()", move_id);
    role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Source, &[State::Preparing]);
        let family = crate::stop::with_descendants(moving.family);
        if family != moving.tenants {
            raise(&moving::differs("tenants", &family.len().to_string(), &moving.tenants.len().to_string()));
        }
        let patience = Setting::lock_timeout(PATIENCE_MS);
        standing::exclude(&moving.tenants);
        drop(patience);
        say("move_stop", &moving, json!({}));
        let told = json!({"move_id": id, "to_install_id": moving.peer_id, "to": moving.peer});
        say_to_family("move_stop", &moving, &told);
        // Before the record says that nothing is written.
        queue::flush();
        record::set(id, State::Stopped);
    });
    true
}

/// Target: makes ready for the rest of a family, in the transaction that takes it. What is left here of the
/// family's trees from earlier times is written over by what comes.
///
/// SECURITY DEFINER, because only the functions of moves write these tables.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_rest(move_id: Option<SqlUuid>) -> bool {
    let id = begin(c"awgp.move_rest()", move_id);
    role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Target, &[State::Preparing]);
        rows::delete(&moving);
        trees::keep_newest(&moving);
    });
    true
}

/// Target: compares what has arrived with the last links of the source, and keeps both. The family is here
/// whole from then on, and does not work yet.
///
/// SECURITY DEFINER, because only the functions of moves write the record.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_verify(move_id: Option<SqlUuid>, source_lanes: Option<Jsonb>) -> JsonB {
    let id = begin(c"awgp.move_verify()", move_id);
    let expected = argument::needed("source_lanes", source_lanes).value();
    let digests = role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Target, &[State::Preparing]);
        let lanes = trail::lanes(&moving);
        let told = trail::told(&lanes);
        if told != expected {
            let of = |lanes: &Value| format!("{} lanes", lanes.as_array().map_or(0, Vec::len));
            raise(&moving::differs("the trail", &of(&expected), &of(&told)));
        }
        trail::points_of_anchors(&moving);
        moving.tenants.iter().for_each(|tenant| check_tree(*tenant));
        check_ledger(&moving);
        let digests = rows::digests(&moving);
        restate_checkpoints(moving.install_id, Some(&moving.sql_tenants()))
            .unwrap_or_else(|error| error!("the checkpoints could not be restated: {error}"));
        record::keep(id, told, digests.clone());
        record::set(id, State::Verified);
        digests
    });
    JsonB(digests)
}

/// The newest checkpoint of a tenant names links of its lanes: they are those of the rows. Its root is that
/// of its tiles.
fn check_tree(tenant: Uuid) {
    let newest =
        "SELECT body FROM awgp.audit_checkpoints WHERE tenant_id = $1 ORDER BY tree_size DESC LIMIT 1";
    let body = Spi::connect(|client| {
        let rows = client.select(newest, Some(1), &[to_sql(tenant).into()])?;
        if rows.is_empty() { Ok(None) } else { rows.first().get::<String>(1) }
    });
    let body = body.unwrap_or_else(|error| error!("awgp.audit_checkpoints could not be read: {error}"));
    let Some(body) = body else { return };
    let wrong = |what: &str| -> ! {
        raise(&moving::differs(&format!("the tree of tenant {tenant}"), "its newest checkpoint", what))
    };
    let Ok(checkpoint) = Checkpoint::parse(&body) else { wrong("a text that is none") };
    if crate::audit::checkpoint::stored_root(tenant, checkpoint.size) != Some(checkpoint.root) {
        wrong("tiles with another root");
    }
    for (chain_lane, link) in &checkpoint.lanes {
        if link_of(tenant, *chain_lane, link.seq) != Some(*link) {
            wrong(&format!("another link at number {} of lane {chain_lane}", link.seq));
        }
    }
}

/// The link at this number, of a row or of an anchor.
fn link_of(tenant: Uuid, chain_lane: i16, seq: i64) -> Option<Link> {
    let hash = query::one::<String>(
        "SELECT hash FROM (
             SELECT integrity_hash FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_lane = $2 AND chain_seq = $3
             UNION ALL
             SELECT last_hash FROM awgp.audit_chain_anchors WHERE tenant_id = $1 AND chain_lane = $2 AND last_seq = $3
             UNION ALL
             -- Of a month that is gone, and not its last row: the tree's own run.
             SELECT last_hash FROM awgp.audit_tree_lanes WHERE tenant_id = $1 AND chain_lane = $2 AND last_seq = $3
               AND EXISTS (SELECT FROM awgp.audit_chain_anchors AS gone
                           WHERE gone.tenant_id = $1 AND gone.chain_lane = $2 AND gone.partition_name LIKE '%/%'
                             AND $3 BETWEEN gone.first_seq AND gone.last_seq)) AS known (hash) LIMIT 1",
        &[to_sql(tenant).into(), chain_lane.into(), seq.into()],
    );
    let hash = hash.ok().flatten().and_then(|hash| Digest::from_hex(hash.as_bytes()))?;
    Some(Link { seq, hash })
}

/// The balances of the family are what its entries say.
fn check_ledger(moving: &Move) {
    let sql = format!("SELECT count(*) FROM ({LEDGER_QUERY}) AS found (severity, kind, tenant_id, object, expected, found, detail)
                       WHERE severity = 'error' AND tenant_id = ANY ($1)");
    let found = query::one::<i64>(&sql, &[moving.sql_tenants().into()]);
    let found = found.unwrap_or_else(|error| error!("the ledger could not be verified: {error}"));
    if let Some(found) = found.filter(|found| *found > 0) {
        raise(&moving::differs("the ledger", "entries", &format!("{found} balances that are others")));
    }
}

/// Source: compares what the target has with what is here, and lets go of the family: it works here no more.
///
/// SECURITY DEFINER, because only the functions of moves write the record.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_leave(move_id: Option<SqlUuid>, target_digests: Option<Jsonb>) -> JsonB {
    let id = begin(c"awgp.move_leave()", move_id);
    let theirs = argument::needed("target_digests", target_digests).value();
    let lanes = role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Source, &[State::Stopped]);
        standing::exclude(&moving.tenants);
        let own = rows::digests(&moving);
        for (table, digest) in own.as_object().into_iter().flatten() {
            let told = theirs.get(table).unwrap_or(&Value::Null);
            if told != digest {
                raise(&moving::differs(table, &digest[0].to_string(), &told[0].to_string()));
            }
        }
        let lanes = trail::told(&trail::lanes(&moving));
        record::keep(id, lanes.clone(), own);
        record::set(id, State::Left);
        say("move_leave", &moving, json!({"lanes": lanes}));
        lanes
    });
    JsonB(lanes)
}

/// Target: the family works here from the commit on.
///
/// SECURITY DEFINER, because only the functions of moves write the record.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_arrive(move_id: Option<SqlUuid>, source_lanes: Option<Jsonb>) -> bool {
    let id = begin(c"awgp.move_arrive()", move_id);
    let theirs = argument::needed("source_lanes", source_lanes).value();
    role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Target, &[State::Verified]);
        let (lanes, _) = record::kept(id);
        if lanes != theirs || moving.install_id != installation::id() {
            raise(&moving::differs("the trail", "the last links of the source", "others"));
        }
        standing::exclude(&moving.tenants);
        record::set(id, State::Active);
        trees::forget(&moving);
        let told = json!({"move_id": id, "from_install_id": moving.peer_id, "from": moving.peer});
        say("move_arrive", &moving, json!({"lanes": lanes}));
        say_to_family("move_arrive", &moving, &told);
    });
    true
}

/// Source: deletes the rows of a family that works elsewhere. Its trail and this record stay.
///
/// SECURITY DEFINER, because nobody else may delete them.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_clear(move_id: Option<SqlUuid>) -> JsonB {
    let id = begin(c"awgp.move_clear()", move_id);
    let deleted = role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Source, &[State::Left]);
        let deleted = rows::delete(&moving);
        record::set(id, State::Cleared);
        say("move_clear", &moving, json!({"deleted": deleted}));
        deleted
    });
    JsonB(deleted)
}

/// Undoes a move. Target: what has arrived is deleted. Source: the family works here again. Once the source
/// has let go it is refused.
///
/// SECURITY DEFINER, because only the functions of moves write the record.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_back(move_id: Option<SqlUuid>) -> bool {
    let id = begin(c"awgp.move_back()", move_id);
    role::as_installer_past_row_security(|| {
        let Some(known) = record::find(id, false) else { raise(&moving::unknown_move(id)) };
        let moving = match known.side {
            Side::Source => record::at(id, Side::Source, &[State::Preparing, State::Stopped]),
            Side::Target => record::at(id, Side::Target, &[State::Preparing, State::Verified]),
        };
        standing::exclude(&moving.tenants);
        match moving.side {
            Side::Source => {
                record::set(id, State::Back);
                say("move_back", &moving, json!({}));
                if moving.state == State::Stopped {
                    say_to_family("move_back", &moving, &json!({"move_id": id}));
                }
            }
            Side::Target => {
                rows::delete(&moving);
                // They are as they were unless the rest had come.
                if moving.state == State::Verified {
                    trees::back(&moving);
                }
                let rows = trail::undo(&moving);
                record::set(id, State::Back);
                say("move_back", &moving, json!({"trail_rows": rows}));
            }
        }
    });
    true
}
