//! The same story with clients that nobody here wrote: the protocol's own, in Python and in TypeScript, over
//! pipes and over HTTP. They check each answer against the tool's schema.

use super::http::Http;
use awgp_tests::Login;
use awgp_tests::command::{Folder, output_of};
use awgp_tests::console::program;
use awgp_tests::mcp_serve::{Scene, file};
use awgp_tests::tokens::token_of;
use awgp_tests::toolchain::path;
use serde_json::json;
use std::os::unix::fs::symlink;
use std::process::Command;

const SEEN: &str = "tools 20 get_my_rules
work True
begun begun
finished succeeded
denied approval_required
waited False the approval is pending
unknown unknown_work_item
rules helper
no tool -32602
";

fn python() -> Command {
    let mut python = Command::new("python3");
    python.env("PYTHONPATH", path("AWGP_MCP_PYTHON")).env("PYTHONDONTWRITEBYTECODE", "1");
    python.arg(file("serve_client.py"));
    python
}

/// A copy of the program beside its libraries.
fn node(folder: &Folder) -> Command {
    let (modules, copy) = (folder.file("node_modules"), folder.file("serve_client.mjs"));
    symlink(path("AWGP_MCP_NODE") + "/node_modules", modules).expect("a link can be made");
    std::fs::copy(file("serve_client.mjs"), &copy).expect("a file can be copied");
    let mut node = Command::new("node");
    node.arg(copy);
    node
}

/// Work items that no other run has touched.
async fn with_work<'a>(scene: &Scene, client: &'a mut Command) -> &'a mut Command {
    client.env("WORK_ITEM", scene.item(1).await).env("RISKY", scene.item(4).await)
}

#[tokio::test]
async fn clients_of_python_and_typescript_use_it_over_pipes() {
    let scene = Scene::new().await;
    let folder = Folder::new(&scene.database);
    let arguments =
        ["serve", "--tenant", "north", "--user", "operator@north.example", "--assistant", "helper"];
    let program = program("awgp-mcp").to_string_lossy().into_owned();
    let command = json!([&[program.as_str()], &arguments[..]].concat());
    for mut client in [python(), node(&folder)] {
        client.env("SERVE_COMMAND", command.to_string()).env("DATABASE_URL", scene.database.url(Login::App));
        assert_eq!(output_of(with_work(&scene, &mut client).await), SEEN, "{client:?}");
    }
}

#[tokio::test]
async fn clients_of_python_and_typescript_use_it_over_http_with_a_token_each() {
    let scene = Scene::trusting().await;
    let folder = Folder::new(&scene.database);
    let mut clients = [python(), node(&folder)];
    for client in &mut clients {
        with_work(&scene, client).await;
    }
    scene.sign().await;
    let http = Http::start(scene.bare_command(&["--listen", "127.0.0.1:0", "--bearer"]));
    for mut client in clients {
        client.env("SERVE_URL", &http.url).env("SERVE_TOKEN", token_of(scene.north().user("operator")));
        assert_eq!(output_of(&mut client), SEEN, "{client:?}");
    }
}
