//! A database of every release, with rows in it, becomes by `migrate()` what a new database is.
//!
//! `tests/releases/VERSION.dump` is the structure of a release as `pg_dump` writes it, `VERSION.rows.sql` its
//! rows; neither changes any more. The present structure is dumped here, and migrated in the same way. A
//! change of `sql/tables/` after a release without a migration, or the other way round, fails here.

use awgp_tests::catalog::{assert_same, findings};
use awgp_tests::command::{Folder, run};
use awgp_tests::fixture::{one, within};
use awgp_tests::{Database, server_major};
use std::path::PathBuf;
use tokio_postgres::Client;
use uuid::Uuid;

/// The version being worked on.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The structure of a new database, as `pg_dump` writes it, without what depends on the time or the owner.
fn structure(database: &Database) -> String {
    let months = "--exclude-table=awgp.audit_logs_2*";
    let dump = run("pg_dump", database, &["--schema-only", "--no-owner", months]);
    // Newer pg_dumps guard their meta-commands with a word that is drawn anew each time.
    let kept =
        dump.lines().filter(|line| !line.is_empty() && !line.starts_with("--") && !line.starts_with('\\'));
    kept.collect::<Vec<_>>().join("\n") + "\n"
}

/// The rows of each table that is there, in order of name.
async fn counts(superuser: &Client) -> Vec<(String, i64)> {
    let sql = "SELECT relname::text FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p')
                 AND NOT relispartition AND relname NOT IN ('schema_migrations', 'audit_logs', 'audit_partitions')
               ORDER BY relname";
    let mut counts = Vec::new();
    for row in superuser.query(sql, &[]).await.expect("pg_class is readable") {
        let table: String = row.get(0);
        let sql = format!("SELECT count(*) FROM awgp.{table}");
        counts.push((table, superuser.query_one(&sql, &[]).await.expect("rows are counted").get(0)));
    }
    counts
}

/// Restores a structure, puts rows into it, and migrates it.
async fn assert_upgraded(version: &str, structure: &str, rows: &str) {
    let old = Database::empty().await;
    for file in [structure, rows] {
        run("psql", &old, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", file]);
    }
    let superuser = old.superuser().await;
    let before = counts(&superuser).await;
    assert!(before.iter().any(|(table, rows)| table == "work_items" && *rows > 0), "{version}: {before:?}");
    superuser
        .batch_execute("SELECT awgp.migrate()")
        .await
        .unwrap_or_else(|error| panic!("{version}: {error:?}"));

    let new = Database::new().await;
    assert_same(&new.superuser().await, &superuser).await;
    let found = findings(&superuser).await;
    assert!(found.is_empty(), "{version}: {found:#?}");
    let after = counts(&superuser).await;
    // The templates that this version ships come beside those that are there.
    for (table, rows) in before.iter().filter(|(table, _)| table != "assistant_templates") {
        assert!(after.contains(&(table.clone(), *rows)), "{version}: {table} had {rows} rows, now {after:?}");
    }

    // Work goes on, under the rules.
    let tenant = Uuid::from_u128(0x1);
    let mut app = old.app().await;
    let transaction = within(&mut app, tenant).await;
    let begun =
        "SELECT id FROM awgp.start_work_item((SELECT id FROM awgp.work_items WHERE title = 'Before'))";
    one(&transaction, begun, &[]).await;
    transaction.commit().await.expect("committed");
    let recorded = "SELECT count(*) FROM awgp.audit_logs WHERE tenant_id = $1 AND entity_type = 'work_items'";
    assert_eq!(superuser.query_one(recorded, &[&tenant]).await.expect("counted").get::<_, i64>(0), 1);
    let broken = superuser.query("SELECT * FROM awgp.verify_audit()", &[]).await.expect("the trail is read");
    assert!(broken.is_empty(), "{version}: {broken:?}");
}

/// The versions that CHANGELOG.md gives a date.
fn released() -> Vec<&'static str> {
    let headings = include_str!("../../CHANGELOG.md").lines().filter_map(|line| line.strip_prefix("## ["));
    let released = headings.filter_map(|heading| heading.split_once("] - "));
    released.filter(|(_, date)| date.starts_with("20")).map(|(version, _)| version).collect()
}

fn release(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("releases").join(name).to_string_lossy().into_owned()
}

#[tokio::test]
async fn the_structure_that_is_worked_on_is_dumped_filled_and_migrated() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    let file = folder.file("structure.sql");
    std::fs::write(&file, structure(&database)).expect("the structure can be written");
    assert_upgraded(VERSION, &file, &release("rows.sql")).await;
}

#[tokio::test]
async fn a_database_of_every_release_is_migrated_to_what_a_new_one_is() {
    for version in released() {
        let (dump, rows) = (release(&format!("{version}.dump")), release(&format!("{version}.rows.sql")));
        if version == VERSION && std::env::var_os("UPDATE_GOLDEN").is_some() && !PathBuf::from(&dump).exists()
        {
            let database = Database::new().await;
            // What the oldest server writes, every server reads.
            assert_eq!(
                server_major(&database.superuser().await).await,
                15,
                "PostgreSQL 15 writes a release's"
            );
            std::fs::write(&dump, structure(&database)).expect("the structure can be written");
            std::fs::copy(release("rows.sql"), &rows).expect("the rows can be written");
        }
        assert!(
            PathBuf::from(&dump).exists(),
            "{dump} is missing: UPDATE_GOLDEN=1 writes it when {version} is released"
        );
        assert_upgraded(version, &dump, &rows).await;
    }
}
