//! What the matrix does not show: that all rows of a tenant are seen, that no row moves, and how far a
//! holding sees.
//!
//! Everything is asked as an ordinary role; the superuser only sets the scene and counts.

use awgp_tests::asking::{SET_CONTEXT, WAYS, attempt, enter, scene, seen};
use awgp_tests::everything::count;
use awgp_tests::fixture::{tenant, within};
use awgp_tests::{Database, assert_refused};
use tokio_postgres::Client;
use uuid::Uuid;

async fn may(client: &Client, table: &str, privilege: &str) -> bool {
    let sql = "SELECT has_table_privilege($1, $2)";
    client.query_one(sql, &[&format!("awgp.{table}"), &privilege]).await.expect("an answer").get(0)
}

fn sorted<const N: usize>(mut ids: [Uuid; N]) -> Vec<Uuid> {
    ids.sort_unstable();
    ids.to_vec()
}

#[tokio::test]
async fn with_a_tenant_in_context_exactly_its_rows_are_seen_in_every_table() {
    let (database, group, tables) = scene().await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    for way in WAYS {
        for tenant in [&group.north, &group.south, &group.other] {
            let transaction = enter(&mut app, way, tenant.id).await;
            for table in &tables {
                let client = transaction.client();
                assert_eq!(seen(client, table).await, [tenant.id], "{table} {way}");
                let all = count(&superuser, table, Some(tenant.id)).await;
                assert_eq!(count(client, table, None).await, all, "{table} {way}");
            }
            let sql = "SELECT id FROM awgp.tenants";
            let rows = transaction.query(sql, &[]).await.expect("tenants are readable");
            assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<Uuid>>(), [tenant.id]);
        }
    }
}

#[tokio::test]
async fn a_row_never_moves_to_another_tenant() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    for from in [&group.north, &group.holding] {
        let mut transaction = enter(&mut app, SET_CONTEXT, from.id).await;
        for table in &tables {
            if may(transaction.client(), table, "UPDATE").await {
                let sql = format!(
                    "UPDATE awgp.{table} SET tenant_id = '{}' WHERE tenant_id = '{}'",
                    group.south.id, from.id
                );
                assert_refused(attempt(&mut transaction, &sql).await, "55000", "tenant_change");
            }
        }
    }
}

#[tokio::test]
async fn visibility_is_one_step_down_and_never_up_or_sideways() {
    let database = Database::new().await;
    let (mut admin, mut app) = (database.admin().await, database.app().await);
    let top = tenant(&mut admin, &mut app, "top", "holding", None).await;
    let middle = tenant(&mut admin, &mut app, "middle", "holding", Some(top.id)).await;
    let left = tenant(&mut admin, &mut app, "left", "subsidiary", Some(middle.id)).await;
    let right = tenant(&mut admin, &mut app, "right", "subsidiary", Some(middle.id)).await;
    for (who, sees) in [
        (&top, sorted([top.id, middle.id])),
        (&middle, sorted([middle.id, left.id, right.id])),
        (&left, vec![left.id]),
        (&right, vec![right.id]),
    ] {
        let transaction = within(&mut app, who.id).await;
        assert_eq!(seen(transaction.client(), "users").await, sees, "{}", who.slug);
    }
}

#[tokio::test]
async fn a_subsidiary_that_is_deactivated_or_moved_is_no_longer_seen() {
    let (database, group, _) = scene().await;
    let (admin, mut app) = (database.admin().await, database.app().await);
    let sql = "UPDATE awgp.tenants SET is_active = false WHERE id = $1";
    admin.execute(sql, &[&group.north.id]).await.expect("an administrator may");
    let sql = "UPDATE awgp.tenants SET parent_tenant_id = $2 WHERE id = $1";
    admin.execute(sql, &[&group.south.id, &group.other.id]).await.expect("an administrator may");
    let transaction = within(&mut app, group.holding.id).await;
    assert_eq!(seen(transaction.client(), "users").await, [group.holding.id]);
    transaction.rollback().await.expect("rolled back");
    let transaction = within(&mut app, group.other.id).await;
    assert_eq!(seen(transaction.client(), "users").await, sorted([group.other.id, group.south.id]));
}
