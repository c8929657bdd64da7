//! The proof that a reader downloads, checked without a server.

use crate::checkpoints::stage::{Auditor, checked_by, python};
use awgp_tests::cli::awgp;
use awgp_tests::console::{Console, Page};
use awgp_tests::fixture::{Group, one, within_as};
use awgp_tests::tokens::{token_of, trusting_database};
use awgp_tests::{Database, Login};

async fn scene() -> (Database, Group, Auditor, String) {
    let (database, group) = trusting_database().await;
    let auditor = Auditor::new(&database);
    auditor.sign(&database, &["--tenant", "holding"]);
    let sql =
        "SELECT id::text FROM awgp.audit_logs WHERE tenant_id = $1 AND chain_seq = 4 AND chain_lane = 0";
    let superuser = database.connect(Login::Superuser).await;
    let event: String = superuser.query_one(sql, &[&group.north.id]).await.expect("an event").get(0);
    (database, group, auditor, event)
}

/// The exit codes of both programs that check a proof.
fn checked(auditor: &Auditor, proof: &str) -> (i32, i32) {
    let file = auditor.file("downloaded.json");
    std::fs::write(&file, proof).expect("written");
    let ours = awgp(&["audit", "check-proof", &file, "--public-key", &auditor.public_key], &[]);
    let (theirs, _) = python(&["proof", &file, &auditor.public_key]);
    (ours.code, theirs)
}

fn assert_holds(auditor: &Auditor, page: &Page, event: &str) {
    let named = format!("attachment; filename=\"event-{event}.proof.json\"");
    assert_eq!(page.header("content-disposition"), Some(named.as_str()));
    assert_eq!(checked(auditor, &page.body), (0, 0));
    // One word of the row.
    let edited = page.body.replacen("insert", "delete", 1);
    assert_ne!(edited, page.body);
    let (ours, theirs) = checked(auditor, &edited);
    assert!(ours != 0 && theirs != 0, "{ours} {theirs}");
}

#[tokio::test]
async fn a_proof_by_the_consoles_notes_holds_offline_and_not_after_one_word_is_changed() {
    let (database, group, auditor, event) = scene().await;
    let console = Console::start(&database, &["--bearer", "--notes", &auditor.notes()]);
    let mut viewer = console.reader_with(&token_of(group.north.user("viewer")));
    let page = viewer.page(&format!("/audit/{event}"));
    let path = format!("/audit/{event}/proof");
    assert!(page.links().contains(&path), "{:?}", page.links());
    let proof = viewer.page(&path);
    assert_holds(&auditor, &proof, &event);
    // The group's note would name north's sister and how many events it has.
    assert!(!proof.body.contains("awgp-audit-group"), "{proof:#?}");
    assert!(!proof.body.contains(&group.south.id.to_string()), "{proof:#?}");
}

#[tokio::test]
async fn a_proof_by_a_note_that_the_reader_has_holds_and_one_that_does_not_fit_is_refused() {
    let (database, group, auditor, event) = scene().await;
    let console = Console::bearer(&database);
    let mut viewer = console.reader_with(&token_of(group.north.user("viewer")));
    let path = format!("/audit/{event}/proof");
    viewer.page(&format!("/audit/{event}"));
    // Nobody has given this console notes.
    viewer.get(&path).expect(404);
    let note_of = |tenant: &str| {
        let notes = std::fs::read_dir(auditor.notes()).expect("notes").flatten();
        let mut found = notes.filter(|file| file.file_name().to_string_lossy().starts_with(tenant));
        std::fs::read_to_string(found.next().expect("a note").path()).expect("a note")
    };
    let own = note_of(&group.north.id.to_string());
    for note in [own.clone(), own.replace('\n', "\r\n"), format!("{own}\n\n")] {
        assert_holds(&auditor, &viewer.post(&path, &[("note", &note)]).expect(200), &event);
    }
    let sister = note_of(&group.south.id.to_string());
    let refusal = |page: &Page| (page.status >= 400).then(|| page.reason()).flatten();
    let foreign = viewer.post(&path, &[("note", &sister)]);
    assert_eq!(refusal(&foreign).as_deref(), Some("proof_other_log"));
    let nonsense = viewer.post(&path, &[("note", "nothing")]);
    assert_eq!(refusal(&nonsense).as_deref(), Some("note_malformed"));
    viewer.post_as_is(&path, &[("note", &own), ("form_secret", "x")]).expect(403);
}

#[tokio::test]
async fn the_receipt_of_an_action_is_offered_at_its_events_and_holds_offline() {
    let (database, group) = trusting_database().await;
    let auditor = Auditor::new(&database);
    let mut app = database.app().await;
    let work = within_as(&mut app, group.north.id, None).await;
    let able = "UPDATE awgp.assistants SET capabilities = '{look}' WHERE id = $1";
    work.execute(able, &[&group.north.assistant]).await.expect("capabilities can be set");
    let sql = "SELECT (awgp.begin_action(id, 'look') ->> 'action_id')::uuid
               FROM awgp.create_work_item($1, 'To look', risk_level => 0)";
    let action = one(&work, sql, &[&group.north.assistant]).await;
    let sql = "SELECT (awgp.finish_action($1, 'succeeded') ->> 'action_id')::uuid";
    one(&work, sql, &[&action]).await;
    work.commit().await.expect("commits");
    let superuser = database.connect(Login::Superuser).await;
    let sql = "SELECT min(id)::text FROM awgp.audit_logs WHERE entity_id = $1";
    let event: String = superuser.query_one(sql, &[&action]).await.expect("an event").get(0);
    let path = format!("/audit/{event}/receipt");
    let console = Console::start(&database, &["--bearer", "--notes", &auditor.notes()]);
    let mut viewer = console.reader_with(&token_of(group.north.user("viewer")));
    let early = viewer.get(&path);
    assert_eq!((early.status >= 400, early.reason().as_deref()), (true, Some("row_not_checkpointed")));
    auditor.sign(&database, &["--tenant", "holding"]);
    assert!(viewer.page(&format!("/audit/{event}")).links().contains(&path));
    let receipt = viewer.page(&path);
    let named = format!("attachment; filename=\"action-{action}.receipt.json\"");
    assert_eq!(receipt.header("content-disposition"), Some(named.as_str()));
    let holds = |text: &str| {
        let file = auditor.file("downloaded.receipt");
        std::fs::write(&file, text).expect("written");
        let ours = awgp(&["audit", "check-proof", &file, "--public-key", &auditor.public_key], &[]);
        let (theirs, _) = checked_by("check_receipt.py", &[&file, &auditor.public_key]);
        (ours.code == 0, theirs == 0)
    };
    assert_eq!(holds(&receipt.body), (true, true));
    assert_eq!(holds(&receipt.body.replacen("succeeded", "abandoned", 1)), (false, false));
    // By a note that the reader has.
    let note: serde_json::Value = serde_json::from_str(&receipt.body).expect("JSON");
    let note = note["note"].as_str().expect("a note").to_owned();
    assert_eq!(holds(&viewer.post(&path, &[("note", &note)]).expect(200).body), (true, true));
    // An event of something else has none, and to another tenant there is no such event.
    let other = "SELECT min(id)::text FROM awgp.audit_logs WHERE tenant_id = $1 AND entity_type = 'users'";
    let other: String = superuser.query_one(other, &[&group.north.id]).await.expect("an event").get(0);
    let page = viewer.page(&format!("/audit/{other}"));
    assert!(!page.links().contains(&format!("/audit/{other}/receipt")));
    viewer.get(&format!("/audit/{other}/receipt")).expect(404);
    console.reader_with(&token_of(group.other.user("admin"))).get(&path).expect(404);
}

#[tokio::test]
async fn an_event_that_nobody_has_signed_yet_offers_no_proof() {
    let (database, group) = trusting_database().await;
    let auditor = Auditor::new(&database);
    std::fs::create_dir_all(auditor.notes()).expect("a folder");
    let console = Console::start(&database, &["--bearer", "--notes", &auditor.notes()]);
    let mut viewer = console.reader_with(&token_of(group.north.user("viewer")));
    let list = viewer.page("/audit?kind=work_items");
    let is_event = |link: &String| link.strip_prefix("/audit/").is_some_and(|id| id.parse::<i64>().is_ok());
    let event = list.links().into_iter().find(is_event).expect("an event");
    assert!(!viewer.page(&event).links().contains(&format!("{event}/proof")));
    viewer.get(&format!("{event}/proof")).expect(404);
}
