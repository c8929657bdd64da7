//! Many clients at once, and connections that are killed midway: never a cent over, never a cent lost.

use super::{Scene, app_of, assert_sound, record, text};
use awgp_tests::refused;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio_postgres::Client;
use uuid::Uuid;

const SESSIONS: usize = 64;

async fn sessions(scene: &Scene, count: usize) -> Vec<Client> {
    let mut sessions = Vec::with_capacity(count);
    for _ in 0..count {
        sessions.push(app_of(&scene.database, scene.tenant.id).await);
    }
    sessions
}

/// Runs one call in every session at once, and says how many were done; all
/// others were refused for the budget.
async fn all_at_once(sessions: Vec<Client>, sql: String) -> usize {
    let gate = Arc::new(tokio::sync::Barrier::new(sessions.len()));
    let calls = sessions.into_iter().map(|session| {
        let (gate, sql) = (gate.clone(), sql.clone());
        tokio::spawn(async move {
            gate.wait().await;
            match session.query_one(&sql, &[]).await {
                Ok(_) => true,
                result => {
                    let refused = refused(result);
                    let said = (refused.code.as_str(), refused.reason.as_deref());
                    assert_eq!(said, ("53400", Some("budget_exceeded")), "{refused:?}");
                    false
                }
            }
        })
    });
    let mut done = 0;
    for call in calls.collect::<Vec<_>>() {
        done += usize::from(call.await.expect("the session ran"));
    }
    done
}

fn reserve(assistant: Uuid, amount: &str) -> String {
    format!("SELECT id FROM awgp.reserve_credit('{assistant}', 'openai', {amount})")
}

fn cost(assistant: Uuid, amount: &str) -> String {
    format!("SELECT id FROM awgp.record_cost('{assistant}', 'openai', 'm', 1, 1, {amount})")
}

#[tokio::test(flavor = "multi_thread")]
async fn case_94_of_64_reservations_for_the_last_cent_one_gets_it() {
    let scene = Scene::set("10", "100").await;
    scene.record("9.99").await.expect("all but a cent");
    let sessions = sessions(&scene, SESSIONS).await;
    assert_eq!(all_at_once(sessions, reserve(scene.tenant.assistant, "0.01")).await, 1);
    assert_eq!(scene.sums("pool").await, ("9.990000".to_owned(), "0.010000".to_owned()));
    scene.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_95_the_first_spend_of_a_period_by_64_at_once_makes_its_rows_once() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-07-01 00:00:00+00").await;
    let sessions = sessions(&scene, SESSIONS).await;
    assert_eq!(all_at_once(sessions, cost(scene.tenant.assistant, "0.25")).await, 40);
    let sql = "SELECT string_agg(scope || ' ' || spent, ', ' ORDER BY scope) FROM awgp.budget_periods
               WHERE starts_at = '2031-07-01 00:00:00+00'";
    assert_eq!(scene.text(sql).await, "assistant 10.000000, pool 10.000000, tenant 10.000000");
    scene.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_99_with_all_three_limits_nearly_reached_nothing_is_taken_in_part() {
    // Pool 3.00, day 2.00, month 2.50: each bounds somebody.
    let scene = Scene::set("3", "2").await;
    let admin = scene.database.admin().await;
    admin.execute("UPDATE awgp.tenants SET quota_monthly_cost_limit = 2.5", &[]).await.expect("a quota");
    let sql =
        "SELECT id::text FROM awgp.create_assistant('Second', 'second', 'custom', max_cost_per_day => 2)";
    let second: Uuid = scene.text(sql).await.parse().expect("an id");
    let sessions = sessions(&scene, SESSIONS).await;
    let gate = Arc::new(tokio::sync::Barrier::new(SESSIONS));
    let calls: Vec<_> = sessions
        .into_iter()
        .enumerate()
        .map(|(number, session)| {
            let gate = gate.clone();
            let assistant = if number % 2 == 0 { scene.tenant.assistant } else { second };
            tokio::spawn(async move {
                gate.wait().await;
                let amount = ["0.07", "0.11", "0.013"][number % 3];
                record(&session, assistant, amount, "").await.is_ok()
            })
        })
        .collect();
    let mut done = 0;
    for call in calls {
        done += i64::from(call.await.expect("the session ran"));
    }
    let sql = "SELECT concat_ws(' ', count(*), sum(cost_amount) <= 2.5) FROM awgp.cost_transactions";
    assert_eq!(scene.text(sql).await, format!("{done} t"));
    let sql = "SELECT bool_and(spent <= limit_amount)::text FROM awgp.budget_periods";
    assert_eq!(scene.text(sql).await, "true");
    scene.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_killed_at_random_lose_nothing_that_was_acknowledged_and_leave_no_cent_between() {
    let scene = Scene::set("1000", "1000").await;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let mut workers = Vec::new();
    for number in 0..12_u64 {
        let (acknowledged, over, assistant) = (acknowledged.clone(), over.clone(), scene.tenant.assistant);
        let (name, tenant) = (scene.database.name.clone(), scene.tenant.id);
        workers.push(tokio::spawn(async move {
            let database = awgp_tests::Database::named(name);
            let mut step = number;
            while !over.load(Ordering::Relaxed) {
                // Perhaps killed before it has begun.
                let Ok(app) = database.try_connect(awgp_tests::Login::App).await else { continue };
                let context = format!("SET app.current_tenant = '{tenant}'");
                if app.batch_execute(&context).await.is_err() {
                    continue;
                }
                while !app.is_closed() && !over.load(Ordering::Relaxed) {
                    step += 1;
                    let done = if step % 3 == 0 {
                        work_in_two_phases(&app, assistant).await
                    } else {
                        app.query_one(&cost(assistant, "0.01"), &[]).await.is_ok()
                    };
                    acknowledged.fetch_add(u64::from(done), Ordering::Relaxed);
                }
            }
        }));
    }
    let superuser = scene.database.superuser().await;
    let mut killed = 0;
    while killed < 60 || acknowledged.load(Ordering::Relaxed) < 200 {
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
                   WHERE usename = 'awgp_test_app' AND datname = current_database() ORDER BY random() LIMIT 2) AS victims";
        killed += superuser.query_one(sql, &[]).await.expect("killed").get::<_, i64>(0);
        // On a machine that is busy with other things too, some get something done in between.
        let before = acknowledged.load(Ordering::Relaxed);
        while acknowledged.load(Ordering::Relaxed) < before + 3 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("the worker ended");
    }
    let app = app_of(&scene.database, scene.tenant.id).await;
    let sum = text(&app, "SELECT (sum(cost_amount) * 100)::bigint::text FROM awgp.cost_transactions").await;
    let cents: u64 = sum.parse().expect("cents");
    let acknowledged = acknowledged.load(Ordering::Relaxed);
    println!("{killed} killed, {acknowledged} acknowledged, {cents} cents in the ledger");
    // A commit whose answer was lost is in the ledger and was not
    // acknowledged; nothing is the other way round.
    assert!(cents >= acknowledged && cents <= acknowledged + killed.unsigned_abs());
    assert_sound(&scene.database).await;
}

/// Reserves five cents and settles for one.
async fn work_in_two_phases(app: &Client, assistant: Uuid) -> bool {
    let Ok(row) = app.query_one(&reserve(assistant, "0.05"), &[]).await else { return false };
    let id: Uuid = row.get(0);
    let sql = format!("SELECT id FROM awgp.settle_credit('{id}', 'm', 1, 1, 0.01)");
    app.query_one(&sql, &[]).await.is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_of_several_assistants_and_pools_does_not_deadlock_with_another() {
    let scene = Scene::set("1000", "1000").await;
    let sql =
        "SELECT id::text FROM awgp.create_assistant('Second', 'second', 'custom', max_cost_per_day => 1000)";
    let second: Uuid = scene.text(sql).await.parse().expect("an id");
    scene.app.batch_execute("SELECT awgp.create_credit_pool('anthropic', 1000)").await.expect("a pool");
    let mut workers = Vec::new();
    for number in 0..8 {
        let app = app_of(&scene.database, scene.tenant.id).await;
        let first = scene.tenant.assistant;
        workers.push(tokio::spawn(async move {
            let (one, two) = if number % 2 == 0 { (first, second) } else { (second, first) };
            let (left, right) =
                if number % 4 < 2 { ("openai", "anthropic") } else { ("anthropic", "openai") };
            let sql = format!(
                "BEGIN; SELECT awgp.record_cost('{one}', '{left}', 'm', 1, 1, 0.01);
                 SELECT awgp.record_cost('{two}', '{right}', 'm', 1, 1, 0.01); COMMIT"
            );
            for _ in 0..25 {
                app.batch_execute(&sql).await.expect("no deadlock, no retry");
            }
        }));
    }
    for worker in workers {
        worker.await.expect("the worker ended");
    }
    assert_eq!(scene.sums("tenant").await.0, "4.000000");
    scene.assert_sound().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn at_repeatable_read_and_serializable_no_cent_is_overspent_either() {
    for level in ["REPEATABLE READ", "SERIALIZABLE"] {
        let scene = Scene::set("1", "100").await;
        let mut workers = Vec::new();
        for session in sessions(&scene, 16).await {
            let sql = format!(
                "BEGIN ISOLATION LEVEL {level}; SELECT count(*) FROM awgp.budget_periods; {}; COMMIT",
                cost(scene.tenant.assistant, "0.125")
            );
            workers.push(tokio::spawn(async move { session.batch_execute(&sql).await.is_ok() }));
        }
        let mut done = 0;
        for worker in workers {
            done += i64::from(worker.await.expect("the session ran"));
        }
        let sql = "SELECT concat_ws(' ', count(*), sum(cost_amount) <= 1) FROM awgp.cost_transactions";
        assert_eq!(scene.text(sql).await, format!("{done} t"), "{level}");
        assert!(done > 0);
        scene.assert_sound().await;
    }
}
