//! Streamable HTTP on either side of the guard.

use awgp_tests::command::output_of;
use awgp_tests::mcp::{Guard, Scene, file, reason, scripted_server, text};
use awgp_tests::toolchain::path;
use serde_json::{Value, json};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{Request, Response};

/// A guard that listens before the scripted server; where.
fn listening(scene: &Scene, arguments: &[&str], server: Vec<String>) -> (Guard, String) {
    let command = scene.command(&[&["--listen", "127.0.0.1:0"], arguments].concat());
    let guard = Guard::start(command, server);
    loop {
        if let Some((_, rest)) = guard.said().split_once("listening at ")
            && let Some((url, _)) = rest.split_once('\n')
        {
            return (guard, url.to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A guard on standard input and output before a server at this URL, and hello said.
fn before(scene: &Scene, arguments: &[&str], url: &str) -> Guard {
    let mut guard = Guard::start(scene.command(&[arguments, &["--url", url]].concat()), Vec::new());
    guard.initialize();
    guard
}

async fn scene() -> (Scene, String) {
    let tools = [
        "scripted.echo",
        "scripted.fail",
        "scripted.die",
        "scripted.ask",
        "scripted.hang",
        "scripted.sample",
        "scripted.big",
    ];
    let scene = Scene::new(&tools).await;
    let item = scene.item(1).await.to_string();
    (scene, item)
}

#[tokio::test]
async fn calls_pass_over_http_on_both_sides_as_over_pipes() {
    let (scene, item) = scene().await;
    let (_far, url) = listening(&scene, &["--work-item", &item], scripted_server());
    // Two guards, one behind the other: each call is two actions.
    let mut guard = before(&scene, &["--work-item", &item, "--max-message", "200000"], &url);
    assert_eq!(text(&guard.call("echo", json!({"n": 1}))), r#"{"n": 1}"#);
    assert_eq!(text(&guard.call("fail", json!({}))), "it did not work");
    assert_eq!(reason(&guard.call("void", json!({}))), "capability_missing");
    let line = r#"{"unknown":[1.10],"method":"x/y","jsonrpc":"2.0","params":{"n":12345678901234567890123.10},"id":"a"}"#;
    guard.send_text(line);
    let answer = loop {
        let message = guard.message();
        if message["id"] == "a" {
            break message;
        }
    };
    assert_eq!(answer["result"]["line"], line);
    // A request of the server and its answer, in the middle of a call.
    let id = guard.request("tools/call", json!({"name": "sample"}));
    assert_eq!(guard.wait_for("sampling/createMessage")["params"]["unknown"]["kept"], true);
    let line = r#"{"id":"of-the-server","jsonrpc":"2.0","result":{"unknown":1.10}}"#;
    guard.send_text(line);
    assert_eq!(text(&guard.answer(id)["result"]), line);
    // Without being asked.
    guard.send_text(r#"{"jsonrpc":"2.0","method":"notifications/x"}"#);
    guard.wait_for("test/heard");
    assert_eq!(reason(&guard.call("big", json!({"bytes": 400_000}))), "outcome_unknown");
    assert_eq!(guard.close(), 0, "{}", guard.said());
    let count = |tool: &str| {
        format!("SELECT count(*)::text FROM awgp.governed_actions WHERE action = 'scripted.{tool}'")
    };
    assert_eq!(scene.text(&count("echo")).await, "2");
    assert_eq!(scene.calls(), ["echo", "fail", "sample", "big"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_has_not_got_the_call_and_one_that_dies_leaves_it_unknown() {
    let (scene, item) = scene().await;
    let (mut far, url) = listening(&scene, &["--work-item", &item], scripted_server());
    let mut guard = before(&scene, &["--work-item", &item], &url);
    let id = guard.request("tools/call", json!({"name": "hang"}));
    while scene.calls().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    far.signal("KILL");
    far.exit();
    assert_eq!(reason(&guard.answer(id)["result"]), "outcome_unknown");
    assert_eq!(reason(&guard.call("echo", json!({}))), "server_gone");
    assert_eq!(guard.close(), 0, "{}", guard.said());
    let mut actions = scene.actions().await;
    // The action of the guard that was killed is left to expiry.
    actions.sort();
    assert_eq!(actions, ["scripted.echo failed", "scripted.hang begun", "scripted.hang unknown"]);
}

#[tokio::test]
async fn a_server_that_goes_between_two_rounds_of_a_call_leaves_it_unknown() {
    let (scene, item) = scene().await;
    let (mut far, url) = listening(&scene, &["--work-item", &item], scripted_server());
    let mut guard = before(&scene, &["--work-item", &item], &url);
    assert_eq!(guard.call("ask", json!({"n": 1}))["resultType"], "input_required");
    far.signal("KILL");
    far.exit();
    // The server has got the first round, and may have begun what was asked for.
    let next = json!({"name": "ask", "arguments": {"n": 1}, "requestState": "s1", "inputResponses": {}});
    assert_eq!(reason(&guard.ask("tools/call", next)["result"]), "outcome_unknown");
    assert_eq!(guard.close(), 0, "{}", guard.said());
    let mut actions = scene.actions().await;
    // The action of the guard that was killed is left to expiry.
    actions.sort();
    assert_eq!(actions, ["scripted.ask begun", "scripted.ask unknown"]);
}

/// One request by hand.
fn post(url: &str, headers: &[(&str, &str)], body: &str) -> Response<ureq::Body> {
    let config = Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
    let mut request =
        Request::builder().method("POST").uri(url).header("accept", "application/json, text/event-stream");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.to_owned()).expect("a request");
    Agent::new_with_config(config).run(request).expect("an answer")
}

#[tokio::test]
async fn only_programs_of_this_machine_come_in_and_each_has_a_session_of_its_own() {
    let (scene, item) = scene().await;
    let (guard, url) = listening(&scene, &["--work-item", &item], scripted_server());
    let hello =
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18",
        "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}})
        .to_string();
    let is_json = ("content-type", "application/json");
    for (headers, body, status) in [
        (vec![is_json, ("origin", "https://evil.example")], hello.as_str(), 403),
        (vec![is_json, ("origin", "null")], &hello, 403),
        (vec![is_json, ("host", "evil.example")], &hello, 403),
        (vec![("content-type", "text/plain")], &hello, 415),
        (vec![is_json], "no JSON", 400),
        (vec![is_json], r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, 400),
        (vec![is_json, ("mcp-session-id", "x")], &hello, 404),
    ] {
        assert_eq!(post(&url, &headers, body).status().as_u16(), status, "{headers:?} {body}");
    }
    let session = |origin: &'static str| {
        let mut answer = post(&url, &[is_json, ("origin", origin)], &hello);
        assert_eq!(answer.status().as_u16(), 200);
        let session = answer.headers()["mcp-session-id"].to_str().expect("ASCII").to_owned();
        assert!(answer.body_mut().read_to_string().expect("UTF-8").contains("\"serverInfo\""));
        session
    };
    let (one, two) = (session("http://localhost:6274"), session("http://127.0.0.1"));
    assert_ne!(one, two);
    for session in [&one, &two] {
        let call = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "echo"}})
            .to_string();
        let mut answer = post(&url, &[is_json, ("mcp-session-id", session)], &call);
        let text = answer.body_mut().read_to_string().expect("UTF-8");
        let data = text.lines().find_map(|line| line.strip_prefix("data: ")).expect("an event");
        let message: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(message["result"]["content"][0]["text"], "{}");
    }
    // A session that its client ends takes its server with it.
    let servers = || {
        let output = Command::new("pgrep").args(["-c", "-P", &guard.id().to_string()]).output();
        String::from_utf8_lossy(&output.expect("pgrep runs").stdout).trim().to_owned()
    };
    assert_eq!(servers(), "2");
    let delete = || {
        let request = Request::builder().method("DELETE").uri(&url).header("mcp-session-id", &one);
        let config = Agent::config_builder().http_status_as_error(false).build();
        let answer = Agent::new_with_config(config).run(request.body(()).expect("a request"));
        answer.expect("an answer").status().as_u16()
    };
    assert_eq!((delete(), delete()), (204, 404));
    let limit = Instant::now() + Duration::from_mins(1);
    while servers() != "1" {
        assert!(Instant::now() < limit, "its server goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    guard.signal("TERM");
    let mut guard = guard;
    assert_eq!(guard.exit(), 0, "{}", guard.said());
}

/// A server of others, as a process that ends with the test.
struct Other(Child);

impl Drop for Other {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_typescript_client_and_server_everything_speak_over_http_through_the_guard() {
    let scene = Scene::new(&["files.echo", "files.get-sum", "files.trigger-long-running-operation"]).await;
    let item = scene.item(1).await.to_string();
    let server = format!(
        "{}/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
        path("AWGP_MCP_NODE")
    );
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|free| free.local_addr())
        .expect("a free port")
        .port();
    let mut command = Command::new("node");
    command.args([&server, "streamableHttp"]).env("PORT", port.to_string());
    let _other = Other(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("node runs"));
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let far = format!("http://127.0.0.1:{port}/mcp");
    let arguments = ["--name", "files", "--work-item", &item, "--url", &far];
    let (_guard, url) = listening(&scene, &arguments, Vec::new());
    std::os::unix::fs::symlink(path("AWGP_MCP_NODE") + "/node_modules", scene.folder.file("node_modules"))
        .expect("a link");
    std::fs::copy(file("client.mjs"), scene.folder.file("client.mjs")).expect("a copy");
    let seen = |at: &str| -> Value {
        let said = output_of(Command::new("node").arg(scene.folder.file("client.mjs")).arg(at));
        said.lines().last().map_or(Value::Null, |line| serde_json::from_str(line).expect("JSON"))
    };
    let [mut direct, mut guarded] = [seen(&far), seen(&url)];
    assert_eq!(guarded["tools"], json!(["echo", "get-sum", "trigger-long-running-operation"]));
    for seen in [&mut direct, &mut guarded] {
        assert!(seen["progress"].take().as_u64().is_some_and(|count| count > 0));
        (seen["tools"], seen["denied"]) = (Value::Null, Value::Null);
    }
    assert_eq!(direct, guarded);
    assert_eq!(scene.actions().await.len(), 3);
}
