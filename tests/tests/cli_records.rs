//! `awgp conversation` and `awgp flag`.

use awgp_core::records::commitment::{Kind, commitment};
use awgp_tests::cli::json;
use awgp_tests::command::Folder;
use awgp_tests::{Database, Login, fixture, trail};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Runs `awgp` as the application, in north, as this user of it.
fn north(database: &Database, user: &str, arguments: &[&str]) -> awgp_tests::cli::Outcome {
    let user = format!("{user}@north.example");
    json(database, Login::App, &[&["--tenant", "north", "--user", &user], arguments].concat())
}

fn logged(database: &Database, folder: &Folder, text: &str) -> Value {
    let file = folder.file("messages.json");
    let messages = json!([{"role": "user", "content": text}]);
    std::fs::write(&file, messages.to_string()).expect("a file can be written");
    let line =
        ["conversation", "log", "--assistant", "helper", "--file", &file, "--external-id", "chat-7", "--end"];
    north(database, "operator", &line).expect(0).json()
}

fn ids(rows: &Value) -> Vec<&str> {
    rows.as_array().expect("an array").iter().filter_map(|row| row["id"].as_str()).collect()
}

#[tokio::test]
async fn a_conversation_is_logged_listed_shown_found_held_and_erased() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let folder = Folder::new(&database);
    let made = logged(&database, &folder, "the quick fox");
    let id = made["id"].as_str().expect("an id");
    assert!(made["ended_at"].is_string());
    assert_eq!(logged(&database, &folder, "the quick fox"), made, "a retry is the same conversation");
    for line in [
        vec!["conversation", "list"],
        vec!["conversation", "list", "--assistant", "helper", "--external-id", "chat-7"],
        vec!["conversation", "search", "quick fox"],
        vec!["conversation", "search", "fox", "--assistant", "helper", "--limit", "1"],
    ] {
        let rows = north(&database, "viewer", &line).expect(0).json();
        assert_eq!(ids(&rows), [id], "{line:?}");
        assert!(rows[0].get("messages").is_none(), "a list leaves messages out");
    }
    let shown = north(&database, "viewer", &["conversation", "show", id]).expect(0).json();
    assert_eq!(shown["messages"][0]["content"], "the quick fox");
    assert!(shown.get("content_salt").is_none());
    north(&database, "viewer", &["conversation", "show", "00000000-0000-0000-0000-000000000007"]).expect(8);
    let erase = ["conversation", "erase", id, "--reason", "request 17", "--yes"];
    let refused = north(&database, "manager", &erase).expect(3).error();
    assert_eq!(refused["reason"], "role_not_sufficient");
    north(&database, "admin", &["conversation", "hold", id]).expect(0);
    let refused = north(&database, "admin", &erase);
    assert_eq!(refused.error()["reason"], "legal_hold");
    north(&database, "admin", &["conversation", "hold", id, "--release"]).expect(0);
    let erased = north(&database, "admin", &erase).expect(0).json();
    assert_eq!((&erased["messages"], &erased["erased_reason"]), (&json!([]), &json!("request 17")));
    assert_eq!(
        ids(&north(&database, "viewer", &["conversation", "search", "fox"]).expect(0).json()),
        [""; 0]
    );
    assert_eq!(trail::verify(&database).await, []);
}

#[tokio::test]
async fn messages_that_break_a_rule_and_files_that_are_not_there_are_bad_arguments() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let folder = Folder::new(&database);
    let file = folder.file("bad.json");
    std::fs::write(&file, r#"[{"role": "nobody", "content": "x"}]"#).expect("a file can be written");
    for (file, reason) in [(file.as_str(), json!("messages_invalid")), ("/no/such/file", Value::Null)] {
        let line = ["conversation", "log", "--assistant", "helper", "--file", file];
        assert_eq!(north(&database, "operator", &line).expect(6).error()["reason"], reason);
    }
}

#[tokio::test]
async fn messages_are_an_array_or_a_line_each_with_or_without_a_byte_order_mark() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let folder = Folder::new(&database);
    let file = folder.file("messages");
    let log = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("a file can be written");
        north(&database, "operator", &["conversation", "log", "--assistant", "helper", "--file", &file])
    };
    let (one, two) =
        (r#"{"role": "user", "content": "a"}"#, r#"{"role": "assistant", "content": "b", "n": 1.10}"#);
    for (text, count) in [
        (format!("[{one},\n{two}]"), 2),
        (format!("\u{feff}[{one},{two}]"), 2),
        (format!("\u{feff}{one}\r\n{two}\r\n"), 2),
        (format!("{one}\n\n{two}"), 2),
        (format!("{one}\n"), 1),
    ] {
        let made = log(text.as_bytes()).expect(0);
        assert_eq!(made.json()["messages"].as_array().map(Vec::len), Some(count), "{text}");
        assert!(count == 1 || made.stdout.contains("1.10"), "{made:?}");
    }
    for text in ["", "{oops", &format!("{one}\n{{oops\n"), &format!("{one}{two}")] {
        let hint = log(text.as_bytes()).expect(6).error()["hint"].to_string();
        assert!(hint.contains("JSON Lines") && !hint.contains("uuid"), "{hint}");
    }
    for (bytes, what) in [(&b"\xff\xfe[\0]\0"[..], "UTF-16"), (b"[\0]", "NUL"), (b"[]\n\xff", "line 2")] {
        let error = log(bytes).expect(6).error();
        assert!(error["error"].as_str().is_some_and(|message| message.contains(what)), "{error}");
    }
    for text in [
        format!(r#"[{one}, {{"role": "user", "content": "\ud83d"}}]"#),
        format!("{one}\n{{\"role\": \"user\", \"content\": \"\\u0000\"}}"),
    ] {
        let error = log(text.as_bytes()).expect(6).error();
        assert_eq!(error["reason"], "json_unsupported", "{error}");
        assert!(error["detail"].as_str().is_some_and(|detail| detail.contains("$[1].content")), "{error}");
    }
}

#[tokio::test]
async fn an_export_has_every_byte_that_the_digest_is_of_and_is_on_the_record() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let folder = Folder::new(&database);
    for number in 0..25 {
        logged(&database, &folder, &format!("Ärger {number} \"\\\n"));
    }
    let out = folder.file("out.jsonl");
    let run = north(&database, "admin", &["conversation", "export", "--out", &out]).expect(0);
    assert!(run.stderr.contains("25"), "{}", run.stderr);
    let text = std::fs::read_to_string(&out).expect("the export is there");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 27);
    assert!(lines[0].contains("\"conversations\"") && lines[26].contains("\"rows\":25"), "{text}");
    for line in &lines[1..26] {
        let row: BTreeMap<String, Box<RawValue>> = serde_json::from_str(line).expect("a row");
        let text = |name: &str| serde_json::from_str::<String>(row[name].get()).expect("a text");
        let salt = hex::decode(&text("content_salt")[2..]).expect("hex");
        let external = text("external_id");
        let digest = commitment(&salt, Kind::Conversation, [Some(&external), Some(row["messages"].get())]);
        assert_eq!(text("content_digest"), digest, "anybody can hold the line against the trail");
    }
    let none = north(&database, "admin", &["conversation", "export", "--since", "2999-01-01"]).expect(0);
    assert_eq!(none.stdout.lines().count(), 2);
    let exports = trail::rows(&database).await.into_iter().filter(|row| row.action == "export");
    let counts: Vec<String> = exports.filter_map(|row| row.metadata).collect();
    assert_eq!(counts.len(), 2);
    assert!(counts.iter().any(|facts| facts.contains("\"rows\": 25")), "{counts:?}");
}

#[tokio::test]
async fn a_flag_is_created_listed_and_reviewed() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let folder = Folder::new(&database);
    let conversation = logged(&database, &folder, "it rained");
    let create = [
        "flag",
        "create",
        "--assistant",
        "helper",
        "--method",
        "pattern",
        "--confidence",
        "0.5",
        "--content",
        "rain",
        "--conversation",
        conversation["id"].as_str().expect("an id"),
    ];
    let flag = north(&database, "operator", &create).expect(0).json();
    let id = flag["id"].as_str().expect("an id");
    let pending = ["flag", "list", "--status", "pending", "--assistant", "helper"];
    assert_eq!(ids(&north(&database, "viewer", &pending).expect(0).json()), [id]);
    north(&database, "viewer", &["flag", "list", "--status", "doubted"]).expect(7);
    let review = ["flag", "review", id, "--status", "confirmed", "--notes", "seen"];
    assert_eq!(north(&database, "operator", &review).expect(3).error()["reason"], "role_not_sufficient");
    let reviewed = north(&database, "manager", &review).expect(0).json();
    assert_eq!((&reviewed["status"], &reviewed["notes"]), (&json!("confirmed"), &json!("seen")));
    assert_eq!(north(&database, "manager", &review).error()["reason"], "review_transition");
    assert_eq!(ids(&north(&database, "viewer", &pending).expect(0).json()), [""; 0]);
    let quality = north(&database, "viewer", &["flag", "quality"]).expect(0).json();
    assert_eq!((&quality[0]["confirmed"], &quality[0]["conversations"]), (&json!(1), &json!(1)));
}
