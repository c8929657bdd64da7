//! What becomes of money that was set aside, and of costs that come twice, late or wrong.

use super::{Scene, record};
use awgp_tests::{Login, assert_refused};

fn amount(spent: &str, held: &str) -> (String, String) {
    (spent.to_owned(), held.to_owned())
}

#[tokio::test]
async fn case_96_settling_less_gives_the_rest_back_and_settling_more_is_recorded_and_flagged() {
    let scene = Scene::set("10", "100").await;
    let less = scene.reserve("5", "").await.expect("it fits");
    assert_eq!(scene.sums("pool").await, amount("0.000000", "5.000000"));
    let row = scene.settle(less, "2.000001").await.expect("it settles");
    assert!(!row.get::<_, bool>(2));
    assert_eq!(scene.sums("pool").await, amount("2.000001", "0.000000"));
    let more = scene.reserve("5", "").await.expect("it fits");
    let row = scene.settle(more, "9").await.expect("money that was spent is recorded");
    assert!(row.get::<_, bool>(2), "and says so");
    assert_eq!(scene.sums("pool").await, amount("11.000001", "0.000000"));
    let sql = "SELECT current_balance::text FROM awgp.provider_credit_pools";
    assert_eq!(scene.text(sql).await, "-1.000001");
    let sql = "SELECT count(*)::text FROM awgp.budget_alerts WHERE kind = 'overrun'";
    assert_eq!(scene.text(sql).await, "1");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_96_a_reservation_resolves_once() {
    let scene = Scene::set("10", "100").await;
    let settled = scene.reserve("5", "").await.expect("it fits");
    scene.settle(settled, "1").await.expect("it settles");
    assert_refused(scene.settle(settled, "1").await, "55000", "reservation_resolved");
    let release = |id| format!("SELECT state FROM awgp.release_credit('{id}')");
    assert_refused(scene.app.query_one(&release(settled), &[]).await, "55000", "reservation_resolved");
    let released = scene.reserve("5", "").await.expect("it fits");
    assert_eq!(scene.text(&release(released)).await, "released");
    assert_eq!(scene.text(&release(released)).await, "released", "again, and nothing moves");
    assert_refused(scene.settle(released, "1").await, "55000", "reservation_resolved");
    assert_eq!(scene.sums("tenant").await, amount("1.000000", "0.000000"));
    let nobodys = uuid::Uuid::from_u128(7);
    assert_refused(scene.settle(nobodys, "1").await, "P0002", "unknown_reservation");
    assert_refused(scene.app.query_one(&release(nobodys), &[]).await, "P0002", "unknown_reservation");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_96_what_has_expired_does_not_count_swept_or_not_and_settles_late_into_its_own_period() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-31 23:50:00+00").await;
    let first = scene.reserve("6", "").await.expect("it fits");
    let second = scene.reserve("4", "").await.expect("it fits");
    assert_refused(scene.reserve("1", "").await, "53400", "budget_exceeded");
    // A quarter of an hour later, in the next month, both have expired.
    scene.at("2031-02-01 00:05:00+00").await;
    let row = scene.settle(first, "6").await.expect("late, and recorded");
    assert!(!row.get::<_, bool>(2));
    let sql = "SELECT string_agg(spent::text, ' ' ORDER BY starts_at) FROM awgp.budget_periods
               WHERE scope = 'pool' AND starts_at >= '2031-01-01'";
    assert_eq!(scene.text(sql).await, "6.000000", "in January, and February has not begun");
    scene.reserve("10", "").await.expect("February has its own budget");
    scene.assert_sound().await;
    let maintainer = scene.database.connect(Login::Maintainer).await;
    let sql = "SELECT awgp.expire_reservations()";
    assert_eq!(maintainer.query_one(sql, &[]).await.expect("swept").get::<_, i32>(0), 1);
    scene.assert_sound().await;
    scene.settle(second, "5").await.expect("settles after a sweep as before one");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_96_an_expired_hold_frees_its_money_without_a_sweep() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 12:00:00+00").await;
    let expired = scene.reserve("10", "").await.expect("it fits");
    assert_refused(scene.record("0.000001").await, "53400", "budget_exceeded");
    scene.at("2031-01-10 12:15:00+00").await;
    scene.record("10").await.expect("the hold has expired this very moment");
    let release = format!("SELECT state FROM awgp.release_credit('{expired}')");
    assert_eq!(scene.text(&release).await, "expired");
    let row = scene.record("1").await;
    assert_refused(row, "53400", "budget_exceeded");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_97_one_key_is_one_cost_and_another_amount_under_it_is_refused() {
    let scene = Scene::set("10", "100").await;
    let assistant = scene.tenant.assistant;
    let key = ", idempotency_key => 'one'";
    let first = record(&scene.app, assistant, "1", key).await.expect("recorded");
    let again = record(&scene.app, assistant, "1.0000001", key).await.expect("the same to six decimals");
    assert_eq!(first.get::<_, uuid::Uuid>(0), again.get::<_, uuid::Uuid>(0));
    assert_refused(record(&scene.app, assistant, "2", key).await, "22023", "idempotency_conflict");
    let held = scene.reserve("1", key).await.expect("a reservation has keys of its own");
    assert_eq!(scene.reserve("1", key).await.expect("the same"), held);
    assert_refused(scene.reserve("2", key).await, "22023", "idempotency_conflict");
    assert_eq!(scene.sums("pool").await, amount("1.000000", "1.000000"));
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_104_a_budget_below_what_is_spent_stops_what_comes_and_loses_nothing() {
    let scene = Scene::set("10", "100").await;
    let held = scene.reserve("2", "").await.expect("it fits");
    scene.record("6").await.expect("it fits");
    scene
        .app
        .execute("UPDATE awgp.provider_credit_pools SET monthly_budget = 5", &[])
        .await
        .expect("lowered");
    let sql = "SELECT current_balance::text FROM awgp.provider_credit_pools";
    assert_eq!(scene.text(sql).await, "-1.000000");
    assert_refused(scene.record("0.000001").await, "53400", "budget_exceeded");
    let row = scene.settle(held, "2").await.expect("what was reserved is recorded");
    assert!(row.get::<_, bool>(2));
    scene.app.execute("UPDATE awgp.provider_credit_pools SET monthly_budget = 9", &[]).await.expect("raised");
    scene.record("1").await.expect("it fits again");
    assert_eq!(scene.text(sql).await, "0.000000");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_106_a_retried_transaction_neither_loses_nor_doubles() {
    let scene = Scene::set("10", "100").await;
    let assistant = scene.tenant.assistant;
    let key = ", idempotency_key => 'retried'";
    scene.app.batch_execute("BEGIN").await.expect("begins");
    record(&scene.app, assistant, "3", key).await.expect("recorded");
    scene.app.batch_execute("ROLLBACK").await.expect("as after a deadlock");
    assert_eq!(scene.text("SELECT count(*)::text FROM awgp.cost_transactions").await, "0");
    record(&scene.app, assistant, "3", key).await.expect("recorded");
    record(&scene.app, assistant, "3", key).await.expect("the answer was lost, so it is sent again");
    assert_eq!(scene.sums("pool").await, amount("3.000000", "0.000000"));
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_107_an_assistant_suspended_midway_settles_what_it_has_reserved_and_reserves_nothing_new() {
    let scene = Scene::set("10", "100").await;
    let held = scene.reserve("2", "").await.expect("it fits");
    let key = ", idempotency_key => 'known'";
    let known = scene.reserve("1", key).await.expect("it fits");
    let suspend = "UPDATE awgp.assistants SET status = 'suspended'";
    scene.app.execute(suspend, &[]).await.expect("suspended");
    assert_refused(scene.reserve("1", "").await, "55000", "assistant_not_active");
    // What is known is answered: nothing new is reserved.
    assert_eq!(scene.reserve("1", key).await.expect("it is known"), known);
    let release = format!("SELECT (awgp.release_credit('{known}')).id::text");
    scene.app.query_one(&release, &[]).await.expect("released");
    scene.settle(held, "2").await.expect("the money was spent");
    assert_eq!(scene.sums("assistant").await, amount("2.000000", "0.000000"));
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_110_a_reversing_entry_corrects_and_the_entry_stays() {
    let scene = Scene::set("10", "100").await;
    let row = scene.record("4").await.expect("recorded");
    let id: uuid::Uuid = row.get(0);
    let reverse = format!("SELECT cost_amount::text FROM awgp.reverse_cost('{id}', 'billed twice')");
    assert_eq!(scene.text(&reverse).await, "-4.000000");
    assert_refused(scene.app.query_one(&reverse, &[]).await, "55000", "not_reversible");
    let reversal = "SELECT id::text FROM awgp.cost_transactions WHERE reverses_id IS NOT NULL";
    let reversal = scene.text(reversal).await;
    let reverse = format!("SELECT awgp.reverse_cost('{reversal}')");
    assert_refused(scene.app.query_one(&reverse, &[]).await, "55000", "not_reversible");
    let nobodys = "SELECT awgp.reverse_cost('00000000-0000-0000-0000-000000000007')";
    assert_refused(scene.app.query_one(nobodys, &[]).await, "P0002", "unknown_transaction");
    assert_eq!(scene.sums("pool").await, amount("0.000000", "0.000000"));
    assert_eq!(scene.text("SELECT count(*)::text FROM awgp.cost_transactions").await, "2");
    scene.record("10").await.expect("all of the budget is there again");
    scene.assert_sound().await;
}

#[tokio::test]
async fn money_that_is_spent_already_is_recorded_over_a_limit_and_says_so() {
    let scene = Scene::set("10", "100").await;
    let incurred = r#", metadata => '{"incurred": true}'"#;
    let row = record(&scene.app, scene.tenant.assistant, "3", incurred).await.expect("it fits");
    assert!(!row.get::<_, bool>(2));
    let row = record(&scene.app, scene.tenant.assistant, "8", incurred).await.expect("it is spent");
    assert!(row.get::<_, bool>(2));
    let sql = "SELECT count(*)::text FROM awgp.budget_alerts WHERE kind = 'overrun'";
    assert_eq!(scene.text(sql).await, "1");
    scene.assert_sound().await;
}

#[tokio::test]
async fn s14_a_micro_cost_is_not_lost() {
    let scene = Scene::set("0.000003", "100").await;
    for _ in 0..3 {
        scene.record("0.000001").await.expect("it fits");
    }
    assert_refused(scene.record("0.000001").await, "53400", "budget_exceeded");
    assert_eq!(scene.sums("tenant").await, amount("0.000003", "0.000000"));
    for wrong in ["-1", "'NaN'", "1e12"] {
        let code = awgp_tests::refused(scene.record(wrong).await).code;
        assert!(["22023", "22003"].contains(&code.as_str()), "{wrong}: {code}");
    }
    scene.assert_sound().await;
}
