//! An honest log of three months: two that `awgp_core` chained here, and the present one, written by clients.

use awgp_core::audit::chain::{Digest, Lane, Linker, genesis};
use awgp_core::audit::row::AuditRow;
use awgp_tests::Database;
use awgp_tests::past::{found_tenant, load_rows};
use awgp_tests::trail::{self, close};
use awgp_tests::writer::Writer;
use std::collections::BTreeMap;
use tokio_postgres::Client;
use uuid::Uuid;

pub const TENANTS: u128 = 20;
pub const LANES: i16 = 3;
/// Rows of a lane in each of the two earlier months: chain_seq 1 to 830, and 831 to 1660.
pub const MONTH_ROWS: i64 = 830;

/// The log and what it holds.
pub struct Log {
    /// The closed database that is copied for each case.
    pub template: Database,
    pub install_id: Uuid,
    /// The two earlier partitions, without the schema.
    pub months: [String; 2],
    rows: BTreeMap<(Uuid, i16, i64), AuditRow>,
}

pub fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(0x7e00_0000_0000_4000_8000_0000_0000_0000 + number)
}

pub fn assistant(number: u128) -> Uuid {
    Uuid::from_u128(0xa500_0000_0000_4000_8000_0000_0000_0000 + number)
}

impl Log {
    /// Makes the log, in a database of its own, and closes it.
    pub async fn make() -> Self {
        let database = Database::new().await;
        let superuser = database.superuser().await;
        let install_id = trail::install_id(&database).await;
        let first = earlier_month(&superuser, 2).await;
        let second = earlier_month(&superuser, 1).await;
        load_rows(&superuser, &chained(install_id, [first.1, second.1])).await;
        write_present_month(&database, &superuser).await;
        drop(superuser);
        let all = trail::rows(&database).await;
        assert!(all.len() >= 100_000, "{} rows", all.len());
        let rows = all.into_iter().map(|row| ((row.tenant_id, row.chain_lane, row.chain_seq), row)).collect();
        close(&database).await;
        Self { template: database, install_id, months: [first.0, second.0], rows }
    }

    /// The row of a tenant, by its number, at a place of a lane.
    pub fn at(&self, number: u128, lane: i16, seq: i64) -> &AuditRow {
        &self.rows[&(tenant(number), lane, seq)]
    }

    /// The last row of a lane.
    pub fn last(&self, number: u128, lane: i16) -> &AuditRow {
        let lane = (tenant(number), lane, 0)..=(tenant(number), lane, i64::MAX);
        self.rows.range(lane).next_back().expect("the lane has rows").1
    }
}

/// The hash that a row has after another.
pub fn hash_after(previous: &AuditRow, row: &AuditRow) -> String {
    let previous = Digest::from_hex(previous.integrity_hash.as_bytes()).expect("a hash");
    Linker::default().link(previous, &row.borrowed()).to_string()
}

/// Makes the partition of an earlier month: its name, and its first microsecond.
async fn earlier_month(superuser: &Client, months_ago: i32) -> (String, i64) {
    let sql = "SELECT ensure_partitions, (extract(epoch FROM month) * 1000000)::bigint
               FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                            - make_interval(months => $1) AS month) AS asked,
                    LATERAL awgp.ensure_partitions(0, month)";
    superuser.batch_execute("SET TimeZone = 'UTC'").await.expect("any session may");
    let row = superuser.query_one(sql, &[&months_ago]).await.expect("a month can be made");
    (row.get(0), row.get(1))
}

/// The rows of the two earlier months, as the chain would have made them.
fn chained(install_id: Uuid, months: [i64; 2]) -> Vec<AuditRow> {
    let mut rows = Vec::new();
    let mut linker = Linker::default();
    let mut heads: BTreeMap<Lane, Digest> = BTreeMap::new();
    let mut id = 0;
    for (month, start_us) in (0_i64..).zip(months) {
        for step in 1..=MONTH_ROWS {
            for number in 1..=TENANTS {
                for chain_lane in 0..LANES {
                    id += 1;
                    let lane = Lane { tenant_id: tenant(number), chain_lane };
                    let mut row = made(lane, month * MONTH_ROWS + step, id);
                    row.timestamp_us = start_us + id * 7_000_001;
                    let head = heads.entry(lane).or_insert_with(|| genesis(install_id, lane));
                    *head = linker.link(*head, &row.borrowed());
                    row.integrity_hash = head.to_string();
                    rows.push(row);
                }
            }
        }
    }
    rows
}

fn made(lane: Lane, chain_seq: i64, id: i64) -> AuditRow {
    let has_before = id % 3 > 0;
    AuditRow {
        id,
        timestamp_us: 0,
        tenant_id: lane.tenant_id,
        actor_type: ["user", "assistant", "system"][usize::try_from(id % 3).unwrap_or(0)].to_owned(),
        actor_id: has_before.then(|| Uuid::from_u128(0xac)),
        action: if has_before { "update" } else { "insert" }.to_owned(),
        entity_type: "work_items".to_owned(),
        entity_id: Some(Uuid::from_u128(u128::from(id.unsigned_abs() % 5_000))),
        before_state: has_before.then(|| format!("{{\"n\": {id}.10, \"title\": \"né 語\"}}")),
        after_state: Some(format!("{{\"n\": {}, \"title\": \"row {id}\"}}", id + 1)),
        metadata: Some("{\"role\": \"importer\"}".to_owned()),
        chain_lane: lane.chain_lane,
        chain_seq,
        integrity_hash: String::new(),
    }
}

/// Writers of the log's tenants.
pub fn writers(count: u64) -> impl Iterator<Item = Writer> {
    let targets: Vec<_> = (1..=TENANTS).map(|number| (tenant(number), assistant(number))).collect();
    (0..count).map(move |number| Writer { number, targets: targets.clone(), tenants_per_transaction: 3 })
}

async fn write_present_month(database: &Database, superuser: &Client) {
    for number in 1..=TENANTS {
        found_tenant(superuser, tenant(number), assistant(number)).await;
    }
    let mut running = Vec::new();
    for writer in writers(16) {
        let client = database.app().await;
        running.push(tokio::spawn(async move { writer.run(&client, 30).await }));
    }
    for writer in running {
        writer.await.expect("a writer ends");
    }
}
