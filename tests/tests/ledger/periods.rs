//! Time zones, resets, months that are skipped.

use super::{Scene, app_of, text};
use awgp_tests::{Login, assert_refused};

/// Resets the pools when the clock shows this moment.
async fn reset(scene: &mut Scene, at: &str) -> i32 {
    scene.at(at).await;
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
    assert_eq!(reset(&mut scene, "2031-01-31 23:59:59.999999+00").await, 0, "not before its end");
    assert_eq!(scene.text(POOL).await, january);
    assert_eq!(reset(&mut scene, "2031-05-20 00:00:00+00").await, 1);
    let may = "10.000000 f 2031-05-01 00:00:00 2031-06-01 00:00:00";
    assert_eq!(scene.text(POOL).await, may);
    assert_eq!(reset(&mut scene, "2031-05-20 00:00:00+00").await, 0, "twice is once");
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_future_moment_begins_no_period_and_frees_no_money_before_its_time() {
    let mut scene = Scene::set("10", "100").await;
    reset(&mut scene, "2031-01-10 00:00:00+00").await;
    scene.reserve("10", "").await.expect("it fits");
    let before = scene.text(POOL).await;
    let maintainer = scene.database.connect(Login::Maintainer).await;
    for step in ["reset_credit_pools", "expire_reservations"] {
        let sql = format!("SELECT awgp.{step}('2031-05-20 00:00:00+00')");
        assert_eq!(maintainer.query_one(&sql, &[]).await.expect(step).get::<_, i32>(0), 0, "{step}");
    }
    assert_eq!(scene.text(POOL).await, before);
    assert_refused(scene.record("1").await, "53400", "budget_exceeded");
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
    assert_eq!(reset(&mut scene, "2031-04-02 00:00:00+00").await, 0);
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
    assert_eq!(reset(&mut scene, "2031-02-28 00:00:00+00").await, 2, "and the scene's own pool");
    assert_eq!(scene.text(sql).await, "2031-02-28 00:00:00 2031-03-31 00:00:00");
    reset(&mut scene, "2031-03-31 00:00:00+00").await;
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
async fn an_import_of_the_past_lands_in_its_own_days_and_months_with_a_pool_that_was_made_later() {
    let mut scene = Scene::set("10", "100").await;
    scene.at("2031-06-20 00:00:00+00").await;
    scene.app.batch_execute("SELECT awgp.create_credit_pool('anthropic', 10, 15)").await.expect("made later");
    scene.record("1").await.expect("June");
    for (moment, amount) in
        [("2031-04-10", "2"), ("2031-05-31", "3"), ("2031-05-03", "4"), ("2030-12-31", "5")]
    {
        scene.at(&format!("{moment} 12:00:00+00")).await;
        scene.record(amount).await.expect("the past");
        let held = scene.reserve("1", "").await.expect("the past");
        scene.settle(held, "1").await.expect("the past");
        let other =
            format!("SELECT awgp.record_cost('{}', 'anthropic', 'm', 1, 1, 1)", scene.tenant.assistant);
        scene.app.execute(&other, &[]).await.expect("the past");
    }
    let days = "SELECT string_agg(to_char(day, 'YY-MM-DD') || ' ' || round(cost, 0), ', ' ORDER BY day)
                FROM (SELECT day, sum(cost_amount) AS cost FROM awgp.cost_by GROUP BY day) AS each";
    assert_eq!(scene.text(days).await, "30-12-31 7, 31-04-10 4, 31-05-03 6, 31-05-31 5, 31-06-20 1");
    let of = |scope: &str, more: &str| {
        format!(
            "SELECT string_agg(to_char(starts_at AT TIME ZONE 'UTC', 'YY-MM-DD') || ' ' || round(spent, 0), ', '
                               ORDER BY starts_at)
             FROM awgp.budget_periods WHERE scope = '{scope}' AND spent > 0 {more}"
        )
    };
    assert_eq!(scene.text(&of("assistant", "")).await, scene.text(days).await);
    assert_eq!(scene.text(&of("tenant", "")).await, "30-12-01 7, 31-04-01 4, 31-05-01 11, 31-06-01 1");
    let pool = |name: &str| {
        format!("AND pool_id = (SELECT id FROM awgp.provider_credit_pools WHERE provider = '{name}')")
    };
    let openai = of("pool", &pool("openai"));
    assert_eq!(scene.text(&openai).await, "30-12-01 6, 31-04-01 3, 31-05-01 9, 31-06-01 1");
    let anthropic = of("pool", &pool("anthropic"));
    assert_eq!(scene.text(&anthropic).await, "30-12-15 1, 31-03-15 1, 31-04-15 1, 31-05-15 1");
    scene.assert_sound().await;
    // The pool shows its newest period all the while.
    let shown = "SELECT current_balance::text FROM awgp.provider_credit_pools WHERE provider = 'openai'";
    assert_eq!(scene.text(shown).await, "9.000000");
}

#[tokio::test]
async fn a_report_and_a_limit_have_one_calendar() {
    let mut scene = Scene::set("10", "100").await;
    let admin = scene.database.admin().await;
    // Zones that the server's own database, older than the one compiled in, may know otherwise;
    // and one whose date ran back over midnight.
    for (zone, moment, day) in [
        ("America/Vancouver", "2026-11-28 07:30:00+00", "2026-11-28"),
        ("America/St_Johns", "2006-10-29 02:45:00+00", "2006-10-29"),
        ("Asia/Beirut", "2024-03-30 22:00:00+00", "2024-03-31"),
    ] {
        let sql = format!(r#"UPDATE awgp.tenants SET settings = '{{"time_zone": "{zone}"}}'"#);
        admin.execute(&sql, &[]).await.expect("a zone of the database");
        scene.at(moment).await;
        scene.record("1").await.expect("it fits");
        let told = format!(
            "SELECT concat_ws(' ', day, (SELECT count(*) FROM awgp.budget_periods AS p
                 WHERE p.scope = 'assistant' AND '{moment}'::timestamptz >= p.starts_at
                   AND '{moment}'::timestamptz < p.ends_at
                   AND awgp.accounting_day(p.starts_at, '{zone}') = day
                   AND awgp.accounting_day(p.ends_at, '{zone}') = day + 1))
             FROM awgp.cost_by WHERE day = awgp.accounting_day('{moment}', '{zone}')"
        );
        assert_eq!(scene.text(&told).await, format!("{day} 1"), "{zone}");
    }
    let bad = "SELECT awgp.accounting_day(now(), 'Mars/Olympus')";
    assert_refused(scene.app.query_one(bad, &[]).await, "22023", "unknown_time_zone");
    let sql = "SELECT awgp.accounting_day('infinity', 'UTC')";
    assert_refused(scene.app.query_one(sql, &[]).await, "22023", "out_of_range");
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
