//! Work items and assistants move along their machines, whoever writes and however; and nothing begins
//! past the gate. Approvals have files of their own.

use awgp_core::assistant;
use awgp_core::work::{MACHINE, Status};
use awgp_tests::fixture::{Tenant, group, one, within, within_as};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use serde_json::Value;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// An item of this risk, for an assistant whose tier is 2.
async fn item(transaction: &Transaction<'_>, tenant: &Tenant, risk: Option<i64>) -> Uuid {
    let sql = "SELECT id FROM awgp.create_work_item($1, 'Task', risk_level => $2)";
    one(transaction, sql, &[&tenant.assistant, &risk]).await
}

async fn status(transaction: &Transaction<'_>, item: Uuid) -> String {
    let sql = "SELECT status FROM awgp.work_items WHERE id = $1";
    transaction.query_one(sql, &[&item]).await.expect("it is there").get(0)
}

async fn update(transaction: &Transaction<'_>, item: Uuid, to: &str) -> Result<u64, tokio_postgres::Error> {
    transaction.execute("UPDATE awgp.work_items SET status = $2 WHERE id = $1", &[&item, &to]).await
}

/// Brings a new item into a state, by verbs.
async fn in_state(transaction: &Transaction<'_>, tenant: &Tenant, to: Status) -> Uuid {
    let id = item(transaction, tenant, Some(1)).await;
    let path: &[&str] = match to {
        Status::Backlog => &[],
        Status::InProgress => &["in_progress"],
        Status::AwaitingApproval => &["awaiting_approval"],
        Status::Completed => &["in_progress", "completed"],
        Status::Failed => &["in_progress", "failed"],
        Status::Cancelled => &["cancelled"],
    };
    for step in path {
        update(transaction, id, step).await.unwrap_or_else(|error| panic!("{step}: {error:?}"));
    }
    id
}

async fn begin<'a>(client: &'a mut Client, tenant: &Tenant) -> Transaction<'a> {
    within_as(client, tenant.id, Some(tenant.user("operator"))).await
}

#[tokio::test]
async fn an_update_moves_an_item_as_the_machine_says_and_in_no_other_way() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for from in Status::ALL {
        for to in Status::ALL.iter().filter(|to| *to != from) {
            let transaction = begin(&mut app, &north).await;
            let id = in_state(&transaction, &north, *from).await;
            let answer = update(&transaction, id, to.name()).await;
            match MACHINE.verb_between(*from, *to) {
                Ok(_) => assert_eq!(answer.unwrap_or_else(|error| panic!("{from:?} {to:?}: {error:?}")), 1),
                Err(_) => assert_refused(answer, "55000", "illegal_transition"),
            }
        }
    }
}

#[tokio::test]
async fn a_verb_in_the_wrong_state_is_told_so_and_twice_is_once_too_often() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let verbs = [("start", awgp_core::work::Verb::Start), ("complete", awgp_core::work::Verb::Complete)];
    let more = [("fail", awgp_core::work::Verb::Fail), ("cancel", awgp_core::work::Verb::Cancel)];
    for from in Status::ALL {
        for (name, verb) in verbs.into_iter().chain(more) {
            let transaction = begin(&mut app, &north).await;
            let id = in_state(&transaction, &north, *from).await;
            let sql = format!("SELECT status FROM awgp.{name}_work_item($1)");
            let answer = transaction.query_one(&sql, &[&id]).await;
            match MACHINE.transition(*from, verb) {
                Some(to) => assert_eq!(answer.expect(name).get::<_, &str>(0), to.name()),
                None => assert_refused(answer, "55000", "illegal_transition"),
            }
        }
    }
}

#[tokio::test]
async fn no_item_and_no_assistant_is_inserted_in_a_state_that_it_must_reach() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for status in Status::ALL {
        let transaction = begin(&mut app, &north).await;
        let sql =
            "INSERT INTO awgp.work_items (assistant_id, title, risk_level, status) VALUES ($1, 't', 0, $2)";
        let answer = transaction.execute(sql, &[&north.assistant, &status.name()]).await;
        match status {
            Status::Backlog => assert_eq!(answer.expect("the beginning"), 1),
            _ => assert_refused(answer, "55000", "illegal_transition"),
        }
    }
    for status in assistant::Status::ALL {
        let transaction = within(&mut app, north.id).await;
        let sql = "INSERT INTO awgp.assistants (name, slug, type, status) VALUES ('n', 'n', 'custom', $1)";
        let answer = transaction.execute(sql, &[&status.name()]).await;
        match assistant::MACHINE.begin(*status) {
            Ok(()) => assert_eq!(answer.expect("a beginning"), 1),
            Err(_) => assert_refused(answer, "55000", "illegal_transition"),
        }
    }
}

#[tokio::test]
async fn what_the_machine_keeps_is_not_the_callers_to_give() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = begin(&mut app, &north).await;
    let sql = "INSERT INTO awgp.work_items (assistant_id, title, risk_level, started_at, completed_at,
                   asked_risk_level, pinned_digest, closed_reason, created_by)
               VALUES ($1, 't', 1, '2001-01-01', '2001-01-02', 0, 'x', 'y', $2) RETURNING id";
    let id = one(&transaction, sql, &[&north.assistant, &north.user("admin")]).await;
    let sql =
        "UPDATE awgp.work_items SET status = 'in_progress', started_at = '2001-01-01', completed_at = now(),
                   asked_risk_level = 0, pinned_digest = 'x', closed_reason = 'y', created_by = $2
               WHERE id = $1";
    transaction.execute(sql, &[&id, &north.user("admin")]).await.expect("it begins");
    let sql =
        "SELECT started_at > now() - interval '1 hour' AND completed_at IS NULL AND asked_risk_level IS NULL
                   AND pinned_digest IS NULL AND closed_reason IS NULL AND created_by = $2
               FROM awgp.work_items WHERE id = $1";
    let row = transaction.query_one(sql, &[&id, &north.user("operator")]).await.expect("it is there");
    assert!(row.get::<_, bool>(0));
    let sql = "SELECT to_jsonb(item) FROM awgp.complete_work_item($1, '{\"pages\": 3}', 0.25) AS item";
    let row: Value = transaction.query_one(sql, &[&id]).await.expect("it ends").get(0);
    assert_eq!((&row["result"]["pages"], row["actual_cost"].as_f64()), (&3.into(), Some(0.25)));
    assert!(row["completed_at"].is_string(), "{row}");
    let other = item(&transaction, &north, Some(1)).await;
    let sql = "SELECT closed_reason FROM awgp.cancel_work_item($1, 'no longer wanted')";
    let reason: String = transaction.query_one(sql, &[&other]).await.expect("it ends").get(0);
    assert_eq!(reason, "no longer wanted");
}

#[tokio::test]
async fn work_above_the_assistants_tier_does_not_begin_and_update_and_function_say_the_same() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for (risk, begins) in
        [(Some(0), true), (Some(2), true), (Some(3), false), (Some(5), false), (None, false)]
    {
        for sql in [
            "SELECT 1 FROM awgp.start_work_item($1)",
            "UPDATE awgp.work_items SET status = 'in_progress' WHERE id = $1",
            "INSERT INTO awgp.work_items (id, assistant_id, title)
                 SELECT id, assistant_id, title FROM awgp.work_items WHERE id = $1
                 ON CONFLICT (id) DO UPDATE SET status = 'in_progress'",
        ] {
            let transaction = begin(&mut app, &north).await;
            let id = item(&transaction, &north, risk).await;
            let answer = transaction.execute(sql, &[&id]).await;
            match begins {
                true => assert_eq!(answer.unwrap_or_else(|error| panic!("{risk:?}: {error:?}")), 1),
                false => assert_refused(answer, "55000", "approval_required"),
            }
        }
    }
}

#[tokio::test]
async fn what_runs_without_an_approval_does_not_leave_its_assistants_tier() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for change in ["risk_level = 3", "risk_level = NULL"] {
        let transaction = begin(&mut app, &north).await;
        let id = in_state(&transaction, &north, Status::InProgress).await;
        let answer =
            transaction.execute(&format!("UPDATE awgp.work_items SET {change} WHERE id = $1"), &[&id]).await;
        assert_refused(answer, "55000", "approval_required");
    }
    let transaction = begin(&mut app, &north).await;
    let id = in_state(&transaction, &north, Status::InProgress).await;
    let sql = "UPDATE awgp.work_items SET risk_level = 2, title = 'x', context = '{}' WHERE id = $1";
    assert_eq!(transaction.execute(sql, &[&id]).await.expect("within the tier"), 1);
}

#[tokio::test]
async fn an_assistant_that_is_not_active_begins_nothing_and_ends_what_it_has() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for (status_of_it, reason) in [
        ("inactive", "assistant_inactive"),
        ("suspended", "assistant_suspended"),
        ("error", "assistant_error"),
    ] {
        let transaction = within(&mut app, north.id).await;
        let running = in_state(&transaction, &north, Status::InProgress).await;
        let waiting = item(&transaction, &north, Some(0)).await;
        let sql = "SELECT status_reason FROM awgp.set_assistant_status($1, $2, 'for a reason')";
        let row = transaction.query_one(sql, &[&north.assistant, &status_of_it]).await.expect("it moves");
        assert_eq!(row.get::<_, &str>(0), "for a reason");
        let sql = "SELECT status, in_progress, backlog FROM awgp.assistant_work WHERE assistant_id = $1";
        let row = transaction.query_one(sql, &[&north.assistant]).await.expect("its work at a glance");
        assert_eq!((row.get::<_, &str>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (status_of_it, 1, 2));
        transaction.execute("SELECT awgp.complete_work_item($1)", &[&running]).await.expect("it ends");
        assert_eq!(status(&transaction, running).await, "completed");
        let answer = transaction.execute("SELECT awgp.start_work_item($1)", &[&waiting]).await;
        assert_refused(answer, "55000", reason);
    }
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.assistants SET status = 'suspended' WHERE id = $1";
    transaction.execute(sql, &[&north.assistant]).await.expect("it is suspended");
    let answer =
        transaction.execute("SELECT awgp.set_assistant_status($1, 'error')", &[&north.assistant]).await;
    assert_refused(answer, "55000", "illegal_transition");
}

#[tokio::test]
async fn an_action_that_work_names_must_be_among_the_capabilities() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for (capabilities, context, begins) in [
        ("NULL", "{}", true),
        ("'{pay}'", r#"{"action": "pay"}"#, true),
        ("'{pay,mail}'", r#"{"action": "fly"}"#, false),
        ("NULL", r#"{"action": "pay"}"#, false),
        ("'{pay}'", r#"{"action": ["pay"]}"#, false),
        // What Rust's JSON does not read hides no action beside it.
        ("'{pay}'", r#"{"action": "fly", "n": 1e400}"#, false),
        ("'{pay}'", r#"{"action": "pay", "n": 1e400}"#, true),
        ("'{pay}'", &format!(r#"{{"action": "fly", "n": {}1{}}}"#, "[".repeat(200), "]".repeat(200)), false),
    ] {
        let transaction = within(&mut app, north.id).await;
        let sql = format!("UPDATE awgp.assistants SET capabilities = {capabilities} WHERE id = $1");
        transaction.execute(&sql, &[&north.assistant]).await.expect("capabilities change");
        let sql =
            format!("SELECT id FROM awgp.create_work_item($1, 't', risk_level => 0, context => '{context}')");
        let id = one(&transaction, &sql, &[&north.assistant]).await;
        let answer = transaction.execute("SELECT awgp.start_work_item($1)", &[&id]).await;
        match begins {
            true => assert_eq!(answer.unwrap_or_else(|error| panic!("{context}: {error:?}")), 1),
            false => assert_refused(answer, "42501", "capability_missing"),
        }
    }
}

#[tokio::test]
async fn an_unknown_and_a_foreign_item_get_one_answer() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    for id in [Uuid::from_u128(7), group.south.work_item] {
        for verb in ["start", "complete", "fail", "cancel"] {
            let transaction = within(&mut app, group.north.id).await;
            let answer = transaction.execute(&format!("SELECT awgp.{verb}_work_item($1)"), &[&id]).await;
            assert_refused(answer, "P0002", "unknown_work_item");
        }
    }
    let transaction = within(&mut app, group.holding.id).await;
    let sql = "SELECT awgp.set_assistant_status($1, 'suspended')";
    transaction.execute(sql, &[&group.north.assistant]).await.expect("a holding may");
    let answer = transaction.execute(sql, &[&group.other.assistant]).await;
    assert_refused(answer, "42501", "unknown_assistant");
}

#[tokio::test]
async fn two_who_start_the_same_item_at_once_start_it_once() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = begin(&mut app, &north).await;
    let id = item(&transaction, &north, Some(0)).await;
    transaction.commit().await.expect("committed");
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let mut client = database.app().await;
        let north = north.clone();
        tasks.push(tokio::spawn(async move {
            let transaction = begin(&mut client, &north).await;
            let answer = transaction.execute("SELECT awgp.start_work_item($1)", &[&id]).await;
            if answer.is_ok() {
                transaction.commit().await.expect("committed");
            }
            answer
        }));
    }
    let mut started = 0;
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(_) => started += 1,
            refused => assert_refused(refused, "55000", "illegal_transition"),
        }
    }
    assert_eq!(started, 1);
}

#[tokio::test]
async fn a_policy_that_cannot_be_used_is_not_stored() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let admin = database.admin().await;
    let set = "UPDATE awgp.tenants SET settings = $2 WHERE id = $1";
    for (settings, key) in [
        (r#"{"approval_policy": {"roles": {"4": "boss"}}}"#, "approval_policy.roles.4"),
        (r#"{"approval_policy": {"quorum": {"9": 1}}}"#, "approval_policy.quorum.9"),
        (r#"{"approval_policy": 7}"#, "approval_policy"),
    ] {
        let beside = format!("{}, \"application\": 1e400}}", &settings[..settings.len() - 1]);
        let set_text = "UPDATE awgp.tenants SET settings = $2::text::jsonb WHERE id = $1";
        let hidden = admin.execute(set_text, &[&north.id, &beside]).await;
        assert_refused(hidden, "22023", "invalid_setting");
        let settings: Value = serde_json::from_str(settings).expect("JSON");
        let refused = awgp_tests::refused(admin.execute(set, &[&north.id, &settings]).await);
        assert_eq!((refused.code.as_str(), refused.reason.as_deref()), ("22023", Some("invalid_setting")));
        let detail: Value = serde_json::from_str(&refused.detail).expect("JSON");
        assert_eq!(detail["key"], key);
        let made = admin.execute("SELECT awgp.create_tenant('X', 'x', settings => $1)", &[&settings]).await;
        assert_refused(made, "22023", "invalid_setting");
    }
    let good: Value =
        serde_json::from_str(r#"{"approval_policy": {"quorum": {"5": 2}}, "application": [1]}"#)
            .expect("JSON");
    assert_eq!(admin.execute(set, &[&north.id, &good]).await.expect("it can be used"), 1);
    assert_sqlstate(admin.execute(set, &[&north.id, &Value::Array(vec![])]).await, "23514");
}
