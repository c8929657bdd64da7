//! The harness is seen to fail: each rule finds what is planted for it.

use awgp_tests::crash::judge::judge;
use awgp_tests::crash::memory::{Attempt, End, Fact, Memory, TRAIL, event};
use awgp_tests::crash::stage::{ACTION, PROVIDER};
use awgp_tests::crash::{Life, Load, Stage};
use awgp_tests::fixture::{one, within_as};
use awgp_tests::{Database, Login};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

const RECORDED: &str = "every row is as its last event says";
const KEPT: &str = "what was acknowledged is there and recorded";

/// What a superuser does past the triggers, and the rules that must find it.
const PLANTED: [(&str, &[&str]); 9] = [
    (
        "ALTER TABLE awgp.work_items DISABLE TRIGGER capture;
         UPDATE awgp.work_items SET priority = 5 WHERE id = (SELECT min(id::text)::uuid FROM awgp.work_items);
         ALTER TABLE awgp.work_items ENABLE TRIGGER capture",
        &[RECORDED],
    ),
    (
        "ALTER TABLE awgp.work_items DISABLE TRIGGER capture;
         INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
             SELECT tenant_id, id, 'unseen' FROM awgp.assistants WHERE status = 'active' LIMIT 1;
         ALTER TABLE awgp.work_items ENABLE TRIGGER capture",
        &["every row is recorded"],
    ),
    (
        "SET session_replication_role = replica;
         INSERT INTO awgp.cost_transactions (tenant_id, assistant_id, provider, model, input_tokens, output_tokens,
                                             cost_amount, pool_id, accounted_at)
             SELECT tenant_id, assistant_id, provider, model, 1, 1, 3, pool_id, accounted_at
             FROM awgp.cost_transactions WHERE pool_id IS NOT NULL ORDER BY id LIMIT 1",
        &["a pool is its budget less its entries", "a limit counts what is spent and what is held", "verify_ledger"],
    ),
    (
        "SET session_replication_role = replica;
         DELETE FROM awgp.approval_decisions WHERE id = (
             SELECT vote.id FROM awgp.approval_decisions AS vote JOIN awgp.approvals AS approval
                 ON approval.id = vote.approval_id
             WHERE approval.status = 'approved' ORDER BY vote.id LIMIT 1)",
        &[
            "an approval is approved by as many votes as its risk needs, and by no fewer",
            "every recorded row is there",
            KEPT,
        ],
    ),
    (
        "SET session_replication_role = replica;
         UPDATE awgp.approvals SET used_at = NULL WHERE used_at IS NOT NULL AND action IS NULL",
        &["no risky work has begun without an approval that is used up", RECORDED],
    ),
    (
        "SET session_replication_role = replica;
         UPDATE awgp.credit_reservations SET state = 'released', resolved_at = now()
         WHERE id IN (SELECT reservation_id FROM awgp.governed_actions WHERE status IN ('begun', 'unknown'))",
        &["an action that is open holds its money, and one that has ended holds none", "verify_ledger"],
    ),
    (
        "DELETE FROM awgp.outbox WHERE id = (SELECT min(id::text)::uuid FROM awgp.outbox)",
        &["whoever is asked is told, and so is whoever asked when it is decided"],
    ),
    (
        "UPDATE awgp.message_windows SET sent = sent + 1",
        &["every message that counts was sent once, and is recorded"],
    ),
    (
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         DELETE FROM awgp.audit_logs WHERE entity_type = 'work_items' AND action = 'insert'
             AND metadata ->> 'role' IS DISTINCT FROM 'importer';
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit",
        &["the chain holds", "verify_audit", KEPT],
    ),
];

/// A stage that clients have worked on, with nothing wrong.
async fn worked_on() -> (Arc<Stage>, Arc<Memory>) {
    let stage = Arc::new(Stage::new(false).await);
    let load = Load::begin(&stage, &Life::calm(), 1);
    let superuser = stage.database.superuser().await;
    assert!(load.more(160).await, "clients work");
    // Every plant needs a row to stand on. This one is the rarest; an open action is not left to chance
    // below.
    let begun = "SELECT FROM awgp.approvals WHERE used_at IS NOT NULL AND action IS NULL LIMIT 1";
    while superuser.query_opt(begun, &[]).await.expect("it can be asked").is_none() {
        assert!(load.more(40).await, "clients work");
    }
    let memory = load.end().await;
    begin_action(&stage, "1 hour").await;
    assert_eq!(judge(&stage.database, &memory, None).await, []);
    (stage, memory)
}

/// One action stays open, however far the clients have come with theirs.
async fn begin_action(stage: &Stage, expires_in: &str) -> Uuid {
    let mut app = stage.database.app().await;
    let place = &stage.places[0].tenant;
    let operator = place.user("operator");
    let work = within_as(&mut app, place.id, Some(operator)).await;
    let item =
        one(&work, "SELECT id FROM awgp.create_work_item($1, 'open', risk_level => 1)", &[&place.assistant])
            .await;
    let acts = "SELECT awgp.set_context($1::uuid, $2::uuid, $3::uuid)";
    work.execute(acts, &[&place.id, &operator, &place.assistant]).await.expect("the assistant acts");
    let begin = "SELECT (awgp.begin_action($1, $2, $3::text, 0.05, expires_in => $4::text::interval)
                         ->> 'action_id')::uuid";
    let action = one(&work, begin, &[&item, &ACTION, &PROVIDER, &expires_in]).await;
    work.commit().await.expect("it commits");
    action
}

async fn rules_found(database: &Database, memory: &Memory) -> BTreeSet<String> {
    judge(database, memory, None).await.into_iter().map(|finding| finding.rule).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_planted_past_the_triggers_is_found_by_its_rule() {
    let (stage, memory) = worked_on().await;
    for (deed, rules) in PLANTED {
        let copy = Database::copied(&stage.database).await;
        copy.superuser().await.batch_execute(deed).await.unwrap_or_else(|error| panic!("{deed}: {error:?}"));
        let found = rules_found(&copy, &memory).await;
        for rule in rules {
            assert!(found.contains(*rule), "{rule}: {deed}\nfound: {found:#?}");
        }
        awgp_tests::trail::drop_database(copy).await;
    }
}

fn attempt(end: End, facts: Vec<Fact>) -> Attempt {
    Attempt { name: "planted".to_owned(), end, since: 0, facts, taken_back: Vec::new() }
}

fn titled(id: Uuid, title: &str) -> Fact {
    Fact { table: "work_items", id, column: "title", value: title.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_memory_that_the_server_does_not_share_is_found() {
    let (stage, memory) = worked_on().await;
    let mut app = stage.database.app().await;
    let place = &stage.places[0].tenant;
    let transaction = within_as(&mut app, place.id, Some(place.user("operator"))).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'there')";
    let id: Uuid = transaction.query_one(sql, &[&place.assistant]).await.expect("an item").get(0);
    transaction.commit().await.expect("it commits");
    let (there, gone) = (titled(id, "there"), titled(Uuid::new_v4(), "gone"));
    for (end, facts, rule) in [
        (End::Committed, vec![there.clone(), gone.clone()], KEPT),
        (End::Committed, vec![titled(id, "otherwise")], KEPT),
        (End::Prepared("crash gone".to_owned()), vec![gone.clone()], "what was prepared is there"),
        (End::Undone, vec![there.clone()], "what was undone is not there"),
        (End::InDoubt, vec![there.clone(), gone.clone()], "what is in doubt is there whole or not at all"),
    ] {
        let place = memory.remember(attempt(end.clone(), facts));
        let found = rules_found(&stage.database, &memory).await;
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [rule], "{end:?}");
        memory.forget(place);
    }
    let found = rules_found(&stage.database, &memory).await;
    assert_eq!(found, BTreeSet::new());
}

/// A server that was killed may give a number of the trail to another event, if the first was undone.
#[tokio::test(flavor = "multi_thread")]
async fn an_undone_event_is_found_by_its_number_and_its_action() {
    let stage = Stage::new(false).await;
    let memory = Memory::default();
    let superuser = stage.database.superuser().await;
    let newest = "SELECT id, action FROM awgp.audit_logs ORDER BY id DESC LIMIT 1";
    let row = superuser.query_one(newest, &[]).await.expect("an event");
    let (number, action): (i64, String) = (row.get(0), row.get(1));
    let fact =
        |action: &str| Fact { table: TRAIL, id: event(number), column: "action", value: action.to_owned() };
    memory.remember(attempt(End::Undone, vec![fact("looked")]));
    assert_eq!(rules_found(&stage.database, &memory).await, BTreeSet::new());
    memory.remember(attempt(End::Committed, vec![fact("looked")]));
    let found = rules_found(&stage.database, &memory).await;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [KEPT]);
    let memory = Memory::default();
    memory.remember(attempt(End::Undone, vec![fact(&action)]));
    let found = rules_found(&stage.database, &memory).await;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["what was undone is not there"]);
}

/// What maintenance says of an action is not what a client has taken back.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_took_back_and_maintenance_did_is_no_finding() {
    let stage = Stage::new(false).await;
    let memory = Memory::default();
    let action = begin_action(&stage, "1 millisecond").await;
    let unknown = |value: &str| Fact {
        table: "governed_actions",
        id: action,
        column: "status",
        value: value.to_owned(),
    };
    memory.remember(attempt(End::Undone, vec![unknown("unknown")]));
    let maintainer = stage.database.connect(Login::Maintainer).await;
    maintainer.execute("SELECT awgp.run_maintenance()", &[]).await.expect("maintenance runs");
    assert_eq!(rules_found(&stage.database, &memory).await, BTreeSet::new());
    memory.remember(attempt(End::Undone, vec![unknown("begun")]));
    let found = rules_found(&stage.database, &memory).await;
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["what was undone is not there"]);
    let superuser = stage.database.superuser().await;
    let status = "SELECT status FROM awgp.governed_actions WHERE id = $1";
    let status: String = superuser.query_one(status, &[&action]).await.expect("the action").get(0);
    assert_eq!(status, "unknown");
}

/// Rows that are dead because clients took them back go with the next vacuum, and are nobody's fault.
#[tokio::test(flavor = "multi_thread")]
async fn dead_rows_are_found_where_a_vacuum_leaves_them() {
    let stage = Stage::new(false).await;
    let (superuser, memory) = (stage.database.superuser().await, Memory::default());
    let old = stage.database.superuser().await;
    old.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1").await.expect("a snapshot");
    let made = "INSERT INTO awgp.maintenance_steps SELECT 'step ' || n, now(), now(), '{}'
                FROM generate_series(1, 12000) AS n";
    for sql in [made, "DELETE FROM awgp.maintenance_steps", "SELECT pg_stat_force_next_flush()", "SELECT 1"] {
        superuser.batch_execute(sql).await.expect("a superuser may");
    }
    let found = judge(&stage.database, &memory, None).await;
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert!(finding.detail.starts_with("(\"dead_rows\""), "{finding:?}");
    old.batch_execute("COMMIT").await.expect("it ends");
    assert_eq!(judge(&stage.database, &memory, None).await, []);
}
