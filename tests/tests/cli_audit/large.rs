//! Rows that are longer than the server sends, and were there before anything was bounded.

use super::{verify, work};
use awgp_core::audit::chain::{Digest, Linker};
use awgp_core::audit::row::AuditRow;
use awgp_tests::cli::{json, table};
use awgp_tests::fixture::scene;
use awgp_tests::tampering::tamper;
use awgp_tests::{Database, Login, trail};
use std::io::{BufRead, BufReader, Read};
use uuid::Uuid;

/// Control characters, each of six bytes in the text.
const CHARACTERS: usize = 20_000_000;
/// Numbers whose digits, with those characters, are beyond a gigabyte, which no text of the server's is. They
/// take ten bytes each in the table, and the server writes them sooner than characters.
const NUMBERS: usize = 8_000;
/// Zeros of each: as many as the server has digits.
const ZEROS: usize = 131_071;

/// Plants an event with such a state at the end of lane 0, chained as it would have been, and returns its id.
async fn plant(database: &Database, tenant: Uuid, entity: Uuid) -> i64 {
    let superuser = database.superuser().await;
    let condition = format!("tenant_id = '{tenant}' AND chain_lane = 0");
    let last = trail::rows_where(&superuser, &condition).await.pop().expect("a row");
    let mut row = AuditRow {
        id: superuser.query_one("SELECT nextval('awgp.audit_logs_id_seq')", &[]).await.expect("an id").get(0),
        action: "update".to_owned(),
        entity_type: "work_items".to_owned(),
        entity_id: Some(entity),
        before_state: Some("{\"n\": 1.10}".to_owned()),
        // As jsonb prints it: shorter keys first.
        after_state: Some(format!(
            "{{\"a\": [1, \"{}\"], \"be\": {{\"long \\\"key\\\"\": null}}, \"many\": [{}]}}",
            "\\u0001".repeat(CHARACTERS),
            vec![format!("1{}", "0".repeat(ZEROS)); NUMBERS].join(", ")
        )),
        chain_seq: last.chain_seq + 1,
        ..last.clone()
    };
    let previous = Digest::from_hex(last.integrity_hash.as_bytes()).expect("a hash");
    row.integrity_hash = Linker::default().link(previous, &row.borrowed()).to_string();
    let sql = format!(
        "INSERT INTO {{partition}} (id, \"timestamp\", tenant_id, actor_type, actor_id, action, entity_type, entity_id,
             before_state, after_state, metadata, integrity_hash, chain_lane, chain_seq)
         SELECT {}, \"timestamp\", tenant_id, actor_type, actor_id, 'update', 'work_items', '{entity}', '{{\"n\": 1.10}}',
             jsonb_build_object('a', jsonb_build_array(1, repeat(chr(1), {CHARACTERS})),
                                'be', jsonb_build_object('long \"key\"', NULL),
                                'many', (SELECT jsonb_agg(1e{ZEROS}::numeric) FROM generate_series(1, {NUMBERS}))),
             metadata, '{}', 0, {} FROM awgp.audit_logs WHERE id = {}",
        row.id, row.integrity_hash, row.chain_seq, last.id
    );
    tamper(database, &sql).await;
    row.id
}

#[tokio::test]
async fn a_row_that_the_server_cannot_send_stops_no_command() {
    let (database, group) = scene().await;
    work(&database, &group.north, 2).await;
    let item = group.north.work_item;
    let id = plant(&database, group.north.id, item).await;
    work(&database, &group.south, 1).await;
    assert!(verify(&database, &["--jobs", "1"], 0).is_empty(), "it is read in pieces, and it holds");

    let arguments = ["audit", "log", "--limit", "1000"];
    let listed = json(&database, Login::Auditor, &arguments).expect(0);
    assert!(listed.stderr.contains(&id.to_string()), "it is named: {}", listed.stderr);
    let listed = listed.json();
    let rows = listed.as_array().expect("rows");
    assert!(rows.len() > 3);
    let planted = rows.iter().find(|row| row["id"] == id).expect("it is listed");
    assert_eq!(planted["before_state"], serde_json::json!({"n": 1.1}));
    assert!(planted["after_state"]["not_shown"]["stored_bytes"].is_number());
    table(&database, Login::Auditor, &arguments).expect(0);
    table(&database, Login::Auditor, &["audit", "tail"]).expect(0);
    let history = ["audit", "history", "work_items", &item.to_string(), "--tenant", "north"];
    assert!(
        json(&database, Login::App, &history).expect(0).json().as_array().is_some_and(|all| all.len() > 2)
    );

    let out = super::file(&database, "large");
    let place = out.display().to_string();
    json(&database, Login::Auditor, &["audit", "export", "--out", &place]).expect(0);
    let mut lines = BufReader::new(std::fs::File::open(&out).expect("the export"));
    let (mut rows, mut longest) = (0, 0);
    while let Ok(length @ 1..) = lines.by_ref().skip_until(b'\n') {
        (rows, longest) = (rows + 1, longest.max(length));
    }
    std::fs::remove_file(&out).expect("it is removed");
    let all = database.superuser().await.query_one("SELECT count(*) FROM awgp.audit_logs", &[]).await;
    let all: i64 = all.expect("counts").get(0);
    assert!(rows > all, "every row has a line: {rows} lines, {all} rows");
    assert!(longest > 7 * CHARACTERS + NUMBERS * ZEROS, "the long one too: {longest}");
}
