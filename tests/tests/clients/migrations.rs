//! Tools that migrate an application's own tables leave the schema awgp alone, as docs/clients says.

use super::Stage;
use awgp_tests::catalog::{assert_same_lines, snapshot};
use awgp_tests::command::{failure_of, output_of};
use awgp_tests::{Database, Login};

/// A database in which the application may make tables, and all that is in its schema awgp.
async fn stage(client: &'static str) -> (Stage, Vec<String>) {
    let stage = Stage::of(client, Database::new().await).with_own_tables().await;
    let before = snapshot(&stage.database.superuser().await).await;
    (stage, before)
}

/// The application's own table has these columns, and the schema awgp is as before.
async fn assert_only_invoices(stage: &Stage, before: &[String], columns: &[&str]) {
    let superuser = stage.database.superuser().await;
    let sql = "SELECT attname::text FROM pg_attribute
               WHERE attrelid = 'public.invoices'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";
    let rows = superuser.query(sql, &[]).await.expect("the table is there");
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(found, columns);
    assert_same_lines(before, &snapshot(&superuser).await);
}

#[tokio::test]
async fn alembic_finds_nothing_to_drop_in_the_schema() {
    let (stage, before) = stage("sqlalchemy").await;
    std::fs::create_dir(stage.file("migrations/versions")).expect("a folder can be made");
    let alembic = |arguments: &[&str]| {
        let mut command = stage.python(Login::App);
        command.args(["-m", "alembic"]).args(arguments);
        command
    };
    output_of(&mut alembic(&["revision", "--autogenerate", "--message", "invoices"]));
    output_of(&mut alembic(&["upgrade", "head"]));
    output_of(&mut alembic(&["check"]));
    assert_only_invoices(&stage, &before, &["number", "supplier", "work_item_id"]).await;
    // Without that line it would drop every table.
    stage.change("migrations/env.py", |text| text.replace("include_name=include_name", "include_name=None"));
    assert!(failure_of(&mut alembic(&["check"])).contains("remove_table"));
}

#[tokio::test]
async fn drizzle_kit_changes_nothing_in_the_schema() {
    let (stage, before) = stage("drizzle").await;
    let kit = |command: &str| {
        output_of(stage.node(Login::App).args(["../node_modules/drizzle-kit/bin.cjs", command]))
    };
    kit("generate");
    let migrations = std::fs::read_dir(stage.file("migrations")).expect("there are migrations");
    let scripts = migrations.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let sql: String = scripts.map(|path| std::fs::read_to_string(path).expect("UTF-8")).collect();
    assert!(sql.contains("CREATE TABLE \"invoices\"") && !sql.contains("awgp"), "{sql}");
    kit("push");
    assert_only_invoices(&stage, &before, &["number", "supplier", "work_item_id"]).await;
    assert!(kit("push").contains("No changes detected"));
}

#[tokio::test]
async fn prisma_changes_nothing_in_the_schema() {
    let (stage, before) = stage("prisma").await;
    stage.bring("prisma.config.mjs", "test.config.mjs");
    let push = |schema: &str| {
        let mut prisma = stage.prisma(Login::App);
        prisma.args(["db", "push", "--skip-generate", "--config", "test.config.mjs", "--schema", schema]);
        output_of(&mut prisma)
    };
    push("app.prisma");
    assert_only_invoices(&stage, &before, &["number", "supplier", "work_item_id"]).await;
    // One file for both, with the tables of AWGP as external ones.
    let own = std::fs::read_to_string(stage.file("app.prisma")).expect("the file is there");
    let model = own.split_once("model Invoice").expect("it has a model").1;
    let model = model.replace("@@map", "note String?\n  @@schema(\"public\")\n  @@map");
    stage.change("schema.prisma", |text| {
        text.replace("[\"awgp\"]", "[\"public\", \"awgp\"]") + "\nmodel Invoice" + &model
    });
    push("schema.prisma");
    assert_only_invoices(&stage, &before, &["number", "supplier", "work_item_id", "note"]).await;
}

#[tokio::test]
async fn django_makes_no_migration_of_the_models_that_are_shipped() {
    let (stage, before) = stage("django").await;
    let django =
        |arguments: &[&str]| output_of(stage.python(Login::App).args(["-m", "django"]).args(arguments));
    django(&["makemigrations", "--check", "--dry-run"]);
    django(&["migrate"]);
    assert_same_lines(&before, &snapshot(&stage.database.superuser().await).await);
}
