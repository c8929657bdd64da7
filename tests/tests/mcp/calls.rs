//! A call is an action: begun before the tool runs, finished with what it answered.

use awgp_tests::Login;
use awgp_tests::mcp::{Guard, Scene, reason, scripted_server, text};
use awgp_tests::pooler::{Pooler, Pooling};
use awgp_tests::tokens::{token_of, trusting_database};
use awgp_tests::wire::Wire;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_call_is_begun_before_the_tool_runs_and_finished_with_its_outcome() {
    let scene = Scene::new(&["scripted.echo", "scripted.fail", "scripted.refuse"]).await;
    let item = scene.item(1).await.to_string();
    let mut guard = scene.guard(&["--work-item", &item]);
    let result = guard.call("echo", json!({"b": 1, "a": "x"}));
    assert_eq!(text(&result), r#"{"b": 1, "a": "x"}"#);
    assert_eq!((&result["structuredContent"]["exact"], &result["more"]), (&json!("1.10"), &json!([1])));
    assert_eq!(text(&guard.call("fail", json!({}))), "it did not work");
    let refused = guard.ask("tools/call", json!({"name": "refuse"}));
    assert_eq!(refused["error"], json!({"code": -32602, "message": "no", "data": {"n": 1}}));
    assert_eq!(guard.close(), 0, "{}", guard.said());
    let actions = ["scripted.echo succeeded", "scripted.fail failed", "scripted.refuse failed"];
    assert_eq!(scene.actions().await, actions);
    // The digest of {"a":"x","b":1}, whatever the order; and facts of the result without its content.
    let digest = "SELECT (arguments_digest = encode(sha256('{\"a\":\"x\",\"b\":1}'), 'hex'))::text
                  FROM awgp.governed_actions WHERE action = 'scripted.echo'";
    assert_eq!(scene.text(digest).await, "true");
    let facts = "SELECT string_agg(key, ' ' ORDER BY key) FROM awgp.governed_actions, jsonb_each(result)
                 WHERE action = 'scripted.echo' AND status = 'succeeded'";
    assert_eq!(scene.text(facts).await, "duration_ms result_bytes result_digest tool");
}

#[tokio::test]
async fn a_tool_that_the_assistant_may_not_use_is_not_listed_and_not_called() {
    let scene = Scene::new(&["scripted.echo", "scripted.big", "other.fail", "echo"]).await;
    let item = scene.item(1).await.to_string();
    let mut guard = scene.guard(&["--work-item", &item]);
    let (mut listed, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let params = cursor.map_or(json!({}), |cursor: serde_json::Value| json!({"cursor": cursor}));
        let page = guard.ask("tools/list", params)["result"].clone();
        assert_eq!(page["unknown"], "kept");
        listed.extend(page["tools"].as_array().expect("tools").clone());
        pages += 1;
        match page.get("nextCursor") {
            Some(next) => cursor = Some(next.clone()),
            None => break,
        }
    }
    assert!(pages > 3, "there are empty pages, whose cursors stay");
    assert_eq!(
        listed,
        ["echo", "big"]
            .map(|name| json!({"name": name, "inputSchema": {"type": "object"}, "unknown": [name]}))
    );
    let denied = guard.call("fail", json!({}));
    assert_eq!(reason(&denied), "capability_missing");
    assert!(text(&denied).contains("scripted.fail"), "{denied}");
    assert_eq!(scene.calls(), Vec::<String>::new());
    let denials =
        "SELECT string_agg(action || ' ' || reason || ' ' || denials, ', ') FROM awgp.action_denials";
    assert_eq!(scene.text(denials).await, "scripted.fail capability_missing 1");
    // What a manager adds, may be called at once.
    scene.allow(&["scripted.fail"]).await;
    assert_eq!(text(&guard.call("fail", json!({}))), "it did not work");
    assert_eq!(reason(&guard.call("echo", json!({}))), "capability_missing");
}

#[tokio::test]
async fn a_given_name_is_the_servers_whatever_it_calls_itself() {
    let scene = Scene::new(&["files.echo", "scripted.fail", "a_b_c.echo"]).await;
    let item = scene.item(1).await.to_string();
    let mut guard = scene.guard(&["--work-item", &item, "--name", "files"]);
    guard.call("echo", json!({}));
    assert_eq!(reason(&guard.call("fail", json!({}))), "capability_missing");
    // The name that a server gives itself has no dot, so that no server's tool is another's.
    let mut command = scene.command(&["--work-item", &item]);
    command.env("SCRIPTED_NAME", "a.b c");
    let mut guard = Guard::start(command, scripted_server());
    let early = guard.call("echo", json!({}));
    assert_eq!(reason(&early), "server_unnamed");
    guard.initialize();
    guard.call("echo", json!({}));
    assert_eq!(scene.actions().await, ["files.echo succeeded", "a_b_c.echo succeeded"]);
}

#[tokio::test]
async fn under_a_key_of_the_client_a_call_happens_once() {
    let scene = Scene::new(&["scripted.echo", "scripted.hang"]).await;
    let item = scene.item(1).await.to_string();
    let mut guard = scene.guard(&["--work-item", &item]);
    let key = json!({"awgp/key": "letter-7"});
    guard.call_with("echo", json!({"n": 1}), key.clone());
    assert_eq!(reason(&guard.call_with("echo", json!({"n": 1}), key.clone())), "already_acted");
    assert_eq!(reason(&guard.call_with("echo", json!({"n": 2}), key)), "idempotency_conflict");
    // One that was begun and has not ended may have happened.
    let hanging = json!({"name": "hang", "_meta": {"awgp/key": "hang-1"}});
    guard.request("tools/call", hanging.clone());
    while scene.calls().len() < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    for mut other in [scene.guard(&["--work-item", &item]), guard] {
        let again = other.ask("tools/call", hanging.clone());
        assert_eq!(reason(&again["result"]), "outcome_unknown");
    }
    assert_eq!(scene.calls(), ["echo", "hang"]);
}

#[tokio::test]
async fn a_call_costs_what_its_rule_says_once_the_server_has_answered() {
    let tools = ["scripted.echo", "scripted.fail", "scripted.hang"];
    let scene = Scene::new(&tools).await;
    scene.does("admin", "SELECT FROM awgp.create_credit_pool('openai', 1)", &[]).await;
    let item = scene.item(1).await.to_string();
    let costs = ["--work-item", &item, "--provider", "openai", "--cost", "echo=0.40", "--cost", "*=0.25"];
    let mut guard = scene.guard(&costs);
    guard.call("echo", json!({}));
    guard.call("fail", json!({}));
    let spent = "SELECT string_agg(model || ' ' || cost_amount, ', ' ORDER BY created_at) FROM awgp.cost_transactions";
    assert_eq!(scene.text(spent).await, "scripted.echo 0.400000, scripted.fail 0.250000");
    // Of an unknown outcome, the money stays held.
    let mut guard = scene.guard(&[&costs[..], &["--timeout", "1s"]].concat());
    assert_eq!(reason(&guard.call("hang", json!({}))), "outcome_unknown");
    assert_eq!(reason(&guard.call("echo", json!({}))), "budget_exceeded");
    let held = "SELECT string_agg(state, ' ' ORDER BY created_at) FROM awgp.credit_reservations";
    assert_eq!(scene.text(held).await, "settled settled held");
}

#[tokio::test]
async fn the_guard_makes_a_work_item_and_completes_it_at_a_clean_end() {
    let scene = Scene::new(&["scripted.echo", "scripted.hang"]).await;
    let items = "SELECT string_agg(title || ' ' || status || ' ' || coalesce(risk_level::text, '-'), ', ' ORDER BY created_at)
                 FROM awgp.work_items WHERE title LIKE 'Day %'";
    let mut guard = scene.guard(&["--title", "Day 1", "--risk-level", "1"]);
    guard.call("echo", json!({}));
    assert_eq!(guard.close(), 0);
    let mut guard = scene.guard(&["--title", "Day 2", "--risk-level", "0"]);
    assert_eq!(guard.close(), 0);
    // Of an outcome that nobody knows the item stays open; so it does where the server dies.
    let mut guard = scene.guard(&["--title", "Day 3", "--risk-level", "1", "--timeout", "1s"]);
    guard.call("hang", json!({}));
    assert_eq!(guard.close(), 0);
    assert!(guard.said().contains("stays open"), "{}", guard.said());
    // And where people are asked: an approval ends with its item.
    let mut guard = scene.guard(&["--title", "Day 4", "--risk-level", "3"]);
    assert_eq!(reason(&guard.call("echo", json!({}))), "approval_pending");
    assert_eq!(guard.close(), 0);
    assert!(guard.said().contains("stays open"), "{}", guard.said());
    assert_eq!(
        scene.text(items).await,
        "Day 1 completed 1, Day 2 cancelled 0, Day 3 in_progress 1, Day 4 backlog 3"
    );
    let open = "SELECT count(*)::text FROM awgp.approvals WHERE status = 'pending'";
    assert_eq!(scene.text(open).await, "1");
}

#[tokio::test]
async fn a_call_may_name_its_work_item_and_without_any_it_is_refused() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let (one, two) = (scene.item(1).await.to_string(), scene.item(1).await.to_string());
    let mut guard = scene.guard(&[]);
    assert_eq!(reason(&guard.call("echo", json!({}))), "no_work_item");
    for item in [&one, &two] {
        guard.call_with("echo", json!({}), json!({"awgp/work-item": item}));
    }
    let nobody = "00000000-0000-4000-8000-000000000000";
    for (item, expected) in [
        (nobody.to_owned(), "unknown_work_item"),
        ("seven".to_owned(), "database_error"),
        (scene.group.south.work_item.to_string(), "unknown_work_item"),
    ] {
        let denied = guard.call_with("echo", json!({}), json!({"awgp/work-item": item}));
        assert_eq!(reason(&denied), expected, "{denied}");
    }
    assert_eq!(scene.calls().len(), 2);
}

#[tokio::test]
async fn once_the_item_has_ended_or_the_assistant_is_stopped_no_tool_is_called() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(1).await;
    let mut guard = scene.guard(&["--work-item", &item.to_string()]);
    guard.call("echo", json!({}));
    let stop = "SELECT FROM awgp.set_assistant_status($1, 'suspended', 'a look')";
    scene.does("manager", stop, &[&scene.north().assistant]).await;
    assert_eq!(reason(&guard.call("echo", json!({}))), "assistant_suspended");
    let go_on = "SELECT FROM awgp.set_assistant_status($1, 'active')";
    scene.does("manager", go_on, &[&scene.north().assistant]).await;
    guard.call("echo", json!({}));
    scene.does("operator", "SELECT FROM awgp.cancel_work_item($1, 'not needed')", &[&item]).await;
    assert_eq!(reason(&guard.call("echo", json!({}))), "illegal_transition");
    // What is not a call goes on.
    assert!(guard.ask("ping", json!({})).get("result").is_some());
    assert_eq!(scene.calls().len(), 2);
}

#[tokio::test]
async fn the_guard_does_not_start_without_what_it_needs() {
    let scene = Scene::new(&[]).await;
    let server = scripted_server;
    for (arguments, variables, code) in [
        (vec!["--title", "x", "--work-item", "00000000-0000-4000-8000-000000000000"], vec![], 2),
        (vec!["--cost", "echo=1"], vec![], 2),
        (vec!["--name", "a.b"], vec![], 2),
        (vec!["--listen", "0.0.0.0:0"], vec![], 2),
        (vec![], vec![("AWGP_ASSISTANT", "nobody")], 8),
        (vec!["--work-item", "00000000-0000-4000-8000-000000000000"], vec![], 8),
        (vec![], vec![("AWGP_USER", "nobody@north.example")], 3),
        (vec![], vec![("AWGP_USER", "")], 2),
        (vec![], vec![("DATABASE_URL", "postgres://x:y@127.0.0.1:1/z")], 10),
        (vec!["--title", "x"], vec![("AWGP_USER", "viewer@north.example")], 3),
    ] {
        let mut command = scene.command(&arguments);
        command.envs(variables.iter().copied());
        let mut guard = Guard::start(command, server());
        assert_eq!(guard.close(), code, "{arguments:?} {variables:?}: {}", guard.said());
    }
    let mut guard = Guard::start(scene.command(&[]), vec!["/no/such/program".to_owned()]);
    assert_eq!(guard.close(), 1, "{}", guard.said());
    let mut guard = Guard::start(scene.command(&[]), Vec::new());
    assert_eq!(guard.close(), 2, "{}", guard.said());
}

#[tokio::test]
async fn in_signed_mode_the_token_says_who_comes_in_and_may_be_renewed_in_place() {
    let (database, group) = trusting_database().await;
    let scene = Scene::of(database, group, &["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let superuser = scene.database.superuser().await;
    let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", scene.database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets the mode");
    let file = scene.folder.file("token");
    let start = |file: &str| {
        let mut command = scene.command(&["--work-item", &item]);
        command.env_remove("AWGP_TENANT").env_remove("AWGP_USER").env("AWGP_TOKEN_FILE", file);
        Guard::start(command, scripted_server())
    };
    std::fs::write(&file, token_of(scene.group.south.user("operator"))).expect("a file can be written");
    let mut guard = start(&file);
    assert_eq!(guard.close(), 8, "south has a helper too, and not the item: {}", guard.said());
    std::fs::write(&file, token_of(scene.north().user("operator"))).expect("a file can be written");
    let mut guard = start(&file);
    guard.initialize();
    std::fs::write(&file, token_of(scene.group.south.user("operator"))).expect("a file can be written");
    assert_eq!(reason(&guard.call("echo", json!({}))), "unknown_work_item");
    std::fs::write(&file, token_of(scene.north().user("operator"))).expect("a file can be written");
    assert_eq!(text(&guard.call("echo", json!({}))), "{}");
    std::fs::write(&file, "a.b.c").expect("a file can be written");
    assert_eq!(reason(&guard.call("echo", json!({}))), "token_malformed");
    assert_eq!(scene.calls(), ["echo"]);
    let mut without = scene.command(&["--work-item", &item]);
    without.env_remove("AWGP_TOKEN_FILE");
    let mut guard = Guard::start(without, scripted_server());
    assert_eq!(guard.close(), 3, "a name is no token: {}", guard.said());
}

#[tokio::test]
async fn guards_share_the_connections_of_a_transaction_pool() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let pooler = Pooler::start(Pooling::BouncerTransaction, &scene.database).await;
    let mut guards: Vec<Guard> = (0..3)
        .map(|_| {
            let mut command = scene.command(&["--work-item", &item]);
            command.env("DATABASE_URL", pooler.url(&scene.database, Login::App));
            Guard::start(command, scripted_server())
        })
        .collect();
    let calls: Vec<Vec<u64>> = guards
        .iter_mut()
        .map(|guard| {
            guard.initialize();
            let call =
                |n| json!({"name": "echo", "arguments": {"n": n}, "_meta": {"awgp/key": Uuid::new_v4()}});
            (0..8).map(|n| guard.request("tools/call", call(n))).collect()
        })
        .collect();
    for (guard, calls) in guards.iter_mut().zip(calls) {
        for (n, id) in calls.into_iter().enumerate() {
            assert_eq!(text(&guard.answer(id)["result"]), format!("{{\"n\": {n}}}"));
        }
    }
    assert_eq!(scene.actions().await, vec!["scripted.echo succeeded"; 24]);
}

#[tokio::test]
async fn a_call_asks_the_database_for_each_statement_once() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let wire = Wire::new();
    let mut command = scene.command(&["--work-item", &item]);
    command.env("DATABASE_URL", wire.url(&scene.database, Login::App));
    let mut guard = Guard::start(command, scripted_server());
    guard.initialize();
    guard.call("echo", json!({}));
    wire.sent();
    assert_eq!(text(&guard.call("echo", json!({}))), "{}");
    // BEGIN; the context, the assistant and the action, each whole at once; COMMIT. Once before, once after.
    assert_eq!(wire.sent(), "QPBDESPBDESPBDESQ".repeat(2));
}
