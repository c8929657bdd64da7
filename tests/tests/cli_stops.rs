//! `awgp stop` and `awgp resume`, as people call them.

use awgp_tests::cli::{Outcome, json, table};
use awgp_tests::command::Folder;
use awgp_tests::fixture::{self, within};
use awgp_tests::{Database, Login};
use serde_json::{Value, json};

const ADA: [&str; 4] = ["--tenant", "north", "--user", "super_admin@north.example"];
const BOB: [&str; 4] = ["--tenant", "north", "--user", "admin@north.example"];

fn call(database: &Database, login: Login, command: &[&str], who: &[&str]) -> Outcome {
    json(database, login, &[command, who].concat())
}

#[tokio::test]
async fn what_is_stopped_is_listed_shown_and_resumed_by_somebody_else() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET risk_level = 1 WHERE id = $1";
    transaction.execute(sql, &[&group.north.work_item]).await.expect("a risk");
    transaction.execute("SELECT awgp.start_work_item($1)", &[&group.north.work_item]).await.expect("started");
    transaction.commit().await.expect("commits");
    let stop = ["stop", "assistant", "helper", "--reason", "paid twice"];
    let stopped = call(&database, Login::App, &stop, &ADA).expect(0).json();
    assert_eq!(stopped["running"]["work_items"]["first"][0]["id"], json!(group.north.work_item));
    let id = stopped["stop_id"].as_str().expect("an id").to_owned();
    let listed = call(&database, Login::App, &["stop", "list", "--in-force"], &ADA).expect(0).json();
    assert_eq!((&listed[0]["id"], &listed[0]["assistant"]), (&json!(id), &json!("helper")));
    let shown = call(&database, Login::App, &["stop", "show", &id[..8]], &ADA).expect(0).json();
    assert_eq!((&shown["state"], &shown["running"]["work_items"]["count"]), (&json!("in_force"), &json!(1)));
    let assistant = call(&database, Login::App, &["assistant", "show", "helper"], &ADA).expect(0).json();
    assert_eq!(assistant["stops"][0]["stop_id"], json!(id));
    let resume = ["resume", &id[..8], "--reason", "mended"];
    call(&database, Login::App, &resume, &ADA).expect(3);
    call(&database, Login::App, &resume, &BOB).expect(0);
    let listed = call(&database, Login::App, &["stop", "list", "--in-force"], &ADA).expect(0).json();
    assert_eq!(listed, json!([]));
    let verdict = call(&database, Login::Auditor, &["stop", "verify", &id], &[]).expect(0).json();
    assert_eq!((&verdict["holds"], &verdict["is_ended"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn an_administrator_stops_everything_without_a_context() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    for (arguments, scope) in [
        (vec!["stop", "tenant", "south"], "tenant"),
        (vec!["stop", "holding", "holding"], "holding"),
        (vec!["stop", "installation"], "installation"),
    ] {
        let arguments = [arguments, vec!["--reason", "incident 17"]].concat();
        let stopped = call(&database, Login::Admin, &arguments, &[]).expect(0).json();
        assert_eq!(stopped["scope"], scope);
    }
    let assistant = group.north.assistant.to_string();
    let arguments = ["stop", "assistant", &assistant, "--reason", "incident 17"];
    call(&database, Login::Admin, &arguments, &[]).expect(0);
    let listed = call(&database, Login::Admin, &["stop", "list"], &[]).expect(0).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(4), "{listed:#}");
    let shown = table(&database, Login::Admin, &["stop", "list"]).expect(0);
    assert!(shown.stdout.contains("incident 17") && shown.stdout.contains("helper"), "{}", shown.stdout);
}

#[tokio::test]
async fn an_export_proves_a_stop_without_a_server_and_shows_what_was_changed() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let arguments = ["stop", "tenant", "north", "--reason", "incident 17"];
    let stopped: Value = call(&database, Login::Admin, &arguments, &[]).expect(0).json();
    let id = stopped["stop_id"].as_str().expect("an id").to_owned();
    let folder = Folder::new(&database);
    let file = folder.file("trail.jsonl");
    table(&database, Login::Auditor, &["audit", "export", "--out", &file]).expect(0);
    let verify = |file: &str| json(&database, Login::Nobody, &["stop", "verify", &id, "--file", file]);
    let verdict = verify(&file).expect(0).json();
    assert_eq!((&verdict["holds"], &verdict["is_ended"]), (&json!(true), &json!(false)), "{verdict:#}");
    // A beginning after the stop, with whatever hash.
    let text = std::fs::read_to_string(&file).expect("a file");
    let forged = text.replace(r#""entity_type":"stops","#, r#""entity_type":"governed_actions","#);
    assert_ne!(forged, text);
    let changed = folder.file("changed.jsonl");
    std::fs::write(&changed, forged).expect("written");
    let verdict = verify(&changed).expect(12).json();
    assert_eq!(verdict["holds"], false);
    let kinds: Vec<&Value> =
        verdict["findings"].as_array().expect("a list").iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, [&json!("begun")], "{verdict:#}");
    assert!(verdict["chain_findings"].as_array().is_some_and(|found| !found.is_empty()), "{verdict:#}");
    let unknown = "00000000-0000-4000-8000-000000000001";
    json(&database, Login::Nobody, &["stop", "verify", unknown, "--file", &file]).expect(8);
    json(&database, Login::Nobody, &["stop", "verify", &id[..8], "--file", &file]).expect(2);
}
