//! It ends when it is told, whatever it does, and begins again when nobody told it to end.

use super::stage::{hold_up, is_preloaded, maintain, postgres, wait_for_run};
use awgp_tests::Database;
use awgp_tests::own_server::{crash, shut_down, until};

/// Ends a server by the signal while the launcher rests, or while a worker waits in the midst of a run.
async fn ends_soon(test: &str, signal: &str, in_the_midst: bool) {
    if !is_preloaded(&format!("ending::{test}"), &[]) {
        return;
    }
    let database = Database::new().await;
    maintain(&[&database]).await;
    wait_for_run(&database).await;
    if in_the_midst {
        hold_up(&database).await;
    } else {
        maintain(&[]).await;
    }
    // A worker that is not interrupted waits for ever.
    shut_down(signal).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smart_shutdown_does_not_wait_for_the_launcher() {
    ends_soon("a_smart_shutdown_does_not_wait_for_the_launcher", "TERM", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fast_shutdown_does_not_wait_for_the_launcher() {
    ends_soon("a_fast_shutdown_does_not_wait_for_the_launcher", "INT", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_immediate_shutdown_does_not_wait_for_the_launcher() {
    ends_soon("an_immediate_shutdown_does_not_wait_for_the_launcher", "QUIT", false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smart_shutdown_does_not_wait_for_a_worker() {
    ends_soon("a_smart_shutdown_does_not_wait_for_a_worker", "TERM", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fast_shutdown_does_not_wait_for_a_worker() {
    ends_soon("a_fast_shutdown_does_not_wait_for_a_worker", "INT", true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_immediate_shutdown_does_not_wait_for_a_worker() {
    ends_soon("an_immediate_shutdown_does_not_wait_for_a_worker", "QUIT", true).await;
}

/// The processes of this type; empty while there is none.
async fn processes(kind: &str) -> Vec<i32> {
    let sql = "SELECT pid FROM pg_stat_activity WHERE backend_type = $1";
    let rows = postgres().await.query(sql, &[&kind]).await.expect("pg_stat_activity is readable");
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launcher_and_a_worker_that_are_ended_come_back() {
    if !is_preloaded("ending::a_launcher_and_a_worker_that_are_ended_come_back", &[]) {
        return;
    }
    let (database, other) = (Database::new().await, Database::new().await);
    maintain(&[&database, &other]).await;
    wait_for_run(&database).await;
    let postgres = postgres().await;
    for end in ["pg_terminate_backend", "pg_cancel_backend"] {
        hold_up(&database).await;
        let sql = format!(
            "SELECT pid, {end}(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                 AND backend_type = 'awgp maintenance worker'"
        );
        // A worker that looks for a deadlock does not wait for a moment.
        let worker: i32 = loop {
            if let Some(row) = postgres.query_opt(&sql, &[]).await.expect("one worker waits at most") {
                break row.get(0);
            }
            super::stage::wait_until_held_up(&database).await;
        };
        until("the worker is gone", async || !processes("awgp maintenance worker").await.contains(&worker))
            .await;
        super::stage::let_go(&database).await;
        wait_for_run(&database).await;
        wait_for_run(&other).await;
    }

    until("one launcher runs", async || processes("awgp maintenance launcher").await.len() == 1).await;
    let launcher = processes("awgp maintenance launcher").await;
    postgres.execute("SELECT pg_terminate_backend($1)", &[&launcher[0]]).await.expect("a superuser may");
    until("the launcher is gone", async || processes("awgp maintenance launcher").await != launcher).await;
    wait_for_run(&database).await;
    until("one launcher runs", async || processes("awgp maintenance launcher").await.len() == 1).await;

    crash().await;
    wait_for_run(&database).await;
    wait_for_run(&other).await;
}
