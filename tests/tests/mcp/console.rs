//! What waits in the guard is decided in the console: the human there sees what will run, and the call goes
//! on.

use awgp_tests::browser::browse;
use awgp_tests::command::{Folder, output_of};
use awgp_tests::console::{Console, program};
use awgp_tests::fixture::Tenant;
use awgp_tests::mcp::{Guard, Scene, reason, text};
use awgp_tests::openid::OpenId;
use awgp_tests::tokens::trusting_database;
use awgp_tests::toolchain::path;
use awgp_tests::{Database, Login};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// The page that shows it.
const PAGE: &str = include_str!("../../../docs/mcp_ten_minutes.md");
const CAPABILITIES: [&str; 2] = ["files.read_text_file", "files.write_file"];
const TITLE: &str = "Call write_file of files, path notes.txt";
const RUNS: &str = "Runs “files.write_file: Tidy ";
const ONE: &str = "One action, once, with exactly these arguments: files.write_file";
const SO: &str = "the action may run with these arguments, once";

/// The folder in which the reader of the page is: the agent, its libraries, a desk, and both configurations.
fn desk(folder: &Folder, database: &Database, item: &str) {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/mcp");
    std::fs::copy(docs.join("agent.mjs"), folder.file("agent.mjs")).expect("a copy");
    let libraries = path("AWGP_MCP_NODE") + "/node_modules";
    std::os::unix::fs::symlink(libraries, folder.file("node_modules")).expect("a link");
    std::fs::create_dir_all(folder.file("desk")).expect("a folder can be made");
    std::fs::write(folder.file("desk/notes.txt"), "The rent is due on Friday.\n").expect("a file");
    let guarded = json!({"mcpServers": {"files": {
        "command": program("awgp-mcp"),
        "args": ["guard", "--assistant", "helper", "--name", "files", "--work-item", item, "--",
                 "node_modules/.bin/mcp-server-filesystem", "desk"],
        "env": {"DATABASE_URL": database.url(Login::App), "AWGP_TENANT": "north",
                "AWGP_USER": "operator@north.example"}}}});
    // As `cat` of the page writes it.
    let guarded = guarded.to_string().replace("\":\"", "\": \"").replace("\",\"", "\", \"");
    std::fs::write(folder.file("guarded.json"), guarded).expect("a file");
    let wait = PAGE.lines().find(|line| line.starts_with("sed ")).expect("the page lets it wait");
    output_of(Command::new("sh").current_dir(folder.file("")).args(["-c", wait]));
}

/// The agent of the page, behind the guard, which waits. It ends with the test, and speaks line by line.
fn agent(folder: &Folder, calls: &[(&str, &Value)]) -> Guard {
    let mut agent = Command::new("node");
    agent.current_dir(folder.file("")).env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    agent.args(["agent.mjs", "waiting.json"]);
    for (tool, arguments) in calls {
        agent.arg(tool).arg(arguments.to_string());
    }
    Guard::start(agent, Vec::new())
}

fn user(north: &Tenant, role: &str) -> String {
    north.user(role).to_string()
}

#[tokio::test]
async fn a_human_clicks_approve_in_the_inbox_and_the_agent_that_waits_goes_on() {
    let (database, group) = trusting_database().await;
    let scene = Scene::of(database, group, &CAPABILITIES).await;
    scene.needs_approval(&["files.write_file"]).await;
    let item = scene.item(1).await.to_string();
    desk(&scene.folder, &scene.database, &item);
    let openid = OpenId::start(&scene.folder, &[scene.north().user("admin")], &[]);
    openid.trusted_by(&scene.database).await;
    let console = openid.console(&scene.database, &[]);
    let write = json!({"path": "notes.txt", "content": "The rent is paid.\n"});
    let calls = [("read_text_file", &json!({"path": "notes.txt"})), ("write_file", &write)];
    let mut agent = agent(&scene.folder, &calls);
    for line in ["tools: read_text_file, write_file", "read_text_file: The rent is due on Friday.", ""] {
        assert_eq!(agent.line(), line);
    }
    let approval = scene.open_approval().await;
    let told = json!({
        "console": console.url, "approver": user(scene.north(), "admin"), "title": TITLE, "runs": RUNS, "so": SO,
        "reads": [
            ONE,
            // The arguments, whole and as they are; and in words.
            "\"path\": \"notes.txt\"", "\"content\": \"The rent is paid.\\n\"",
            "Once, the tool write_file of the MCP server files, with path: notes.txt; content: The rent is paid.",
            "One vote is enough: after yours the action may run with these arguments, once.",
        ],
    });
    let before = std::fs::read_to_string(scene.folder.file("desk/notes.txt")).expect("it is there");
    assert_eq!(before, "The rent is due on Friday.\n");
    browse("waiting_call.js", &told);
    assert_eq!(agent.line(), "write_file: Successfully wrote to notes.txt");
    assert_eq!(agent.exit(), 0, "{}", agent.said());
    let after = std::fs::read_to_string(scene.folder.file("desk/notes.txt")).expect("it is there");
    assert_eq!(after, "The rent is paid.\n");
    // Under this approval, which its user has given, and no other action.
    let under =
        "SELECT string_agg(a.action || ' ' || a.status || ' ' || coalesce(a.approval_id::text, '-'), ', '
        ORDER BY a.begun_at) FROM awgp.governed_actions AS a";
    let actions = format!("files.read_text_file succeeded -, files.write_file succeeded {approval}");
    assert_eq!(scene.text(under).await, actions);
}

/// As the page has it: a console for a try, and a form that is sent as it stands.
#[tokio::test]
async fn the_form_of_the_console_lets_the_waiting_call_go_on_with_what_was_seen() {
    let scene = Scene::new(&["scripted.echo"]).await;
    scene.needs_approval(&["scripted.echo"]).await;
    let item = scene.item(1).await.to_string();
    let console = Console::trial(&scene.database, "north", "admin@north.example");
    let mut guard = scene.guard(&["--work-item", &item, "--wait", "1m"]);
    let mut admin = console.reader();
    let decide = |admin: &mut awgp_tests::console::Reader, approval, fields: &[(&str, &str)]| {
        let path = format!("/approvals/{approval}");
        assert!(admin.page("/inbox").links().contains(&path));
        let page = admin.page(&path);
        assert!(page.says("exactly these arguments: scripted.echo") && page.says("\"n\": 1"), "{page:#?}");
        let seen = page.value("seen").expect("what was seen");
        let answer = admin
            .post(&format!("{path}/{}", fields[0].1), &[&[("seen", seen.as_str())], &fields[1..]].concat());
        admin.follow(&answer.expect(303))
    };
    let call = json!({"name": "echo", "arguments": {"n": 1}});
    // Approved as it is.
    let id = guard.request("tools/call", call.clone());
    let approval = scene.open_approval().await;
    assert!(scene.calls().is_empty());
    assert!(decide(&mut admin, approval, &[("", "approve")]).says(SO));
    assert_eq!(text(&guard.answer(id)["result"]), r#"{"n": 1}"#);
    assert!(admin.page(&format!("/approvals/{approval}")).says("the action has begun under it"));
    // Approved with other arguments: the agent gets them, and hears of it.
    let id = guard.request("tools/call", call.clone());
    let approval = scene.open_approval().await;
    decide(&mut admin, approval, &[("", "approve"), ("arguments", r#"{"n": 2}"#)]);
    let result = guard.answer(id)["result"].clone();
    assert_eq!(text(&result), r#"{"n": 2}"#);
    assert_eq!(result["_meta"]["awgp/guard"]["arguments"], json!({"n": 2}));
    // Rejected, and why.
    let id = guard.request("tools/call", call);
    let approval = scene.open_approval().await;
    decide(&mut admin, approval, &[("", "reject"), ("reason", "not on a Friday")]);
    let refused = guard.answer(id)["result"].clone();
    assert_eq!(reason(&refused), "approval_rejected");
    assert!(text(&refused).contains("not on a Friday"), "{refused}");
    assert_eq!(scene.actions().await, ["scripted.echo succeeded", "scripted.echo succeeded"]);
}

#[test]
fn the_page_says_what_the_console_shows() {
    let page = PAGE.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [TITLE, RUNS, ONE, SO, "One vote is enough"] {
        assert!(page.contains(words), "{words}");
    }
}
