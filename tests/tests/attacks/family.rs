//! Holdings and their relations: who sees whom, who writes whom.

use awgp_tests::fixture::{Group, group, tenant, within};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use uuid::Uuid;

/// Whose work items the tenant sees; the other tables follow in the matrix.
async fn seen_by(app: &mut Client, tenant: Uuid) -> BTreeSet<Uuid> {
    let transaction = within(app, tenant).await;
    let sql = "SELECT tenant_id FROM awgp.work_items UNION SELECT id FROM awgp.tenants UNION SELECT tenant_id FROM awgp.users";
    transaction.query(sql, &[]).await.expect("rows").iter().map(|row| row.get(0)).collect()
}

async fn scene() -> (Database, Group, Client, Client) {
    let database = Database::new().await;
    let group = group(&database).await;
    let (app, admin) = (database.app().await, database.admin().await);
    (database, group, app, admin)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holding_sees_its_direct_active_subsidiaries_and_nobody_sees_upwards_or_sideways() {
    let (_database, group, mut app, mut admin) = scene().await;
    let (holding, north, south) = (group.holding.id, group.north.id, group.south.id);
    let middle = tenant(&mut admin, &mut app, "middle", "holding", Some(holding)).await.id;
    let grandchild = tenant(&mut admin, &mut app, "grandchild", "subsidiary", Some(middle)).await.id;
    assert_eq!(seen_by(&mut app, holding).await, [holding, north, south, middle].into());
    assert_eq!(seen_by(&mut app, middle).await, [middle, grandchild].into());
    assert_eq!(seen_by(&mut app, grandchild).await, [grandchild].into());
    assert_eq!(seen_by(&mut app, north).await, [north].into());
    assert_eq!(seen_by(&mut app, group.other.id).await, [group.other.id].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subsidiary_that_is_deactivated_or_moved_is_out_of_sight_at_once() {
    let (_database, group, mut app, admin) = scene().await;
    let (holding, north, south, other) = (group.holding.id, group.north.id, group.south.id, group.other.id);
    let deactivate = "UPDATE awgp.tenants SET is_active = false WHERE id = $1";
    admin.execute(deactivate, &[&south]).await.expect("an administrator deactivates");
    assert_eq!(seen_by(&mut app, holding).await, [holding, north].into());
    assert_refused(app.query("SELECT awgp.set_context($1)", &[&south]).await, "42501", "unknown_tenant");
    let reparent = "UPDATE awgp.tenants SET parent_tenant_id = $1 WHERE id = $2";
    admin.execute(reparent, &[&other, &north]).await.expect("an administrator moves a subsidiary");
    assert_eq!(seen_by(&mut app, holding).await, [holding].into());
    assert_eq!(seen_by(&mut app, other).await, [other, north].into());
    let reactivate = "UPDATE awgp.tenants SET is_active = true WHERE id = $1";
    admin.execute(reactivate, &[&south]).await.expect("an administrator reactivates");
    assert_eq!(seen_by(&mut app, holding).await, [holding, south].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holding_writes_assistants_of_its_subsidiaries_and_nothing_else() {
    let (_database, group, mut app, _admin) = scene().await;
    let (holding, north) = (&group.holding, &group.north);
    let transaction = within(&mut app, holding.id).await;
    for sql in [
        "UPDATE awgp.work_items SET priority = 1 WHERE tenant_id = $1",
        "UPDATE awgp.users SET role = 'viewer' WHERE tenant_id = $1",
        "DELETE FROM awgp.work_items WHERE tenant_id = $1",
    ] {
        assert_eq!(transaction.execute(sql, &[&north.id]).await.expect("no row is reached"), 0, "{sql}");
    }
    let rename = "UPDATE awgp.assistants SET name = 'Renamed' WHERE tenant_id = $1";
    assert_eq!(transaction.execute(rename, &[&north.id]).await.expect("assistants may be written"), 1);
    let make = "INSERT INTO awgp.assistants (tenant_id, name, slug, type) VALUES ($1, 'n', 'n', 'custom') RETURNING id";
    transaction.query_one(make, &[&north.id]).await.expect("assistants may be made");
    transaction.commit().await.expect("and kept");
    for (sql, reason) in [
        (
            "INSERT INTO awgp.users (tenant_id, email, role) VALUES ($1, 'x@h.example', 'viewer')",
            "foreign_tenant",
        ),
        ("INSERT INTO awgp.communication_policies (tenant_id, name) VALUES ($1, 'x')", "foreign_tenant"),
    ] {
        let transaction = within(&mut app, holding.id).await;
        assert_refused(transaction.execute(sql, &[&north.id]).await, "42501", reason);
    }
    // Moving a subsidiary's assistant to the holding, naming the holding's user as its maker, giving it work.
    let transaction = within(&mut app, holding.id).await;
    let grab = "UPDATE awgp.assistants SET tenant_id = $1 WHERE tenant_id = $2";
    assert_refused(transaction.execute(grab, &[&holding.id, &north.id]).await, "55000", "tenant_change");
    drop(transaction);
    let transaction = within(&mut app, holding.id).await;
    let sign = "UPDATE awgp.assistants SET created_by = $1 WHERE tenant_id = $2";
    assert_sqlstate(transaction.execute(sign, &[&holding.user("admin"), &north.id]).await, "23503");
    drop(transaction);
    let transaction = within(&mut app, holding.id).await;
    let work = "SELECT awgp.create_work_item($1, 'For you')";
    assert_sqlstate(transaction.query(work, &[&north.assistant]).await, "23503");
    drop(transaction);
    // Neither siblings' assistants by a subsidiary, nor a stranger's or an inactive one's by the holding.
    for (context, target) in [
        (north.id, group.south.id),
        (north.id, holding.id),
        (holding.id, group.other.id),
        (holding.id, group.inactive.id),
    ] {
        let transaction = within(&mut app, context).await;
        assert_eq!(transaction.execute(rename, &[&target]).await.expect("no row is reached"), 0);
        assert_refused(transaction.query(make, &[&target]).await, "42501", "foreign_tenant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tree_of_tenants_stays_a_tree_of_holdings() {
    let (_database, group, mut app, mut admin) = scene().await;
    let holding = group.holding.id;
    let middle = tenant(&mut admin, &mut app, "middle", "holding", Some(holding)).await.id;
    let reparent = "UPDATE awgp.tenants SET parent_tenant_id = $1 WHERE id = $2";
    assert_refused(admin.execute(reparent, &[&middle, &holding]).await, "23514", "tenant_cycle");
    assert_refused(admin.execute(reparent, &[&holding, &holding]).await, "23514", "tenant_cycle");
    assert_refused(admin.execute(reparent, &[&group.north.id, &middle]).await, "23514", "parent_not_holding");
    let demote = "UPDATE awgp.tenants SET type = 'subsidiary' WHERE id = $1";
    assert_refused(admin.execute(demote, &[&holding]).await, "23514", "parent_not_holding");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_transactions_cannot_close_a_cycle_together() {
    let (database, group, mut app, mut admin) = scene().await;
    let one = tenant(&mut admin, &mut app, "one", "holding", None).await.id;
    let two = tenant(&mut admin, &mut app, "two", "holding", None).await.id;
    let second = database.admin().await;
    let reparent = "UPDATE awgp.tenants SET parent_tenant_id = $1 WHERE id = $2";
    admin.batch_execute("BEGIN").await.expect("a transaction");
    second.batch_execute("BEGIN").await.expect("a transaction");
    let (first_result, second_result) = tokio::join!(
        async {
            let result = admin.execute(reparent, &[&one, &two]).await.map(|_| ());
            admin.batch_execute(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.expect("it ends");
            result
        },
        async {
            let result = second.execute(reparent, &[&two, &one]).await.map(|_| ());
            second.batch_execute(if result.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.expect("it ends");
            result
        }
    );
    assert!(first_result.is_err() || second_result.is_err(), "one of them must lose");
    let sql = "SELECT count(*) FROM awgp.tenants WHERE id IN ($1, $2) AND parent_tenant_id IN ($1, $2)";
    let children: i64 =
        database.superuser().await.query_one(sql, &[&one, &two]).await.expect("a count").get(0);
    assert!(children <= 1, "no cycle");
    assert_eq!(seen_by(&mut app, group.north.id).await, [group.north.id].into());
}
