//! What an operator adds to the audit trail's tables holds for the chain's rows too, which otherwise skip the
//! checks that they meet by construction.

use awgp_tests::fixture::{Group, group, within};
use awgp_tests::{Database, assert_sqlstate};
use tokio_postgres::Client;

const UPDATE: &str = "UPDATE awgp.work_items SET priority = 1 + priority % 5 WHERE id = $1";
const TRAIL: &str = "SELECT count(*), count(DISTINCT (tenant_id, chain_lane, chain_seq)) FROM awgp.audit_logs
                     WHERE entity_type = 'work_items' AND action = 'update'";

/// Updates the holding's work item, and says how that ended.
async fn update(app: &mut Client, group: &Group) -> Result<(), tokio_postgres::Error> {
    let transaction = within(app, group.holding.id).await;
    transaction.execute(UPDATE, &[&group.holding.work_item]).await.expect("the update itself is allowed");
    transaction.commit().await
}

async fn updates_in_trail(superuser: &Client) -> (i64, i64) {
    let row = superuser.query_one(TRAIL, &[]).await.expect("a superuser reads the trail");
    (row.get(0), row.get(1))
}

#[tokio::test]
async fn a_check_that_an_operator_added_is_asked_of_every_audit_row() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    update(&mut app, &group).await.expect("an audited update commits");
    let rule =
        "ALTER TABLE awgp.audit_logs ADD CONSTRAINT operators_rule CHECK (action <> 'update') NOT VALID";
    superuser.batch_execute(rule).await.expect("an operator adds a rule");
    assert_sqlstate(update(&mut app, &group).await, "23514");
    assert_eq!(updates_in_trail(&superuser).await, (1, 1));
    let drop = "ALTER TABLE awgp.audit_logs DROP CONSTRAINT operators_rule";
    superuser.batch_execute(drop).await.expect("and drops it");
    update(&mut app, &group).await.expect("an audited update commits");
    assert_eq!(updates_in_trail(&superuser).await, (2, 2));
}

#[tokio::test]
async fn a_column_that_an_operator_made_mandatory_stops_audit_rows_without_it() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    let rule = "ALTER TABLE awgp.audit_logs ADD COLUMN site text DEFAULT 'here' NOT NULL;
                ALTER TABLE awgp.audit_logs ALTER COLUMN site DROP DEFAULT";
    superuser.batch_execute(rule).await.expect("an operator adds a column");
    assert_sqlstate(update(&mut app, &group).await, "23502");
    assert_eq!(updates_in_trail(&superuser).await, (0, 0));
}

#[tokio::test]
async fn a_trigger_that_an_operator_added_fires_for_audit_rows() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    let sql = "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql
                   AS $$ BEGIN RAISE SQLSTATE '0A000'; END $$;
               CREATE TRIGGER operators_trigger BEFORE INSERT ON awgp.audit_logs
                   FOR EACH ROW WHEN (NEW.action = 'update') EXECUTE FUNCTION public.refuse()";
    superuser.batch_execute(sql).await.expect("an operator adds a trigger");
    assert_sqlstate(update(&mut app, &group).await, "0A000");
    superuser.batch_execute("DROP TRIGGER operators_trigger ON awgp.audit_logs").await.expect("and drops it");
    update(&mut app, &group).await.expect("an audited update commits");
    assert_eq!(updates_in_trail(&superuser).await, (1, 1));
}
