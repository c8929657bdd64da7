//! Rows of a family's trail, out and in.
//!
//! In: the rows are inserted as they are and then read from the table and hashed, each after the one before
//! it, from the genesis value of the install that they were written in. The point of the lane, from which on
//! it is this installation's, moves along: after every transaction it is at the last row.

use super::permit::ARRIVE;
use super::record::{self, Move};
use super::{reseal, rows};
use crate::audit::append::{self, Appender};
use crate::audit::{installation, lane_records, lineage, read};
use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::datum::{from_sql, to_sql};
use crate::pg::guc::Setting;
use crate::pg::lock;
use crate::pg::raise::raise;
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::chain::{Lane, Link, Linker};
use awgp_core::audit::lineage::{Lineage, Point};
use awgp_core::moving::{self, Side, State};
use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows of the trail that go at once.
const AT_ONCE: i64 = 10_000;

/// The last link of each lane of a family that moves: at the source of all rows, at the target of those that
/// have arrived.
///
/// SECURITY DEFINER, because it reads the trail of all tenants; for those who may move tenants.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_lanes(
    move_id: Option<pgrx::Uuid>,
) -> TableIterator<
    'static,
    (name!(tenant_id, pgrx::Uuid), name!(chain_lane, i16), name!(last_seq, i64), name!(last_hash, String)),
> {
    refuse_read_only(c"awgp.move_lanes()");
    let moving = rows::known(move_id);
    let lanes = role::as_installer_past_row_security(|| lanes(&moving));
    TableIterator::new(
        lanes
            .into_iter()
            .map(|(lane, link)| (to_sql(lane.tenant_id), lane.chain_lane, link.seq, link.hash.to_string())),
    )
}

/// The last link of each lane, of its last row or of the anchor of a month that is gone.
pub fn lanes(moving: &Move) -> Vec<(Lane, Link)> {
    let mut lanes: BTreeSet<Lane> = BTreeSet::new();
    for tenant in &moving.tenants {
        let own = append::lanes_of(*tenant);
        lanes.extend(own.into_iter().map(|chain_lane| Lane { tenant_id: *tenant, chain_lane }));
    }
    lanes.extend(anchored_lanes(moving));
    let mut appender = Appender::open();
    let mut found = Vec::new();
    for lane in lanes {
        pgrx::check_for_interrupts!();
        if let Some(tail) = appender.tail(lane) {
            found.push((lane, tail.link));
        }
    }
    appender.close();
    found
}

fn anchored_lanes(moving: &Move) -> Vec<Lane> {
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT DISTINCT tenant_id, chain_lane FROM awgp.audit_chain_anchors WHERE tenant_id = ANY ($1)",
            None,
            &[moving.sql_tenants().into()],
        )?;
        rows.map(|row| Ok(row.get::<pgrx::Uuid>(1)?.zip(row.get::<i16>(2)?))).collect::<spi::Result<Vec<_>>>()
    });
    let read = read.unwrap_or_else(|error| error!("awgp.audit_chain_anchors could not be read: {error}"));
    let lanes = read.into_iter().flatten();
    lanes.map(|(tenant, chain_lane)| Lane { tenant_id: from_sql(&tenant), chain_lane }).collect()
}

/// The same as a list, for the record.
pub fn told(lanes: &[(Lane, Link)]) -> Value {
    let told = |(lane, link): &(Lane, Link)| {
        json!({"tenant_id": lane.tenant_id, "chain_lane": lane.chain_lane, "last_seq": link.seq,
               "last_hash": link.hash.to_string()})
    };
    Value::Array(lanes.iter().map(told).collect())
}

/// Rows of one lane of a family that moves, after this number.
///
/// SECURITY DEFINER, because it reads the trail of all tenants; for those who may move tenants.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_trail(
    move_id: Option<pgrx::Uuid>,
    tenant_id: Option<pgrx::Uuid>,
    chain_lane: Option<i16>,
    after: Option<i64>,
) -> TableIterator<'static, (name!(chain_seq, i64), name!(line, Vec<u8>))> {
    let moving = rows::known(move_id);
    let tenant = argument::needed("tenant_id", tenant_id);
    if !moving.tenants.contains(&from_sql(&tenant)) {
        raise(&moving::unknown_move(moving.id));
    }
    let lane = argument::needed("chain_lane", chain_lane);
    let after = argument::needed("after", after);
    rows::leaves(&moving);
    let read = role::as_installer_past_row_security(|| {
        let _plain = plain();
        Spi::connect(|client| {
            let rows = client.select(
                "SELECT chain_seq, convert_to(r::text, 'UTF8') FROM awgp.audit_logs AS r
                 WHERE tenant_id = $1 AND chain_lane = $2 AND chain_seq > $3 ORDER BY chain_seq LIMIT $4",
                None,
                &[tenant.into(), lane.into(), after.into(), AT_ONCE.into()],
            )?;
            rows.map(|row| Ok(row.get::<i64>(1)?.zip(row.get::<Vec<u8>>(2)?)))
                .collect::<spi::Result<Vec<_>>>()
        })
    });
    match read {
        Ok(rows) => TableIterator::new(rows.into_iter().flatten().collect::<Vec<_>>()),
        Err(error) => error!("the trail could not be read: {error}"),
    }
}

fn plain() -> Setting {
    Setting::of(&[(c"DateStyle", c"ISO"), (c"TimeZone", c"UTC"), (c"jit", c"off")])
}

/// Takes rows of the trail, as `move_trail()` gives them, verifies them, and returns how many there are.
///
/// SECURITY DEFINER, because nobody else may write them; they are rows of tenants that do not work here yet.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn move_take_trail(move_id: Option<pgrx::Uuid>, lines: Option<Array<'_, &[u8]>>) -> i64 {
    refuse_read_only(c"awgp.move_take_trail()");
    let id = from_sql(&argument::needed("move_id", move_id));
    let lines = rows::lines_of(lines);
    let given = lines.len();
    // Months are sealed and retired under this lock.
    lock::lock_until_commit(Subject::Partitions);
    role::as_installer_past_row_security(|| {
        let moving = record::at(id, Side::Target, &[State::Preparing]);
        if moving.install_id != installation::id() {
            raise(&moving::unclear(None, Some(moving.state)));
        }
        take(&moving, lines);
    });
    i64::try_from(given).unwrap_or(i64::MAX)
}

/// The rows of the lines: $1 the lines, $2 the tenants.
const ARRIVING: &str = "
    SELECT r FROM (SELECT convert_from(line, 'UTF8')::awgp.audit_logs AS r FROM unnest($1::bytea[]) AS given (line) OFFSET 0) AS rows
    WHERE (r).tenant_id = ANY ($2)";

fn take(moving: &Move, lines: Vec<Vec<u8>>) {
    let _plain = plain();
    let given = lines.len();
    let About { lanes, months, rows, highest } = about(moving, &lines);
    if rows != given {
        raise(&moving::differs("audit_logs", &given.to_string(), &rows.to_string()));
    }
    let origin = own_lineage(moving);
    let starts: Vec<(Lane, Link)> = lanes.iter().map(|lane| (*lane, arrived(&origin, *lane))).collect();
    let sealed = reseal::sealed_among(&months);
    sealed.iter().for_each(|month| crate::audit::seal::refuse_unlike_its_seal(month));
    let arriving = ARRIVE.hold();
    record::write(
        &format!(
            r#"INSERT INTO awgp.audit_logs (id, "timestamp", tenant_id, actor_type, actor_id, action, entity_type, entity_id,
                                            before_state, after_state, metadata, integrity_hash, chain_lane, chain_seq)
               SELECT (r).id, (r)."timestamp", (r).tenant_id, (r).actor_type, (r).actor_id, (r).action, (r).entity_type,
                      (r).entity_id, (r).before_state, (r).after_state, (r).metadata, (r).integrity_hash, (r).chain_lane,
                      (r).chain_seq
               FROM ({ARRIVING}) AS arriving ON CONFLICT DO NOTHING"#
        ),
        &[lines.into(), moving.sql_tenants().into()],
    );
    drop(arriving);
    // SAFETY: makes what was inserted visible to the scans below; snapshots are pushed and popped in pairs.
    unsafe {
        pg_sys::CommandCounterIncrement();
        pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
        for (lane, start) in starts {
            let last = verified(&origin, lane, start);
            point(moving, &origin, lane, last);
        }
        pg_sys::PopActiveSnapshot();
    }
    advance_ids(highest);
    reseal::again(&sealed, moving, "rows of a family arrived");
}

/// What some rows of the trail are about.
#[derive(Default)]
struct About {
    lanes: BTreeSet<Lane>,
    months: BTreeSet<String>,
    /// How many rows are of the family.
    rows: usize,
    /// The highest id.
    highest: i64,
}

fn about(moving: &Move, lines: &[Vec<u8>]) -> About {
    let sql = format!(
        "SELECT (r).tenant_id, (r).chain_lane,
                'audit_logs_' || to_char((r).\"timestamp\" AT TIME ZONE 'UTC', 'YYYY_MM'), count(*), max((r).id)
         FROM ({ARRIVING}) AS arriving GROUP BY 1, 2, 3"
    );
    let mut about = About::default();
    let read = Spi::connect(|client| {
        for row in client.select(&sql, None, &[lines.to_vec().into(), moving.sql_tenants().into()])? {
            if let (Some(tenant), Some(chain_lane)) = (row.get::<pgrx::Uuid>(1)?, row.get::<i16>(2)?) {
                about.lanes.insert(Lane { tenant_id: from_sql(&tenant), chain_lane });
            }
            about.months.extend(row.get::<String>(3)?);
            about.rows += row.get::<i64>(4)?.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(0);
            about.highest = about.highest.max(row.get::<i64>(5)?.unwrap_or(0));
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = read {
        error!("the rows could not be read: {error}");
    }
    about
}

/// The lineage of the family's lanes without the points that this move has made: what they were at the
/// origin.
fn own_lineage(moving: &Move) -> Lineage {
    let mut lineage = Lineage::of(moving.peer_id);
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT tenant_id, chain_lane, previous_id, install_id, last_seq, last_hash
             FROM awgp.audit_adopted_lanes
             WHERE tenant_id = ANY ($1) AND NOT (move_id IS NOT DISTINCT FROM $2 AND install_id = $3)
             ORDER BY tenant_id, chain_lane, last_seq",
            None,
            &[moving.sql_tenants().into(), to_sql(moving.id).into(), to_sql(moving.install_id).into()],
        )?;
        lineage::add_points(&mut lineage, rows)
    });
    if let Err(error) = read {
        error!("awgp.audit_adopted_lanes could not be read: {error}");
    }
    lineage
}

/// What the next row of a lane that arrives follows, as far as it has arrived.
fn arrived(origin: &Lineage, lane: Lane) -> Link {
    let mut appender = Appender::open();
    let tail = appender.tail(lane);
    appender.close();
    tail.map_or_else(|| origin.start(lane), |tail| tail.link)
}

/// Reads the rows of a lane after `start` from the table and hashes them; returns the last link.
fn verified(origin: &Lineage, lane: Lane, start: Link) -> Link {
    let (mut last, mut linker) = (start, Linker::default());
    let mut wrong = None;
    read::for_each_row_after(lane, start.seq, |row| {
        if wrong.is_some() {
            return;
        }
        let mut before = origin.after(lane, last);
        if row.chain_seq > before.seq + 1 {
            // Its month is gone at the origin; the anchor came along.
            before = lane_records::anchored(lane, row.chain_seq - 1)
                .map_or(before, |anchor| origin.after(lane, anchor));
        }
        let hash = linker.link(before.hash, row);
        if row.chain_seq != before.seq + 1 || hash.to_hex() != row.integrity_hash {
            wrong = Some(row.chain_seq);
        }
        last = Link { seq: row.chain_seq, hash };
    });
    if let Some(seq) = wrong {
        let what = format!("the trail of tenant {}, lane {}", lane.tenant_id, lane.chain_lane);
        raise(&moving::differs(&what, &format!("number {seq}"), "a row that does not follow"));
    }
    last
}

/// Puts the point of a lane, from which on it is this installation's, after this link.
fn point(moving: &Move, origin: &Lineage, lane: Lane, last: Link) {
    let last = origin.after(lane, last);
    let point = Point { previous_id: moving.peer_id, install_id: moving.install_id, last };
    let adopted = point.adoption_link(lane);
    let (tenant, id) = (to_sql(lane.tenant_id), to_sql(moving.id));
    record::write(
        "DELETE FROM awgp.audit_adopted_lanes
         WHERE tenant_id = $1 AND chain_lane = $2 AND move_id = $3 AND install_id = $4",
        &[tenant.into(), lane.chain_lane.into(), id.into(), to_sql(moving.install_id).into()],
    );
    record::write(
        "INSERT INTO awgp.audit_adopted_lanes
             (tenant_id, chain_lane, last_seq, last_hash, adopted_seq, adopted_hash, install_id, previous_id, move_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            tenant.into(),
            lane.chain_lane.into(),
            last.seq.into(),
            last.hash.to_string().into(),
            adopted.seq.into(),
            adopted.hash.to_string().into(),
            to_sql(moving.install_id).into(),
            to_sql(moving.peer_id).into(),
            id.into(),
        ],
    );
}

/// Points for the lanes of which no row arrives, because their months are gone at the origin.
pub fn points_of_anchors(moving: &Move) {
    let origin = own_lineage(moving);
    for (lane, last) in lanes(moving) {
        point(moving, &origin, lane, last);
    }
}

/// New rows get higher ids than all that have arrived: whoever follows the trail by id misses none.
fn advance_ids(highest: i64) {
    record::write(
        "SELECT setval('awgp.audit_logs_id_seq', $1)
         WHERE $1 > (SELECT last_value FROM awgp.audit_logs_id_seq)",
        &[highest.into()],
    );
}

/// Takes out what has arrived of the trail, but what was here before. The points of this move go with it.
pub fn undo(moving: &Move) -> usize {
    lock::lock_until_commit(Subject::Partitions);
    let kept = before(moving.family, moving.id);
    let months = months_beyond(moving, &kept);
    let sealed = reseal::sealed_among(&months);
    sealed.iter().for_each(|month| crate::audit::seal::refuse_unlike_its_seal(month));
    let (lanes, lasts): (Vec<Lane>, Vec<i64>) = kept.into_iter().unzip();
    let tenants: Vec<pgrx::Uuid> = lanes.iter().map(|lane| to_sql(lane.tenant_id)).collect();
    let lanes: Vec<i16> = lanes.iter().map(|lane| lane.chain_lane).collect();
    let arriving = ARRIVE.hold();
    let rows = record::write(
        "DELETE FROM awgp.audit_logs AS row WHERE tenant_id = ANY ($1) AND NOT EXISTS (
             SELECT FROM unnest($2::uuid[], $3::smallint[], $4::bigint[]) AS kept (tenant_id, chain_lane, last_seq)
             WHERE kept.tenant_id = row.tenant_id AND kept.chain_lane = row.chain_lane AND row.chain_seq <= kept.last_seq)",
        &[moving.sql_tenants().into(), tenants.clone().into(), lanes.clone().into(), lasts.clone().into()],
    );
    drop(arriving);
    record::write("DELETE FROM awgp.audit_adopted_lanes WHERE move_id = $1", &[to_sql(moving.id).into()]);
    // What has come along of months that are gone there; of an earlier stay it is what stands for rows that
    // are not here.
    record::write(
        "DELETE FROM awgp.audit_chain_anchors AS anchor
         WHERE tenant_id = ANY ($1) AND partition_name LIKE $2 || '/%' AND (
             NOT EXISTS (SELECT FROM unnest($3::uuid[], $4::smallint[], $5::bigint[]) AS kept (tenant_id, chain_lane, last_seq)
                         WHERE kept.tenant_id = anchor.tenant_id AND kept.chain_lane = anchor.chain_lane
                           AND anchor.last_seq <= kept.last_seq)
             OR EXISTS (SELECT FROM awgp.audit_logs AS row WHERE row.tenant_id = anchor.tenant_id
                        AND row.chain_lane = anchor.chain_lane AND row.chain_seq = anchor.last_seq))",
        &[
            moving.sql_tenants().into(),
            moving.peer_id.to_string().into(),
            tenants.into(),
            lanes.into(),
            lasts.into(),
        ],
    );
    // The seals were just compared; those of the family's lanes follow from the rows that are left.
    record::write(
        "DELETE FROM awgp.audit_chain_anchors WHERE tenant_id = ANY ($1) AND partition_name = ANY ($2)",
        &[moving.sql_tenants().into(), sealed.clone().into()],
    );
    reseal::again(&sealed, moving, "a family did not arrive");
    rows
}

/// Where the lanes of a family ended that was here once, and left.
fn before(family: Uuid, move_id: Uuid) -> Vec<(Lane, i64)> {
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT (lane ->> 'tenant_id')::uuid, (lane ->> 'chain_lane')::smallint, (lane ->> 'last_seq')::bigint
             FROM (SELECT lanes FROM awgp.tenant_moves
                   WHERE family_id = $1 AND id <> $2 AND side = 'source' AND state IN ('left', 'cleared')
                   ORDER BY began_at DESC LIMIT 1) AS newest
             CROSS JOIN jsonb_array_elements(newest.lanes) AS lane",
            None,
            &[to_sql(family).into(), to_sql(move_id).into()],
        )?;
        rows.map(|row| {
            let place = row.get::<pgrx::Uuid>(1)?.zip(row.get::<i16>(2)?);
            Ok(place.zip(row.get::<i64>(3)?))
        })
        .collect::<spi::Result<Vec<_>>>()
    });
    let read = read.unwrap_or_else(|error| error!("awgp.tenant_moves could not be read: {error}"));
    let lanes = read.into_iter().flatten();
    lanes
        .map(|((tenant, chain_lane), last)| (Lane { tenant_id: from_sql(&tenant), chain_lane }, last))
        .collect()
}

/// The months of the family's rows beyond those links.
fn months_beyond(moving: &Move, kept: &[(Lane, i64)]) -> BTreeSet<String> {
    let tenants: Vec<pgrx::Uuid> = kept.iter().map(|(lane, _)| to_sql(lane.tenant_id)).collect();
    let lanes: Vec<i16> = kept.iter().map(|(lane, _)| lane.chain_lane).collect();
    let lasts: Vec<i64> = kept.iter().map(|(_, last)| *last).collect();
    let read = Spi::connect(|client| {
        let rows = client.select(
            "SELECT DISTINCT tableoid::regclass::text FROM awgp.audit_logs AS row
             WHERE tenant_id = ANY ($1) AND NOT EXISTS (
                 SELECT FROM unnest($2::uuid[], $3::smallint[], $4::bigint[]) AS kept (tenant_id, chain_lane, last_seq)
                 WHERE kept.tenant_id = row.tenant_id AND kept.chain_lane = row.chain_lane AND row.chain_seq <= kept.last_seq)",
            None,
            &[moving.sql_tenants().into(), tenants.into(), lanes.into(), lasts.into()],
        )?;
        rows.map(|row| row.get::<String>(1)).collect::<spi::Result<Vec<_>>>()
    });
    let read = read.unwrap_or_else(|error| error!("the trail could not be read: {error}"));
    read.into_iter().flatten().map(|name| name.trim_start_matches("awgp.").to_owned()).collect()
}
