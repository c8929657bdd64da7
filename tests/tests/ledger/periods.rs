//! Cases 101 and 102, S15: time zones, resets, months that are skipped.

use crate::{Scene, app_of, text};
use awgp_tests::{Login, assert_refused};

async fn reset(scene: &Scene, at: &str) -> i32 {
    let maintainer = scene.database.connect(Login::Maintainer).await;
    let sql = format!("SELECT awgp.reset_credit_pools('{at}')");
    maintainer.query_one(&sql, &[]).await.expect("pools are reset").get(0)
}

const POOL: &str =
    "SELECT concat_ws(' ', current_balance, alert_threshold_50, period_starts_at AT TIME ZONE 'UTC',
                    period_ends_at AT TIME ZONE 'UTC') FROM awgp.provider_credit_pools";

#[tokio::test]
async fn case_101_a_reset_is_done_once_late_too_and_over_months_that_were_skipped() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 00:00:00+00").await;
    scene.record("6").await.expect("it fits");
    let january = "4.000000 t 2031-01-01 00:00:00 2031-02-01 00:00:00";
    assert_eq!(scene.text(POOL).await, january);
    assert_eq!(reset(&scene, "2031-01-31 23:59:59.999999+00").await, 0, "not before its end");
    assert_eq!(scene.text(POOL).await, january);
    assert_eq!(reset(&scene, "2031-05-20 00:00:00+00").await, 1);
    let may = "10.000000 f 2031-05-01 00:00:00 2031-06-01 00:00:00";
    assert_eq!(scene.text(POOL).await, may);
    assert_eq!(reset(&scene, "2031-05-20 00:00:00+00").await, 0, "twice is once");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_101_the_first_cost_of_a_period_begins_it_without_a_reset() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 00:00:00+00").await;
    scene.record("9").await.expect("it fits");
    assert_refused(scene.record("2").await, "53400", "budget_exceeded");
    scene.at("2031-04-02 00:00:00+00").await;
    scene.record("2").await.expect("a new month");
    assert_eq!(scene.text(POOL).await, "8.000000 f 2031-04-01 00:00:00 2031-05-01 00:00:00");
    assert_eq!(reset(&scene, "2031-04-02 00:00:00+00").await, 0);
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_102_reset_days_29_to_31_are_the_last_day_of_shorter_months() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-02-10 00:00:00+00").await;
    scene.app.batch_execute("SELECT awgp.create_credit_pool('anthropic', 10, 31)").await.expect("made");
    let sql = "SELECT concat_ws(' ', period_starts_at AT TIME ZONE 'UTC', period_ends_at AT TIME ZONE 'UTC')
               FROM awgp.provider_credit_pools WHERE provider = 'anthropic'";
    assert_eq!(scene.text(sql).await, "2031-01-31 00:00:00 2031-02-28 00:00:00");
    assert_eq!(reset(&scene, "2031-02-28 00:00:00+00").await, 2, "and the scene's own pool");
    assert_eq!(scene.text(sql).await, "2031-02-28 00:00:00 2031-03-31 00:00:00");
    reset(&scene, "2031-03-31 00:00:00+00").await;
    assert_eq!(scene.text(sql).await, "2031-03-31 00:00:00 2031-04-30 00:00:00");
}

#[tokio::test]
async fn s15_days_and_months_are_those_of_the_tenants_zone_daylight_saving_included() {
    let mut scene = Scene::set("10", "3").await;
    let admin = scene.database.admin().await;
    let sql = r#"UPDATE awgp.tenants SET settings = '{"time_zone": "Europe/Berlin"}'"#;
    admin.execute(sql, &[]).await.expect("a zone of the database");
    // The night in which the clock springs: the day has 23 hours.
    scene.at("2031-03-29 22:59:59+00").await;
    scene.record("3").await.expect("Saturday");
    scene.at("2031-03-29 23:00:00+00").await;
    scene.record("2").await.expect("Sunday has begun in Berlin");
    scene.at("2031-03-30 21:59:59+00").await;
    assert_refused(scene.record("2").await, "53400", "budget_exceeded");
    scene.at("2031-03-30 22:00:00+00").await;
    scene.record("2").await.expect("Monday has begun in Berlin");
    let sql = "SELECT string_agg((ends_at - starts_at)::text || ' ' || spent, ', ' ORDER BY starts_at)
               FROM awgp.budget_periods WHERE scope = 'assistant'";
    assert_eq!(scene.text(sql).await, "1 day 3.000000, 23:00:00 2.000000, 1 day 2.000000");
    let sql = r#"UPDATE awgp.tenants SET settings = '{"time_zone": "Mars/Olympus"}'"#;
    assert_refused(admin.execute(sql, &[]).await, "22023", "invalid_setting");
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_period_runs_to_its_end_when_the_zone_changes_and_none_overlaps() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-01-10 12:00:00+00").await;
    scene.record("1").await.expect("it fits");
    let admin = scene.database.admin().await;
    let sql = r#"UPDATE awgp.tenants SET settings = '{"time_zone": "America/New_York"}'"#;
    admin.execute(sql, &[]).await.expect("moved");
    scene.at("2031-01-11 00:00:00+00").await;
    scene.record("1").await.expect("it fits");
    let sql = "SELECT string_agg(to_char(starts_at AT TIME ZONE 'UTC', 'DD HH24') || '-' ||
                                 to_char(ends_at AT TIME ZONE 'UTC', 'DD HH24'), ', ' ORDER BY starts_at)
               FROM awgp.budget_periods WHERE scope = 'assistant'";
    assert_eq!(scene.text(sql).await, "10 00-11 00, 11 00-11 05");
    scene.assert_sound().await;
}

#[tokio::test]
async fn only_a_superuser_sets_the_ledgers_clock() {
    let scene = Scene::set("10", "100").await;
    let set = scene.app.batch_execute("SET awgp.accounting_time = '2031-01-01'").await;
    awgp_tests::assert_sqlstate(set, "42501");
    let app = app_of(&scene.database, scene.tenant.id).await;
    let given = format!(
        "WITH made AS (INSERT INTO awgp.cost_transactions (assistant_id, provider, model, input_tokens,
             output_tokens, cost_amount, accounted_at, overrun)
         VALUES ('{}', 'openai', 'm', 1, 1, 1, '2031-01-01', true) RETURNING *)
         SELECT concat_ws(' ', accounted_at < now() + interval '1 hour', overrun) FROM made",
        scene.tenant.assistant
    );
    assert_eq!(text(&app, &given).await, "t f", "what a client gives is not believed");
    scene.assert_sound().await;
}
