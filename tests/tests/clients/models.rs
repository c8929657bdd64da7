//! The models that docs/clients ships read every table, and follow every reference both ways.

use super::Stage;
use awgp_tests::command::output_of;
use awgp_tests::everything::everywhere;
use awgp_tests::{Database, Login, catalog};

/// A database with a row in every table, and how many tables there are.
async fn full() -> (Database, String) {
    let database = Database::new().await;
    everywhere(&database).await;
    let tables = catalog::tables(&database.superuser().await).await;
    (database, format!("{}\n", tables.len()))
}

#[tokio::test]
async fn prisma_reads_every_table_and_follows_every_reference() {
    let (database, tables) = full().await;
    let stage = Stage::of("prisma", database);
    stage.bring("read_models.mjs", "read_models.mjs");
    output_of(stage.prisma(Login::App).args(["generate", "--no-hints"]));
    assert_eq!(output_of(stage.node(Login::Superuser).arg("read_models.mjs")), tables);
}

#[tokio::test]
async fn django_reads_every_table_and_follows_every_reference() {
    let (database, tables) = full().await;
    let stage = Stage::of("django", database);
    stage.bring("read_models.py", "read_models.py");
    output_of(stage.python(Login::App).args(["-m", "django", "check", "--database", "default"]));
    assert_eq!(output_of(stage.python(Login::Superuser).arg("read_models.py")), tables);
}
