//! Servers and clients that nobody here wrote: they speak through the guard as they speak to each other.

use awgp_tests::command::output_of;
use awgp_tests::mcp::{Guard, Scene, file, reason, text};
use awgp_tests::toolchain::path;
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::process::Command;

fn library(name: &str) -> String {
    format!("{}/node_modules/{name}", path("AWGP_MCP_NODE"))
}

fn filesystem(folder: &str) -> Vec<String> {
    vec!["node".into(), library("@modelcontextprotocol/server-filesystem/dist/index.js"), folder.into()]
}

fn everything() -> Vec<String> {
    vec!["node".into(), library("@modelcontextprotocol/server-everything/dist/index.js"), "stdio".into()]
}

#[tokio::test]
async fn the_filesystem_server_reads_and_writes_only_what_is_allowed() {
    let scene =
        Scene::new(&["secure-filesystem-server.read_text_file", "secure-filesystem-server.write_file"]).await;
    scene.needs_approval(&["secure-filesystem-server.write_file"]).await;
    let item = scene.item(1).await.to_string();
    let desk = scene.folder.file("desk");
    std::fs::create_dir_all(&desk).expect("a folder can be made");
    std::fs::write(format!("{desk}/a.txt"), "hello").expect("a file can be written");
    let mut guard = Guard::start(scene.command(&["--work-item", &item, "--wait", "1m"]), filesystem(&desk));
    guard.initialize();
    let listed = guard.ask("tools/list", json!({}))["result"]["tools"].clone();
    let names: Vec<&str> =
        listed.as_array().expect("tools").iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(names, ["read_text_file", "write_file"]);
    assert!(listed[0]["inputSchema"]["properties"]["path"].is_object(), "{listed}");
    assert_eq!(text(&guard.call("read_text_file", json!({"path": "a.txt"}))), "hello");
    assert_eq!(reason(&guard.call("list_directory", json!({"path": "."}))), "capability_missing");
    let id = guard
        .request("tools/call", json!({"name": "write_file", "arguments": {"path": "b.txt", "content": "x"}}));
    let approval = scene.open_approval().await;
    assert!(!std::path::Path::new(&format!("{desk}/b.txt")).exists());
    scene.does("manager", "SELECT FROM awgp.approve($1)", &[&approval]).await;
    assert_ne!(guard.answer(id)["result"]["isError"], true);
    assert_eq!(std::fs::read_to_string(format!("{desk}/b.txt")).expect("it is there"), "x");
    let outside = guard.call("read_text_file", json!({"path": "/etc/hostname"}));
    assert_eq!(outside["isError"], true);
    assert_eq!(guard.close(), 0);
    assert_eq!(
        scene.actions().await,
        ["read_text_file succeeded", "write_file succeeded", "read_text_file failed"]
            .map(|action| format!("secure-filesystem-server.{action}"))
    );
}

/// What a client has seen of server-everything: `direct`, and through the guard.
async fn seen_by(client: &[&str], variables: &[(&str, String)]) -> [Value; 2] {
    let scene = Scene::new(&["files.echo", "files.get-sum", "files.trigger-long-running-operation"]).await;
    let item = scene.item(1).await.to_string();
    let run = |server: &[String]| {
        let mut command = Command::new(client[0]);
        command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("DATABASE_URL", scene.database.url(Login::App)).env("AWGP_TENANT", "north");
        command.env("AWGP_USER", "operator@north.example").env("AWGP_ASSISTANT", "helper");
        command
            .envs(variables.iter().map(|(name, value)| (*name, value)))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        let said = output_of(command.args(&client[1..]).args(server));
        said.lines().last().map_or(Value::Null, |line| serde_json::from_str(line).expect("JSON"))
    };
    let program = awgp_tests::console::program("awgp-mcp").to_string_lossy().into_owned();
    let guard = [&program, "guard", "--name", "files", "--work-item", &item, "--"].map(str::to_owned);
    let both = [run(&everything()), run(&[&guard[..], &everything()].concat())];
    let actions = scene.actions().await;
    assert_eq!(
        actions,
        ["files.echo succeeded", "files.get-sum succeeded", "files.trigger-long-running-operation succeeded"]
    );
    both
}

fn assert_same(both: [Value; 2]) {
    let [mut direct, mut guarded] = both;
    let names = |seen: &mut Value| seen["tools"].take();
    let (all, cut) = (names(&mut direct), names(&mut guarded));
    assert!(all.as_array().is_some_and(|all| all.len() > 6), "{all}");
    assert_eq!(cut, json!(["echo", "get-sum", "trigger-long-running-operation"]));
    assert_ne!(direct["denied"].take(), guarded["denied"].take());
    // How many steps are heard of before the answer, chance decides.
    for seen in [&mut direct, &mut guarded] {
        assert!(seen["progress"].take().as_u64().is_some_and(|count| count > 0), "{seen}");
    }
    assert_eq!(direct, guarded);
    assert!(direct["resources"].as_u64().is_some_and(|count| count > 0), "{direct}");
}

#[tokio::test]
async fn the_typescript_client_sees_server_everything_as_without_the_guard_but_for_its_tools() {
    let folder =
        awgp_tests::command::Folder::new(&Database::named(format!("awgp_mcp_ts_{}", std::process::id())));
    std::os::unix::fs::symlink(path("AWGP_MCP_NODE") + "/node_modules", folder.file("node_modules"))
        .expect("a link");
    std::fs::copy(file("client.mjs"), folder.file("client.mjs")).expect("a copy");
    assert_same(seen_by(&["node", &folder.file("client.mjs")], &[]).await);
}

#[tokio::test]
async fn the_python_client_sees_server_everything_as_without_the_guard_but_for_its_tools() {
    let libraries = path("AWGP_MCP_PYTHON");
    assert_same(seen_by(&["python3", &file("client.py")], &[("PYTHONPATH", libraries)]).await);
}
