//! What a superuser does to the log, and what must be found.

use super::log::{LANES, Log, MONTH_ROWS, TENANTS, assistant, hash_after, tenant};
use awgp_core::audit::chain::{Digest, Lane, Link};
use awgp_core::audit::integrity::HeadsRoot;
use awgp_core::audit::row::AuditRow;
use awgp_tests::past::{COLUMNS, values};
use awgp_tests::trail::ServerFinding;
use serde_json::Value;
use uuid::Uuid;

/// A finding, without its words: kind, partition where it is about one, and the row where it is about a row.
pub type Named = (String, Option<String>, Option<(Uuid, i16, i64)>, Option<i64>);

/// One deed.
pub struct Case {
    pub number: &'static str,
    pub deed: &'static str,
    /// Partitions of this log that a maintainer sealed before.
    pub sealed: bool,
    pub sql: String,
    pub found: Vec<Named>,
    /// What the command line finds, where it cannot know as much.
    pub found_by_command: Option<Vec<Named>>,
}

impl Case {
    fn new(number: &'static str, deed: &'static str, sql: String, found: Vec<Named>) -> Self {
        Self { number, deed, sealed: false, sql, found, found_by_command: None }
    }

    fn on_sealed(self) -> Self {
        Self { sealed: true, ..self }
    }
}

/// A finding as this suite compares it.
pub fn named(finding: &ServerFinding) -> Named {
    let row = finding
        .tenant_id
        .map(|tenant| (tenant, finding.chain_lane.unwrap_or(-1), finding.chain_seq.unwrap_or(-1)));
    let partition = finding.partition_name.clone().filter(|_| row.is_none());
    (finding.kind.clone(), partition, row, finding.audit_id)
}

/// The same of a finding in JSON.
pub fn named_json(finding: &Value) -> Named {
    let text = |field: &str| finding[field].as_str().map(str::to_owned);
    let row = finding["tenant_id"].as_str().map(|tenant| {
        let lane = finding["chain_lane"].as_i64().and_then(|lane| i16::try_from(lane).ok());
        let tenant = Uuid::parse_str(tenant).expect("a uuid");
        (tenant, lane.unwrap_or(-1), finding["chain_seq"].as_i64().unwrap_or(-1))
    });
    let partition = text("partition_name").filter(|_| row.is_none());
    (text("kind").unwrap_or_default(), partition, row, finding["audit_id"].as_i64())
}

fn at(kind: &str, row: &AuditRow) -> Named {
    (kind.to_owned(), None, Some((row.tenant_id, row.chain_lane, row.chain_seq)), Some(row.id))
}

fn missing(kind: &str, row: &AuditRow) -> Named {
    (kind.to_owned(), None, Some((row.tenant_id, row.chain_lane, row.chain_seq)), None)
}

fn about(kind: &str, partition: &str) -> Named {
    (kind.to_owned(), Some(partition.to_owned()), None, None)
}

/// Statements between switching the guard off and on again.
fn unguarded(sql: impl AsRef<str>) -> String {
    format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit; {};
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        sql.as_ref()
    )
}

fn update(row: &AuditRow, change: &str) -> String {
    format!("UPDATE awgp.audit_logs SET {change} WHERE id = {}", row.id)
}

/// A change of one row, by which it is found.
fn edited(number: &'static str, deed: &'static str, row: &AuditRow, change: &str, found: Named) -> Case {
    Case::new(number, deed, unguarded(update(row, change)), vec![found])
}

/// Each column, in a row of a lane of its own.
fn every_column(log: &Log) -> Case {
    let row = |number| log.at(number, 1, 100);
    let changed =
        |deed, number, change: &str| edited("1", deed, row(number), change, at("changed_row", row(number)));
    let mut cases = vec![
        changed("edit timestamp", 2, "\"timestamp\" = \"timestamp\" + interval '1 microsecond'"),
        changed(
            "edit actor_type",
            3,
            "actor_type = CASE actor_type WHEN 'user' THEN 'system' ELSE 'user' END",
        ),
        changed("edit actor_id", 4, "actor_id = gen_random_uuid()"),
        changed("edit action", 5, "action = 'delete'"),
        changed("edit entity_type", 6, "entity_type = 'approvals'"),
        changed("edit entity_id", 7, "entity_id = NULL"),
        changed("edit before_state", 8, "before_state = '{\"n\": 0}'"),
        changed("edit after_state", 9, "after_state = after_state || '{\"n\": 0}'"),
        changed("edit metadata", 10, "metadata = NULL"),
        edited(
            "1",
            "edit integrity_hash",
            row(11),
            "integrity_hash = repeat('0', 64)",
            at("changed_hash", row(11)),
        ),
    ];
    let mut other_id = row(1).clone();
    other_id.id = -5;
    cases.push(edited("1", "edit id", row(1), "id = -5", at("changed_row", &other_id)));
    let mut other_lane = row(12).clone();
    other_lane.chain_lane = 99;
    cases.push(edited("1", "edit chain_lane", row(12), "chain_lane = 99", at("moved_row", &other_lane)));
    let mut other_seq = row(13).clone();
    other_seq.chain_seq = -7;
    cases.push(edited("1", "edit chain_seq", row(13), "chain_seq = -7", at("reordered", &other_seq)));
    let mut other_tenant = row(14).clone();
    other_tenant.tenant_id = Uuid::from_u128(0xbad);
    let change = format!("tenant_id = '{}'", other_tenant.tenant_id);
    cases.push(edited("1", "edit tenant_id", row(14), &change, at("moved_row", &other_tenant)));
    let sql = cases.iter().map(|case| case.sql.as_str()).collect::<Vec<_>>().join("; ");
    let found = cases.iter().flat_map(|case| case.found.clone()).collect();
    Case::new("1", "edit each column, one a row", sql, found)
}

fn rehashed(log: &Log) -> Case {
    let row = log.at(2, 0, 300);
    let mut forged = row.clone();
    forged.after_state = Some("{\"n\": 0}".to_owned());
    let hash = hash_after(log.at(2, 0, 299), &forged);
    let change = format!("after_state = '{{\"n\": 0}}', integrity_hash = '{hash}'");
    let case = edited("2", "edit, and hash that row again", row, &change, at("changed_row", row));
    // Only the server sees in the storage which of the two rows was updated; the command names the
    // second, and says that it may be the first.
    Case { found_by_command: Some(vec![at("changed_row", log.at(2, 0, 301))]), ..case }
}

fn deleted(log: &Log, number: &'static str, deed: &'static str, seq: i64) -> Case {
    let row = log.at(3, 2, seq);
    let sql = unguarded(format!("DELETE FROM awgp.audit_logs WHERE id = {}", row.id));
    Case::new(number, deed, sql, vec![missing("missing_row", row)])
}

fn inserted(log: &Log) -> [Case; 2] {
    // Chained to the row before, at a number that is taken, with a time of the month before.
    let mut between = log.at(4, 0, MONTH_ROWS).clone();
    (between.id, between.chain_seq, between.timestamp_us) = (-8, MONTH_ROWS + 1, between.timestamp_us + 1);
    between.integrity_hash = hash_after(log.at(4, 0, MONTH_ROWS), &between);
    // Chained to the very last row, with a time two months ago.
    let mut late = log.at(4, 1, 10).clone();
    (late.id, late.chain_seq) = (-9, log.last(4, 1).chain_seq + 1);
    late.integrity_hash = hash_after(log.last(4, 1), &late);
    let insert =
        |row: &AuditRow| unguarded(format!("INSERT INTO awgp.audit_logs ({COLUMNS}) VALUES {}", values(row)));
    let case = |deed, row: &AuditRow, kind| Case::new("10", deed, insert(row), vec![at(kind, row)]);
    [
        case("insert a back-dated row at a taken number", &between, "inserted_row"),
        case("insert a back-dated row after the last", &late, "back_dated"),
    ]
}

fn duplicated(log: &Log) -> Case {
    let mut copy = log.at(5, 0, 500).clone();
    copy.id = -11;
    let partition = &log.months[0];
    let sql = unguarded(format!(
        "DROP INDEX awgp.{partition}_chain_key;
         INSERT INTO awgp.audit_logs ({COLUMNS}) VALUES {};
         CREATE INDEX {partition}_chain_key ON awgp.{partition} (tenant_id, chain_lane, chain_seq)",
        values(&copy)
    ));
    Case::new("11", "duplicate a row", sql, vec![at("duplicate_row", &copy)])
}

fn swapped(log: &Log) -> Case {
    let (mut one, mut two) = (log.at(6, 0, 200).clone(), log.at(6, 0, 300).clone());
    let sql = unguarded(format!(
        "{}; {}; {}",
        update(&one, "chain_seq = -1"),
        update(&two, "chain_seq = 200"),
        update(&one, "chain_seq = 300")
    ));
    std::mem::swap(&mut one.chain_seq, &mut two.chain_seq);
    let found = vec![at("reordered", &one), at("reordered", &two)];
    Case::new("12", "swap two rows", sql, found)
}

fn moved(log: &Log) -> Case {
    let row = log.at(7, 1, 400);
    let mut there = row.clone();
    (there.tenant_id, there.chain_seq) = (tenant(8), log.last(8, 1).chain_seq + 1);
    let change = format!("tenant_id = '{}', chain_seq = {}", there.tenant_id, there.chain_seq);
    edited("13", "move a row to another tenant", row, &change, at("moved_row", &there))
}

fn integrity(log: &Log) -> Vec<Case> {
    let partition = &log.months[0];
    let seal =
        |number, deed, change: String, found: Vec<Named>| Case::new(number, deed, change, found).on_sealed();
    let set = |change: &str| {
        format!("UPDATE awgp.audit_log_integrity SET {change} WHERE partition_name = '{partition}'")
    };
    let alone = set("cumulative_hash = repeat('a', 64)");
    let delete = format!("DELETE FROM awgp.audit_log_integrity WHERE partition_name = '{partition}'");
    vec![
        seal("15", "edit audit_log_integrity alone", alone, vec![about("integrity_edited", partition)]),
        integrity_with_the_log(log),
        seal("17", "delete its row", delete, vec![about("integrity_missing", partition)]),
        seal(
            "18",
            "rewind it",
            set("last_sequence_number = last_sequence_number - 60, cumulative_hash = repeat('b', 64)"),
            vec![about("integrity_rewound", partition)],
        ),
    ]
}

/// Edits the last row of a lane in a sealed month, hashes it again, and makes the seal say so.
fn integrity_with_the_log(log: &Log) -> Case {
    let row = log.at(9, 1, MONTH_ROWS);
    let mut forged = row.clone();
    forged.action = "insert".to_owned();
    forged.integrity_hash = hash_after(log.at(9, 1, MONTH_ROWS - 1), &forged);
    let mut root = HeadsRoot::default();
    for number in 1..=TENANTS {
        for chain_lane in 0..LANES {
            let head = log.at(number, chain_lane, MONTH_ROWS);
            let head = if head.id == row.id { &forged } else { head };
            let hash = Digest::from_hex(head.integrity_hash.as_bytes()).expect("a hash");
            root.add(Lane { tenant_id: head.tenant_id, chain_lane }, Link { seq: MONTH_ROWS, hash });
        }
    }
    let change = format!("action = 'insert', integrity_hash = '{}'", forged.integrity_hash);
    let sql = format!(
        "{}; UPDATE awgp.audit_log_integrity SET cumulative_hash = '{}' WHERE partition_name = '{}'",
        unguarded(update(row, &change)),
        root.finish(),
        log.months[0]
    );
    let found = vec![at("changed_row", row)];
    Case::new("16", "edit log and audit_log_integrity", sql, found).on_sealed()
}

/// What is missing where the second month is empty: of each lane, the middle
/// or, where it ended there, the end.
fn second_month_missing(log: &Log) -> Vec<Named> {
    let lanes = (1..=TENANTS).flat_map(|number| (0..LANES).map(move |lane| (number, lane)));
    let one = |(number, lane)| {
        let goes_on = log.last(number, lane).chain_seq > 2 * MONTH_ROWS;
        let kind = if goes_on { "missing_row" } else { "cut_tail" };
        missing(kind, log.at(number, lane, MONTH_ROWS + 1))
    };
    lanes.map(one).collect()
}

fn partitions(log: &Log) -> Vec<Case> {
    let [first, second] = &log.months;
    let truncate = format!(
        "ALTER TABLE awgp.{second} DISABLE TRIGGER guard_truncate; TRUNCATE awgp.{second};
         ALTER TABLE awgp.{second} ENABLE ALWAYS TRIGGER guard_truncate"
    );
    let row = log.at(10, 0, 50);
    let direct = format!("UPDATE awgp.{first} SET action = 'x' WHERE id = {}", row.id);
    let gone = vec![about("missing_partition", second)];
    vec![
        Case::new("7", "drop a sealed partition", format!("DROP TABLE awgp.{second}"), gone.clone())
            .on_sealed(),
        Case::new(
            "8",
            "detach a sealed partition",
            format!("ALTER TABLE awgp.audit_logs DETACH PARTITION awgp.{second}"),
            gone,
        )
        .on_sealed(),
        Case::new("23", "TRUNCATE a sealed partition", truncate, second_month_missing(log)).on_sealed(),
        Case::new("24", "write to a partition directly", unguarded(direct), vec![at("changed_row", row)]),
    ]
}

fn guards(log: &Log) -> Vec<Case> {
    let row = log.at(11, 0, 60);
    let first = &log.months[0];
    let case = |number, deed, sql: String, found| Case::new(number, deed, sql, found);
    vec![
        case(
            "22",
            "DISABLE TRIGGER, edit, ENABLE",
            unguarded(update(row, "metadata = '{}'")),
            vec![at("changed_row", row)],
        ),
        case(
            "22",
            "leave a trigger disabled",
            format!("ALTER TABLE awgp.{first} DISABLE TRIGGER guard_truncate"),
            vec![about("trigger_disabled", first)],
        ),
        case(
            "22",
            "switch row-level security off",
            format!("ALTER TABLE awgp.{first} DISABLE ROW LEVEL SECURITY"),
            vec![about("policy_disabled", first)],
        ),
        case(
            "31",
            "add and retype a column, and go on writing",
            format!(
                "DROP VIEW awgp.message_denials, awgp.action_denials, awgp.trail_list CASCADE;
                 ALTER TABLE awgp.audit_logs ADD COLUMN note text;
                 ALTER TABLE awgp.audit_logs ALTER COLUMN action TYPE varchar(300);
                 UPDATE awgp.assistants SET description = 'changed' WHERE id = '{}'",
                assistant(1)
            ),
            Vec::new(),
        ),
    ]
}

/// Every case whose deed is done and must be found.
pub fn all(log: &Log) -> Vec<Case> {
    let mut cases = vec![every_column(log), rehashed(log)];
    cases.push(deleted(log, "4", "delete a middle row", 700));
    cases.push(deleted(log, "5", "delete the first row", 1));
    cases.extend(inserted(log));
    cases.extend([duplicated(log), swapped(log), moved(log)]);
    cases.extend(integrity(log));
    cases.extend(partitions(log));
    cases.extend(guards(log));
    cases
}

/// What the guard refuses, whoever asks. An UPDATE as a replica, a row written to a
/// partition, an upsert, and a row with id, time, number and hash of the caller's own.
pub fn refused(log: &Log) -> Vec<(&'static str, String)> {
    let row = log.at(12, 0, 70);
    let mut own = row.clone();
    (own.id, own.chain_seq) = (-29, log.last(12, 0).chain_seq + 1);
    own.integrity_hash = hash_after(log.last(12, 0), &own);
    vec![
        ("21", format!("SET session_replication_role = replica; {}", update(row, "action = 'x'"))),
        ("24", format!("INSERT INTO awgp.{} ({COLUMNS}) VALUES {}", log.months[0], values(&own))),
        (
            "27",
            format!(
                "INSERT INTO awgp.audit_logs ({COLUMNS}) VALUES {} ON CONFLICT (id, \"timestamp\") DO UPDATE SET action = 'x'",
                values(row)
            ),
        ),
        ("29", format!("INSERT INTO awgp.audit_logs ({COLUMNS}) VALUES {}", values(&own))),
    ]
}
