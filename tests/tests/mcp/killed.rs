//! kill -9 of the guard at random moments: whatever it was about to do, no call is lost, made twice or made
//! without an action, and no money either. `make mcp-kill ROUNDS=200` does it more often.

use awgp_tests::Login;
use awgp_tests::mcp::{Guard, Scene, scripted_server};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Calls in a round, all at once.
const CALLS: u64 = 6;
/// What may be killed lies within this time, in microseconds, of the first call.
const WITHIN: u64 = 120_000;

/// A number that nobody foresees: the moment is random on purpose.
fn random(below: u64) -> u64 {
    u64::from_le_bytes(uuid::Uuid::new_v4().as_bytes()[..8].try_into().expect("8 bytes")) % below
}

fn call(round: u64, number: u64) -> Value {
    let tool = if number % 3 == 2 { "fail" } else { "echo" };
    let key = format!("{round}-{number}");
    json!({"name": tool, "arguments": {"key": key}, "_meta": {"awgp/key": key}})
}

/// Calls the tools of a round, and is killed at some moment. The last round is answered whole.
fn round(scene: &Scene, item: &str, round: u64, is_last: bool) {
    let costs = ["--work-item", item, "--provider", "openai", "--cost", "*=0.01"];
    let mut guard = Guard::start(scene.command(&costs), scripted_server());
    guard.initialize();
    for number in 0..CALLS {
        guard.request("tools/call", call(round, number));
    }
    std::thread::sleep(Duration::from_micros(random(WITHIN)));
    guard.signal("KILL");
    guard.exit();
    // The agent does not know what became of its calls, and makes them again under the same keys. Some of
    // these guards are killed too.
    let mut again = Guard::start(scene.command(&costs), scripted_server());
    again.initialize();
    let ids: Vec<u64> = (0..CALLS).map(|number| again.request("tools/call", call(round, number))).collect();
    if random(3) == 0 && !is_last {
        std::thread::sleep(Duration::from_micros(random(WITHIN)));
        again.signal("KILL");
        again.exit();
    } else {
        for id in ids {
            again.answer(id);
        }
        assert_eq!(again.close(), 0, "{}", again.said());
    }
}

#[tokio::test]
async fn whenever_the_guard_is_killed_every_action_ends_and_no_call_is_lost_or_made_twice() {
    let rounds: u64 = std::env::var("AWGP_KILL_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(10);
    let scene = Scene::new(&["scripted.echo", "scripted.fail"]).await;
    scene.does("admin", "SELECT FROM awgp.create_credit_pool('openai', 1000)", &[]).await;
    let item = scene.item(1).await.to_string();
    for number in 0..rounds {
        round(&scene, &item, number, number + 1 == rounds);
    }
    let superuser = scene.database.superuser().await;
    // What a guard that was killed has sent is done to its end.
    let working = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                  WHERE datname = current_database() AND application_name = 'awgp-mcp guard')";
    while superuser.query_one(working, &[]).await.expect("an answer").get(0) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The time of everything that was begun is over, and maintenance runs.
    let age = "UPDATE awgp.governed_actions SET begun_at = begun_at - interval '1 hour',
        expires_at = expires_at - interval '1 hour', unknown_until = unknown_until - interval '1 hour'";
    superuser.batch_execute(age).await.expect("a superuser may");
    let maintainer = scene.database.connect(Login::Maintainer).await;
    let swept: i64 =
        maintainer.query_one("SELECT awgp.abandon_actions()", &[]).await.expect("a sweep").get(0);

    let sql = "SELECT idempotency_key, status, begun_at + interval '1 hour' FROM awgp.governed_actions";
    let rows = scene.does("operator", sql, &[]).await;
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    let mut begun: BTreeMap<String, SystemTime> = BTreeMap::new();
    for row in &rows {
        *statuses.entry(row.get(1)).or_default() += 1;
        begun.insert(row.get(0), row.get(2));
    }
    let mut called = BTreeSet::new();
    for line in scene.log().iter().filter(|line| line.get("tool").is_some()) {
        let key = line["arguments"]["key"].as_str().expect("a key").to_owned();
        let at = UNIX_EPOCH + Duration::from_secs_f64(line["at"].as_f64().expect("a time"));
        let begun_at = begun.get(&key).unwrap_or_else(|| panic!("{key} was called without an action"));
        assert!(*begun_at <= at, "{key} was called before its action was begun");
        assert!(called.insert(key.clone()), "{key} was called twice");
    }
    let known = ["succeeded", "failed", "unknown"];
    assert!(statuses.keys().all(|status| known.contains(&status.as_str())), "{statuses:?}");
    assert!(rows.len() as u64 >= rounds, "calls were begun: {statuses:?}");
    let lost = "SELECT count(*)::text FROM awgp.verify_ledger()";
    let verified = superuser.query_one(lost, &[]).await.expect("a count").get::<_, String>(0);
    assert_eq!(verified, "0");
    // What was spent is what the actions that have ended cost; what is held is what the unknown ones may.
    let money = "SELECT concat(
        (SELECT coalesce(sum(cost_amount), 0) FROM awgp.cost_transactions)
          = (SELECT 0.01 * count(*) FROM awgp.governed_actions WHERE status IN ('succeeded', 'failed')
             AND result ->> 'not_run' IS NULL), ' ',
        (SELECT count(*) FROM awgp.credit_reservations WHERE state = 'held')
          = (SELECT count(*) FROM awgp.governed_actions WHERE status = 'unknown'))";
    assert_eq!(scene.text(money).await, "t t", "{statuses:?}");
    println!(
        "{rounds} rounds: {} actions, {} calls, {swept} left to expiry, {statuses:?}",
        rows.len(),
        called.len()
    );
}
