//! Servers that break, clients that go, databases that are away: every action gets an outcome.

use awgp_tests::mcp::{Guard, Scene, holding, reason, scripted_server, text};
use serde_json::json;

async fn scene() -> (Scene, String) {
    let tools = [
        "echo", "die", "hang", "hold", "twice", "strange", "big", "garbage", "mute", "ask", "task", "sample",
        "wrong", "void", "batch", "nosuch",
    ];
    let names: Vec<String> = tools.iter().map(|tool| format!("scripted.{tool}")).collect();
    let scene = Scene::new(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let item = scene.item(1).await.to_string();
    (scene, item)
}

/// Begins a call that the server holds back.
fn hold(guard: &mut Guard, name: &str) -> u64 {
    let id = guard.request("tools/call", json!({"name": "hold", "arguments": {"as": name}}));
    guard.wait_for("test/held");
    id
}

fn release(guard: &mut Guard, name: &str) {
    guard.send(&json!({"jsonrpc": "2.0", "method": "test/release", "params": {"as": name}}));
}

#[tokio::test]
async fn a_server_that_dies_leaves_an_unknown_outcome_and_the_guard_ends() {
    for tool in ["die", "mute"] {
        let (scene, item) = scene().await;
        let mut guard = scene.guard(&["--work-item", &item]);
        let waiting = guard.request("test/never", json!({}));
        let result = guard.call(tool, json!({}));
        assert_eq!(reason(&result), "outcome_unknown", "{result}");
        assert_eq!(guard.answer(waiting)["error"]["code"], -32603);
        assert_eq!(guard.exit(), 1, "{}", guard.said());
        assert_eq!(scene.actions().await, [format!("scripted.{tool} unknown")]);
    }
}

#[tokio::test]
async fn a_server_that_is_too_slow_leaves_an_unknown_outcome_which_its_late_answer_corrects() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item, "--timeout", "1s"]);
    let id = hold(&mut guard, "late");
    assert_eq!(reason(&guard.answer(id)["result"]), "outcome_unknown");
    assert_eq!(scene.actions().await, ["scripted.hold unknown"]);
    // The server was told that nobody waits any more.
    let told = guard.wait_for("test/heard");
    assert!(told["params"]["line"].as_str().expect("a line").contains("notifications/cancelled"), "{told}");
    release(&mut guard, "late");
    while scene.actions().await != ["scripted.hold succeeded"] {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(guard.ask("ping", json!({})).get("result").is_some());
    assert_eq!(guard.close(), 0);
    assert!(guard.aside.is_empty(), "nothing of it reaches the client: {:?}", guard.aside);
}

#[tokio::test]
async fn one_answer_counts_and_no_other_reaches_the_client() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    assert_eq!(text(&guard.call("twice", json!({}))), "first");
    assert_eq!(text(&guard.call("strange", json!({}))), "own");
    assert_eq!(text(&guard.call("garbage", json!({}))), "after all");
    assert_eq!(text(&guard.call("batch", json!({}))), "second");
    let refused = guard.ask("tools/call", json!({"name": "nosuch"}));
    assert_eq!(refused["error"]["message"], "no tool nosuch");
}

#[tokio::test]
async fn what_is_no_result_leaves_an_unknown_outcome() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    for tool in ["wrong", "void", "task"] {
        assert_eq!(reason(&guard.call(tool, json!({}))), "outcome_unknown", "{tool}");
    }
    assert_eq!(
        scene.actions().await,
        ["scripted.wrong unknown", "scripted.void unknown", "scripted.task unknown"]
    );
}

#[tokio::test]
async fn a_message_that_is_too_long_reaches_nobody_and_its_call_is_unknown() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item, "--max-message", "100000"]);
    assert_eq!(text(&guard.call("big", json!({"bytes": 90_000}))).len(), 90_000);
    assert_eq!(reason(&guard.call("big", json!({"bytes": 5_000_000}))), "outcome_unknown");
    let refused = guard.ask("tools/call", json!({"name": "echo", "arguments": {"a": "x".repeat(200_000)}}));
    assert_eq!(refused["error"]["code"], -32600);
    assert_eq!(text(&guard.call("echo", json!({}))), "{}");
    assert_eq!(
        scene.actions().await,
        ["scripted.big succeeded", "scripted.big unknown", "scripted.echo succeeded"]
    );
}

#[tokio::test]
async fn a_call_that_is_cancelled_on_its_way_is_unknown_unless_the_answer_comes_soon() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let cancel = |guard: &mut Guard, id: u64| {
        guard.send(
            &json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}),
        );
        guard.wait_for("test/heard");
    };
    let id = hold(&mut guard, "soon");
    cancel(&mut guard, id);
    release(&mut guard, "soon");
    while scene.actions().await != ["scripted.hold succeeded"] {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let id = hold(&mut guard, "never");
    cancel(&mut guard, id);
    while scene.actions().await[1] != "scripted.hold unknown" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(guard.ask("ping", json!({})).get("result").is_some());
    assert!(guard.aside.iter().all(|message| message.get("id").is_none()), "{:?}", guard.aside);
}

#[tokio::test]
async fn a_client_that_goes_leaves_its_calls_to_their_answers_or_unknown() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    hold(&mut guard, "one");
    release(&mut guard, "one");
    assert_eq!(guard.close(), 0);
    assert_eq!(scene.actions().await, ["scripted.hold succeeded"]);
    for signal in ["TERM", "INT"] {
        let mut guard = scene.guard(&["--work-item", &item]);
        hold(&mut guard, "two");
        guard.signal(signal);
        assert_eq!(guard.exit(), 0, "{}", guard.said());
    }
    let actions = ["scripted.hold succeeded", "scripted.hold unknown", "scripted.hold unknown"];
    assert_eq!(scene.actions().await, actions);
}

#[tokio::test]
async fn a_signal_to_the_guard_and_its_server_ends_the_guard_as_one_to_the_guard_does() {
    use std::os::unix::process::CommandExt as _;
    let (scene, _) = scene().await;
    for signal in ["TERM", "INT"] {
        let mut command = scene.command(&["--title", signal, "--risk-level", "1"]);
        command.process_group(0);
        let mut guard = Guard::start(command, scripted_server());
        guard.initialize();
        guard.call("echo", json!({}));
        guard.signal_group(signal);
        assert_eq!(guard.exit(), 0, "{}", guard.said());
        let sql = "SELECT status::text FROM awgp.work_items WHERE title = $1";
        let rows = scene.does("operator", sql, &[&signal]).await;
        assert_eq!(rows[0].get::<_, &str>(0), "completed", "{}", guard.said());
    }
}

#[tokio::test]
async fn a_further_round_of_a_call_belongs_to_its_action() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let first = guard.call("ask", json!({"n": 1}));
    assert_eq!(first["resultType"], "input_required");
    assert_eq!(scene.actions().await, ["scripted.ask begun"]);
    let mut next = json!({"name": "ask", "arguments": {"n": 1}, "requestState": "s1",
        "inputResponses": {"who": {"content": {"name": "Ada"}}}});
    assert_eq!(text(&guard.ask("tools/call", next.clone())["result"]), "thanks for Ada");
    assert_eq!(scene.actions().await, ["scripted.ask succeeded"]);
    // With other arguments, it is another call; and so it is once the round is over.
    next["arguments"] = json!({"n": 2});
    assert_eq!(text(&guard.ask("tools/call", next)["result"]), "thanks for Ada");
    // A round that does not come leaves the outcome unknown.
    guard.call("ask", json!({}));
    assert_eq!(guard.close(), 0);
    assert_eq!(
        scene.actions().await,
        ["scripted.ask succeeded", "scripted.ask succeeded", "scripted.ask unknown"]
    );
}

#[tokio::test]
async fn calls_beyond_the_limit_are_refused() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item, "--max-calls", "2"]);
    let ids = [hold(&mut guard, "one"), hold(&mut guard, "two")];
    assert_eq!(reason(&guard.call("echo", json!({}))), "too_many_calls");
    for (id, name) in ids.into_iter().zip(["one", "two"]) {
        release(&mut guard, name);
        assert_eq!(text(&guard.answer(id)["result"]), "released");
    }
    guard.call("echo", json!({}));
    assert_eq!(scene.calls(), ["hold", "hold", "echo"]);
}

#[tokio::test]
async fn while_the_database_is_away_nothing_is_called_and_reports_are_kept() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let id = hold(&mut guard, "one");
    let superuser = awgp_tests::connect_to("postgres", awgp_tests::Login::Superuser).await;
    let name = &scene.database.name;
    let shut = format!("ALTER DATABASE {name} CONNECTION LIMIT 0");
    superuser.batch_execute(&shut).await.expect("a superuser may");
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    superuser.batch_execute(&end).await.expect("a superuser may");
    assert_eq!(reason(&guard.call("echo", json!({}))), "no_database");
    assert!(guard.ask("tools/list", json!({})).get("error").is_some());
    release(&mut guard, "one");
    // The client gets its answer all the same.
    assert_eq!(text(&guard.answer(id)["result"]), "released");
    superuser.batch_execute(&shut.replace(" 0", " -1")).await.expect("a superuser may");
    while scene.actions().await != ["scripted.hold succeeded"] {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    guard.call("echo", json!({}));
    assert_eq!(scene.calls(), ["hold", "echo"]);
}

/// As an upgrade of the extension does: the functions that a call runs are other ones, under other numbers.
const OTHER_FUNCTIONS: &str = "
    DO $$
    DECLARE
        found record;
    BEGIN
        FOR found IN
            SELECT oid::regprocedure::text AS name, pg_get_functiondef(oid) AS definition FROM pg_proc
            WHERE pronamespace = 'awgp'::regnamespace AND proname IN ('begin_action', 'finish_action')
        LOOP
            EXECUTE 'ALTER EXTENSION awgp DROP FUNCTION ' || found.name;
            EXECUTE 'DROP FUNCTION ' || found.name;
            EXECUTE found.definition;
            EXECUTE 'GRANT EXECUTE ON FUNCTION ' || found.name || ' TO awgp_app';
        END LOOP;
    END $$";

#[tokio::test]
async fn a_guard_goes_on_after_an_upgrade_of_the_extension_and_after_its_connections_were_ended() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    assert_eq!(text(&guard.call("echo", json!({"n": 1}))), r#"{"n": 1}"#);
    let superuser = scene.database.superuser().await;
    superuser.batch_execute(OTHER_FUNCTIONS).await.expect("a superuser may");
    assert_eq!(text(&guard.call("echo", json!({"n": 2}))), r#"{"n": 2}"#);
    let end = "SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'awgp-mcp guard'";
    let ended: i64 = superuser.query_one(end, &[]).await.expect("a superuser may").get(0);
    assert!(ended > 0);
    assert_eq!(text(&guard.call("echo", json!({"n": 3}))), r#"{"n": 3}"#);
    assert_eq!(scene.actions().await, ["scripted.echo succeeded"; 3]);
}

#[tokio::test]
async fn a_call_whose_connection_is_ended_in_the_midst_of_it_begins_once_on_another() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let mut superuser = scene.database.superuser().await;
    let holding = holding(&mut superuser, &item).await;
    let id = guard.request("tools/call", json!({"name": "echo", "arguments": {"n": 1}}));
    scene.database.until_somebody_waits().await;
    let end = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 60000)) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // A session that looks for a deadlock does not wait for a moment.
    let other = scene.database.superuser().await;
    while other.query_one(end, &[]).await.expect("a superuser may").get::<_, i64>(0) == 0 {
        scene.database.until_somebody_waits().await;
    }
    holding.rollback().await.expect("let go");
    assert_eq!(text(&guard.answer(id)["result"]), r#"{"n": 1}"#);
    assert_eq!(scene.actions().await, ["scripted.echo succeeded"]);
}
