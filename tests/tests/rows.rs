//! What holds for every row whoever writes it: the tree of tenants, references, tenant_id and updated_at.

use awgp_tests::catalog::tenant_tables;
use awgp_tests::everything::everywhere;
use awgp_tests::fixture::{Group, group, within};
use awgp_tests::{Database, assert_refused, refused};
use tokio_postgres::{Client, Error};
use uuid::Uuid;

#[tokio::test]
async fn tenants_form_a_tree_under_holdings() {
    let database = Database::new().await;
    let group = group(&database).await;
    let admin = database.admin().await;
    let set_parent = "UPDATE awgp.tenants SET parent_tenant_id = $2 WHERE id = $1";
    let itself = admin.execute(set_parent, &[&group.holding.id, &group.holding.id]).await;
    assert_refused(itself, "23514", "tenant_cycle");
    let sql = "SELECT id FROM awgp.create_tenant('Mid', 'mid', 'holding', $1)";
    let middle: Uuid = admin.query_one(sql, &[&group.holding.id]).await.expect("made").get(0);
    let below = admin.execute(set_parent, &[&group.holding.id, &middle]).await;
    assert_refused(below, "23514", "tenant_cycle");
    let under_subsidiary = admin.execute(set_parent, &[&group.other.id, &group.north.id]).await;
    assert_refused(under_subsidiary, "23514", "parent_not_holding");
    let sql = "UPDATE awgp.tenants SET type = 'subsidiary' WHERE id = $1";
    assert_refused(admin.execute(sql, &[&group.holding.id]).await, "23514", "parent_not_holding");
    assert_eq!(admin.execute(sql, &[&middle]).await.expect("it has no subsidiaries"), 1);
}

#[tokio::test]
async fn two_transactions_cannot_hang_two_holdings_under_each_other() {
    let database = Database::new().await;
    let (mut left, mut right) = (database.admin().await, database.admin().await);
    let sql = "SELECT id FROM awgp.create_tenant($1, $1, 'holding')";
    let a: Uuid = left.query_one(sql, &[&"a"]).await.expect("made").get(0);
    let b: Uuid = left.query_one(sql, &[&"b"]).await.expect("made").get(0);
    let set_parent = "UPDATE awgp.tenants SET parent_tenant_id = $2 WHERE id = $1";
    let hang = async |client: &mut Client, child: Uuid, parent: Uuid| -> Result<(), Error> {
        let transaction = client.transaction().await?;
        transaction.execute(set_parent, &[&child, &parent]).await?;
        transaction.commit().await
    };
    let (first, second) = tokio::join!(hang(&mut left, a, b), hang(&mut right, b, a));
    let outcomes = [first.is_ok(), second.is_ok()];
    assert_eq!(outcomes.iter().filter(|ok| **ok).count(), 1, "{first:?} {second:?}");
    let loser = refused(if outcomes[0] { second } else { first });
    assert!(["40P01", "23514"].contains(&loser.code.as_str()), "{loser:?}");
}

/// A cost of north's assistant.
async fn spend(database: &Database, group: &Group) {
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.record_cost($1, 'openai', 'gpt-4', 1, 1, 0.01)";
    transaction.execute(sql, &[&group.north.assistant]).await.expect("it fits");
    transaction.commit().await.expect("commits");
}

#[tokio::test]
async fn updated_at_moves_with_every_update_and_created_at_stays() {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let superuser = database.superuser().await;
    let sql = "SELECT relname::text FROM pg_class
               WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
                 AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'updated_at')";
    let rows = superuser.query(sql, &[]).await.expect("pg_class is readable");
    let tables: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(tables.len() >= 10, "{tables:?}");
    for table in tables {
        // Money moves in some of the periods; an update over the table, every row.
        let which = if table == "budget_periods" { "max" } else { "min" };
        let times = format!("SELECT {which}(updated_at)::text, min(created_at)::text FROM awgp.{table}");
        let read = async || -> (String, String) {
            let row = superuser.query_one(&times, &[]).await.expect("a row");
            (row.get(0), row.get(1))
        };
        let before = read().await;
        // A value given by the caller does not count either.
        let sql = format!("UPDATE awgp.{table} SET updated_at = '2000-01-01'");
        let updated = superuser.execute(&sql, &[]).await;
        if table == "budget_periods" {
            // The ledger alone changes a period, superusers included; so let money move.
            assert_refused(updated, "42501", "ledger_immutable");
            spend(&database, &group).await;
        } else {
            updated.unwrap_or_else(|error| panic!("{table}: {error:?}"));
        }
        let after = read().await;
        assert!(after.0 > before.0, "{table}: {before:?} {after:?}");
        assert_eq!(after.1, before.1, "{table}");
    }
    // In one transaction too: the wall clock, not the transaction's start.
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.users SET first_name = 'X' WHERE id = $1 RETURNING updated_at::text, now()::text";
    let row = transaction.query_one(sql, &[&group.north.users[0]]).await.expect("updated");
    assert!(row.get::<_, String>(0) > row.get::<_, String>(1));
}

#[tokio::test]
async fn tenant_id_never_changes_not_even_for_a_superuser() {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let superuser = database.superuser().await;
    let mut tried = 0;
    for table in tenant_tables(&superuser).await {
        // Whatever an application may insert or update. It has no grant on the
        // rest: attacks::meddling, matrix.
        let sql = "SELECT has_table_privilege('awgp_app', 'awgp.' || $1, 'INSERT, UPDATE')";
        let guarded: bool = superuser.query_one(sql, &[&table]).await.expect("an answer").get(0);
        let sql = format!("UPDATE awgp.{table} SET tenant_id = $2 WHERE tenant_id = $1");
        let moved = superuser.execute(&sql, &[&group.other.id, &group.south.id]).await;
        if guarded {
            assert_refused(moved, "55000", "tenant_change");
            tried += 1;
        }
    }
    assert!(tried >= 9, "{tried}");
}

#[tokio::test]
async fn every_foreign_key_restricts_and_names_the_tenant_where_both_sides_have_one() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "WITH key AS (
            SELECT *, (SELECT attnum FROM pg_attribute WHERE attrelid = conrelid AND attname = 'tenant_id') AS here,
                   (SELECT attnum FROM pg_attribute WHERE attrelid = confrelid AND attname = 'tenant_id') AS there
            FROM pg_constraint WHERE contype = 'f' AND connamespace = 'awgp'::regnamespace)
        SELECT conname::text,
               confdeltype = 'r',
               here IS NULL OR there IS NULL
                   OR (array_position(conkey, here) IS NOT NULL
                       AND array_position(conkey, here) = array_position(confkey, there))
        FROM key";
    let keys = superuser.query(sql, &[]).await.expect("pg_constraint is readable");
    assert!(keys.len() >= 24, "the seed's references: {}", keys.len());
    for key in keys {
        let (name, restricts, composite): (String, bool, bool) = (key.get(0), key.get(1), key.get(2));
        assert!(restricts, "{name} is ON DELETE RESTRICT");
        assert!(composite, "{name} names tenant_id on both sides");
    }
}

#[tokio::test]
async fn what_is_referenced_is_not_deleted() {
    let database = Database::new().await;
    let group: Group = everywhere(&database).await;
    let superuser = database.superuser().await;
    for (table, id) in [
        ("tenants", group.north.id),
        ("tenants", group.holding.id),
        ("users", group.north.user("admin")),
        ("assistants", group.north.assistant),
        ("work_items", group.north.work_item),
    ] {
        let sql = format!("DELETE FROM awgp.{table} WHERE id = $1");
        let refused = refused(superuser.execute(&sql, &[&id]).await);
        // PostgreSQL 18 tells RESTRICT (23001) from NO ACTION (23503).
        assert!(["23503", "23001"].contains(&refused.code.as_str()), "{table}: {refused:?}");
    }
}

#[tokio::test]
async fn every_tenant_table_has_the_key_that_references_need() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let sql = "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'awgp'::regnamespace AND relkind = 'r' AND NOT relispartition
          AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id')
          AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'id' AND atttypid = 'uuid'::regtype)
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = pg_class.oid AND contype = 'u'
                          AND pg_get_constraintdef(oid) = 'UNIQUE (tenant_id, id)')";
    let rows = superuser.query(sql, &[]).await.expect("pg_class is readable");
    let without: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(without.is_empty(), "{without:?}");
}
