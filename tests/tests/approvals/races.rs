//! Several sessions at once: one outcome, and everybody else is told why.

use awgp_tests::approving::{APPROVE, ESCALATE, REJECT, START, another, asked, delegate};
use awgp_tests::fixture::{Tenant, group, one, within, within_as};
use awgp_tests::{Database, Login, assert_refused, refused};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Barrier;
use tokio_postgres::Client;
use uuid::Uuid;

const ROUNDS: usize = 100;
const CANCEL: &str = "SELECT status FROM awgp.cancel_work_item($1, 'no longer wanted')";
const EXPIRE: &str = "SELECT awgp.expire_approvals()::text";

/// One session's part in a round.
struct Part {
    name: &'static str,
    sql: &'static str,
    user: Option<Uuid>,
    of_item: bool,
}

/// What came of it: `ok`, or the reason (or SQLSTATE) of the refusal.
async fn play(client: &mut Client, tenant: Uuid, part: &Part, id: Uuid, level: &str) -> String {
    let transaction = client.transaction().await.expect("a transaction begins");
    transaction.batch_execute(&format!("SET TRANSACTION ISOLATION LEVEL {level}")).await.expect("a level");
    let answer = if part.sql == EXPIRE {
        transaction.query_one(EXPIRE, &[]).await
    } else {
        let set = "SELECT awgp.set_context($1::uuid, $2::uuid)";
        transaction.execute(set, &[&tenant, &part.user]).await.expect("the context is set");
        transaction.query_one(part.sql, &[&id]).await
    };
    match answer {
        Ok(_) => match transaction.commit().await {
            Ok(()) => "ok".to_owned(),
            Err(error) => refused::<()>(Err(error)).code,
        },
        Err(error) => {
            let refused = refused::<()>(Err(error));
            refused.reason.unwrap_or(refused.code)
        }
    }
}

fn parts(north: &Tenant, second: Uuid) -> [Part; 8] {
    let part = |name, sql, user, of_item| Part { name, sql, user: Some(user), of_item };
    let operator = north.user("operator");
    [
        part("approve", APPROVE, north.user("admin"), false),
        part("approve", APPROVE, second, false),
        part("reject", REJECT, north.user("super_admin"), false),
        part("escalate", ESCALATE, operator, false),
        part("escalate", ESCALATE, operator, false),
        Part { name: "expire", sql: EXPIRE, user: None, of_item: false },
        part("cancel", CANCEL, operator, true),
        part("start", START, operator, true),
    ]
}

/// How often the trail says that the approval went into a state that is final.
async fn outcomes(client: &mut Client, tenant: Uuid, approval: Uuid) -> Vec<String> {
    let transaction = within(client, tenant).await;
    let sql = "SELECT after_state->>'status' FROM awgp.audit_logs
               WHERE entity_type = 'approvals' AND entity_id = $1 AND action = 'update'
                 AND after_state->>'status' IN ('approved', 'rejected', 'expired')
                 AND after_state->>'status' <> before_state->>'status'";
    let rows = transaction.query(sql, &[&approval]).await.expect("the trail is readable");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_rounds_of_eight_sessions_have_one_outcome_each() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let second = another(&mut app, &north, "admin").await;
    let parts = Arc::new(parts(&north, second));
    let mut clients = Vec::new();
    for part in parts.iter() {
        let login = if part.sql == EXPIRE { Login::Maintainer } else { Login::App };
        clients.push(Some(database.connect(login).await));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut answers: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let level = if round % 5 == 4 { "REPEATABLE READ" } else { "READ COMMITTED" };
        // In every third round the time is over in the midst of it.
        let life = if round % 3 == 2 { "30 milliseconds" } else { "1 hour" };
        let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let item = awgp_tests::approving::item(&transaction, &north, 4).await;
        let sql = "SELECT id FROM awgp.request_approval($1, expires_in => $2::text::interval)";
        let approval = one(&transaction, sql, &[&item, &life]).await;
        transaction.commit().await.expect("committed");
        let barrier = Arc::new(Barrier::new(parts.len()));
        let mut tasks = Vec::new();
        for (place, client) in clients.iter_mut().enumerate() {
            let (mut client, barrier, parts) =
                (client.take().expect("at home"), barrier.clone(), parts.clone());
            let (tenant, turn) = (north.id, (round + place) % parts.len());
            tasks.push(tokio::spawn(async move {
                let part = &parts[place];
                let id = if part.of_item { item } else { approval };
                barrier.wait().await;
                // So that each is the first at times.
                tokio::time::sleep(Duration::from_millis(u64::try_from(turn).unwrap_or(0) * 4)).await;
                let answer = play(&mut client, tenant, part, id, level).await;
                (client, part.name, answer)
            }));
        }
        let mut decided = Vec::new();
        for (place, task) in tasks.into_iter().enumerate() {
            let (client, name, answer) = task.await.expect("no panic");
            clients[place] = Some(client);
            if answer == "ok" && matches!(name, "approve" | "reject") {
                decided.push(name);
            }
            *answers.entry((name, answer)).or_default() += 1;
        }
        let outcomes = outcomes(&mut app, north.id, approval).await;
        assert!(outcomes.len() <= 1, "round {round}: {outcomes:?}");
        let outcome = outcomes.first().map_or("open", String::as_str);
        match outcome {
            "approved" => assert_eq!(decided, ["approve"], "round {round}"),
            "rejected" => assert_eq!(decided, ["reject"], "round {round}"),
            _ => assert!(decided.is_empty(), "round {round}: {outcome} and {decided:?}"),
        }
        *seen.entry(outcome.to_owned()).or_default() += 1;
    }
    println!("outcomes: {seen:?}\nanswers: {answers:#?}");
    for (name, answer) in answers.keys() {
        let known = match *name {
            "approve" | "reject" => {
                ["approval_closed", "approval_expired", "approver_role", "40001"].as_slice()
            }
            "escalate" => &["approval_closed", "approval_expired", "escalation_exhausted", "40001"],
            "cancel" => &["40001", "illegal_transition"],
            "start" => {
                &["approval_pending", "approval_rejected", "approval_expired", "illegal_transition", "40001"]
            }
            _ => &["40001"],
        };
        assert!(answer == "ok" || known.contains(&answer.as_str()), "{name}: {answer}");
    }
}

#[tokio::test]
async fn a_delegation_revoked_between_look_up_and_decision_does_not_count() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let (admin, manager) = (north.user("admin"), north.user("manager"));
    for (revoke, id) in [
        ("UPDATE awgp.approval_delegations SET is_active = false WHERE id = $1", None),
        ("UPDATE awgp.users SET role = 'operator' WHERE id = $1", Some(admin)),
    ] {
        let delegation = delegate(&mut app, &north, admin, manager).await;
        let asked = asked(&mut app, &north, 4).await;
        let mut other = database.app().await;
        let taking_back = within(&mut other, north.id).await;
        taking_back.execute(revoke, &[&id.unwrap_or(delegation)]).await.expect("it is taken back");
        // The delegate sees the delegation in force, and waits for its lock.
        let mut client = database.app().await;
        let tenant = north.clone();
        let deciding = tokio::spawn(async move {
            let transaction = within_as(&mut client, tenant.id, Some(manager)).await;
            let sql = "SELECT count(*) FROM awgp.approval_delegations WHERE is_active";
            let in_force: i64 = transaction.query_one(sql, &[]).await.expect("a count").get(0);
            assert!(in_force > 0);
            let answer = transaction.query_one(APPROVE, &[&asked.approval]).await;
            drop(transaction);
            answer
        });
        database.until_somebody_waits().await;
        taking_back.commit().await.expect("committed");
        assert_refused(deciding.await.expect("no panic"), "42501", "approver_role");
    }
}

#[tokio::test]
async fn who_suspends_an_assistant_and_who_starts_its_work_come_one_after_the_other() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Task', risk_level => 0)";
    let item = one(&transaction, sql, &[&north.assistant]).await;
    transaction.commit().await.expect("committed");
    let mut other = database.app().await;
    let suspending = within(&mut other, north.id).await;
    let sql = "SELECT id FROM awgp.set_assistant_status($1, 'suspended', 'odd answers')";
    suspending.execute(sql, &[&north.assistant]).await.expect("suspended");
    let tenant = north.id;
    let starting = tokio::spawn(async move {
        let transaction = within(&mut app, tenant).await;
        let answer = transaction.query_one(START, &[&item]).await;
        drop(transaction);
        answer
    });
    database.until_somebody_waits().await;
    suspending.commit().await.expect("committed");
    assert_refused(starting.await.expect("no panic"), "55000", "assistant_suspended");
}
