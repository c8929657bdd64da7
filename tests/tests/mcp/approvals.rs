//! A call that a human has to approve: it waits, and what is approved is what runs.

use awgp_tests::mcp::{Guard, Scene, holding, reason, text};
use serde_json::{Value, json};
use uuid::Uuid;

const APPROVE: &str = "SELECT FROM awgp.approve($1)";

/// Where echo needs an approval, each time.
async fn scene() -> (Scene, String) {
    let scene = Scene::new(&["scripted.echo", "scripted.fail"]).await;
    scene.needs_approval(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    (scene, item)
}

/// A call that waits: the guard, its id, and what people are asked.
async fn waiting() -> (Scene, Guard, u64, Uuid) {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item, "--wait", "1m"]);
    let id = guard.request("tools/call", json!({"name": "echo", "arguments": {"n": 1}}));
    let approval = scene.open_approval().await;
    (scene, guard, id, approval)
}

fn approval_of(result: &Value) -> Uuid {
    let id = result["_meta"]["awgp/guard"]["approval_id"].as_str();
    id.and_then(|id| id.parse().ok()).unwrap_or_else(|| panic!("no approval: {result}"))
}

#[tokio::test]
async fn without_a_wait_the_call_is_answered_at_once_and_goes_on_once_it_is_approved() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let first = guard.call("echo", json!({"n": 1}));
    assert_eq!(reason(&first), "approval_pending");
    let approval = approval_of(&first);
    assert!(text(&first).contains(&approval.to_string()), "{first}");
    // The same call waits for the same approval; another one is asked about too.
    assert_eq!(approval_of(&guard.call("echo", json!({"n": 1}))), approval);
    let other = approval_of(&guard.call("echo", json!({"n": 2})));
    assert_ne!(other, approval);
    scene.does("manager", APPROVE, &[&approval]).await;
    // While one call is approved, another one is none of its business.
    let third = guard.call("echo", json!({"n": 3}));
    assert_eq!(reason(&third), "arguments_mismatch");
    assert_eq!(approval_of(&third), approval);
    assert_eq!(text(&guard.call("echo", json!({"n": 1}))), r#"{"n": 1}"#);
    assert_eq!(approval_of(&guard.call("echo", json!({"n": 2}))), other);
    // Once: the same call again is asked about again.
    let again = guard.call("echo", json!({"n": 1}));
    assert_eq!(reason(&again), "approval_pending");
    assert_ne!(approval_of(&again), approval);
    // What needs no approval goes through all the while.
    assert_eq!(text(&guard.call("fail", json!({}))), "it did not work");
    assert_eq!(scene.calls(), ["echo", "fail"]);
}

#[tokio::test]
async fn an_approver_reads_what_will_run() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    guard.call("echo", json!({"path": "a.txt", "content": "hello\nthere"}));
    let told = "SELECT title || ' | ' || description || ' | ' || arguments FROM awgp.approvals WHERE status = 'pending'";
    assert_eq!(
        scene.text(told).await,
        "Call echo of scripted, path a.txt | Once, the tool echo of the MCP server scripted, with path: a.txt; \
         content: hello there | {\"path\": \"a.txt\", \"content\": \"hello\\nthere\"}"
    );
}

#[tokio::test]
async fn a_call_that_waits_tells_of_its_progress_and_goes_on_at_the_decision() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item, "--wait", "1m"]);
    let params = json!({"name": "echo", "arguments": {"n": 1}, "_meta": {"progressToken": "p1"}});
    let id = guard.request("tools/call", params);
    let progress = guard.wait_for("notifications/progress")["params"].clone();
    assert_eq!(progress["progressToken"], "p1");
    let approval = scene.open_approval().await;
    assert!(progress["message"].as_str().expect("a text").contains(&approval.to_string()), "{progress}");
    assert_eq!(scene.calls(), Vec::<String>::new());
    scene.does("manager", APPROVE, &[&approval]).await;
    assert_eq!(text(&guard.answer(id)["result"]), r#"{"n": 1}"#);
    let under = "SELECT approval_id::text FROM awgp.governed_actions";
    assert_eq!(scene.text(under).await, approval.to_string());
}

#[tokio::test]
async fn a_rejected_call_is_not_made_and_says_why() {
    let (scene, mut guard, id, approval) = waiting().await;
    scene.does("manager", "SELECT FROM awgp.reject($1, 'not on a Friday')", &[&approval]).await;
    let refused = guard.answer(id)["result"].clone();
    assert_eq!(reason(&refused), "approval_rejected");
    assert!(text(&refused).contains("not on a Friday"), "{refused}");
    assert_eq!(reason(&guard.call("echo", json!({"n": 1}))), "approval_rejected");
    assert_eq!(scene.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn what_an_approver_has_changed_runs_as_they_have_changed_it() {
    let (scene, item) = scene().await;
    let changed = "SELECT FROM awgp.approve($1, 'less', '{\"n\": 2}')";
    let mut waiting = scene.guard(&["--work-item", &item, "--wait", "1m"]);
    let id = waiting.request("tools/call", json!({"name": "echo", "arguments": {"n": 1}}));
    scene.does("manager", changed, &[&scene.open_approval().await]).await;
    let result = waiting.answer(id)["result"].clone();
    assert_eq!(text(&result), r#"{"n": 2}"#);
    assert!(result["content"][1]["text"].as_str().expect("a note").contains("changed"), "{result}");
    assert_eq!(result["_meta"]["awgp/guard"]["arguments"], json!({"n": 2}));
    assert_eq!(result["structuredContent"], json!({"exact": "1.10"}));
    // The same where nobody waited: the same call as before finds what was approved.
    let mut guard = scene.guard(&["--work-item", &item]);
    let approval = approval_of(&guard.call("echo", json!({"n": 5})));
    scene.does("manager", changed, &[&approval]).await;
    assert_eq!(text(&guard.call("echo", json!({"n": 5}))), r#"{"n": 2}"#);
    let lines: Vec<Value> = scene
        .log()
        .iter()
        .filter(|line| line["tool"] == "echo")
        .map(|line| line["arguments"].clone())
        .collect();
    assert_eq!(lines, [json!({"n": 2}), json!({"n": 2})]);
    assert_eq!(scene.actions().await, ["scripted.echo succeeded", "scripted.echo succeeded"]);
}

#[tokio::test]
async fn what_is_approved_as_no_object_does_not_run() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let approval = approval_of(&guard.call("echo", json!({"n": 5})));
    scene.does("manager", "SELECT FROM awgp.approve($1, 'odd', '[5]')", &[&approval]).await;
    assert_eq!(reason(&guard.call("echo", json!({"n": 5}))), "arguments_mismatch");
    assert_eq!(scene.actions().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_item_above_the_tier_waits_for_its_own_approval_or_one_of_each_call() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(3).await;
    let request = "SELECT (awgp.request_approval($1)).id";
    let mut guard = scene.guard(&["--work-item", &item.to_string()]);
    let approval = approval_of(&guard.call("echo", json!({"n": 1})));
    scene.does("manager", APPROVE, &[&approval]).await;
    guard.call("echo", json!({"n": 1}));
    // An approval of the item covers every call of it.
    let item = scene.item(3).await;
    let approval: Uuid = scene.does("operator", request, &[&item]).await[0].get(0);
    scene.does("manager", APPROVE, &[&approval]).await;
    let meta = json!({"awgp/work-item": item.to_string()});
    for n in 1..=2 {
        assert_eq!(text(&guard.call_with("echo", json!({"n": n}), meta.clone())), format!("{{\"n\": {n}}}"));
    }
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_it_waits_is_not_made() {
    let (scene, mut guard, id, approval) = waiting().await;
    cancel(&mut guard, id);
    scene.does("manager", APPROVE, &[&approval]).await;
    never_heard_of(&scene, guard);
    assert_eq!(scene.actions().await, Vec::<String>::new());
}

/// Cancels a request, and waits until the guard has read that.
fn cancel(guard: &mut Guard, id: u64) {
    guard.send(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}));
    assert!(guard.ask("ping", json!({})).get("result").is_some());
}

/// The server has heard nothing but hello, and the client no answer to what it has cancelled.
fn never_heard_of(scene: &Scene, mut guard: Guard) {
    assert_eq!(guard.close(), 0, "{}", guard.said());
    assert!(guard.aside.is_empty(), "{:?}", guard.aside);
    assert_eq!(scene.log().len(), 1, "only hello: {:?}", scene.log());
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_its_approval_is_looked_at_is_not_begun() {
    let (scene, mut guard, id, approval) = waiting().await;
    let mut superuser = scene.database.superuser().await;
    let deciding = superuser.transaction().await.expect("a transaction begins");
    deciding.batch_execute("LOCK TABLE awgp.approvals IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    scene.database.until_somebody_waits().await;
    cancel(&mut guard, id);
    deciding.batch_execute("SET LOCAL ROLE awgp_app").await.expect("a superuser may");
    let (tenant, manager) = (scene.north().id, scene.north().user("manager"));
    deciding
        .execute("SELECT awgp.set_context($1::uuid, $2::uuid)", &[&tenant, &manager])
        .await
        .expect("a context");
    deciding.execute(APPROVE, &[&approval]).await.expect("a manager may");
    deciding.commit().await.expect("committed");
    never_heard_of(&scene, guard);
    assert_eq!(scene.actions().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_call_that_waits_is_answered_when_the_server_dies_or_the_guard_is_told_to_end() {
    let scene = Scene::new(&["scripted.echo", "scripted.die"]).await;
    scene.needs_approval(&["scripted.echo"]).await;
    for (dies, code) in [(true, 1), (false, 0)] {
        let item = scene.item(1).await.to_string();
        let mut guard = scene.guard(&["--work-item", &item, "--wait", "1m"]);
        let id = guard.request("tools/call", json!({"name": "echo", "arguments": {}}));
        let asked = format!("SELECT count(*)::text FROM awgp.approvals WHERE work_item_id = '{item}'");
        while scene.text(&asked).await == "0" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        if dies {
            guard.request("tools/call", json!({"name": "die", "arguments": {}}));
        } else {
            guard.signal("TERM");
        }
        assert_eq!(reason(&guard.answer(id)["result"]), "server_gone", "{}", guard.said());
        assert_eq!(guard.exit(), code, "{}", guard.said());
    }
    assert_eq!(scene.actions().await, ["scripted.die unknown"]);
}

#[tokio::test]
async fn nobody_is_asked_about_a_call_that_was_cancelled_before() {
    let (scene, item) = scene().await;
    let guard = cancelled_while_it_begins(&scene, &item, "echo").await;
    never_heard_of(&scene, guard);
    assert_eq!(scene.actions().await, Vec::<String>::new());
    assert_eq!(scene.text("SELECT count(*)::text FROM awgp.approvals").await, "0");
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_its_action_begins_is_not_passed_on() {
    let (scene, item) = scene().await;
    let guard = cancelled_while_it_begins(&scene, &item, "fail").await;
    never_heard_of(&scene, guard);
    assert_eq!(scene.actions().await, ["scripted.fail failed"]);
    let why = "SELECT result->>'not_run' FROM awgp.governed_actions";
    assert_eq!(scene.text(why).await, "the client has cancelled it, or has gone");
}

/// Somebody holds the work item while the guard wants to begin an action of it; meanwhile the client cancels.
async fn cancelled_while_it_begins(scene: &Scene, item: &str, tool: &str) -> Guard {
    let mut guard = scene.guard(&["--work-item", item]);
    let mut superuser = scene.database.superuser().await;
    let holding = holding(&mut superuser, item).await;
    let id = guard.request("tools/call", json!({"name": tool, "arguments": {}}));
    scene.database.until_somebody_waits().await;
    cancel(&mut guard, id);
    holding.rollback().await.expect("let go");
    guard
}
