//! Policies of messages on the console, and their try-out.

use super::scenery::{console, done, reader, seen};
use awgp_tests::fixture::Tenant;

/// All that a message leaves behind.
const TRACES: &str = "SELECT concat_ws(' ', (SELECT count(*) FROM awgp.message_windows), (SELECT count(*) FROM awgp.message_sends),
                      (SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'message'))";

fn message<'a>(from: &'a str, to: &'a str, content: &'a str) -> [(&'a str, &'a str); 6] {
    [("from", from), ("to", to), ("to_id", ""), ("channel", "internal"), ("content", content), ("fields", "")]
}

async fn second_assistant(database: &awgp_tests::Database, tenant: &Tenant) -> String {
    let id = done(
        database,
        tenant,
        "manager",
        "SELECT id::text FROM awgp.create_assistant('Second', 'second', 'custom')",
        &[],
    )
    .await;
    let sql = "SELECT id::text FROM awgp.set_assistant_status($1::text::uuid, 'active')";
    done(database, tenant, "manager", sql, &[&id]).await
}

#[tokio::test]
async fn the_try_out_says_what_would_be_decided_and_by_which_policy_and_changes_nothing() {
    let (database, group, console) = console().await;
    let (from, to) = (group.north.assistant.to_string(), second_assistant(&database, &group.north).await);
    let sql = "SELECT id::text FROM awgp.create_policy('No <secrets>', content_rules => '{\"forbidden_patterns\": [\"secret\"]}', rate_limit_per_hour => 1)";
    done(&database, &group.north, "admin", sql, &[]).await;
    let mut viewer = reader(&console, &group.north, "viewer");
    let page = viewer.page("/messages");
    assert!(
        page.says("1. No <secrets>") && page.says("At most 1 message within an hour, in all."),
        "{page:#?}"
    );
    assert!(page.says("does not match secret"), "{page:#?}");

    let before = seen(&database, TRACES).await;
    for _ in 0..3 {
        let page = viewer.post("/messages/try", &message(&from, &to, "hello")).expect(200);
        assert!(page.says("It may be sent.") && page.says("No <secrets>"), "{page:#?}");
    }
    let page = viewer.post("/messages/try", &message(&from, &to, "a secret")).expect(200);
    assert!(page.says("It may not be sent.") && page.says("forbidden_patterns[0]"), "{page:#?}");
    assert!(page.body.contains("a secret</textarea>"), "{page:#?}");
    assert_eq!(seen(&database, TRACES).await, before);

    // The hour is as empty as before: the one message that it has room for is let through; then it is full.
    let sql =
        "SELECT awgp.authorize_message($1::text::uuid, $2::text::uuid, 'internal', 'hello') ->> 'reason'";
    assert_eq!(done(&database, &group.north, "operator", sql, &[&from, &to]).await, "policy_allows");
    let page = viewer.post("/messages/try", &message(&from, &to, "hello")).expect(200);
    assert!(page.says("The hour is full"), "{page:#?}");
    assert_eq!(done(&database, &group.north, "operator", sql, &[&from, &to]).await, "rate_limited");
    let page = viewer.page("/messages");
    assert!(page.says("The hour is full") && page.says("rate_limit_per_hour"), "{page:#?}");
}

#[tokio::test]
async fn the_try_out_tells_no_more_of_another_tenant_than_a_message_would() {
    let (_database, group, console) = console().await;
    let from = group.north.assistant.to_string();
    let mut viewer = reader(&console, &group.north, "viewer");
    viewer.page("/messages");
    let theirs = group.other.assistant.to_string();
    let other = viewer.post("/messages/try", &message(&from, &theirs, "x")).expect(200);
    let nobody = viewer.post("/messages/try", &message(&from, super::scenery::NOBODY, "x")).expect(200);
    let said = "There is no such receiver";
    assert!(other.says(said) && nobody.says(said), "{other:#?}");
    let theirs = viewer.post("/messages/try", &message(&theirs, &from, "x")).expect(200);
    assert!(theirs.says("The sender is no assistant of this tenant."), "{theirs:#?}");
    for fields in [message("", &from, "x"), message(&from, "no-id", "x")] {
        viewer.post("/messages/try", &fields).expect(400);
    }
    let mut fields = message(&from, super::scenery::NOBODY, "x");
    fields[5].1 = "[1";
    viewer.post("/messages/try", &fields).expect(400);
}

#[tokio::test]
async fn policies_of_a_subsidiary_are_not_shown_to_its_sibling() {
    let (database, group, console) = console().await;
    let sql = "SELECT id::text FROM awgp.create_policy(E'Only\\u202esouth', is_active => false)";
    done(&database, &group.south, "admin", sql, &[]).await;
    let south = reader(&console, &group.south, "viewer").page("/messages");
    assert!(
        south.says("It neither allows nor forbids.") && south.body.contains("u{202e}south"),
        "{south:#?}"
    );
    assert!(!reader(&console, &group.north, "viewer").page("/messages").says("Only"));
    let holding = reader(&console, &group.holding, "viewer").page("/messages?tenant=south");
    assert!(holding.says("of south"), "{holding:#?}");
}
