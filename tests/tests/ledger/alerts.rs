//! 50, 75 and 90 per cent, once a period each.

use super::Scene;
use awgp_tests::Login;

const ALERTS: &str = "SELECT string_agg(threshold::text, ' ' ORDER BY threshold) FROM awgp.budget_alerts
                      WHERE kind = 'threshold'";
const FLAGS: &str = "SELECT concat_ws(' ', alert_threshold_50, alert_threshold_75, alert_threshold_90)
                     FROM awgp.provider_credit_pools";

#[tokio::test]
async fn case_100_a_jump_from_40_to_95_per_cent_tells_50_75_and_90_once_each() {
    let scene = Scene::set("100", "1000").await;
    let (_listener, mut heard) = scene.database.listener(Login::App, "awgp_budget").await;
    scene.record("40").await.expect("it fits");
    assert_eq!((scene.text(ALERTS).await, scene.text(FLAGS).await), (String::new(), "f f f".to_owned()));
    scene.record("55").await.expect("it fits");
    assert_eq!(
        (scene.text(ALERTS).await, scene.text(FLAGS).await),
        ("50 75 90".to_owned(), "t t t".to_owned())
    );
    scene.record("1").await.expect("it fits");
    assert_eq!(scene.text(ALERTS).await, "50 75 90", "once a period");
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(heard.recv().await.expect("an id"));
    }
    told.sort();
    let ids = scene.text("SELECT string_agg(id::text, ' ' ORDER BY id::text) FROM awgp.budget_alerts").await;
    assert_eq!(told.join(" "), ids, "ids alone");
    scene.assert_sound().await;
}

#[tokio::test]
async fn case_100_a_new_period_tells_again_and_a_refused_cost_tells_nothing() {
    let mut scene = Scene::set("100", "1000").await;
    scene.at("2031-01-10 00:00:00+00").await;
    scene.record("60").await.expect("it fits");
    assert!(scene.record("60").await.is_err());
    assert_eq!(scene.text(ALERTS).await, "50");
    scene.at("2031-02-10 00:00:00+00").await;
    scene.record("60").await.expect("it fits");
    assert_eq!(scene.text(ALERTS).await, "50 50");
    assert_eq!(scene.text(FLAGS).await, "t f f");
}

#[tokio::test]
async fn a_lowered_budget_tells_too() {
    let scene = Scene::set("100", "1000").await;
    scene.record("40").await.expect("it fits");
    scene
        .app
        .execute("UPDATE awgp.provider_credit_pools SET monthly_budget = 50", &[])
        .await
        .expect("lowered");
    assert_eq!((scene.text(ALERTS).await, scene.text(FLAGS).await), ("50 75".to_owned(), "t t f".to_owned()));
}
