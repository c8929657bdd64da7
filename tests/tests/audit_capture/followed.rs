//! Options follow the column: whatever it is called, wherever it stands, and
//! wherever the table is brought back.

use awgp_tests::catalog::findings;
use awgp_tests::command::{Folder, run};
use awgp_tests::{Database, Login};
use tokio_postgres::Client;

const TENANT: &str = "00000000-0000-0000-0000-000000000007";

/// A table of the application's own in the schema shop, tracked by its owner: `pin` is masked, `diary`
/// is left out, `api_key` is a secret by its name.
async fn shop(database: &Database) -> Client {
    let superuser = database.superuser().await;
    let sql = format!(
        "GRANT CREATE ON DATABASE {} TO awgp_test_app;
         INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{TENANT}', 'T', 't', 'holding')",
        database.name
    );
    superuser.batch_execute(&sql).await.expect("the scene is set");
    let owner = database.app().await;
    owner
        .batch_execute(
            "CREATE SCHEMA shop;
             CREATE TABLE shop.things (gone text, id bigint PRIMARY KEY, tenant_id uuid NOT NULL, pin text, note text, diary text,
                                       api_key text);
             ALTER TABLE shop.things DROP COLUMN gone;
             SELECT awgp.track_table('shop.things', exclude => '{diary}', mask => '{pin}')",
        )
        .await
        .expect("an owner tracks their table");
    owner
}

/// Writes a row through the columns that are called so now; those that must not be shown get a secret.
async fn write(owner: &Client, table: &str, secret: &[&str], open: &[&str]) {
    let columns = [secret, open].concat().join(", ");
    let values: Vec<String> = secret
        .iter()
        .map(|column| format!("'hush {column}'"))
        .chain(open.iter().map(|column| format!("'told {column}'")))
        .collect();
    let sql = format!(
        "BEGIN; SELECT awgp.set_context('{TENANT}');
         INSERT INTO {table} (id, tenant_id, {columns})
         SELECT coalesce(max(id), 0) + 1, '{TENANT}', {} FROM {table};
         COMMIT",
        values.join(", ")
    );
    owner.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// The last state of the trail that was written; asserts that no secret is in any of them.
async fn last_state(database: &Database) -> serde_json::Value {
    let auditor = database.connect(Login::Auditor).await;
    let sql = "SELECT before_state::text, after_state::text FROM awgp.audit_logs ORDER BY id";
    let rows = auditor.query(sql, &[]).await.expect("an auditor reads");
    for row in &rows {
        for state in [row.get::<_, Option<String>>(0), row.get(1)].into_iter().flatten() {
            assert!(!state.contains("hush"), "a secret is in the trail: {state}");
        }
    }
    let last: String = rows.last().and_then(|row| row.get(1)).expect("a state");
    serde_json::from_str(&last).expect("JSON")
}

#[tokio::test]
async fn a_column_keeps_its_option_when_it_is_renamed_retyped_or_made_again() {
    let database = Database::new().await;
    let owner = shop(&database).await;
    write(&owner, "shop.things", &["pin", "diary", "api_key"], &["note"]).await;
    let steps: [(&str, &[&str], &[&str]); 7] = [
        ("RENAME COLUMN pin TO code", &["code", "diary", "api_key"], &["note"]),
        ("RENAME COLUMN diary TO journal", &["code", "journal", "api_key"], &["note"]),
        ("RENAME COLUMN api_key TO access", &["code", "journal", "access"], &["note"]),
        ("ALTER COLUMN code TYPE varchar(200)", &["code", "journal", "access"], &["note"]),
        ("RENAME COLUMN note TO pin", &["code", "journal", "access"], &["pin"]),
        ("DROP COLUMN code", &["journal", "access"], &["pin"]),
        ("ADD COLUMN code text", &["code", "journal", "access"], &["pin"]),
    ];
    for (step, secret, open) in steps {
        owner.batch_execute(&format!("ALTER TABLE shop.things {step}")).await.expect("an owner may");
        write(&owner, "shop.things", secret, open).await;
        let state = last_state(&database).await;
        for column in open {
            assert_eq!(state[column], format!("told {column}"), "{step}: no more is hidden than must be");
        }
        assert_eq!(state.get("journal"), None, "{step}");
        let found = findings(&database.superuser().await).await;
        assert!(found.is_empty(), "{step}: {found:?}");
    }
}

#[tokio::test]
async fn without_event_triggers_a_column_stays_hidden_and_the_doctor_says_so() {
    let database = Database::new().await;
    let owner = shop(&database).await;
    let superuser = database.superuser().await;
    let drop = "DROP EVENT TRIGGER awgp_follow_tables; DROP EVENT TRIGGER awgp_record_drops";
    superuser.batch_execute(drop).await.expect("a superuser may");
    let steps: [(&str, &[&str], &[&str]); 4] = [
        ("RENAME COLUMN pin TO code", &["code", "diary", "api_key"], &["note"]),
        ("RENAME COLUMN api_key TO access", &["code", "diary", "access"], &["note"]),
        ("RENAME COLUMN diary TO journal", &["code", "journal", "access"], &["note"]),
        ("RENAME TO wares", &["code", "journal", "access"], &["note"]),
    ];
    let mut table = "shop.things";
    for (step, secret, open) in steps {
        owner.batch_execute(&format!("ALTER TABLE {table} {step}")).await.expect("an owner may");
        if step == "RENAME TO wares" {
            table = "shop.wares";
        }
        write(&owner, table, secret, open).await;
        assert_eq!(last_state(&database).await["note"], "told note", "{step}");
        let found = findings(&superuser).await;
        let finding = found.iter().find(|(code, _, object, _)| code == "tracking_differs" && object == table);
        assert!(finding.is_some(), "{step}: {found:?}");
    }
    // The doctor's hints make all of it again.
    for (_, _, _, hint) in findings(&superuser).await {
        superuser.batch_execute(&hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
    }
    let found = findings(&superuser).await;
    assert!(found.is_empty(), "{found:?}");
    write(&owner, table, &["code", "journal", "access"], &["note"]).await;
    let state = last_state(&database).await;
    assert_eq!((&state["note"], state.get("journal")), (&serde_json::json!("told note"), None));
}

#[tokio::test]
async fn in_a_partition_whose_columns_stand_otherwise_the_same_columns_are_hidden() {
    let database = Database::new().await;
    let owner = shop(&database).await;
    owner
        .batch_execute(
            "CREATE TABLE shop.days (gone text, pin text, note text, id bigint, tenant_id uuid NOT NULL) PARTITION BY RANGE (id);
             ALTER TABLE shop.days DROP COLUMN gone;
             SELECT awgp.track_table('shop.days', mask => '{pin}');
             CREATE TABLE shop.early (note text, tenant_id uuid NOT NULL, id bigint, pin text);
             ALTER TABLE shop.days ATTACH PARTITION shop.early FOR VALUES FROM (0) TO (100);
             ALTER TABLE shop.days RENAME COLUMN pin TO code",
        )
        .await
        .expect("an owner makes partitions of their tracked table");
    write(&owner, "shop.days", &["code"], &["note"]).await;
    write(&owner, "shop.early", &["code"], &["note"]).await;
    let state = last_state(&database).await;
    assert_eq!((&state["note"], &state["code"]), (&"told note".into(), &"[masked]".into()));
}

#[tokio::test]
async fn a_dump_brings_the_options_back_with_other_column_numbers() {
    let original = Database::new().await;
    let owner = shop(&original).await;
    write(&owner, "shop.things", &["pin", "diary", "api_key"], &["note"]).await;
    let superuser = original.superuser().await;
    // One renamed before the dump where nobody follows, so that the dump itself does not agree.
    let renamed = "DROP EVENT TRIGGER awgp_follow_tables; ALTER TABLE shop.things RENAME COLUMN pin TO code";
    superuser.batch_execute(renamed).await.expect("a superuser may");
    let folder = Folder::new(&original);
    let file = folder.file("plain.sql");
    run("pg_dump", &original, &["--file", &file]);
    let restored = Database::empty().await;
    run("psql", &restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file]);
    let owner = restored.app().await;
    write(&owner, "shop.things", &["code", "diary", "api_key"], &["note"]).await;
    let state = last_state(&restored).await;
    assert_eq!((&state["note"], &state["code"]), (&"told note".into(), &"[masked]".into()));
    owner
        .batch_execute("ALTER TABLE shop.things RENAME COLUMN api_key TO access")
        .await
        .expect("an owner may");
    write(&owner, "shop.things", &["code", "diary", "access"], &["note"]).await;
    assert_eq!(last_state(&restored).await["note"], "told note");
    let superuser = restored.superuser().await;
    for (code, _, object, hint) in findings(&superuser).await {
        assert_eq!((code.as_str(), object.as_str()), ("tracking_differs", "shop.things"));
        superuser.batch_execute(&hint).await.unwrap_or_else(|error| panic!("{hint}: {error:?}"));
    }
    let found = findings(&superuser).await;
    assert!(found.is_empty(), "{found:?}");
    write(&owner, "shop.things", &["code", "diary", "access"], &["note"]).await;
    last_state(&restored).await;
}
