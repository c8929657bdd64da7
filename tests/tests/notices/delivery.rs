//! Delivery to web servers that fail, hang and answer twice.

use super::stage::{Kept, Stage, hook, is};
use awgp_tests::Login;
use awgp_tests::receivers::{Answer, Web};
use base64::Engine;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_arrives_signed_and_without_content() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut web = Web::start(&[]).await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let done = stage.once(&hook(&web.url, &format!("secret = \"{secret}\"")), &[]).expect(0).json();
    assert_eq!(done, json!([{"target": "hook", "delivered": 1, "failed": 0, "dead": 0}]));
    let arrived = web.taken();
    assert_eq!(arrived.len(), 1);
    let body = arrived[0].json();
    assert_eq!((&body["type"], &body["data"]["tenant"]), (&json!("approval_asked"), &json!("north")));
    assert_eq!(body["data"]["tenant_id"], json!(stage.group.north.id));
    assert_eq!(body["data"]["id"], json!(arrived[0].id()));
    assert!(!arrived[0].body.contains("Pay"), "the title stays in the database: {}", arrived[0].body);
    let signature = arrived[0].headers["webhook-signature"].strip_prefix("v1,").expect("version 1");
    let raw = base64::engine::general_purpose::STANDARD.decode(signature).expect("base64");
    assert_eq!(raw.len(), 32);
    assert!(arrived[0].headers["webhook-timestamp"].parse::<u64>().is_ok());
    assert_eq!(stage.kept().await, [is("delivered", 1, None)]);
    stage.once(&hook(&web.url, ""), &[]).expect(0);
    assert!(web.taken().is_empty(), "what is delivered is not sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_waits_and_is_sent_again_under_the_same_id() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut web = Web::start(&[Answer::Status(500), Answer::Close, Answer::Status(302)]).await;
    let file = hook(&web.url, "");
    for (attempt, error) in [(1, "http_500"), (2, "http"), (3, "http_302")] {
        stage.once(&file, &[]).expect(12);
        let kept = stage.kept().await;
        assert_eq!((kept[0].0.as_str(), kept[0].1), ("waiting", attempt));
        assert!(
            kept[0].2.as_deref().is_some_and(|kept| kept == error || (attempt == 2 && kept == "connection"))
        );
        stage.once(&file, &[]).expect(0);
        assert_eq!(stage.kept().await[0].1, attempt, "it is not due before its wait is over");
        stage.time_passes().await;
    }
    stage.once(&file, &[]).expect(0);
    assert_eq!(stage.kept().await, [is("delivered", 4, None)]);
    let arrived = web.taken();
    assert_eq!(arrived.len(), 4);
    assert!(arrived.iter().all(|request| request.id() == arrived[0].id() && request.body == arrived[0].body));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_receiver_asks_for_is_kept() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let web = Web::start(&[Answer::Later(429, 1800)]).await;
    stage.once(&hook(&web.url, ""), &[]).expect(12);
    let sql = "SELECT due_at > now() + interval '25 minutes' FROM awgp.outbox";
    assert!(stage.superuser.query_one(sql, &[]).await.expect("a row").get::<_, bool>(0));
    assert_eq!(stage.kept().await, [is("waiting", 1, Some("http_429"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_delays_only_its_own_notices() {
    let stage = Stage::set().await;
    super::stage::settings(&stage.database, &stage.group.north, &super::stage::routed(&["hang", "hook"]))
        .await;
    stage.ask(1).await;
    let hanging = Web::start(&[Answer::Hang]).await;
    let mut web = Web::start(&[]).await;
    let target = |name: &str, url: &str, limit: &str| {
        format!("[targets.{name}]\ntype = \"webhook\"\nurl = \"{url}\"\n{limit}")
    };
    let hang = target("hang", &hanging.url, "timeout_seconds = 1\n");
    let file = Kept::new(&(hang + &target("hook", &web.url, "")));
    let done = stage.once(&file, &[]).expect(12).json();
    assert_eq!((&done[0]["failed"], &done[1]["delivered"]), (&json!(1), &json!(1)));
    assert_eq!(web.taken().len(), 1);
    let mut kept = stage.kept().await;
    kept.sort();
    assert_eq!(kept, [is("delivered", 1, None), is("waiting", 1, Some("timeout"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_answer_is_never_taken_for_that_of_another_notice() {
    let stage = Stage::set().await;
    stage.ask(2).await;
    let web = Web::start(&[Answer::Twice(500, 200), Answer::Status(503)]).await;
    stage.once(&hook(&web.url, ""), &["--parallel", "1"]).expect(12);
    let mut kept = stage.kept().await;
    kept.sort();
    assert_eq!(kept, [is("waiting", 1, Some("http_500")), is("waiting", 1, Some("http_503"))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_never_arrive_is_a_dead_letter_that_the_doctor_reports_and_that_can_be_sent_again() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut web = Web::start(&[Answer::Status(410)]).await;
    let file = hook(&web.url, "");
    stage.once(&file, &[]).expect(12);
    assert_eq!(stage.kept().await, [is("dead", 1, Some("http_410"))]);
    let maintainer = stage.database.connect(Login::Maintainer).await;
    let sql = "SELECT severity, object, hint FROM awgp.doctor() WHERE code = 'notices_dead'";
    let found = maintainer.query_one(sql, &[]).await.expect("it is found");
    assert_eq!((found.get(0), found.get(1)), ("warning", "target hook"));
    assert_eq!(web.taken().len(), 1);
    // The hint is what to type.
    maintainer.batch_execute(found.get(2)).await.expect("a maintainer may");
    assert!(maintainer.query_opt(sql, &[]).await.expect("the doctor answers").is_none());
    stage.once(&file, &[]).expect(0);
    assert_eq!(stage.kept().await, [is("delivered", 1, None)]);
    assert_eq!(web.taken().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_attempt_makes_a_dead_letter_and_an_option_sends_it_again() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let web = Web::start(&[Answer::Status(500)]).await;
    let file = hook(&web.url, "");
    stage.superuser.batch_execute("UPDATE awgp.outbox SET attempts = 31").await.expect("a superuser may");
    stage.once(&file, &[]).expect(12);
    assert_eq!(stage.kept().await, [is("dead", 32, Some("http_500"))]);
    stage.once(&file, &["--retry-dead"]).expect(0);
    assert_eq!(stage.kept().await, [is("delivered", 1, None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_takes_only_the_notices_of_its_tenants() {
    let stage = Stage::set().await;
    super::stage::settings(&stage.database, &stage.group.south, &super::stage::routed(&["hook"])).await;
    stage.ask(1).await;
    awgp_tests::approving::asked(&mut stage.database.app().await, &stage.group.south, 4).await;
    let mut web = Web::start(&[]).await;
    stage.once(&hook(&web.url, "tenants = [\"south\"]"), &[]).expect(12);
    assert_eq!(stage.kept().await, [is("dead", 1, Some("tenant_not_allowed")), is("delivered", 1, None)]);
    assert_eq!(web.taken()[0].json()["data"]["tenant"], "south");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_no_file_has_is_late_and_the_doctor_says_so() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let web = Web::start(&[]).await;
    let file = Kept::new(&format!("[targets.other]\ntype = \"webhook\"\nurl = \"{}\"\n", web.url));
    stage.once(&file, &[]).expect(0);
    assert_eq!(stage.kept().await, [is("waiting", 0, None)]);
    let late = "UPDATE awgp.outbox SET due_at = now() - interval '16 minutes'";
    stage.superuser.batch_execute(late).await.expect("a superuser may");
    let maintainer = stage.database.connect(Login::Maintainer).await;
    let sql = "SELECT severity, object FROM awgp.doctor() WHERE code = 'notices_late'";
    let found = maintainer.query_one(sql, &[]).await.expect("it is found");
    assert_eq!((found.get(0), found.get(1)), ("warning", "target hook"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_may_read_is_refused_before_anything_is_claimed() {
    use std::os::unix::fs::PermissionsExt;
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut web = Web::start(&[]).await;
    let file = hook(&web.url, "");
    std::fs::set_permissions(&file.0, std::fs::Permissions::from_mode(0o640)).expect("permissions");
    let error = stage.once(&file, &[]).expect(6).error();
    assert_eq!(error["reason"], "notify_file");
    assert!(web.taken().is_empty());
    assert_eq!(stage.kept().await, [is("waiting", 0, None)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_notice_goes_to_one_target_and_says_that_it_is_a_test() {
    let mut web = Web::start(&[]).await;
    let file = hook(&web.url, "shape = \"slack\"");
    let path = file.0.to_string_lossy().into_owned();
    // No variable names a database.
    let test = |target: &str| {
        awgp_tests::cli::awgp(&["notify", "--targets", &path, "--test", target, "--output", "json"], &[])
    };
    let done = test("hook").expect(0).json();
    assert_eq!((&done["target"], &done["delivered"]), (&json!("hook"), &json!(true)));
    let arrived = web.taken();
    assert_eq!(arrived.len(), 1, "once");
    assert!(arrived[0].body.contains("This is a test"), "{}", arrived[0].body);
    assert_eq!(test("nowhere").expect(6).error()["reason"], "notify_file");
    web.answer(&[Answer::Status(500)]);
    let missed = test("hook").expect(12).json();
    assert_eq!((&missed["delivered"], &missed["error"]), (&json!(false), &json!("http_500")));
    assert_eq!(web.taken().len(), 1, "it is not tried again");
}
