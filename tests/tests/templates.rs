//! Templates: what AWGP ships, what is made from them, and what a newer version would change.

use awgp_tests::catalog::findings;
use awgp_tests::command::{Folder, restore_in_parallel, run};
use awgp_tests::fixture::{self, one, within};
use awgp_tests::{Database, assert_refused};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// Slug, version and digest of every template, in order.
async fn templates(client: &Client) -> Vec<(String, i32, String, bool)> {
    let sql = "SELECT slug, version, content_digest, is_system FROM awgp.assistant_templates ORDER BY slug";
    let rows = client.query(sql, &[]).await.expect("templates are read");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

/// What `template_difference()` says of an assistant.
async fn difference(app: &mut Client, tenant: Uuid, id: Uuid) -> Value {
    let transaction = within(app, tenant).await;
    let row = transaction.query_one("SELECT awgp.template_difference($1)", &[&id]).await;
    row.expect("a difference").get(0)
}

/// An assistant's row as text.
async fn row(superuser: &Client, id: Uuid) -> String {
    let sql = "SELECT a::text FROM awgp.assistants AS a WHERE id = $1";
    superuser.query_one(sql, &[&id]).await.expect("an assistant").get(0)
}

async fn own_template(database: &Database, slug: &str) {
    let sql = "INSERT INTO awgp.assistant_templates (name, slug, type, description, capabilities, configuration, model_config, risk_tier)
               VALUES ($1, $1, 'custom', 'First', '{a,b}', '{\"tone\": {\"x\": 1.10, \"y\": 2}}', '{\"provider\": \"local\"}', 1)";
    database.admin().await.execute(sql, &[&slug]).await.expect("an administrator makes a template");
}

#[tokio::test]
async fn each_built_in_type_has_one_complete_template_and_custom_has_none() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT count(*), count(DISTINCT type), count(*) FILTER (WHERE type = 'custom'),
                      bool_and(length(description) > 40 AND cardinality(capabilities) >= 5 AND model_config ?& '{provider,model}'
                               AND configuration ?& '{instructions,left_to_humans}' AND is_system AND version = 1),
                      bool_or(configuration::text || description ~* 'tenant')
               FROM awgp.assistant_templates";
    let row = superuser.query_one(sql, &[]).await.expect("templates are read");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (11, 11, 0));
    assert!(row.get::<_, bool>(3), "each has description, capabilities, model and configuration");
    assert!(!row.get::<_, bool>(4), "none speaks of a tenant");
}

#[tokio::test]
async fn every_shipped_template_makes_an_assistant() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    database
        .superuser()
        .await
        .execute("UPDATE awgp.tenants SET quota_max_assistants = 100", &[])
        .await
        .expect("a quota");
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT count(*) FROM awgp.assistant_templates AS t,
                   LATERAL awgp.create_assistant_from_template(t.slug, t.name, t.slug) AS a
               WHERE a.type = t.type AND a.capabilities = t.capabilities AND a.configuration = t.configuration
                 AND a.model_config = t.model_config AND a.risk_tier = t.risk_tier AND a.description = t.description
                 AND a.max_cost_per_day = t.max_cost_per_day AND a.status = 'inactive'
                 AND (a.template_id, a.template_version, a.template_overrides) = (t.id, t.version, '{}'::jsonb)";
    let made: i64 = transaction.query_one(sql, &[]).await.expect("assistants are made").get(0);
    assert_eq!(made, 11);
}

#[tokio::test]
async fn overrides_patch_objects_replace_the_rest_and_keep_digits() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    own_template(&database, "own").await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let overrides = "{\"configuration\": {\"tone\": {\"y\": null, \"z\": 3.30}}, \"capabilities\": [\"c\"], \"risk_tier\": 0,
                      \"max_cost_per_day\": 1.25, \"description\": null}";
    let sql = "SELECT configuration::text, capabilities, risk_tier, max_cost_per_day::text, description, template_overrides::text
               FROM awgp.create_assistant_from_template('own', 'Mine', 'mine', $1::text::jsonb)";
    let row = transaction.query_one(sql, &[&overrides]).await.expect("an assistant is made");
    assert_eq!(row.get::<_, &str>(0), "{\"tone\": {\"x\": 1.10, \"z\": 3.30}}");
    assert_eq!((row.get::<_, Vec<String>>(1), row.get::<_, i32>(2)), (vec!["c".to_owned()], 0));
    assert_eq!((row.get::<_, &str>(3), row.get::<_, Option<String>>(4)), ("1.250000", None));
    assert!(row.get::<_, &str>(5).contains("3.30"));
    transaction.rollback().await.expect("rolled back");
    for (overrides, key) in [
        ("{\"risk_teir\": 1}", "overrides.risk_teir"),
        ("{\"type\": \"custom\"}", "overrides.type"),
        ("{\"risk_tier\": 9}", "overrides.risk_tier"),
        ("[]", "overrides"),
    ] {
        let transaction = within(&mut app, group.north.id).await;
        let sql = "SELECT awgp.create_assistant_from_template('own', 'Mine', 'mine', $1::text::jsonb)";
        let refused = awgp_tests::refused(transaction.execute(sql, &[&overrides]).await);
        let detail: Value = serde_json::from_str(&refused.detail).expect("DETAIL is JSON");
        assert_eq!(
            (refused.code.as_str(), &detail["reason"], &detail["key"]),
            ("22023", &json!("invalid_template"), &json!(key))
        );
    }
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.create_assistant_from_template('none', 'Mine', 'mine')";
    assert_refused(transaction.execute(sql, &[]).await, "P0002", "unknown_template");
    transaction.rollback().await.expect("rolled back");
    let sql = "SELECT awgp.create_assistant_from_template('own', 'Mine', 'mine')";
    assert_refused(app.execute(sql, &[]).await, "42501", "no_tenant_context");
}

#[tokio::test]
async fn a_changed_template_counts_up_and_leaves_living_assistants_alone() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    own_template(&database, "own").await;
    let (mut app, admin) = (database.app().await, database.admin().await);
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_assistant_from_template('own', 'Mine', 'mine', '{\"risk_tier\": 4, \"configuration\": {\"own\": true}}')";
    let id = one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("commits");
    let superuser = database.superuser().await;
    let before = row(&superuser, id).await;
    assert_eq!(difference(&mut app, group.north.id, id).await["changes"], json!([]));
    // A new name is no new content; a given version and digest count for nothing.
    let update = "UPDATE awgp.assistant_templates SET name = 'Renamed', version = 77, content_digest = repeat('0', 64) WHERE slug = 'own'";
    admin.execute(update, &[]).await.expect("an administrator may");
    let own = |all: Vec<(String, i32, String, bool)>| {
        all.into_iter().find(|template| template.0 == "own").expect("own")
    };
    let first = own(templates(&superuser).await);
    assert_eq!(first.1, 1);
    let update = "UPDATE awgp.assistant_templates SET risk_tier = 2, capabilities = '{a,b,c}',
                      configuration = '{\"tone\": {\"x\": 1.10}, \"new\": 1}' WHERE slug = 'own'";
    admin.execute(update, &[]).await.expect("an administrator may");
    let second = own(templates(&superuser).await);
    assert_eq!(second.1, 2);
    assert_ne!(first.2, second.2);
    assert_eq!(row(&superuser, id).await, before, "the assistant is as it was");
    let told = difference(&mut app, group.north.id, id).await;
    assert_eq!(
        (&told["made_from_version"], &told["newest_version"], &told["template_slug"]),
        (&json!(1), &json!(2), &json!("own"))
    );
    // The overridden risk tier and the overrides' own key stay out of it.
    assert_eq!(
        told["changes"],
        json!([
            {"path": "capabilities", "current": ["a", "b"], "proposed": ["a", "b", "c"]},
            {"path": "configuration.new", "current": null, "proposed": 1},
            {"path": "configuration.tone.y", "current": 2, "proposed": null},
        ])
    );
    // Nobody else sees it, and a template that has assistants stays.
    let transaction = within(&mut app, group.south.id).await;
    let foreign = transaction.execute("SELECT awgp.template_difference($1)", &[&id]).await;
    assert_refused(foreign, "42501", "unknown_assistant");
    transaction.rollback().await.expect("rolled back");
    // PostgreSQL 18 has a code of its own for RESTRICT.
    let deleted = admin.execute("DELETE FROM awgp.assistant_templates WHERE slug = 'own'", &[]).await;
    let deleted = awgp_tests::refused(deleted);
    assert!(["23001", "23503"].contains(&deleted.code.as_str()), "{deleted:?}");
}

#[tokio::test]
async fn what_awgp_ships_is_not_written_by_ordinary_roles() {
    let database = Database::new().await;
    own_template(&database, "own").await;
    let admin = database.admin().await;
    let before = templates(&database.superuser().await).await;
    for sql in [
        "UPDATE awgp.assistant_templates SET description = 'Mine' WHERE slug = 'shared-hr'",
        "UPDATE awgp.assistant_templates SET is_system = false WHERE slug = 'shared-hr'",
        "UPDATE awgp.assistant_templates SET name = 'Mine' WHERE slug = 'shared-hr'",
        "UPDATE awgp.assistant_templates SET is_system = true WHERE slug = 'own'",
        "DELETE FROM awgp.assistant_templates WHERE slug = 'shared-hr'",
        "INSERT INTO awgp.assistant_templates (name, slug, type, is_system) VALUES ('X', 'x', 'custom', true)",
    ] {
        assert_refused(admin.execute(sql, &[]).await, "42501", "system_template");
    }
    assert_eq!(templates(&database.superuser().await).await, before);
    let own = "UPDATE awgp.assistant_templates SET description = 'Mine' WHERE slug = 'own'";
    assert_eq!(admin.execute(own, &[]).await.expect("their own"), 1);
}

#[tokio::test]
async fn a_restored_database_has_each_template_once_and_an_operators_edits_survive() {
    let original = Database::new().await;
    own_template(&original, "own").await;
    let admin = original.admin().await;
    let edit = "UPDATE awgp.assistant_templates SET description = 'Edited' WHERE slug = 'own'";
    admin.execute(edit, &[]).await.expect("an administrator may");
    drop(admin);
    let folder = Folder::new(&original);
    let file = folder.file("custom.dump");
    run("pg_dump", &original, &["--format=custom", "--file", &file]);
    let restored = Database::empty().await;
    restore_in_parallel(&restored, &file);
    let (left, right) = (original.superuser().await, restored.superuser().await);
    assert_eq!(templates(&left).await, templates(&right).await);
    // Applying everything again neither doubles nor resets any.
    right.batch_execute("SELECT awgp.install(force => true)").await.expect("it installs again");
    let after = templates(&right).await;
    assert_eq!(templates(&left).await, after);
    assert_eq!(after.iter().filter(|template| template.3).count(), 11);
    let own = after.iter().find(|template| template.0 == "own").expect("own");
    assert_eq!((own.1, own.3), (2, false));
    assert!(findings(&right).await.is_empty());
}

#[tokio::test]
async fn a_shipped_template_that_was_tampered_with_is_put_right_and_counts_up_and_an_own_one_is_left() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "UPDATE awgp.assistant_templates SET description = 'Tampered' WHERE slug = 'shared-hr'",
        )
        .await
        .expect("a superuser may");
    // An operator had a template of this slug before AWGP shipped one.
    superuser.batch_execute("UPDATE awgp.assistant_templates SET is_system = false, description = 'Own' WHERE slug = 'shared-it'").await.expect("a superuser may");
    superuser.batch_execute("SELECT awgp.install(force => true)").await.expect("it installs again");
    let sql = "SELECT slug, description, version FROM awgp.assistant_templates WHERE slug IN ('shared-hr', 'shared-it') ORDER BY slug";
    let rows = superuser.query(sql, &[]).await.expect("templates are read");
    let told: Vec<(String, bool, i32)> =
        rows.iter().map(|row| (row.get(0), row.get::<_, String>(1).starts_with("Own"), row.get(2))).collect();
    assert_eq!(told, [("shared-hr".to_owned(), false, 3), ("shared-it".to_owned(), true, 2)]);
    assert!(rows[0].get::<_, String>(1).starts_with("Serves the people function"));
}
