//! The same over HTTP: who may come in, and from where.

use awgp_tests::mcp_serve::{Scene, Serving, answered, refusal};
use awgp_tests::tokens::{P256, claims_with, token_of};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{Request, Response};

/// A server over HTTP. It ends with the test.
pub struct Http {
    /// Where it is.
    pub url: String,
    child: Child,
    // Without a reader, its next line would end it.
    _stdout: BufReader<ChildStdout>,
}

impl Http {
    /// Starts it and waits until it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("awgp-mcp runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("UTF-8");
        let url = line.trim_end().rsplit(' ').next().expect("a word").to_owned();
        assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/mcp"), "{line}");
        Self { url, child, _stdout: stdout }
    }

    /// Sends a message with these headers, by names.
    fn send(&self, headers: &[(&str, &str)], message: &Value) -> Response<ureq::Body> {
        let config =
            Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_mins(1)));
        let agent = Agent::new_with_config(config.build());
        let mut request = Request::builder()
            .method("POST")
            .uri(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        agent.run(request.body(message.to_string()).expect("a request")).expect("an answer")
    }

    /// Lists the tools: the status.
    fn status(&self, headers: &[(&str, &str)]) -> u16 {
        self.send(headers, &json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})).status().as_u16()
    }

    /// Calls a tool: its result.
    fn call(&self, token: &str, tool: &str, arguments: &Value) -> Value {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}});
        let bearer = format!("Bearer {token}");
        let headers: &[(&str, &str)] = if token.is_empty() { &[] } else { &[("authorization", &bearer)] };
        let mut response = self.send(headers, &message);
        assert_eq!(response.status(), 200);
        let body = response.body_mut().read_to_string().expect("UTF-8");
        let told = body.lines().find_map(|line| line.strip_prefix("data: {")).map(|rest| format!("{{{rest}"));
        let answer: Value = serde_json::from_str(&told.unwrap_or(body)).expect("JSON");
        answer["result"].clone()
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn each_request_acts_as_the_user_of_its_own_token() {
    let scene = Scene::trusting().await;
    let item = scene.item(1).await;
    scene.sign().await;
    let http = Http::start(scene.bare_command(&["--listen", "127.0.0.1:0", "--bearer"]));
    assert_eq!(http.status(&[]), 401);
    for header in ["Bearer", "Bearer ", "Basic b3BlcmF0b3I6eA=="] {
        assert_eq!(http.status(&[("authorization", header)]), 401, "{header}");
    }
    let token = |role: &str| token_of(scene.north().user(role));
    let start = json!({"work_item_id": item});
    let refused = refusal(&http.call(&token("viewer"), "start_work", &start));
    assert_eq!(refused["reason"], "role_not_sufficient");
    let abroad = token_of(scene.group.south.user("operator"));
    assert_eq!(refusal(&http.call(&abroad, "start_work", &start))["reason"], "unknown_work_item");
    assert_eq!(answered(&http.call(&abroad, "get_my_rules", &json!({})))["tenant"], "south");
    let operator = scene.north().user("operator").to_string();
    let old = P256.sign(&claims_with(&operator, "exp", json!(1)));
    assert_eq!(refusal(&http.call(&old, "start_work", &start))["reason"], "token_expired");
    assert_eq!(refusal(&http.call("no.good.token", "start_work", &start))["reason"], "token_malformed");
    let started = answered(&http.call(&token("operator"), "start_work", &start));
    assert_eq!(started["status"], "in_progress");
}

#[tokio::test]
async fn a_page_in_a_browser_of_this_machine_gets_nothing() {
    let scene = Scene::new().await;
    let http =
        Http::start(scene.command(&["--listen", "127.0.0.1:0", "--origin", "https://app.north.example:443"]));
    assert_eq!(http.status(&[]), 200);
    // A name that a stranger lets lead to this machine.
    assert_eq!(http.status(&[("host", "evil.example")]), 403);
    for origin in ["https://evil.example", "http://localhost:1", "null"] {
        assert_eq!(http.status(&[("origin", origin)]), 403, "{origin}");
    }
    assert_eq!(http.status(&[("origin", "https://app.north.example")]), 200);
    // Whoever brings a token would act as somebody else than they think.
    assert_eq!(http.status(&[("authorization", "Bearer x.y.z")]), 400);
    assert_eq!(answered(&http.call("", "get_my_rules", &json!({})))["slug"], "helper");
}

#[tokio::test]
async fn a_server_that_others_reach_needs_tokens_and_tokens_leave_no_room_for_a_user() {
    let scene = Scene::new().await;
    for arguments in [
        &["--listen", "0.0.0.0:0"][..],
        &["--listen", "127.0.0.1:0", "--bearer", "--user", "operator@north.example"],
        &["--listen", "127.0.0.1:0", "--bearer", "--tenant", "north"],
        &["--bearer"],
    ] {
        let (code, said) = Serving::silent(scene.bare_command(arguments)).ends();
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_wait_over_http_tells_its_progress_and_a_signal_ends_the_server() {
    let scene = Scene::new().await;
    let item = scene.item(4).await;
    let mut http = Http::start(scene.command(&["--listen", "127.0.0.1:0"]));
    let asked = answered(&http.call("", "request_work_approval", &json!({"work_item_id": item})));
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "wait_for_approval",
        "arguments": {"approval_id": asked["approval"]["approval_id"], "seconds": 1}, "_meta": {"progressToken": 5}}});
    let mut response = http.send(&[], &message);
    let body = response.body_mut().read_to_string().expect("UTF-8");
    assert!(body.contains("notifications/progress") && body.contains("\"is_over\":false"), "{body}");
    let status = Command::new("kill").args(["-TERM", &http.child.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
    assert_eq!(http.child.wait().expect("it ends").code(), Some(0));
}
