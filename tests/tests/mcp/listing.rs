//! A client hears when the list of its tools has become another one.

use awgp_tests::Login;
use awgp_tests::command::Folder;
use awgp_tests::console::program;
use awgp_tests::mcp::{Guard, Scene, file, reason, scripted_server};
use awgp_tests::toolchain::path;
use serde_json::{Value, json};
use std::process::Command;

const CHANGED: &str = "notifications/tools/list_changed";

/// The names on the first page.
fn listed(guard: &mut Guard) -> Vec<String> {
    let page = guard.ask("tools/list", json!({}));
    let tools = page["result"]["tools"].as_array().expect("tools").clone();
    tools.iter().map(|tool| tool["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_client_hears_of_a_tool_that_comes_or_goes_and_of_nothing_else() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let mut guard = scene.guard(&["--work-item", &item]);
    // Who has not asked for the list is told nothing.
    scene.allow(&["scripted.echo", "scripted.void"]).await;
    guard.call("echo", json!({}));
    assert_eq!(listed(&mut guard), ["echo"]);
    scene.allow(&["scripted.fail", "scripted.echo"]).await;
    guard.call("echo", json!({}));
    guard.wait_for(CHANGED);
    assert_eq!(listed(&mut guard), ["echo", "fail"]);
    // What is no tool of this server, and the order of names, are none of the client's business.
    scene.allow(&["scripted.echo", "scripted.fail", "send_mail", "other.echo", "scripted.unknown"]).await;
    guard.call("echo", json!({}));
    guard.ask("ping", json!({}));
    assert!(guard.aside.is_empty(), "{:?}", guard.aside);
    // The call that is refused tells it too.
    scene.allow(&["scripted.fail"]).await;
    assert_eq!(reason(&guard.call("echo", json!({}))), "capability_missing");
    guard.wait_for(CHANGED);
    assert_eq!(listed(&mut guard), ["fail"]);
    // An assistant that pauses keeps its list: a call reads why, and what to do.
    scene
        .does("manager", "SELECT FROM awgp.set_assistant_status($1, 'inactive')", &[&scene.north().assistant])
        .await;
    assert_eq!(reason(&guard.call("fail", json!({}))), "assistant_inactive");
    assert_eq!(listed(&mut guard), ["fail"]);
    guard.ask("ping", json!({}));
    assert!(guard.aside.is_empty(), "{:?}", guard.aside);
}

#[tokio::test]
async fn the_guard_says_that_the_list_may_change_where_the_server_does_not() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let can_of = |of_server: &str| {
        let mut command = scene.command(&["--work-item", &item]);
        command.env("SCRIPTED_CAN", of_server);
        let mut guard = Guard::start(command, scripted_server());
        guard.initialize()["result"]["capabilities"]["tools"].clone()
    };
    assert_eq!(can_of("{}"), json!({"listChanged": true}));
    assert_eq!(can_of(r#"{"x": 1.10, "listChanged": false}"#), json!({"x": 1.1, "listChanged": true}));
    assert_eq!(can_of("null"), Value::Null);
}

#[tokio::test]
async fn the_typescript_client_lists_its_tools_anew_when_it_hears_of_it() {
    let scene = Scene::new(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let folder: &Folder = &scene.folder;
    std::os::unix::fs::symlink(path("AWGP_MCP_NODE") + "/node_modules", folder.file("node_modules"))
        .expect("a link");
    std::fs::copy(file("listing_client.mjs"), folder.file("listing_client.mjs")).expect("a copy");
    let mut client = Command::new("node");
    client.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    client.env("DATABASE_URL", scene.database.url(Login::App)).env("AWGP_TENANT", "north");
    client.env("AWGP_USER", "operator@north.example").env("AWGP_ASSISTANT", "helper");
    client.env("SCRIPTED_CAN", "{}").env("PYTHONDONTWRITEBYTECODE", "1");
    client.arg(folder.file("listing_client.mjs")).arg(program("awgp-mcp"));
    client.args(["guard", "--work-item", &item, "--"]).args(scripted_server());
    // Not a guard, but it speaks line by line too.
    let mut client = Guard::start(client, Vec::new());
    assert_eq!(client.message(), json!({"can": {"listChanged": true}, "names": ["echo"]}));
    scene.allow(&["scripted.echo", "scripted.fail"]).await;
    client.send_text("go on");
    assert_eq!(client.message(), json!({"names": ["echo", "fail"]}));
    assert_eq!(client.exit(), 0);
}
