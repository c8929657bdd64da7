//! A budget that is raised for a time.

use super::{Scene, record};
use awgp_tests::assert_refused;
use awgp_tests::fixture::within_as;

const POOL: &str =
    "SELECT concat_ws(' ', monthly_budget, current_balance, raise_amount, raised_until AT TIME ZONE 'UTC')
                    FROM awgp.provider_credit_pools";

async fn raise(scene: &Scene, amount: &str, until: &str) -> Result<u64, tokio_postgres::Error> {
    let sql = format!("SELECT awgp.top_up_credit_pool('openai', {amount}, '{until}')");
    scene.app.execute(&sql, &[]).await
}

#[tokio::test]
async fn a_raise_counts_up_to_its_end_and_ends_without_anything_that_runs() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 00:00:00+00").await;
    scene.record("9").await.expect("it fits");
    assert_refused(scene.record("2").await, "53400", "budget_exceeded");
    raise(&scene, "5", "2031-01-12 00:00:00+00").await.expect("an admin raises");
    scene.record("2").await.expect("it fits the raised budget");
    assert_eq!(scene.text(POOL).await, "10.000000 -1.000000 5.000000 2031-01-12 00:00:00");
    scene.assert_sound().await;
    scene.at("2031-01-11 23:59:59.999999+00").await;
    assert_refused(scene.record("4.000001").await, "53400", "budget_exceeded");
    scene.record("3").await.expect("up to its last microsecond");
    scene.at("2031-01-12 00:00:00+00").await;
    assert_refused(scene.record("0.000001").await, "53400", "budget_exceeded");
    scene.record("0").await.expect("what costs nothing fits");
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_raise_counts_in_each_period_that_it_reaches() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-30 00:00:00+00").await;
    raise(&scene, "5", "2031-02-02 00:00:00+00").await.expect("raised");
    scene.record("15").await.expect("it fits");
    scene.at("2031-02-01 00:00:00+00").await;
    scene.record("15").await.expect("a new period, still raised");
    scene.at("2031-02-02 00:00:00+00").await;
    assert_refused(scene.record("1").await, "53400", "budget_exceeded");
    scene.at("2031-03-01 00:00:00+00").await;
    assert_refused(scene.record("11").await, "53400", "budget_exceeded");
    scene.record("10").await.expect("the budget alone");
    scene.assert_sound().await;
}

#[tokio::test]
async fn what_was_held_during_a_raise_is_settled_after_it_without_an_overrun() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 00:00:00+00").await;
    raise(&scene, "5", "2031-01-10 00:10:00+00").await.expect("raised");
    let reservation = scene.reserve("15", ", expires_in => '1 hour'").await.expect("it fits");
    scene.at("2031-01-10 00:20:00+00").await;
    let entry = scene.settle(reservation, "15").await.expect("what was held always fits");
    assert!(!entry.get::<_, bool>(2), "no overrun");
    scene.assert_sound().await;
}

#[tokio::test]
async fn while_a_raise_is_in_force_more_of_it_has_the_same_end() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 00:00:00+00").await;
    let (end, other) = ("2031-01-12 00:00:00+00", "2031-01-13 00:00:00+00");
    raise(&scene, "5", end).await.expect("raised");
    raise(&scene, "2.5", end).await.expect("more");
    assert_eq!(scene.text(POOL).await, "10.000000 10.000000 7.500000 2031-01-12 00:00:00");
    assert_refused(raise(&scene, "1", other).await, "55000", "raise_in_force");
    assert_refused(raise(&scene, "-8", end).await, "22023", "out_of_range");
    for unfit in ["2031-01-10 00:00:00+00", "2030-12-31 00:00:00+00", "infinity", "-infinity"] {
        assert_refused(raise(&scene, "1", unfit).await, "22023", "out_of_range");
    }
    assert_refused(raise(&scene, "'NaN'", end).await, "22023", "out_of_range");
    assert_refused(raise(&scene, "999999999999", end).await, "22023", "out_of_range");
    assert_eq!(scene.text(POOL).await, "10.000000 10.000000 7.500000 2031-01-12 00:00:00");
    raise(&scene, "-7.5", end).await.expect("taken back");
    raise(&scene, "1", other).await.expect("another end");
    scene.at("2031-01-13 00:00:00+00").await;
    raise(&scene, "3", "2031-01-20 00:00:00+00").await.expect("the other one has ended");
    assert_eq!(scene.text(POOL).await, "10.000000 10.000000 3.000000 2031-01-20 00:00:00");
    let for_good = "SELECT awgp.top_up_credit_pool('openai', 2)";
    scene.app.execute(for_good, &[]).await.expect("added for good");
    assert_eq!(scene.text(POOL).await, "12.000000 12.000000 3.000000 2031-01-20 00:00:00");
    scene.assert_sound().await;
}

#[tokio::test]
async fn alerts_are_of_the_budget_in_force() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 00:00:00+00").await;
    raise(&scene, "10", "2031-01-12 00:00:00+00").await.expect("raised");
    let alerts = "SELECT string_agg(a.threshold || ' of ' || a.limit_amount, ', ' ORDER BY a.created_at, a.threshold)
                  FROM awgp.budget_alerts AS a JOIN awgp.budget_periods AS p ON p.id = a.period_id WHERE p.scope = 'pool'";
    scene.record("9").await.expect("it fits");
    assert_eq!(scene.text(alerts).await, "", "9 of 20");
    scene.record("1").await.expect("it fits");
    assert_eq!(scene.text(alerts).await, "50 of 20.000000");
    // The next movement finds that the budget is what it was.
    scene.at("2031-01-12 00:00:00+00").await;
    record(&scene.app, scene.tenant.assistant, "1", ", metadata => '{\"incurred\": true}'")
        .await
        .expect("entered");
    let now = scene.text(alerts).await;
    assert!(now.contains("75 of 10.000000, 90 of 10.000000"), "{now}");
    scene.assert_sound().await;
}

#[tokio::test]
async fn only_an_admin_raises_and_the_trail_says_who_and_until_when() {
    let scene = Scene::set("10", "100").await;
    let mut app = scene.database.app().await;
    let sql = "SELECT awgp.top_up_credit_pool('openai', 5, now() + interval '3 days')";
    for (role, is_allowed) in [("viewer", false), ("operator", false), ("manager", false), ("admin", true)] {
        let transaction = within_as(&mut app, scene.tenant.id, Some(scene.tenant.user(role))).await;
        let raised = transaction.execute(sql, &[]).await;
        if is_allowed {
            raised.expect("an admin raises");
            transaction.commit().await.expect("committed");
        } else {
            assert_refused(raised, "42501", "role_not_sufficient");
        }
    }
    let event = scene
        .text(
            "SELECT concat_ws(' ', actor_id = (SELECT id FROM awgp.users WHERE role = 'admin'),
                              before_state ->> 'raise_amount', after_state ->> 'raise_amount',
                              after_state ->> 'raised_until' IS NOT NULL)
             FROM awgp.audit_logs WHERE entity_type = 'provider_credit_pools' AND action = 'update'",
        )
        .await;
    assert_eq!(event, "t 0.000000 5.000000 t");
    let status = "SELECT concat_ws(' ', budget, left_amount, raise_amount, raised_until > now()) FROM awgp.budget_status";
    assert_eq!(scene.text(status).await, "15.000000 15.000000 5.000000 t");
}
