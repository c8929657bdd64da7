//! What drivers send for a number and for a context is taken: psycopg 3, psycopg2, node-postgres and JDBC,
//! each with its own bindings, in small programs under tests/drivers/. scripts/setup installs what they need.

use awgp_tests::command::output_of;
use awgp_tests::fixture::{self, within};
use awgp_tests::toolchain::path;
use awgp_tests::{Database, Login, PASSWORD};
use std::path::PathBuf;
use std::process::Command;

/// Float, decimal, integer and text are the same amount; a count that does not
/// fit is refused by its own SQLSTATE.
const ENTERED: &str = "float 0.001230 10
float32k 0.000010 40000
decimal 123456789.123456 10
integer 2.000000 10
text 0.001230 10
none 0.000900 10
large 22023
work 1 0.250000
score 0.90
";

fn program(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "drivers", name].iter().collect()
}

/// A database with a tenant that may spend, and the arguments that a program is given.
async fn scene() -> (Database, [String; 3]) {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, source, valid_from)
               VALUES ('openai', 'gpt-4', 0.00003, 0.00003, 'own', '2020-01-01')";
    superuser.batch_execute(sql).await.expect("a price");
    let north = fixture::group(&database).await.north;
    let sql =
        format!("UPDATE awgp.tenants SET quota_monthly_cost_limit = 900000000 WHERE id = '{}'", north.id);
    superuser.batch_execute(&sql).await.expect("a tenant that may spend");
    let mut app = database.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT awgp.create_credit_pool('openai', 900000000000);";
    transaction.batch_execute(sql).await.expect("a pool");
    let sql =
        format!("UPDATE awgp.assistants SET max_cost_per_day = 900000000 WHERE id = '{}'", north.assistant);
    transaction.batch_execute(&sql).await.expect("an assistant that may spend");
    transaction.commit().await.expect("it commits");
    let arguments = [database.url(Login::App), north.id.to_string(), north.assistant.to_string()];
    (database, arguments)
}

#[tokio::test]
async fn psycopg_and_psycopg2_pass_numbers_as_python_has_them() {
    for module in ["psycopg", "psycopg2"] {
        let (_database, arguments) = scene().await;
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", path("AWGP_PYTHON_CLIENTS")).env("PYTHONDONTWRITEBYTECODE", "1");
        python.arg(program("pass_numbers.py")).arg(module).args(arguments);
        assert_eq!(output_of(&mut python), ENTERED, "{module}");
    }
}

#[tokio::test]
async fn node_postgres_passes_numbers_as_javascript_has_them() {
    let (_database, arguments) = scene().await;
    let mut node = Command::new("node");
    node.env("NODE_PATH", format!("{}/node_modules", path("AWGP_NODE_CLIENTS")));
    node.arg(program("pass_numbers.js")).args(arguments);
    assert_eq!(output_of(&mut node), ENTERED);
}

#[tokio::test]
async fn jdbc_passes_numbers_as_java_has_them() {
    let (database, [_, tenant, assistant]) = scene().await;
    let server = awgp_tests::server();
    let port = server.get_ports().first().copied().expect("a port");
    let url = format!("jdbc:postgresql://127.0.0.1:{port}/{}", database.name);
    let mut java = Command::new("java");
    java.arg("-cp").arg(path("AWGP_JDBC")).arg(program("PassNumbers.java"));
    java.args([url.as_str(), "awgp_test_app", PASSWORD, &tenant, &assistant]);
    assert_eq!(output_of(&mut java), ENTERED);
}

/// What each call puts in context: the tenant, the user.
fn put(names: &[&str]) -> String {
    let line = |name: &&str| match *name {
        "names" | "ids" | "uuids" => format!("{name} True True\n"),
        name => format!("{name} True False\n"),
    };
    names.iter().map(line).collect()
}

/// A database with tenants, and the arguments that a program is given.
async fn tenants() -> (Database, [String; 3]) {
    let database = Database::new().await;
    let north = fixture::group(&database).await.north;
    let arguments = [database.url(Login::App), north.id.to_string(), north.user("manager").to_string()];
    (database, arguments)
}

#[tokio::test]
async fn psycopg_and_psycopg2_put_names_and_ids_in_context() {
    let (_database, arguments) = tenants().await;
    for module in ["psycopg", "psycopg2"] {
        let mut python = Command::new("python3");
        python.env("PYTHONPATH", path("AWGP_PYTHON_CLIENTS")).env("PYTHONDONTWRITEBYTECODE", "1");
        python.arg(program("pass_context.py")).arg(module).args(&arguments);
        let expected = put(&["names", "ids", "uuids", "nobody", "tenant", "tenant_uuid"]);
        assert_eq!(output_of(&mut python), expected, "{module}");
    }
}

#[tokio::test]
async fn node_postgres_puts_names_and_ids_in_context() {
    let (_database, arguments) = tenants().await;
    let mut node = Command::new("node");
    node.env("NODE_PATH", format!("{}/node_modules", path("AWGP_NODE_CLIENTS")));
    node.arg(program("pass_context.js")).args(arguments);
    assert_eq!(output_of(&mut node), put(&["names", "ids", "nobody", "tenant"]));
}

#[tokio::test]
async fn jdbc_puts_names_and_ids_in_context() {
    let (database, [_, tenant, user]) = tenants().await;
    let port = awgp_tests::server().get_ports().first().copied().expect("a port");
    let url = format!("jdbc:postgresql://127.0.0.1:{port}/{}", database.name);
    let mut java = Command::new("java");
    java.arg("-cp").arg(path("AWGP_JDBC")).arg(program("PassContext.java"));
    java.args([url.as_str(), "awgp_test_app", PASSWORD, &tenant, &user]);
    assert_eq!(output_of(&mut java), put(&["names", "ids", "uuids", "nobody", "tenant_uuid"]));
}
