//! Tracked tables with partitions, and what happens to a tracked table as a whole.

use awgp_tests::catalog::findings;
use awgp_tests::command::{Folder, program};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use serde_json::{Value, json};
use tokio_postgres::Client;

const TENANT: &str = "00000000-0000-0000-0000-000000000007";

/// A tenant, and a schema that this role owns.
async fn scene(database: &Database, owner: Login) -> Client {
    let superuser = database.superuser().await;
    let role = owner.role().expect("an ordinary role");
    let sql = format!(
        "GRANT CREATE ON DATABASE {} TO {role}; CREATE SCHEMA shop AUTHORIZATION {role};
         INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{TENANT}', 'T', 't', 'holding')",
        database.name
    );
    superuser.batch_execute(&sql).await.expect("the scene is set");
    database.connect(owner).await
}

const TABLE: &str =
    "CREATE TABLE shop.days (id bigint NOT NULL, tenant_id uuid NOT NULL, pin text) PARTITION BY RANGE (id);
     CREATE TABLE shop.early PARTITION OF shop.days FOR VALUES FROM (0) TO (100)";

fn within(sql: &str) -> String {
    format!("BEGIN; SELECT awgp.set_context('{TENANT}'); {sql}; COMMIT")
}

/// Action and after-state of each event about tables, or of one.
async fn deeds(database: &Database, entity: &str) -> Vec<(String, Value)> {
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT action, after_state FROM awgp.audit_logs WHERE entity_type = $1 ORDER BY id";
    let rows = auditor.query(sql, &[&entity]).await.expect("an auditor reads");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[tokio::test]
async fn the_owner_of_a_tracked_table_makes_and_attaches_partitions_that_are_tracked() {
    let database = Database::new().await;
    let owner = scene(&database, Login::App).await;
    let make = format!("{TABLE}; SELECT awgp.track_table('shop.days', mask => '{{pin}}')");
    owner.batch_execute(&make).await.expect("an owner tracks their table");
    owner
        .batch_execute(
            "CREATE TABLE shop.late PARTITION OF shop.days FOR VALUES FROM (100) TO (200) PARTITION BY RANGE (id);
             CREATE TABLE shop.latest PARTITION OF shop.late FOR VALUES FROM (150) TO (200);
             CREATE TABLE shop.other (LIKE shop.days);
             ALTER TABLE shop.days ATTACH PARTITION shop.other DEFAULT",
        )
        .await
        .expect("an owner makes partitions");
    for id in [1, 151, 300] {
        let insert = format!("INSERT INTO shop.days VALUES ({id}, '{TENANT}', 'x')");
        owner.batch_execute(&within(&insert)).await.expect("a row is written");
    }
    let recorded: Vec<Value> =
        deeds(&database, "shop.days").await.into_iter().map(|(_, after)| after).collect();
    let expected = [1, 151, 300].map(|id| json!({"id": id, "tenant_id": TENANT, "pin": "[masked]"}));
    assert_eq!(recorded, expected);
    for table in ["days", "early", "late", "latest", "other"] {
        let truncate = format!("TRUNCATE shop.{table}");
        assert_refused(owner.batch_execute(&truncate).await, "42501", "truncate_refused");
    }
    let found = findings(&database.superuser().await).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn an_owner_without_a_role_of_awgp_makes_partitions_of_what_was_tracked_for_them() {
    let database = Database::new().await;
    let owner = scene(&database, Login::Nobody).await;
    owner.batch_execute(TABLE).await.expect("an owner makes a table");
    let superuser = database.superuser().await;
    superuser.execute("SELECT awgp.track_table('shop.days')", &[]).await.expect("a superuser tracks it");
    let more = "CREATE TABLE shop.late PARTITION OF shop.days FOR VALUES FROM (100) TO (200)";
    owner.batch_execute(more).await.expect("the owner makes a partition");
    assert_refused(owner.batch_execute("TRUNCATE shop.late").await, "42501", "truncate_refused");
    assert_sqlstate(owner.batch_execute("SELECT awgp.track_table('shop.days')").await, "42501");
}

#[tokio::test]
async fn the_owners_dump_of_their_schema_brings_the_triggers_back() {
    let database = Database::new().await;
    let owner = scene(&database, Login::App).await;
    let make = format!("{TABLE}; SELECT awgp.track_table('shop.days', mask => '{{pin}}')");
    owner.batch_execute(&make).await.expect("an owner tracks their table");
    let folder = Folder::new(&database);
    let file = folder.file("shop.sql");
    let url = database.url(Login::App);
    let dump =
        program("pg_dump").args(["--schema=shop", "--file", &file, &url]).output().expect("pg_dump runs");
    assert!(dump.status.success(), "{dump:?}");
    owner.batch_execute("DROP SCHEMA shop CASCADE").await.expect("the owner drops it");
    let restore = program("psql")
        .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file, &url])
        .output()
        .expect("psql runs");
    assert!(restore.status.success(), "{restore:?}");
    let insert = format!("INSERT INTO shop.days VALUES (1, '{TENANT}', 'x')");
    owner.batch_execute(&within(&insert)).await.expect("a row is written");
    let expected = json!({"id": 1, "tenant_id": TENANT, "pin": "[masked]"});
    assert_eq!(deeds(&database, "shop.days").await, [("insert".to_owned(), expected)]);
    let more = "CREATE TABLE shop.late PARTITION OF shop.days FOR VALUES FROM (100) TO (200)";
    owner.batch_execute(more).await.expect("the owner makes a partition");
    let found = findings(&database.superuser().await).await;
    assert!(found.is_empty(), "{found:?}");
}

#[tokio::test]
async fn a_table_that_came_back_without_its_triggers_is_missed() {
    let database = Database::new().await;
    let owner = scene(&database, Login::App).await;
    let make = "CREATE TABLE shop.things (id uuid, tenant_id uuid NOT NULL, pin text);
                SELECT awgp.track_table('shop.things', mask => '{pin}');
                DROP TABLE shop.things;
                CREATE TABLE shop.things (id uuid, tenant_id uuid NOT NULL, pin text)";
    owner.batch_execute(make).await.expect("an owner may");
    let superuser = database.superuser().await;
    let found = findings(&superuser).await;
    let [(code, severity, object, hint)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (code.as_str(), severity.as_str(), object.as_str()),
        ("tracking_gone", "error", "shop.things")
    );
    superuser.batch_execute(hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
    assert!(findings(&superuser).await.is_empty());
    let insert = format!("INSERT INTO shop.things VALUES ('{TENANT}', '{TENANT}', 'x')");
    owner.batch_execute(&within(&insert)).await.expect("a row is written");
    assert_eq!(deeds(&database, "shop.things").await[0].1["pin"], "[masked]");
    // What is untracked on purpose is not missed.
    owner.batch_execute("SELECT awgp.untrack_table('shop.things')").await.expect("an owner may");
    assert!(findings(&superuser).await.is_empty());
}

#[tokio::test]
async fn drops_and_new_names_are_on_the_record() {
    let database = Database::new().await;
    let owner = scene(&database, Login::App).await;
    let make = format!("{TABLE}; SELECT awgp.track_table('shop.days')");
    owner.batch_execute(&make).await.expect("an owner tracks their table");
    let insert = |table: &str| within(&format!("INSERT INTO {table} VALUES (1, '{TENANT}', 'x')"));
    owner.batch_execute(&insert("shop.days")).await.expect("a row is written");
    owner.batch_execute("ALTER TABLE shop.days RENAME TO dates").await.expect("an owner may");
    owner.batch_execute(&insert("shop.dates")).await.expect("a row is written");
    owner.batch_execute("ALTER SCHEMA shop RENAME TO store").await.expect("an owner may");
    owner.batch_execute(&insert("store.dates")).await.expect("a row is written");
    owner.batch_execute("DROP TABLE store.early").await.expect("an owner may");
    owner.batch_execute("DROP TRIGGER awgp_capture ON store.dates").await.expect("an owner may");
    owner.batch_execute("SELECT awgp.track_table('store.dates')").await.expect("an owner may");
    owner.batch_execute("DROP SCHEMA store CASCADE").await.expect("an owner may");
    for entity in ["shop.days", "shop.dates", "store.dates"] {
        assert_eq!(deeds(&database, entity).await.len(), 1, "{entity}");
    }
    let told: Vec<(String, Value)> = deeds(&database, "table")
        .await
        .into_iter()
        .map(|(action, after)| (action, json!([after["was"], after["table"]])))
        .collect();
    let deed = |action: &str, was: Option<&str>, table: &str| (action.to_owned(), json!([was, table]));
    let expected = [
        deed("track_table", None, "shop.days"),
        deed("rename_table", Some("shop.days"), "shop.dates"),
        deed("rename_table", Some("shop.dates"), "store.dates"),
        deed("drop_table", None, "store.early"),
        deed("drop_trigger", None, "store.dates"),
        deed("track_table", None, "store.dates"),
        deed("drop_table", None, "store.dates"),
    ];
    assert_eq!(told, expected);
}
