//! Requests for approval, the items that wait, and votes.

use super::{
    assert_halves_are_alike, assert_refused_after, assert_triggers_fire, number, write_by_statement,
};
use awgp_tests::fixture::{self, Group, one, within_as};
use awgp_tests::{Database, assert_refused, assert_sqlstate};
use serde_json::json;
use tokio_postgres::{Client, Error};
use uuid::Uuid;

/// One round: people ask for an item, which is approved, and for an action, which is rejected.
async fn round(app: &mut Client, group: &Group) -> Result<(), Error> {
    let north = &group.north;
    let asking = within_as(app, north.id, Some(north.user("operator"))).await;
    let item = "SELECT id FROM awgp.create_work_item($1, 'To pay', 'The dues.', risk_level => 3)";
    let item: Uuid = asking.query_one(item, &[&north.assistant]).await?.get(0);
    let sql = "SELECT id FROM awgp.request_approval($1, context => '{\"n\": 1}')";
    let asked: Uuid = asking.query_one(sql, &[&item]).await?.get(0);
    let other = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 1)";
    let other: Uuid = asking.query_one(other, &[&north.assistant]).await?.get(0);
    let sql = "SELECT id FROM awgp.request_action_approval($1, 'look', $2, expires_in => '1 hour')";
    let of_action: Uuid = asking.query_one(sql, &[&other, &json!({"at": [1, 2]})]).await?.get(0);
    asking.commit().await?;
    let deciding = within_as(app, north.id, Some(north.user("admin"))).await;
    deciding.query_one("SELECT awgp.approve($1, 'Go on.')", &[&asked]).await?;
    deciding.query_one("SELECT awgp.reject($1, 'Not now.')", &[&of_action]).await?;
    deciding.commit().await
}

async fn scene() -> (Database, Group, Client) {
    let (database, group) = fixture::scene().await;
    let mut app = database.app().await;
    let work = within_as(&mut app, group.north.id, Some(group.north.user("manager"))).await;
    let sql = "SELECT FROM awgp.update_assistant($1, capabilities => '{look}')";
    work.execute(sql, &[&group.north.assistant]).await.expect("capabilities can be set");
    work.commit().await.expect("commits");
    round(&mut app, &group).await.expect("nothing has been added yet");
    (database, group, app)
}

#[tokio::test]
async fn triggers_that_an_operator_adds_fire() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    // Written in a round: two requests, an item that waits, two votes.
    let triggers = [
        ("AFTER INSERT ON awgp.approvals FOR EACH ROW EXECUTE FUNCTION public.see()", "approvals", 2),
        ("AFTER INSERT ON awgp.approvals FOR EACH STATEMENT EXECUTE FUNCTION public.see()", "approvals", 2),
        (
            "AFTER UPDATE OF status ON awgp.work_items FOR EACH ROW
             WHEN (NEW.status = 'awaiting_approval' AND OLD.status <> NEW.status) EXECUTE FUNCTION public.see()",
            "work_items",
            1,
        ),
        (
            "AFTER INSERT ON awgp.approval_decisions REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
             EXECUTE FUNCTION public.see_new()",
            "approval_decisions",
            2,
        ),
    ];
    assert_triggers_fire(&superuser, &triggers, async || round(&mut app, &group).await).await;
}

#[tokio::test]
async fn policies_privileges_and_keys_hold() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let statements = [
        (
            "CREATE POLICY house ON awgp.approvals AS RESTRICTIVE FOR INSERT WITH CHECK (risk_level < 2)",
            "DROP POLICY house ON awgp.approvals",
        ),
        (
            "CREATE POLICY house ON awgp.approvals AS RESTRICTIVE FOR SELECT USING (false)",
            "DROP POLICY house ON awgp.approvals",
        ),
        (
            "ALTER POLICY own_tenant_insert ON awgp.approvals
             WITH CHECK (tenant_id = awgp.current_tenant() AND risk_level > 3)",
            "ALTER POLICY own_tenant_insert ON awgp.approvals WITH CHECK (tenant_id = awgp.current_tenant())",
        ),
        ("REVOKE INSERT ON awgp.approvals FROM awgp_app", "GRANT INSERT ON awgp.approvals TO awgp_app"),
    ];
    assert_refused_after(&superuser, &statements, async || round(&mut app, &group).await).await;
    let key = "CREATE TABLE public.houses (id integer PRIMARY KEY);
               ALTER TABLE awgp.approval_decisions ADD COLUMN house integer DEFAULT 7 REFERENCES public.houses
                   DEFERRABLE";
    // The votes that are there name a house already.
    superuser.batch_execute("SET session_replication_role = replica").await.expect("a superuser may");
    assert_sqlstate(superuser.batch_execute(key).await, "23503");
    let key = key.replace("DEFAULT 7 ", "")
        + "; ALTER TABLE awgp.approval_decisions ALTER COLUMN house SET DEFAULT 7";
    superuser.batch_execute(&key).await.expect("a foreign key");
    assert_sqlstate(round(&mut app, &group).await, "23503");
    superuser.batch_execute("INSERT INTO public.houses VALUES (7)").await.expect("a house");
    round(&mut app, &group).await.expect("the key has its row");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.approval_decisions WHERE house = 7").await, 2);
}

#[tokio::test]
async fn an_item_that_a_policy_hides_is_not_asked_for() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let hide =
        "CREATE POLICY house ON awgp.work_items AS RESTRICTIVE FOR SELECT USING (title <> 'North item')";
    let north = &group.north;
    let name = "UPDATE awgp.work_items SET title = 'North item' WHERE id = $1";
    superuser.execute(name, &[&north.work_item]).await.expect("a superuser may");
    superuser.batch_execute(hide).await.expect("an operator may");
    let ask = "SELECT id FROM awgp.request_approval($1, risk_level => 3)";
    let work = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    assert_refused(work.query_one(ask, &[&north.work_item]).await, "P0002", "unknown_work_item");
    drop(work);
    superuser.batch_execute("DROP POLICY house ON awgp.work_items").await.expect("and takes it away");
    let work = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    // Another tenant's item is as one that does not exist.
    assert_refused(work.query_one(ask, &[&group.south.work_item]).await, "P0002", "unknown_work_item");
    drop(work);
    let work = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    work.query_one(ask, &[&north.work_item]).await.expect("it is seen again");
}

#[tokio::test]
async fn what_an_open_transaction_has_named_cannot_be_deleted() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let north = &group.north;
    let asking = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let item = "SELECT id FROM awgp.create_work_item($1, 'To pay', risk_level => 3)";
    let item = one(&asking, item, &[&north.assistant]).await;
    asking.commit().await.expect("commits");
    // Without what else keeps the rows: other references, and the trail of their deletion.
    superuser
        .batch_execute("SET session_replication_role = replica; SET lock_timeout = '300ms'")
        .await
        .expect("a superuser may");
    let asking = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let asked = one(&asking, "SELECT id FROM awgp.request_approval($1)", &[&item]).await;
    let delete = "DELETE FROM awgp.work_items WHERE id = $1";
    assert_sqlstate(superuser.execute(delete, &[&item]).await, "55P03");
    asking.commit().await.expect("commits");
    let deciding = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    // A rejection: who approves is named by a key of the approval too.
    deciding.query_one("SELECT awgp.reject($1, 'Not now.')", &[&asked]).await.expect("a vote");
    for (table, id) in [("approvals", asked), ("users", north.user("admin"))] {
        let delete = format!("DELETE FROM awgp.{table} WHERE id = $1");
        assert_sqlstate(superuser.execute(&delete, &[&id]).await, "55P03");
    }
}

#[tokio::test]
async fn at_repeatable_read_an_item_that_has_changed_ends_the_transaction() {
    let (database, group, mut app) = scene().await;
    let mut other = database.app().await;
    let north = &group.north;
    let operator = north.user("operator");
    let begin = format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT awgp.set_context('{}', '{operator}')",
        north.id
    );
    app.batch_execute(&begin).await.expect("a snapshot");
    let work = within_as(&mut other, north.id, Some(operator)).await;
    let sql = "UPDATE awgp.work_items SET priority = 4 WHERE id = $1";
    work.execute(sql, &[&north.work_item]).await.expect("another session changes it");
    work.commit().await.expect("commits");
    let ask = "SELECT awgp.request_approval($1, risk_level => 3)";
    assert_sqlstate(app.query_one(ask, &[&north.work_item]).await, "40001");
    app.batch_execute("ROLLBACK").await.expect("it ends");
    round(&mut app, &group).await.expect("the session goes on");
}

#[tokio::test]
async fn what_the_statement_around_has_changed_is_seen() {
    let (_database, group, mut app) = scene().await;
    let north = &group.north;
    let work = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let sql = "WITH changed AS (UPDATE awgp.work_items SET title = 'Another' WHERE id = $1 RETURNING id)
               SELECT (awgp.request_approval(id, risk_level => 3)).title FROM changed";
    let title: String = work.query_one(sql, &[&north.work_item]).await.expect("it is asked for").get(0);
    assert_eq!(title, "Another");
}

#[tokio::test]
async fn a_row_is_stored_as_a_statement_stores_it() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    write_by_statement(&superuser, &["approvals", "approval_decisions", "work_items"]).await;
    round(&mut app, &group).await.expect("by statements");
    assert!(number(&superuser, "SELECT count(*) FROM public.seen").await > 0);
    for (table, made, of_round) in [
        ("approvals", "created_at", "true"),
        ("approval_decisions", "decided_at", "true"),
        ("work_items", "created_at", "title LIKE 'To %'"),
    ] {
        assert_eq!(assert_halves_are_alike(&superuser, table, made, of_round).await, 2, "{table}");
    }
}
