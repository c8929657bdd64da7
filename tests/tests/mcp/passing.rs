//! What is not a call passes as it came.

use awgp_tests::mcp::{Scene, text};
use serde_json::{Value, json};

async fn scene() -> (Scene, String) {
    let scene = Scene::new(&["scripted.echo", "scripted.sample"]).await;
    let item = scene.item(1).await.to_string();
    (scene, item)
}

#[tokio::test]
async fn requests_notifications_and_answers_pass_as_they_are_written() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    for id in ["\"a text\"", "900", "-1.5"] {
        let line = format!(
            r#"{{"unknown":[1.10],"method":"x/y","jsonrpc":"2.0","params":{{"n":12345678901234567890123.10,"u":"\ud800"}},"id":{id}}}"#
        );
        guard.send_text(&line);
        let answer = guard.line();
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{error}: {answer}"));
        assert_eq!(answer["result"]["line"], line);
        assert_eq!(answer["id"].to_string(), id);
    }
    let line = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed","params":{"_meta":{"x":1.0}},"more":0}"#;
    guard.send_text(line);
    assert_eq!(guard.wait_for("test/heard")["params"]["line"], line);
    // A request of the server and its answer, in the middle of a call.
    let id = guard.request("tools/call", json!({"name": "sample"}));
    let request = guard.wait_for("sampling/createMessage");
    assert_eq!(request["params"]["unknown"]["kept"], true);
    let line = r#"{"id":"of-the-server","jsonrpc":"2.0","result":{"role":"assistant","unknown":1.10}}"#;
    guard.send_text(line);
    assert_eq!(text(&guard.answer(id)["result"]), line);
}

#[tokio::test]
async fn a_call_is_passed_on_as_it_was_written() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let line = r#"{"params": {"arguments": {"b": 1.50, "a": "\u00e9"}, "_meta": {"progressToken": 7, "x/y": [1]}, "name": "echo"}, "id": "seven", "jsonrpc": "2.0", "method": "tools/call"}"#;
    guard.send_text(line);
    assert_eq!(guard.message()["id"], "seven");
    assert_eq!(scene.log()[1]["line"], line);
}

#[tokio::test]
async fn of_what_a_server_can_do_only_tasks_are_taken_out() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let hello = guard.initialize()["result"].clone();
    let can = json!({"tools": {"listChanged": true}, "extensions": {"x/y": {}}});
    assert_eq!((&hello["capabilities"], &hello["unknown"]), (&can, &json!({"kept": 1.1})));
    let refused = guard.ask("tools/call", json!({"name": "echo", "task": {"ttl": 1}}));
    assert_eq!(refused["error"]["code"], -32602);
    assert_eq!(scene.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_batch_is_answered_as_one() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    guard.send(&json!([
        {"jsonrpc": "2.0", "id": "a", "method": "x/y"},
        {"jsonrpc": "2.0", "method": "notifications/x"},
        {"jsonrpc": "2.0", "id": "b", "method": "tools/call", "params": {"name": "echo", "arguments": {"n": 1}}},
        {"jsonrpc": "2.0", "id": "c", "method": "tools/call", "params": {"name": "fail"}},
        {"jsonrpc": "2.0", "id": "a", "method": "x/z"},
        7,
    ]));
    guard.wait_for("test/heard");
    let answers = guard.message();
    let mut ids: Vec<String> =
        answers.as_array().expect("a batch").iter().map(|answer| answer["id"].to_string()).collect();
    ids.sort();
    assert_eq!(ids, ["\"a\"", "\"b\"", "\"c\"", "null", "null"], "{answers}");
    assert_eq!(scene.calls(), ["echo"]);
}

#[tokio::test]
async fn what_two_parsers_could_read_differently_is_refused() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    for line in [
        r#"{"jsonrpc":"2.0","id":91,"method":"ping","method":"tools/call","params":{"name":"fail"}}"#,
        r#"{"jsonrpc":"2.0","id":92,"method":"ping","METHOD":"tools/call","params":{"name":"fail"}}"#,
        r#"{"jsonrpc":"2.0","id":93,"method":"tools/call","params":{"name":"echo","name":"fail"}}"#,
        r#"{"jsonrpc":"2.0","id":94,"method":"tools/call","params":{"name":"echo","Name":"fail"}}"#,
        r#"{"jsonrpc":"2.0","id":95,"method":"tools/call","params":{"name":"echo","arguments":{"a":{"b":1,"b":2}}}}"#,
        r#"{"jsonrpc":"2.0","id":96,"method":"tools/call","params":{"name":"echo","arguments":[1]}}"#,
        r#"{"jsonrpc":"2.0","id":97,"method":"tools/call","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":98,"method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":99,"method":"tools/call","params":{"name":"echo","_meta":{"awgp/key":7}}}"#,
        r#"{"jsonrpc":"2.0","id":null,"method":"tools/call","params":{"name":"echo"}}"#,
        "[]",
        "no JSON",
    ] {
        guard.send_text(line);
        let answer = guard.message();
        assert!(answer["error"]["code"].as_i64().is_some_and(|code| code <= -32600), "{line}: {answer}");
    }
    // The server has read all that has reached it.
    assert!(guard.ask("ping", json!({})).get("result").is_some());
    assert_eq!(scene.log().len(), 1, "only hello: {:?}", scene.log());
    assert_eq!(scene.actions().await, Vec::<String>::new());
}

#[tokio::test]
async fn an_id_that_is_in_use_begins_nothing() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    let id = guard.request("test/never", json!({}));
    guard.send(&json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": "echo"}}));
    assert_eq!(guard.message()["id"], Value::Null);
    assert_eq!(scene.calls(), Vec::<String>::new());
}

#[tokio::test]
async fn a_number_that_has_no_digest_is_not_called() {
    let (scene, item) = scene().await;
    let mut guard = scene.guard(&["--work-item", &item]);
    guard.send_text(
        r#"{"jsonrpc":"2.0","id":50,"method":"tools/call","params":{"name":"echo","arguments":{"n":12345678901234567890}}}"#,
    );
    let result = guard.message()["result"].clone();
    assert_eq!(awgp_tests::mcp::reason(&result), "out_of_range");
    assert!(text(&result).contains("as a text"), "{result}");
    assert_eq!(scene.calls(), Vec::<String>::new());
}
