//! A holding is stopped with all below it, and its family stays as it is.

use super::{WAYS, assert_holds, begin, resume, scene, stop, verified};
use awgp_tests::assert_refused;
use awgp_tests::fixture::within;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn a_subsidiary_neither_leaves_nor_enters_a_stopped_holding() {
    let (database, group) = scene().await;
    let (admin, superuser) = (database.admin().await, database.superuser().await);
    let stopped = stop(&admin, "holding", Some(group.holding.id)).await.expect("stopped");
    let sql = "UPDATE awgp.tenants SET parent_tenant_id = $2 WHERE id = $1";
    let leaves = admin.execute(sql, &[&group.north.id, &None::<Uuid>]).await;
    assert_refused(leaves, "55000", "stopped");
    let made = "SELECT id FROM awgp.create_tenant('Free', 'free', 'subsidiary')";
    let free: Uuid = admin.query_one(made, &[]).await.expect("a tenant").get(0);
    assert_refused(admin.execute(sql, &[&free, &group.holding.id]).await, "55000", "stopped");
    resume(&superuser, &stopped).await.expect("resumed");
    admin.execute(sql, &[&free, &group.holding.id]).await.expect("it may enter");
}

#[tokio::test]
async fn a_tenant_moved_while_the_stop_is_made_is_told_to_try_again() {
    let (database, group) = scene().await;
    let mut mover = database.admin().await;
    let moving = mover.transaction().await.expect("begins");
    let sql = "UPDATE awgp.tenants SET parent_tenant_id = NULL WHERE id = $1";
    moving.execute(sql, &[&group.south.id]).await.expect("it may leave");
    let stopped = stop(&database.admin().await, "holding", Some(group.holding.id)).await.expect("stopped");
    assert_refused(moving.commit().await, "40001", "stop_under_way");
    assert_holds(&database, &stopped).await;
}

#[tokio::test]
async fn a_subsidiary_that_is_made_below_a_stopped_holding_is_stopped_and_its_trail_says_so() {
    let (database, group) = scene().await;
    let (admin, superuser) = (database.admin().await, database.superuser().await);
    let stopped = stop(&admin, "holding", Some(group.holding.id)).await.expect("stopped");
    let made = "SELECT id FROM awgp.create_tenant('Late', 'late', 'subsidiary', $1)";
    let late: Uuid = admin.query_one(made, &[&group.holding.id]).await.expect("a tenant").get(0);
    let mut app = database.app().await;
    let transaction = within(&mut app, late).await;
    let row = transaction.query_one("SELECT scope FROM awgp.stops_in_force()", &[]).await.expect("a stop");
    assert_eq!(row.get::<_, String>(0), "holding");
    drop(transaction);
    let verdict = verified(&database, &stopped).await;
    assert_eq!((&verdict["holds"], &verdict["not_shown"]), (&json!(true), &json!([])), "{verdict:#}");
    assert!(verdict["tenants"].as_array().expect("a list").contains(&json!(late)), "{verdict:#}");
    resume(&superuser, &stopped).await.expect("resumed");
    assert_holds(&database, &stopped).await;
}

#[tokio::test]
async fn a_subsidiary_reads_that_it_is_stopped_and_not_of_its_siblings() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    stop(&admin, "holding", Some(group.holding.id)).await.expect("stopped");
    stop(&admin, "tenant", Some(group.south.id)).await.expect("stopped");
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let rows = transaction.query("SELECT scope FROM awgp.stops_in_force()", &[]).await.expect("stops");
    assert_eq!(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>(), ["holding"]);
    let row = transaction.query_one("SELECT count(*) FROM awgp.stops", &[]).await.expect("its own");
    assert_eq!(row.get::<_, i64>(0), 0);
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'stop' AND after_state::text LIKE $1";
    let row = transaction.query_one(sql, &[&format!("%{}%", group.south.id)]).await.expect("its trail");
    assert_eq!(row.get::<_, i64>(0), 0, "no sibling is named");
    let answer = begin(&transaction, WAYS[0].1, group.north.assistant, group.north.work_item).await;
    assert_eq!(answer.expect("a denial")["facts"]["scope"], "holding");
}
