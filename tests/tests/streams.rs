//! `awgp audit stream`: what receivers get, whatever fails between, and what is found in their copies.

use crate::checkpoints::stage::{Auditor, events, scene};
use awgp_tests::cli::{Outcome, awgp, json};
use awgp_tests::fixture::within_as;
use awgp_tests::past::{month_ago, old_months};
use awgp_tests::receivers::{Answer, Web};
use awgp_tests::{Database, Login, trail};
use serde_json::Value;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

const FORMS: [&str; 4] = ["jsonl", "ocsf", "cef", "otlp"];

/// Sends what is there.
fn send(database: &Database, auditor: &Auditor, to: &str, further: &[&str]) -> Outcome {
    let cursor = auditor.file("cursor");
    let arguments = ["audit", "stream", "--once", "--to", to, "--cursor", &cursor];
    json(database, Login::Auditor, &[&arguments, further].concat())
}

/// A stream that goes on. It ends by SIGKILL.
struct Running(Child);

impl Running {
    fn start(database: &Database, auditor: &Auditor, to: &str) -> Self {
        let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
        let mut command = Command::new(binary);
        command.env_clear().env("DATABASE_URL", database.url(Login::Auditor));
        command.args(["audit", "stream", "--to", to, "--cursor", &auditor.file("cursor")]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("awgp runs"))
    }

    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it has ended");
    }
}

/// Verifies copies: the findings, and what is summed up.
fn verify(auditor: &Auditor, copies: &[&str], notes: bool, code: i32) -> (Vec<Value>, Value) {
    let folder = auditor.notes();
    let mut arguments = vec!["audit", "stream", "verify", "--output", "json"];
    if notes {
        arguments.extend(["--checkpoint", &folder, "--public-key", &auditor.public_key]);
    }
    arguments.extend(copies);
    let outcome = awgp(&arguments, &[]);
    let (findings, summary) = outcome.verified();
    assert_eq!(outcome.code, code, "{findings:#?}");
    (findings, summary)
}

fn kinds(findings: &[Value]) -> Vec<&str> {
    findings.iter().map(|finding| finding["kind"].as_str().expect("a kind")).collect()
}

async fn rows(database: &Database) -> i64 {
    let sql = "SELECT count(*) FROM awgp.audit_logs";
    database.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
}

#[tokio::test]
async fn every_form_arrives_whole_and_is_proved_by_a_note() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 300).await;
    auditor.sign(&database, &["--all-tenants"]);
    let all = rows(&database).await;
    for form in FORMS {
        let copy = auditor.file(form);
        let cursor = auditor.file(&format!("{form}.cursor"));
        let arguments = ["audit", "stream", "--once", "--format", form, "--to", &copy, "--cursor", &cursor];
        let told = json(&database, Login::Auditor, &arguments).expect(0);
        let told: Value = serde_json::from_str(&told.stderr).expect("JSON");
        assert_eq!((&told["sent_events"], &told["broken_events"]), (&all.into(), &0.into()), "{form}");
        let (findings, summary) = verify(&auditor, &[&copy], true, 0);
        assert_eq!((findings, &summary["verified_rows"]), (vec![], &all.into()), "{form}");
        // Nothing new, nothing sent.
        let again = json(&database, Login::Auditor, &arguments).expect(0);
        assert!(again.stderr.contains("\"sent_events\":0"), "{again:#?}");
    }
}

#[tokio::test]
async fn what_is_cut_edited_or_exchanged_in_a_copy_is_named() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 12).await;
    let copy = auditor.file("copy");
    send(&database, &auditor, &copy, &[]).expect(0);
    auditor.sign(&database, &["--all-tenants"]);
    let text = fs::read_to_string(&copy).expect("a copy");
    let lines: Vec<&str> = text.lines().collect();
    let tampered = auditor.file("tampered");
    let judge = |lines: &[&str], code| {
        fs::write(&tampered, lines.join("\n")).expect("written");
        verify(&auditor, &[&tampered], true, code).0
    };
    // In another order, and twice, a copy is as whole as before.
    let mut shuffled: Vec<&str> = lines.iter().rev().copied().collect();
    shuffled.extend(&lines[3..9]);
    assert_eq!(judge(&shuffled, 0), [Value::Null; 0]);
    for cut in 0..lines.len() {
        let mut less = lines.clone();
        less.remove(cut);
        let found = judge(&less, 12);
        assert!(
            kinds(&found)
                .iter()
                .all(|kind| ["missing_row", "cut_tail", "cut_head", "missing_lane"].contains(kind)),
            "{cut}: {found:#?}"
        );
    }
    for edited in (0..lines.len()).step_by(3) {
        let event: Value = serde_json::from_str(lines[edited]).expect("JSON");
        for (field, value) in event["row"].as_object().expect("a row") {
            let other = match (field.as_str(), value) {
                ("before_state" | "after_state" | "metadata", _) => Value::from("{\"forged\": 1}"),
                ("timestamp", _) => "2001-01-01T00:00:00.000000Z".into(),
                (_, Value::Number(number)) => (number.as_i64().expect("a number") + 1).into(),
                ("integrity_hash", _) => "0".repeat(64).into(),
                ("actor_type", _) => "assistant".into(),
                (field, _) if field.ends_with("_id") => "00000000-0000-4000-8000-00000000000f".into(),
                _ => "forged".into(),
            };
            if other == *value {
                continue;
            }
            let mut forged = event.clone();
            forged["row"][field] = other;
            let forged = forged.to_string();
            let mut changed = lines.clone();
            changed[edited] = &forged;
            assert!(!judge(&changed, 12).is_empty(), "{edited} {field}");
        }
    }
    // Without a note a copy that ends early is as good as it says; what is between is found.
    fs::write(&tampered, lines[..lines.len() - 1].join("\n")).expect("written");
    let (findings, summary) = verify(&auditor, &[&tampered], false, 0);
    assert_eq!(findings, [Value::Null; 0]);
    assert!(!summary["own_word"].as_array().expect("a list").is_empty());
    // Lines that are no event are said, and are nothing more.
    fs::write(&tampered, format!("hello\n{text}{{\"a\": 1}}\n")).expect("written");
    let outcome = awgp(&["audit", "stream", "verify", &tampered], &[]).expect(0);
    assert!(outcome.stderr.contains("line 1") && outcome.stderr.contains("2 lines"), "{outcome:#?}");
    fs::write(&tampered, "hello\n").expect("written");
    awgp(&["audit", "stream", "verify", &tampered], &[]).expect(6);
}

#[tokio::test]
async fn a_stream_that_is_killed_again_and_again_loses_nothing() {
    let (database, group, auditor) = scene().await;
    let copy = auditor.file("copy");
    let writing = async {
        for round in 0..8_i64 {
            let tenant = [group.north.id, group.other.id][usize::try_from(round % 2).expect("small")];
            events(&database, tenant, 40).await;
            tokio::time::sleep(Duration::from_millis(60)).await;
        }
    };
    let killing = async {
        for round in 0..6_u64 {
            let stream = Running::start(&database, &auditor, &copy);
            tokio::time::sleep(Duration::from_millis(60 + 45 * round)).await;
            stream.kill();
        }
    };
    tokio::join!(writing, killing);
    // A crash of the machine may cut the last line.
    let cut = fs::read(&copy).map(|bytes| bytes[..bytes.len().saturating_sub(40)].to_vec());
    if let (Ok(bytes), false) = (cut, fs::exists(auditor.file("cursor")).expect("readable")) {
        fs::write(&copy, bytes).expect("written");
    }
    send(&database, &auditor, &copy, &[]).expect(0);
    auditor.sign(&database, &["--all-tenants"]);
    let (findings, summary) = verify(&auditor, &[&copy], true, 0);
    assert_eq!((findings, &summary["verified_rows"]), (vec![], &rows(&database).await.into()));
}

#[tokio::test]
async fn a_line_that_a_crash_has_cut_does_not_spoil_the_next_one() {
    let (database, group, auditor) = scene().await;
    let copy = auditor.file("copy");
    fs::write(&copy, "{\"awgp\":\"event\",\"inst").expect("written");
    send(&database, &auditor, &copy, &[]).expect(0);
    auditor.sign(&database, &["--tenant", "north"]);
    let (findings, summary) = verify(&auditor, &[&copy], true, 0);
    assert_eq!((findings, &summary["verified_rows"]), (vec![], &rows(&database).await.into()));
    // Somebody renames the file: what comes next is in a new one, and both together are whole.
    fs::rename(&copy, auditor.file("copy.1")).expect("renamed");
    events(&database, group.north.id, 3).await;
    send(&database, &auditor, &copy, &[]).expect(0);
    assert_eq!(fs::read_to_string(&copy).expect("a file").lines().count(), 3);
    assert_eq!(verify(&auditor, &[&auditor.file("copy.1"), &copy], true, 0).0, [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_that_fails_gets_everything_in_the_end() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 700).await;
    auditor.sign(&database, &["--all-tenants"]);
    for form in FORMS {
        let mut web =
            Web::start(&[Answer::Status(503), Answer::Status(204), Answer::Close, Answer::Later(429, 1)])
                .await;
        let headers = auditor.file("headers");
        fs::write(&headers, "Authorization: Bearer hunter2\n").expect("written");
        let cursor = auditor.file(&format!("{form}.cursor"));
        let stream = |further: &[&str]| {
            let arguments =
                ["audit", "stream", "--once", "--to", &web.url, "--cursor", &cursor, "--format", form];
            json(&database, Login::Auditor, &[&arguments, further].concat())
        };
        // A file of secrets is its owner's.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
        fs::set_permissions(&headers, readable).expect("permissions");
        let refused = stream(&["--header-file", &headers]).expect(6);
        assert!(!format!("{refused:?}").contains("hunter2"), "{refused:#?}");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&headers, private).expect("permissions");
        let sent = stream(&["--header-file", &headers]).expect(0);
        assert!(sent.stderr.contains("http_503") && !sent.stderr.contains("hunter2"), "{sent:#?}");
        let requests = web.taken();
        assert!(requests.iter().all(|request| request.headers["authorization"] == "Bearer hunter2"));
        let copy = auditor.file(form);
        let bodies: Vec<&str> = requests.iter().map(|request| request.body.as_str()).collect();
        fs::write(&copy, bodies.concat()).expect("written");
        let (findings, summary) = verify(&auditor, &[&copy], true, 0);
        assert_eq!((findings, &summary["verified_rows"]), (vec![], &rows(&database).await.into()), "{form}");
    }
    // A receiver that never takes it: nothing counts as sent.
    let mut web = Web::start(&[Answer::Status(401)]).await;
    let failed = send(&database, &auditor, &web.url, &[]).expect(1);
    assert!(failed.stderr.contains("http_401"), "{failed:#?}");
    assert_eq!(web.taken().len(), 1);
    send(&database, &auditor, &web.url, &[]).expect(0);
    let bodies: Vec<String> = web.taken().into_iter().map(|request| request.body).collect();
    let copy = auditor.file("late");
    fs::write(&copy, bodies.concat()).expect("written");
    assert_eq!(verify(&auditor, &[&copy], true, 0).0, [Value::Null; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_on_this_machine_that_ends_in_the_middle_gets_it_again() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 900).await;
    auditor.sign(&database, &["--all-tenants"]);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let to = format!("tcp://{}", listener.local_addr().expect("an address"));
    let copy = auditor.file("copy");
    let receiving = tokio::spawn({
        let copy = copy.clone();
        async move {
            // The first one goes away with what it has read; the second one reads to the end.
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut some = vec![0; 4096];
            stream.read_exact(&mut some).await.expect("events");
            drop(stream);
            let mut text = Vec::new();
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream.read_to_end(&mut text).await.expect("events");
            fs::write(copy, text).expect("written");
        }
    });
    let (path, url) = (auditor.file("cursor"), database.url(Login::Auditor));
    let arguments = ["audit", "stream", "--once", "--to", &to, "--cursor", &path].map(str::to_owned);
    let sent = tokio::task::spawn_blocking(move || {
        awgp(&arguments.each_ref().map(String::as_str), &[("DATABASE_URL", &url)])
    });
    sent.await.expect("no panic").expect(0);
    receiving.await.expect("no panic");
    let (findings, summary) = verify(&auditor, &[&copy], true, 0);
    assert_eq!((findings, &summary["verified_rows"]), (vec![], &rows(&database).await.into()));
    for (to, says) in [
        ("tcp://192.0.2.1:514", "this machine"),
        ("http://siem.example/x", "https"),
        ("tcp://127.0.0.1", "port"),
    ] {
        let refused = send(&database, &auditor, to, &[]).expect(6);
        assert!(refused.error()["error"].as_str().expect("a text").contains(says), "{refused:#?}");
    }
}

#[tokio::test]
async fn a_trail_that_is_not_the_one_that_was_sent_is_refused() {
    let (database, group, auditor) = scene().await;
    events(&database, group.north.id, 5).await;
    let copy = auditor.file("copy");
    send(&database, &auditor, &copy, &[]).expect(0);
    let superuser = database.superuser().await;
    let past_the_guard = async |sql: String| {
        let sql = format!(
            "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit; {sql};
             ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit"
        );
        superuser.batch_execute(&sql).await.expect("a superuser may");
    };
    let lane = format!("tenant_id = '{}' AND chain_lane = 0", group.north.id);
    let last = format!("{lane} AND chain_seq = (SELECT max(chain_seq) FROM awgp.audit_logs WHERE {lane})");
    // An event is changed that is not sent yet: it is sent, and named.
    events(&database, group.north.id, 2).await;
    past_the_guard(format!("UPDATE awgp.audit_logs SET action = 'forged' WHERE {last}")).await;
    let named = send(&database, &auditor, &copy, &[]).expect(12);
    assert!(named.stderr.contains("not what was chained"), "{named:#?}");
    assert_eq!(kinds(&verify(&auditor, &[&copy], false, 12).0), ["changed_row"]);
    // The end is cut off, as by a restore: numbers will come again that were sent.
    past_the_guard(format!("DELETE FROM awgp.audit_logs WHERE {last}")).await;
    let refused = send(&database, &auditor, &copy, &[]).expect(12);
    assert!(refused.stderr.contains("restored from a backup"), "{refused:#?}");
    // Also where the lane has grown beyond what was sent.
    events(&database, group.north.id, 4).await;
    let refused = send(&database, &auditor, &copy, &[]).expect(12);
    assert!(refused.stderr.contains("restored from a backup"), "{refused:#?}");
    // A cursor of another installation.
    let (elsewhere, _, other) = scene().await;
    let arguments = ["installation", "adopt", "--reason", "a rehearsal", "--yes"];
    json(&elsewhere, Login::Superuser, &arguments).expect(0);
    send(&elsewhere, &other, &other.file("copy"), &[]).expect(0);
    let refused = send(&database, &other, &copy, &[]).expect(4);
    assert!(refused.stderr.contains("is of install"), "{refused:#?}");
}

#[tokio::test]
async fn a_stream_goes_on_over_an_adoption_and_without_months_that_are_retired() {
    let (database, group, auditor) = scene().await;
    let copy = auditor.file("copy");
    events(&database, group.north.id, 3).await;
    send(&database, &auditor, &copy, &[]).expect(0);
    let before = trail::install_id(&database).await;
    for _ in 0..2 {
        let arguments = ["installation", "adopt", "--reason", "a rehearsal", "--yes"];
        json(&database, Login::Superuser, &arguments).expect(0);
    }
    assert_ne!(trail::install_id(&database).await, before);
    events(&database, group.north.id, 3).await;
    send(&database, &auditor, &copy, &[]).expect(0);
    let (findings, summary) = verify(&auditor, &[&copy], false, 0);
    assert_eq!((findings, &summary["verified_rows"]), (vec![], &rows(&database).await.into()));
}

#[tokio::test]
async fn a_stream_that_begins_after_a_month_was_retired_says_what_it_lacks() {
    let database = Database::new().await;
    let auditor = Auditor::new(&database);
    old_months(&database).await;
    let name = month_ago(15).partition_name();
    let run = |login, arguments: &[&str]| json(&database, login, arguments).expect(0);
    run(Login::Maintainer, &["maintenance", "run"]);
    auditor.sign(&database, &["--all-tenants"]);
    run(Login::Auditor, &["partition", "export", &name, "--out", &auditor.file("months")]);
    run(Login::Maintainer, &["partition", "retire", &name, "--yes"]);
    let copy = auditor.file("copy");
    let sent = send(&database, &auditor, &copy, &[]).expect(0);
    assert!(sent.stderr.contains("gone from the database"), "{sent:#?}");
    let (findings, summary) = verify(&auditor, &[&copy], false, 12);
    assert!(kinds(&findings).iter().all(|kind| *kind == "missing_row"), "{findings:#?}");
    assert_eq!(summary["verified_rows"], rows(&database).await);
}

#[tokio::test]
async fn a_tenant_streams_its_own_trail_only() {
    let (database, group, auditor) = scene().await;
    let install_id = trail::install_id(&database).await.to_string();
    let copy = auditor.file("copy");
    let cursor = auditor.file("own.cursor");
    let arguments = [
        "audit",
        "stream",
        "--once",
        "--to",
        &copy,
        "--cursor",
        &cursor,
        "--tenant",
        "north",
        "--install-id",
        &install_id,
    ];
    json(&database, Login::App, &arguments).expect(0);
    let text = fs::read_to_string(&copy).expect("a copy");
    assert!(text.contains(&group.north.id.to_string()));
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).expect("JSON");
        assert_ne!(event["row"]["tenant_id"], group.other.id.to_string());
    }
    // Only what is new, from now on.
    let late = auditor.file("late");
    let from_now = ["--from", "now"];
    send(&database, &auditor, &late, &from_now).expect(0);
    let mut app = database.app().await;
    let transaction = within_as(&mut app, group.north.id, None).await;
    transaction.execute("SELECT awgp.log_event('tick', 'test')", &[]).await.expect("an event");
    transaction.commit().await.expect("committed");
    send(&database, &auditor, &late, &from_now).expect(0);
    assert_eq!(fs::read_to_string(&late).expect("a copy").lines().count(), 1);
}
