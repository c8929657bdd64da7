//! Months that are retired, held and brought back: what remains verifies across the
//! gap, and what comes back is what left.

use awgp_core::month::Month;
use awgp_tests::catalog::findings;
use awgp_tests::cli::json;
use awgp_tests::command::Folder;
use awgp_tests::past::{Past, ensure, month_ago};
use awgp_tests::trail::{self, ServerFinding};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// The months of the stage, so many before the present: two that are old enough, one that is not.
const MONTHS_AGO: [i64; 3] = [16, 15, 2];

struct Stage {
    database: Database,
    superuser: Client,
    maintainer: Client,
    past: Past,
}

/// Three months with rows, sealed, and the months between them, which are empty.
async fn stage() -> Stage {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let mut past = Past::begin(&database, 3, 2).await;
    for months in MONTHS_AGO {
        ensure(&maintainer, month_ago(months)).await;
        past.load(&superuser, month_ago(months), 10).await;
    }
    past.found_tenants(&superuser).await;
    for _ in 0..2 {
        maintainer.query("SELECT awgp.run_maintenance()", &[]).await.expect("maintenance runs");
    }
    Stage { database, superuser, maintainer, past }
}

/// Says that an auditor has signed checkpoints of everything, as far as the database is told.
async fn checkpoint(superuser: &Client) {
    superuser
        .batch_execute(
            "INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body, signed_at, signed_by)
                 SELECT tenant_id, count(*), repeat('0', 64), 'made for this test', now(), 'test'
                 FROM awgp.audit_logs GROUP BY tenant_id;
             INSERT INTO awgp.audit_tree_lanes
                     (tenant_id, chain_lane, first_seq, last_seq, last_hash, first_leaf, tree_size)
                 SELECT tenant_id, chain_lane, 1, max(chain_seq), (array_agg(integrity_hash ORDER BY chain_seq DESC))[1],
                        chain_lane, sum(count(*)) OVER (PARTITION BY tenant_id)
                 FROM awgp.audit_logs GROUP BY tenant_id, chain_lane",
        )
        .await
        .expect("a superuser may");
}

impl Stage {
    async fn checkpointed() -> Self {
        let stage = stage().await;
        checkpoint(&stage.superuser).await;
        stage
    }

    async fn retire(&self, month: Month) -> Result<u64, Error> {
        let name = month.partition_name();
        self.maintainer.execute("SELECT awgp.retire_partition($1)", &[&name]).await
    }

    async fn restore(&self, month: Month) -> Result<u64, Error> {
        let name = month.partition_name();
        self.maintainer.execute("SELECT awgp.restore_partition($1)", &[&name]).await
    }

    async fn state(&self, month: Month) -> (String, Option<String>) {
        let sql = "SELECT state, retirement_blocked_by FROM awgp.partition_status WHERE partition_name = $1";
        let row = self.maintainer.query_one(sql, &[&month.partition_name()]).await.expect("a month's status");
        (row.get(0), row.get(1))
    }

    async fn verify(&self) -> Vec<ServerFinding> {
        trail::verify(&self.database).await
    }

    async fn write(&self, tenant: usize) {
        let mut app = self.database.app().await;
        let (tenant, assistant) = self.past.targets()[tenant];
        let transaction = awgp_tests::fixture::within(&mut app, tenant).await;
        let sql = "SELECT awgp.create_work_item($1, 'after the gap')";
        transaction.execute(sql, &[&assistant]).await.expect("a tenant writes");
        transaction.commit().await.expect("it commits");
    }
}

#[tokio::test]
async fn what_is_not_sealed_not_checkpointed_too_young_or_held_is_not_retired() {
    let stage = stage().await;
    let (old, young) = (month_ago(16), month_ago(2));
    assert_refused(stage.retire(old).await, "55000", "partition_not_checkpointed");
    checkpoint(&stage.superuser).await;
    assert_refused(stage.retire(young).await, "55000", "partition_too_young");
    assert_refused(stage.retire(month_ago(0)).await, "55000", "partition_too_young");
    assert_eq!(stage.state(young).await, ("sealed".to_owned(), Some("partition_too_young".to_owned())));

    let unsealed = month_ago(40);
    ensure(&stage.maintainer, unsealed).await;
    assert_refused(stage.retire(unsealed).await, "55000", "partition_not_sealed");
    let unknown = "SELECT awgp.retire_partition('audit_logs_default')";
    let answer = stage.maintainer.execute(unknown, &[]).await;
    assert_refused(answer, "55000", "partition_too_young");
    let unknown = "SELECT awgp.retire_partition('audit_logs_1999_01')";
    assert_refused(stage.maintainer.execute(unknown, &[]).await, "P0002", "unknown_partition");
    let later = "SELECT awgp.retire_partition($1, clock_timestamp() + interval '1 day')";
    let answer = stage.maintainer.execute(later, &[&young.partition_name()]).await;
    assert_refused(answer, "22023", "out_of_range");

    let hold = "SELECT awgp.hold_partition($1, 'matter 17')";
    let hold: Uuid = stage.maintainer.query_one(hold, &[&old.partition_name()]).await.expect("a hold").get(0);
    let tenant = "SELECT awgp.hold_tenant_trail($1, 'matter 18')";
    let tenant: Uuid =
        stage.maintainer.query_one(tenant, &[&stage.past.tenants[1]]).await.expect("a hold").get(0);
    assert_refused(stage.retire(old).await, "55000", "partition_held");
    let release = "SELECT awgp.release_hold($1, 'settled')";
    assert_sqlstate(stage.maintainer.execute(release, &[&hold]).await, "42501");
    let admin = stage.database.admin().await;
    let released: bool = admin.query_one(release, &[&hold]).await.expect("an administrator may").get(0);
    assert!(released);
    assert_refused(stage.retire(old).await, "55000", "partition_held");
    admin.query_one(release, &[&tenant]).await.expect("an administrator may");
    let again: bool = admin.query_one(release, &[&tenant]).await.expect("it answers").get(0);
    assert!(!again, "it is released already");
    stage.retire(old).await.expect("nothing is against it any more");
}

#[tokio::test]
async fn a_retention_under_six_months_must_be_meant() {
    let stage = Stage::checkpointed().await;
    let set = format!("ALTER DATABASE {} SET awgp.audit_retention = 30", stage.database.name);
    stage.superuser.batch_execute(&set).await.expect("a superuser may");
    let maintainer = stage.database.connect(Login::Maintainer).await;
    let retire = "SELECT awgp.retire_partition($1)";
    let name = month_ago(2).partition_name();
    assert_refused(maintainer.execute(retire, &[&name]).await, "55000", "retention_too_short");
    assert_sqlstate(maintainer.execute("SET awgp.audit_retention_short = on", &[]).await, "42501");
    let set = format!("ALTER DATABASE {} SET awgp.audit_retention_short = on", stage.database.name);
    stage.superuser.batch_execute(&set).await.expect("a superuser may");
    let maintainer = stage.database.connect(Login::Maintainer).await;
    maintainer.execute(retire, &[&name]).await.expect("what is meant is done");
}

#[tokio::test]
async fn what_remains_verifies_across_the_gap_and_lanes_go_on_where_they_ended() {
    let stage = Stage::checkpointed().await;
    let before = trail::rows(&stage.database).await;
    // The first month and one in the middle; the last rows of tenant 3 lie in a month that goes.
    stage.retire(month_ago(16)).await.expect("it is retired");
    assert_eq!(stage.verify().await, []);
    stage.retire(month_ago(15)).await.expect("it is retired");
    assert_eq!(stage.verify().await, [], "two months are gone");
    assert_eq!(
        stage.state(month_ago(16)).await,
        ("retired".to_owned(), Some("unknown_partition".to_owned()))
    );
    assert_eq!(findings(&stage.superuser).await, [], "the doctor is content");
    stage.write(0).await;
    assert_eq!(stage.verify().await, []);
    let rows = trail::rows(&stage.database).await;
    let event = rows.iter().filter(|row| row.action == "retire_partition").count();
    assert_eq!(event, 2, "each is on the record");
    let gone = before.len() - rows.iter().filter(|row| before.contains(row)).count();
    assert_eq!(gone, 120, "nothing else is gone");
}

/// A lane all of whose rows were retired goes on where it ended, and does not begin again.
#[tokio::test]
async fn a_lane_whose_last_rows_were_retired_goes_on_from_its_anchor() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let mut past = Past::begin(&database, 1, 1).await;
    ensure(&maintainer, month_ago(20)).await;
    past.load(&superuser, month_ago(20), 9).await;
    maintainer
        .query("SELECT awgp.run_maintenance(steps => ARRAY['drain_default_partition'])", &[])
        .await
        .expect("gaps");
    maintainer
        .query("SELECT awgp.run_maintenance(steps => ARRAY['seal_partitions'])", &[])
        .await
        .expect("seals");
    checkpoint(&superuser).await;
    let retire = "SELECT awgp.retire_partition($1)";
    maintainer.execute(retire, &[&month_ago(20).partition_name()]).await.expect("it is retired");
    past.found_tenants(&superuser).await;
    let rows = trail::rows(&database).await;
    let first = rows.iter().find(|row| row.tenant_id == past.tenants[0]).expect("a row after the gap");
    assert_eq!((first.chain_lane, first.chain_seq), (0, 10));
    assert_eq!(trail::verify(&database).await, []);
}

/// The heads that a stop names may be in a month that goes.
#[tokio::test]
async fn a_stop_proves_itself_after_the_month_of_its_heads_was_retired() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let (maintainer, auditor) =
        (database.connect(Login::Maintainer).await, database.connect(Login::Auditor).await);
    let mut past = Past::begin(&database, 1, 2).await;
    ensure(&maintainer, month_ago(20)).await;
    past.load(&superuser, month_ago(20), 9).await;
    past.found_tenants(&superuser).await;
    let sql = "SELECT (awgp.stop('tenant', 'Something is wrong', $1) ->> 'stop_id')::uuid";
    let stop: Uuid =
        database.admin().await.query_one(sql, &[&past.tenants[0]]).await.expect("stopped").get(0);
    for step in ["drain_default_partition", "seal_partitions"] {
        let sql = format!("SELECT awgp.run_maintenance(steps => ARRAY['{step}'])");
        maintainer.query(&sql, &[]).await.expect("maintenance runs");
    }
    checkpoint(&superuser).await;
    let retire = "SELECT awgp.retire_partition($1)";
    maintainer.execute(retire, &[&month_ago(20).partition_name()]).await.expect("it is retired");
    let verified = async || -> serde_json::Value {
        auditor.query_one("SELECT awgp.verify_stop($1)", &[&stop]).await.expect("a verdict").get(0)
    };
    let verdict = verified().await;
    assert_eq!((&verdict["state"], &verdict["is_ended"]), (&"holds".into(), &false.into()), "{verdict:#}");
    // A file has no anchor of a lane without a row: while the stop is in force, that lane may have been cut.
    let folder = Folder::new(&database);
    let of_file = |name: &str| {
        let file = folder.file(name);
        json(&database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
        let (_, summary) =
            json(&database, Login::Nobody, &["audit", "verify", "--file", &file]).expect(0).verified();
        summary["stops"][0].clone()
    };
    let open = of_file("in_force.jsonl");
    assert_eq!(
        (&open["state"], &open["findings"][0]["kind"]),
        (&"open".into(), &"head_missing".into()),
        "{open:#}"
    );
    superuser.query("SELECT awgp.resume($1, 'It is right again')", &[&stop]).await.expect("resumed");
    assert_eq!(verified().await["state"], "holds");
    assert_eq!(of_file("lifted.jsonl")["state"], "holds");
}

#[tokio::test]
async fn a_month_with_a_warning_is_retired_and_comes_back() {
    let stage = Stage::checkpointed().await;
    let month = month_ago(16);
    let update = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         UPDATE awgp.{} SET action = action WHERE chain_seq = 5;
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        month.partition_name()
    );
    stage.superuser.batch_execute(&update).await.expect("a superuser may");
    let found = stage.verify().await;
    assert!(!found.is_empty() && found.iter().all(|finding| finding.severity == "warning"), "{found:?}");
    stage.retire(month).await.expect("a warning does not keep it");
    stage.restore(month).await.expect("nor does it keep it out");
    assert_eq!(stage.state(month).await.0, "restored");
    assert_eq!(stage.verify().await, found);
}

#[tokio::test]
async fn a_retired_month_is_closed_to_everybody_and_comes_back_as_it_was() {
    let stage = Stage::checkpointed().await;
    let month = month_ago(16);
    let name = month.partition_name();
    let before = trail::rows(&stage.database).await;
    stage.retire(month).await.expect("it is retired");
    for sql in [
        format!("DELETE FROM awgp.{name}"),
        format!("UPDATE awgp.{name} SET action = 'x'"),
        format!("TRUNCATE awgp.{name}"),
        format!("INSERT INTO awgp.{name} SELECT * FROM awgp.{name} LIMIT 1"),
    ] {
        assert_refused(stage.superuser.execute(&sql, &[]).await, "42501", "audit_immutable");
        for login in Login::ORDINARY {
            assert_sqlstate(stage.database.connect(login).await.execute(&sql, &[]).await, "42501");
        }
    }
    stage.restore(month).await.expect("it comes back");
    assert_eq!(stage.state(month).await.0, "restored");
    let after = trail::rows(&stage.database).await;
    assert!(before.iter().all(|row| after.contains(row)), "every row is back");
    assert_eq!(stage.verify().await, []);
    assert_refused(
        stage.superuser.execute(&format!("DELETE FROM awgp.{name}"), &[]).await,
        "42501",
        "audit_immutable",
    );
    assert_refused(stage.restore(month).await, "55000", "partition_not_retired");
    stage.retire(month).await.expect("it can be retired again");
    assert_eq!(stage.verify().await, []);
}

#[tokio::test]
async fn rows_that_are_not_those_that_were_retired_do_not_come_back() {
    let stage = Stage::checkpointed().await;
    let month = month_ago(15);
    let name = month.partition_name();
    stage.retire(month).await.expect("it is retired");
    for deed in [
        "UPDATE {t} SET action = 'forged' WHERE id = (SELECT min(id) FROM {t})",
        "DELETE FROM {t} WHERE id = (SELECT max(id) FROM {t})",
        "DELETE FROM {t}",
    ] {
        let deed = deed.replace("{t}", &format!("awgp.{name}"));
        let sql = format!(
            "BEGIN; ALTER TABLE awgp.{name} DISABLE TRIGGER guard_detached; {deed};
                           ALTER TABLE awgp.{name} ENABLE ALWAYS TRIGGER guard_detached"
        );
        stage.superuser.batch_execute(&sql).await.expect("a superuser may");
        let restored = stage.superuser.execute("SELECT awgp.restore_partition($1)", &[&name]).await;
        assert_refused(restored, "55000", "audit_findings");
        stage.superuser.batch_execute("ROLLBACK").await.expect("it is undone");
    }
    stage.restore(month).await.expect("the rows themselves do");
}

/// Beside a lawful retirement: a month that is only said to be retired is missing.
#[tokio::test]
async fn a_partition_that_was_dropped_and_is_said_to_be_retired_is_found() {
    let stage = Stage::checkpointed().await;
    let name = month_ago(15).partition_name();
    stage
        .superuser
        .batch_execute(&format!(
            "DROP TABLE awgp.{name};
             INSERT INTO awgp.audit_retired_partitions (partition_name, retired_at, retired_by, retention_days)
             VALUES ('{name}', now(), 'nobody', 400)"
        ))
        .await
        .expect("a superuser may");
    let found: Vec<_> =
        stage.verify().await.into_iter().map(|finding| (finding.kind, finding.partition_name)).collect();
    assert_eq!(found, [("missing_partition".to_owned(), Some(name))]);
}

/// With a default partition PostgreSQL itself refuses DETACH … CONCURRENTLY, so no half-detached
/// month can be left behind; and retiring that is interrupted leaves everything as it was.
#[tokio::test]
async fn interrupted_retiring_leaves_everything_and_can_be_run_again() {
    let stage = Stage::checkpointed().await;
    let name = month_ago(16).partition_name();
    let concurrently = format!("ALTER TABLE awgp.audit_logs DETACH PARTITION awgp.{name} CONCURRENTLY");
    assert_sqlstate(stage.superuser.execute(&concurrently, &[]).await, "55000");
    let victim = stage.database.connect(Login::Maintainer).await;
    let pid: i32 = victim.query_one("SELECT pg_backend_pid()", &[]).await.expect("a pid").get(0);
    let retire = format!("BEGIN; SELECT awgp.retire_partition('{name}')");
    victim.batch_execute(&retire).await.expect("it is retired, not committed");
    stage.superuser.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.expect("it is killed");
    while !victim.is_closed() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(stage.state(month_ago(16)).await, ("sealed".to_owned(), None));
    assert_eq!(stage.verify().await, []);
    stage.retire(month_ago(16)).await.expect("it can be run again");
    assert_eq!(stage.verify().await, []);
}

/// Retiring gives way to a verification that runs, and does not make others wait behind it for long.
#[tokio::test]
async fn a_month_is_retired_while_verification_runs() {
    let stage = Stage::checkpointed().await;
    let auditor = stage.database.connect(Login::Auditor).await;
    auditor.batch_execute("BEGIN; SELECT count(*) FROM awgp.audit_logs").await.expect("it reads");
    let maintainer = stage.database.connect(Login::Maintainer).await;
    let name = month_ago(16).partition_name();
    let waiting =
        tokio::spawn(async move { maintainer.execute("SELECT awgp.retire_partition($1)", &[&name]).await });
    for tenant in [0, 1, 2, 0, 1] {
        stage.write(tenant).await;
    }
    assert!(!waiting.is_finished(), "who reads is not disturbed");
    assert_eq!(trail::verify_with(&auditor).await, []);
    auditor.batch_execute("COMMIT").await.expect("it ends");
    waiting.await.expect("a task").expect("now it is retired");
    assert_eq!(stage.verify().await, []);
}

#[tokio::test]
async fn only_maintainers_retire_and_restore_and_nobody_but_administrators_releases() {
    let database = Database::new().await;
    for login in [Login::App, Login::Auditor, Login::Admin, Login::Nobody] {
        let client = database.connect(login).await;
        for call in ["retire_partition('x')", "restore_partition('x')", "load_partition_rows('x', '{}')"] {
            assert_sqlstate(client.query(&format!("SELECT awgp.{call}"), &[]).await, "42501");
        }
    }
    for login in [Login::App, Login::Auditor, Login::Maintainer, Login::Nobody] {
        let client = database.connect(login).await;
        let release = "SELECT awgp.release_hold(gen_random_uuid(), 'x')";
        assert_sqlstate(client.query(release, &[]).await, "42501");
    }
}

#[tokio::test]
async fn a_month_takes_its_erasable_values_with_it_and_comes_back_without_them() {
    let stage = Stage::checkpointed().await;
    let (old, kept) = (month_ago(MONTHS_AGO[0]), month_ago(MONTHS_AGO[1]));
    for month in [old, kept] {
        let (start, _) = month.bounds();
        let sql = format!(
            "ALTER TABLE awgp.audit_erasable_values DISABLE TRIGGER guard_erasable;
             INSERT INTO awgp.audit_erasable_values
                 (tenant_id, commitment, audit_id, chained_at, entity_type, member, subject, salt, value)
             SELECT tenant_id, awgp.erasable_commitment(sha256('{start}'), '\"Ada\"'), id, \"timestamp\",
                    entity_type, 'name', 'ada', sha256('{start}'), '\"Ada\"'
             FROM awgp.{} ORDER BY id LIMIT 1;
             ALTER TABLE awgp.audit_erasable_values ENABLE ALWAYS TRIGGER guard_erasable",
            month.partition_name()
        );
        stage.superuser.batch_execute(&sql).await.expect("a value of an old month");
    }
    stage.retire(old).await.expect("old enough");
    let sql = "SELECT array_agg('audit_logs_' || to_char(chained_at AT TIME ZONE 'UTC', 'YYYY_MM'))
               FROM awgp.audit_erasable_values";
    let left: Vec<String> = stage.superuser.query_one(sql, &[]).await.expect("values").get(0);
    assert_eq!(left, [kept.partition_name()]);
    stage.restore(old).await.expect("the table is still there");
    assert_eq!(stage.verify().await, []);
}
