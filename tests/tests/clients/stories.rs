//! Every program tells the story of docs/clients: a transaction in context, a conflict that is tried again, a
//! refusal that is not, an approval, a governed action, a cost, and a list without rows of another tenant.

use super::{STORY, Stage, docs, jdbc_url};
use awgp_tests::Login;
use awgp_tests::command::output_of;
use awgp_tests::toolchain::path;

#[test]
fn the_pages_show_the_story_as_it_is_told() {
    let page = std::fs::read_to_string(docs().join("README.md")).expect("the page is there");
    assert!(page.contains(STORY), "docs/clients/README.md shows:\n{STORY}");
}

/// The packages that the two lock files are made for, and the crate of the workspace.
fn versions() -> Vec<(String, String)> {
    let read = |path: &str| std::fs::read_to_string(docs().join(path)).expect("the file is there");
    let node: serde_json::Value = serde_json::from_str(&read("package.json")).expect("it is JSON");
    let node = node["dependencies"].as_object().expect("there are dependencies").clone();
    let python = read("requirements.in") + &read("../../clients/python/requirements.in");
    let python = python.lines().filter_map(|line| line.split_once("=="));
    let cargo = read("../../Cargo.toml");
    let crates = cargo.lines().filter_map(|line| line.strip_prefix("tokio-postgres = { version = \"="));
    node.into_iter()
        .map(|(name, version)| (name, version.as_str().unwrap_or_default().to_owned()))
        .chain(python.map(|(name, version)| (name.to_owned(), version.to_owned())))
        .chain(
            crates
                .map(|rest| ("tokio-postgres".to_owned(), rest.split('"').next().unwrap_or(rest).to_owned())),
        )
        .collect()
}

#[test]
fn the_pages_name_the_versions_that_run() {
    let page = std::fs::read_to_string(docs().join("README.md")).expect("the page is there");
    let versions = versions();
    assert!(versions.len() > 10, "{versions:?}");
    // Of no page, but of the drivers in tests/drivers and the tests of clients/python.
    let of_no_page = ["psycopg2-binary", "psycopg-pool", "mypy"];
    let unnamed = versions
        .iter()
        .filter(|(name, version)| !of_no_page.contains(&name.as_str()) && !page.contains(version));
    assert_eq!(unnamed.collect::<Vec<_>>(), Vec::<&(String, String)>::new(), "docs/clients/README.md");
}

#[tokio::test]
async fn node_postgres_tells_the_story() {
    let stage = Stage::with_scene("node-postgres").await;
    assert_eq!(output_of(stage.node(Login::App).arg("story.mjs")), STORY);
}

#[tokio::test]
async fn drizzle_tells_the_story() {
    let stage = Stage::with_scene("drizzle").await;
    assert_eq!(output_of(stage.node(Login::App).arg("story.mjs")), STORY);
}

#[tokio::test]
async fn prisma_tells_the_story() {
    let stage = Stage::with_scene("prisma").await;
    output_of(stage.prisma(Login::App).args(["generate", "--no-hints"]));
    assert_eq!(output_of(stage.node(Login::App).arg("story.mjs")), STORY);
}

#[tokio::test]
async fn sqlalchemy_tells_the_story() {
    let stage = Stage::with_scene("sqlalchemy").await;
    assert_eq!(output_of(stage.python(Login::App).arg("story.py")), STORY);
}

#[tokio::test]
async fn django_tells_the_story() {
    let stage = Stage::with_scene("django").await;
    assert_eq!(output_of(stage.python(Login::App).arg("story.py")), STORY);
}

#[tokio::test]
async fn jdbc_tells_the_story() {
    let stage = Stage::with_scene("jdbc").await;
    let mut java = stage.command(Login::App, "java");
    java.env("DATABASE_URL", jdbc_url(&stage.database, Login::App));
    // A program of a second is not worth the better compiler.
    java.args(["-XX:TieredStopAtLevel=1", "-cp"]).arg(path("AWGP_JDBC")).arg("Story.java");
    assert_eq!(output_of(&mut java), STORY);
}

#[tokio::test]
async fn tokio_postgres_tells_the_story() {
    let stage = Stage::with_scene("tokio-postgres").await;
    let program = env!("CARGO_BIN_EXE_tokio_postgres_story");
    assert_eq!(output_of(&mut stage.command(Login::App, program)), STORY);
}
