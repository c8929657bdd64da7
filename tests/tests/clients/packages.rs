//! The packages of clients/ pass their own tests, as an ordinary role.

use awgp_tests::command::{Folder, output_of};
use awgp_tests::fixture::{scene, within};
use awgp_tests::toolchain::path;
use awgp_tests::{Database, Login};
use serde_json::json;
use std::path::Path;
use std::process::Command;

/// What the tests of a package find: the database of a login of the application, and the names of what is
/// there as JSON.
async fn stage() -> (Database, String) {
    let (database, group) = scene().await;
    let north = &group.north;
    let sql =
        "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, cached_price, source)
               VALUES ('openai', 'gpt-4o', 0.0000025, 0.00001, 0.00000125, 'test'),
                      ('anthropic', 'claude-sonnet-4-5', 0.000003, 0.000015, 0.0000003, 'test')";
    database.admin().await.batch_execute(sql).await.expect("prices can be entered");
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "UPDATE awgp.assistants SET max_cost_per_day = 100,
               capabilities = '{look, answer, send_email, read_file}' WHERE id = $1";
    transaction.execute(sql, &[&north.assistant]).await.expect("capabilities can be set");
    for provider in ["openai", "anthropic"] {
        let sql = "SELECT awgp.create_credit_pool($1, 1000)";
        transaction.execute(sql, &[&provider]).await.expect("a pool");
    }
    let sql = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 0)";
    let item: uuid::Uuid = transaction.query_one(sql, &[&north.assistant]).await.expect("an item").get(0);
    transaction.commit().await.expect("commits");
    let scene = json!({
        "tenant": "north", "operator": "operator@north.example", "admin": "admin@north.example",
        "assistant": "helper", "assistant_id": north.assistant, "item": item,
    });
    (database, scene.to_string())
}

/// Python in the package's folder, with the libraries that its tests need.
fn python(database: &Database, scene: &str) -> Command {
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/../clients/python");
    let mut python = Command::new("python3");
    python.current_dir(package).args(["-B", "-W", "error::ResourceWarning"]);
    python.env("PYTHONPATH", format!("src:tests:{}", path("AWGP_PYTHON_PACKAGE")));
    python.env("DATABASE_URL", database.url(Login::App)).env("SCENE", scene);
    python
}

#[tokio::test]
async fn the_package_for_python_passes_its_tests() {
    let (database, scene) = stage().await;
    let mut python = python(&database, &scene);
    println!("{}", output_of(python.args(["-m", "unittest", "discover", "-s", "tests", "-v"])));
}

/// The files of a package in a folder of a release, made twice: the same bytes.
fn released(folder: &Folder) -> String {
    let script = ". scripts/lib/toolchain.sh; . scripts/lib/stage.sh; export SOURCE_DATE_EPOCH=1790000000
        for folder in first second; do stage_python 0.1.0 \"$1/$folder\"; done; diff -r \"$1/first\" \"$1/second\"";
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    output_of(Command::new("bash").current_dir(root).args(["-ec", script, "bash", &folder.file("")]));
    for file in ["awgp-0.1.0-py3-none-any.whl", "awgp-0.1.0.tar.gz"] {
        assert!(Path::new(&folder.file(&format!("first/{file}"))).exists(), "{file} is made");
    }
    folder.file("first/awgp-0.1.0-py3-none-any.whl")
}

#[tokio::test]
async fn the_wheel_runs_what_its_readme_says_in_an_empty_environment() {
    let (database, scene) = stage().await;
    let folder = Folder::new(&database);
    let wheel = released(&folder);
    let environment = folder.file("environment");
    output_of(Command::new("python3").args(["-m", "venv", "--without-pip", &environment]));
    // What psycopg[binary,pool] brings, and nothing else.
    let copy = "cp -r \"$1\"/psycopg* \"$1\"/typing_extensions* \"$2\"/lib/python3*/site-packages";
    output_of(Command::new("bash").args(["-ec", copy, "bash", &path("AWGP_PYTHON_PACKAGE"), &environment]));
    let interpreter = format!("{environment}/bin/python");
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--python", &interpreter, "install", "--quiet", "--no-index"]);
    output_of(pip.args(["--disable-pip-version-check", "--root-user-action=ignore", &wheel]));
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/clients/python/readme.py");
    let mut readme = Command::new(&interpreter);
    readme.env("DATABASE_URL", database.url(Login::App)).env("SCENE", scene);
    let said = output_of(readme.env_remove("PYTHONPATH").args(["-I", "-B", program]));
    assert!(said.ends_with("sent: 2\n"), "{said}");
}
