//! The tamper suite: a superuser does what they should not to a log of 100,000 rows, 20 tenants, three months
//! and several lanes; verification names the row, and nothing else. The honest log gives no finding.

mod cases;
mod log;

use awgp_core::audit::row::AuditRow;
use awgp_tests::trail::{self, close, copy_of, drop_database, verify_in_python};
use awgp_tests::{Database, Login, assert_refused, cli};
use cases::{Case, Named, named};
use log::Log;

/// The log as it is after a maintainer sealed the two months that are over, closed.
async fn sealed(log: &Log) -> Database {
    let database = copy_of(&log.template.name, "sealed").await;
    let maintainer = database.connect(Login::Maintainer).await;
    for month in &log.months {
        maintainer
            .execute("SELECT awgp.seal_partition($1)", &[month])
            .await
            .expect("an honest month is sealed");
    }
    drop(maintainer);
    assert_eq!(found(&database).await, [], "an honest log with seals");
    close(&database).await;
    database
}

async fn found(database: &Database) -> Vec<Named> {
    let mut found: Vec<Named> = trail::verify(database).await.iter().map(named).collect();
    found.sort();
    found
}

/// What `awgp audit verify` finds, which reads the rows and does not ask the server's function.
fn found_by_command(database: &Database) -> Vec<Named> {
    let outcome = cli::json(database, Login::Auditor, &["audit", "verify"]);
    assert!([0, 12].contains(&outcome.code), "{outcome:#?}");
    let mut found: Vec<Named> = outcome.verified().0.iter().map(cases::named_json).collect();
    found.sort();
    found
}

/// Does the deed to a copy of the log: what the server finds, and what the command finds.
async fn commit_deed(template: &str, number: usize, case: &Case) -> [Vec<Named>; 2] {
    let database = copy_of(template, &number.to_string()).await;
    let superuser = database.superuser().await;
    superuser.batch_execute(&case.sql).await.unwrap_or_else(|error| panic!("{}: {error:?}", case.sql));
    let by_server = found(&database).await;
    let by_command = found_by_command(&database);
    drop(superuser);
    drop_database(database).await;
    [by_server, by_command]
}

fn shown(found: &[Named]) -> String {
    let one = |(kind, partition, row, id): &Named| {
        let place = row.map(|(tenant, lane, seq)| {
            format!(" tenant …{:02x} lane {lane} number {seq}", tenant.as_bytes()[15])
        });
        let id = id.map(|id| format!(" id {id}"));
        [Some(kind.clone()), partition.as_ref().map(|name| format!(" {name}")), place, id]
            .into_iter()
            .flatten()
            .collect()
    };
    let shown: Vec<String> = found.iter().take(14).map(one).collect();
    let more =
        if found.len() > 14 { format!(" and {} more, one a lane", found.len() - 14) } else { String::new() };
    if found.is_empty() { "nothing".to_owned() } else { shown.join("; ") + &more }
}

#[tokio::test]
async fn every_tampering_is_found_by_its_row_and_nothing_else_is() {
    let log = Log::make().await;
    let untouched = copy_of(&log.template.name, "untouched").await;
    assert_eq!(found(&untouched).await, [], "an honest log");
    let sealed = sealed(&log).await;
    let mut wrong = Vec::new();
    println!("| case | deed | found |\n|---|---|---|");
    for (number, case) in cases::all(&log).iter().enumerate() {
        let template = if case.sealed { &sealed } else { &log.template };
        let [by_server, by_command] = commit_deed(&template.name, number, case).await;
        println!("| A{} | {} | {} |", case.number, case.deed, shown(&by_server));
        let by_command_expected = case.found_by_command.as_ref().unwrap_or(&case.found);
        for (who, found, expected) in
            [("verify_audit", by_server, &case.found), ("awgp audit verify", by_command, by_command_expected)]
        {
            let mut expected = expected.clone();
            expected.sort();
            if found != expected {
                let (found, expected) = (shown(&found), shown(&expected));
                wrong.push(format!(
                    "A{} {}: {who} found {found}, expected {expected}",
                    case.number, case.deed
                ));
            }
        }
    }
    for (number, sql) in cases::refused(&log) {
        let superuser = untouched.superuser().await;
        assert_refused(superuser.batch_execute(&sql).await, "42501", "audit_immutable");
        println!("| A{number} | {} | refused |", sql.chars().take(50).collect::<String>());
    }
    assert_eq!(found(&untouched).await, [], "what was refused left nothing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    settings_do_not_matter(&untouched).await;
    writers_do_not_disturb(&untouched).await;
    renamed_and_retyped_columns_are_named(&untouched).await;
    an_outsider_is_not_deceived(&log, &untouched).await;
}

/// Settings of the session that verifies.
async fn settings_do_not_matter(database: &Database) {
    let auditor = database.connect(Login::Auditor).await;
    let settings =
        "SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'SQL, DMY'; SET extra_float_digits = -15;
                    SET bytea_output = 'escape'; SET IntervalStyle = 'iso_8601'; SET work_mem = '64kB'";
    auditor.batch_execute(settings).await.expect("any session may");
    assert_eq!(trail::verify_with(&auditor).await, []);
}

/// Sixteen writers, and verification again and again until they are done.
async fn writers_do_not_disturb(database: &Database) {
    let mut running = Vec::new();
    for writer in log::writers(16) {
        let client = database.app().await;
        running.push(tokio::spawn(async move { writer.run(&client, 40).await.committed.len() }));
    }
    let auditor = database.connect(Login::Auditor).await;
    let mut rounds = 0;
    while rounds < 2 || running.iter().any(|writer| !writer.is_finished()) {
        assert_eq!(trail::verify_with(&auditor).await, []);
        rounds += 1;
    }
    let mut written = 0;
    for writer in running {
        written += writer.await.expect("a writer ends");
    }
    println!("verified {rounds} times while {written} work items were made: no finding");
    assert!(written > 500);
}

/// What cannot be read as what it was is said, not misread; given back, all verifies.
async fn renamed_and_retyped_columns_are_named(database: &Database) {
    let superuser = database.superuser().await;
    let views = "DROP VIEW awgp.message_denials, awgp.action_denials, awgp.trail_list CASCADE";
    superuser.batch_execute(views).await.expect("a superuser may");
    let pairs = [
        ("RENAME COLUMN metadata TO remarks", "RENAME COLUMN remarks TO metadata"),
        ("ALTER COLUMN chain_seq TYPE numeric", "ALTER COLUMN chain_seq TYPE bigint"),
        (
            "ALTER COLUMN after_state TYPE text",
            "ALTER COLUMN after_state TYPE jsonb USING after_state::jsonb",
        ),
    ];
    for (change, back) in pairs {
        let alter = |change| format!("ALTER TABLE awgp.audit_logs {change}");
        superuser.batch_execute(&alter(change)).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
        let auditor = database.connect(Login::Auditor).await;
        let verified = auditor.query("SELECT * FROM awgp.verify_audit()", &[]).await;
        assert_refused(verified, "55000", "audit_columns");
        let write =
            format!("UPDATE awgp.assistants SET description = 'x' WHERE id = '{}'", log::assistant(1));
        assert_refused(superuser.execute(&write, &[]).await, "55000", "audit_columns");
        superuser.batch_execute(&alter(back)).await.unwrap_or_else(|error| panic!("{back}: {error:?}"));
        assert_eq!(found(database).await, []);
    }
}

/// The verifying function is replaced. Who reads the rows and verifies them is not deceived,
/// be it with `awgp_core` or with the verifier in plain Python.
async fn an_outsider_is_not_deceived(log: &Log, database: &Database) {
    let rows: Vec<AuditRow> = trail::rows(database).await;
    assert!(rows.len() > 100_000);
    assert_eq!(python(log, database, &rows), (0, "0 found".to_owned()));
    let row = log.at(1, 0, 444);
    let superuser = database.superuser().await;
    superuser
        .batch_execute(&format!(
            "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
             UPDATE awgp.audit_logs SET action = 'nothing' WHERE id = {};
             ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit;
             CREATE OR REPLACE FUNCTION awgp.verify_audit(tenant_id uuid DEFAULT NULL, partition_name text DEFAULT NULL)
             RETURNS TABLE (severity text, kind text, tenant_id uuid, partition_name text, chain_lane smallint,
                            chain_seq bigint, audit_id bigint, detail text)
             LANGUAGE sql STABLE AS $$ SELECT NULL::text, NULL::text, NULL::uuid, NULL::text, NULL::smallint,
                 NULL::bigint, NULL::bigint, NULL::text WHERE false $$",
            row.id
        ))
        .await
        .expect("a superuser may");
    assert_eq!(found(database).await, [], "the forged function finds nothing");
    let rows = trail::rows(database).await;
    let found = trail::findings(log.install_id, &rows);
    let seen: Vec<_> = found.iter().map(|finding| (finding.kind.name(), finding.audit_id)).collect();
    assert_eq!(seen, [("changed_row", Some(row.id))]);
    let place = format!("the chain does not hold: tenant {} lane 0 at 444", row.tenant_id);
    assert_eq!(python(log, database, &rows), (1, format!("{place}\n1 found")));
}

/// Exit code and output of the verifier in plain Python on an export of these rows.
fn python(log: &Log, database: &Database, rows: &[AuditRow]) -> (i32, String) {
    let file = std::env::temp_dir().join(format!("{}.jsonl", database.name));
    std::fs::write(&file, trail::export(log.install_id, rows)).expect("the export is written");
    let told = verify_in_python(&file);
    std::fs::remove_file(&file).expect("the export is removed");
    told
}
