//! Never two at once, and never one that stops the others.

use super::stage::{
    hold_up, is_preloaded, last_run, let_go, maintain, of, said, wait_for_run, wait_for_word,
};
use awgp_tests::cli::awgp;
use awgp_tests::{Database, Login};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_run_while_another_session_does() {
    if !is_preloaded("alone::it_does_not_run_while_another_session_does", &[]) {
        return;
    }
    let database = Database::new().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let begun = "SELECT awgp.begin_maintenance()";
    assert!(maintainer.query_one(begun, &[]).await.expect("a lock").get::<_, bool>(0));
    maintain(&[&database]).await;
    let is_busy = of(&database) + ": another session is already running it";
    wait_for_word(&[&is_busy], 2).await;
    assert_eq!(last_run(&database).await, None);
    maintainer.query("SELECT awgp.run_maintenance()", &[]).await.expect("its holder may");
    let before = last_run(&database).await;
    let times = said(&[&is_busy]);
    wait_for_word(&[&is_busy], times + 1).await;
    assert_eq!(last_run(&database).await, before);
    assert_eq!(said(&["WARNING:", &is_busy]), 1);
    maintainer.query("SELECT awgp.end_maintenance()", &[]).await.expect("it held it");
    wait_for_run(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_runs_while_it_does_and_other_databases_do_not_wait_for_it() {
    if !is_preloaded("alone::nobody_else_runs_while_it_does_and_other_databases_do_not_wait_for_it", &[]) {
        return;
    }
    let (slow, other) = (Database::new().await, Database::new().await);
    maintain(&[&slow, &other]).await;
    wait_for_run(&slow).await;
    hold_up(&slow).await;
    let maintainer = slow.connect(Login::Maintainer).await;
    let row = maintainer.query_one("SELECT awgp.run_maintenance()", &[]).await;
    let answer: Value = row.expect("an answer").get(0);
    assert_eq!((&answer["already_running"], &answer["steps"]), (&json!(true), &json!([])));
    awgp(&["maintenance", "run"], &[("DATABASE_URL", &slow.url(Login::Maintainer))]).expect(9);
    wait_for_run(&other).await;
    wait_for_run(&other).await;
    let_go(&slow).await;
    wait_for_run(&slow).await;
}
