//! Costs, reservations and actions.

use super::{
    assert_halves_are_alike, assert_refused_after, assert_triggers_fire, number, write_by_statement,
};
use awgp_tests::fixture::{self, Group, one, within};
use awgp_tests::{Database, assert_sqlstate};
use serde_json::Value;
use tokio_postgres::{Client, Error};

/// What an application does in one round: a cost, a reservation that is settled, and an action.
pub async fn round(app: &mut Client, group: &Group) -> Result<Value, Error> {
    let transaction = within(app, group.north.id).await;
    let assistant = group.north.assistant;
    let cost = "SELECT id FROM awgp.record_cost($1, 'openai', 'gpt-4', 10, 20, 0.5)";
    transaction.query_one(cost, &[&assistant]).await?;
    let reserve = "SELECT id FROM awgp.reserve_credit($1, 'openai', 0.25)";
    let held: uuid::Uuid = transaction.query_one(reserve, &[&assistant]).await?.get(0);
    let settle = "SELECT id FROM awgp.settle_credit($1, 'gpt-4', 1, 2, 0.25)";
    transaction.query_one(settle, &[&held]).await?;
    let item = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 0)";
    let item: uuid::Uuid = transaction.query_one(item, &[&assistant]).await?.get(0);
    let begin = "SELECT awgp.begin_action($1, 'look', 'openai', 0.1234567)";
    let begun: Value = transaction.query_one(begin, &[&item]).await?.get(0);
    transaction.commit().await?;
    let transaction = within(app, group.north.id).await;
    let action: Option<uuid::Uuid> = begun["action_id"].as_str().and_then(|id| id.parse().ok());
    let finish = "SELECT awgp.finish_action($1, 'succeeded', 'gpt-4', 10, 20, 0.1, '{\"seen\": 1}')";
    let finished = transaction.query_one(finish, &[&action]).await?.get(0);
    transaction.commit().await?;
    Ok(finished)
}

/// A database in which a round has been made.
pub async fn scene() -> (Database, Group, Client) {
    let (database, group) = fixture::scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.assistants SET capabilities = '{look}', max_cost_per_day = 1000 WHERE id = $1";
    transaction.execute(sql, &[&group.north.assistant]).await.expect("capabilities can be set");
    transaction.execute("SELECT awgp.create_credit_pool('openai', 1000)", &[]).await.expect("a pool");
    transaction.commit().await.expect("commits");
    round(&mut app, &group).await.expect("nothing has been added yet");
    (database, group, app)
}

#[tokio::test]
async fn triggers_that_an_operator_adds_fire() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    // What is written in a round: three entries, two reservations that are settled, one action that ends.
    let triggers = [
        (
            "AFTER INSERT ON awgp.cost_transactions FOR EACH ROW EXECUTE FUNCTION public.see()",
            "cost_transactions",
            3,
        ),
        (
            "AFTER INSERT ON awgp.cost_transactions FOR EACH STATEMENT EXECUTE FUNCTION public.see()",
            "cost_transactions",
            3,
        ),
        (
            "AFTER INSERT ON awgp.credit_reservations REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT
              EXECUTE FUNCTION public.see_new()",
            "credit_reservations",
            2,
        ),
        (
            "AFTER UPDATE OF state ON awgp.credit_reservations FOR EACH ROW EXECUTE FUNCTION public.see()",
            "credit_reservations",
            2,
        ),
        (
            "AFTER UPDATE ON awgp.governed_actions FOR EACH ROW WHEN (NEW.status = 'succeeded')
              EXECUTE FUNCTION public.see()",
            "governed_actions",
            1,
        ),
        (
            "AFTER INSERT ON awgp.governed_actions FOR EACH STATEMENT EXECUTE FUNCTION public.see()",
            "governed_actions",
            1,
        ),
    ];
    assert_triggers_fire(&superuser, &triggers, async || round(&mut app, &group).await).await;
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn columns_indexes_and_keys_that_an_operator_adds_hold() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE TABLE public.houses (id integer PRIMARY KEY);
             ALTER TABLE awgp.credit_reservations ADD COLUMN house integer REFERENCES public.houses;
             ALTER TABLE awgp.credit_reservations ALTER COLUMN house SET DEFAULT 7;",
        )
        .await
        .expect("a foreign key");
    assert_sqlstate(round(&mut app, &group).await, "23503");
    superuser.batch_execute("INSERT INTO public.houses VALUES (7)").await.expect("a house");
    round(&mut app, &group).await.expect("the key has its row");
    superuser
        .batch_execute(
            "ALTER TABLE awgp.cost_transactions ADD COLUMN note text NOT NULL DEFAULT 'of the house';
             ALTER TABLE awgp.governed_actions ADD COLUMN note text NOT NULL DEFAULT lower('HOUSE');",
        )
        .await
        .expect("columns with defaults");
    round(&mut app, &group).await.expect("they have defaults");
    let noted = "SELECT count(*) FROM awgp.cost_transactions WHERE note = 'of the house'";
    assert_eq!(number(&superuser, noted).await, 9, "six of before, and three");
    assert_eq!(
        number(&superuser, "SELECT count(*) FROM awgp.governed_actions WHERE note = 'house'").await,
        3
    );
    superuser
        .batch_execute(
            "ALTER TABLE awgp.cost_transactions
                 ADD COLUMN twice numeric GENERATED ALWAYS AS (cost_amount * 2) STORED;
             CREATE INDEX ON awgp.credit_reservations (lower(provider));
             CREATE INDEX ON awgp.governed_actions USING hash (action);",
        )
        .await
        .expect("a generated column, and indexes of other kinds");
    round(&mut app, &group).await.expect("a statement writes them");
    assert_eq!(
        number(&superuser, "SELECT count(*) FROM awgp.cost_transactions WHERE twice = cost_amount * 2").await,
        12
    );
    superuser.batch_execute("SET enable_seqscan = off").await.expect("indexes are read");
    assert_eq!(
        number(&superuser, "SELECT count(*) FROM awgp.credit_reservations WHERE lower(provider) = 'openai'")
            .await,
        8
    );
    assert_eq!(
        number(&superuser, "SELECT count(*) FROM awgp.governed_actions WHERE action = 'look'").await,
        4
    );
}

#[tokio::test]
async fn policies_and_privileges_hold() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let statements = [
        (
            "CREATE POLICY house ON awgp.cost_transactions AS RESTRICTIVE FOR INSERT WITH CHECK (cost_amount < 0.3)",
            "DROP POLICY house ON awgp.cost_transactions",
        ),
        (
            "CREATE POLICY house ON awgp.cost_transactions AS RESTRICTIVE FOR SELECT USING (false)",
            "DROP POLICY house ON awgp.cost_transactions",
        ),
        (
            "CREATE POLICY house ON awgp.credit_reservations AS RESTRICTIVE FOR INSERT
              WITH CHECK (amount <> (SELECT 0.25))",
            "DROP POLICY house ON awgp.credit_reservations",
        ),
        (
            "ALTER POLICY own_tenant_insert ON awgp.cost_transactions
              WITH CHECK (tenant_id = awgp.current_tenant() AND cost_amount > 0.3)",
            "ALTER POLICY own_tenant_insert ON awgp.cost_transactions WITH CHECK (tenant_id = awgp.current_tenant())",
        ),
        (
            "ALTER POLICY tenant_isolation_cost_transactions ON awgp.cost_transactions
              USING (tenant_id = awgp.own_tenant() AND cost_amount > 0.3)",
            "ALTER POLICY tenant_isolation_cost_transactions ON awgp.cost_transactions
              USING (awgp.own_or_visible(tenant_id = (SELECT awgp.own_tenant()),
                                         tenant_id = ANY ((SELECT awgp.visible_tenants())::uuid[])))",
        ),
        (
            "ALTER POLICY tenant_isolation_credit_reservations ON awgp.credit_reservations TO awgp_admin",
            "ALTER POLICY tenant_isolation_credit_reservations ON awgp.credit_reservations TO PUBLIC",
        ),
        (
            "DROP POLICY own_tenant_insert ON awgp.credit_reservations",
            "CREATE POLICY own_tenant_insert ON awgp.credit_reservations FOR INSERT
              WITH CHECK (tenant_id = awgp.current_tenant())",
        ),
        (
            "REVOKE INSERT ON awgp.cost_transactions FROM awgp_app",
            "GRANT INSERT ON awgp.cost_transactions TO awgp_app",
        ),
        (
            "REVOKE INSERT ON awgp.credit_reservations FROM awgp_app",
            "GRANT INSERT ON awgp.credit_reservations TO awgp_app",
        ),
    ];
    assert_refused_after(&superuser, &statements, async || round(&mut app, &group).await).await;
    app.batch_execute("SET row_security = off").await.expect("a session may");
    assert_sqlstate(round(&mut app, &group).await, "42501");
    app.batch_execute("SET row_security = on").await.expect("a session may");
    round(&mut app, &group).await.expect("policies apply again");
}

#[tokio::test]
async fn a_reservation_that_a_policy_hides_is_not_settled() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let transaction = within(&mut app, group.north.id).await;
    let reserve = "SELECT id FROM awgp.reserve_credit($1, 'openai', 0.25)";
    let held = one(&transaction, reserve, &[&group.north.assistant]).await;
    transaction.commit().await.expect("commits");
    let hide =
        "CREATE POLICY house ON awgp.credit_reservations AS RESTRICTIVE FOR SELECT USING (state <> 'held')";
    superuser.batch_execute(hide).await.expect("an operator may");
    let settle = "SELECT id FROM awgp.settle_credit($1, 'gpt-4', 1, 2, 0.25)";
    let transaction = within(&mut app, group.north.id).await;
    assert_sqlstate(transaction.query_one(settle, &[&held]).await, "P0002");
    drop(transaction);
    superuser
        .batch_execute("DROP POLICY house ON awgp.credit_reservations")
        .await
        .expect("and takes it away");
    let transaction = within(&mut app, group.north.id).await;
    transaction.query_one(settle, &[&held]).await.expect("it is seen again");
}

#[tokio::test]
async fn what_an_open_transaction_has_named_cannot_be_deleted() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    // Without references of before: these would keep the rows anyway.
    superuser
        .batch_execute(
            "SET session_replication_role = replica; DELETE FROM awgp.cost_transactions; DELETE FROM awgp.governed_actions;
             DELETE FROM awgp.credit_reservations;
             RESET session_replication_role; SET lock_timeout = '300ms'",
        )
        .await
        .expect("a superuser may");
    let transaction = within(&mut app, group.north.id).await;
    let cost = "SELECT id FROM awgp.record_cost($1, 'openai', 'gpt-4', 10, 20, 0.5, $2)";
    transaction.query_one(cost, &[&group.north.assistant, &group.north.work_item]).await.expect("a cost");
    for (table, id) in [("assistants", group.north.assistant), ("work_items", group.north.work_item)] {
        let sql = format!("DELETE FROM awgp.{table} WHERE id = $1");
        assert_sqlstate(superuser.execute(&sql, &[&id]).await, "55P03");
    }
    let pool = superuser.execute("DELETE FROM awgp.provider_credit_pools", &[]).await;
    assert_sqlstate(pool, "55P03");
    transaction.commit().await.expect("commits");
    let unknown = uuid::Uuid::from_u128(7);
    let transaction = within(&mut app, group.north.id).await;
    assert_sqlstate(transaction.query_one(cost, &[&group.north.assistant, &unknown]).await, "23503");
    drop(transaction);
    // Another tenant's item is as one that does not exist, and is not locked by asking.
    let transaction = within(&mut app, group.north.id).await;
    let foreign = transaction.query_one(cost, &[&group.north.assistant, &group.south.work_item]).await;
    assert_sqlstate(foreign, "23503");
}

#[tokio::test]
async fn at_repeatable_read_a_row_that_has_changed_ends_the_transaction() {
    let (database, group, mut app) = scene().await;
    let mut other = database.app().await;
    let item: uuid::Uuid = {
        let transaction = within(&mut app, group.north.id).await;
        let sql = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 0)";
        let id = one(&transaction, sql, &[&group.north.assistant]).await;
        // It is in progress: a second action changes nothing of it.
        let begun = transaction.query_one("SELECT awgp.begin_action($1, 'look')", &[&id]).await;
        begun.expect("a first action");
        transaction.commit().await.expect("commits");
        id
    };
    app.batch_execute(&format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT awgp.set_context('{}')",
        group.north.id
    ))
    .await
    .expect("a snapshot");
    let transaction = within(&mut other, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET priority = 4 WHERE id = $1";
    transaction.execute(sql, &[&item]).await.expect("another session changes it");
    transaction.commit().await.expect("commits");
    let begun = app.query_one("SELECT awgp.begin_action($1, 'look', 'openai', 0.1)", &[&item]).await;
    assert_sqlstate(begun, "40001");
    app.batch_execute("ROLLBACK").await.expect("it ends");
    round(&mut app, &group).await.expect("the session goes on");
}

#[tokio::test]
async fn what_the_statement_around_has_changed_is_seen() {
    let (_database, group, mut app) = scene().await;
    let (assistant, item) = (group.north.assistant, group.north.work_item);
    for (sql, id) in [
        (
            "WITH changed AS (UPDATE awgp.assistants SET name = name || '!' WHERE id = $1 RETURNING id)
             SELECT awgp.record_cost(id, 'openai', 'gpt-4', 10, 20, 0.5) FROM changed",
            assistant,
        ),
        (
            "WITH changed AS (UPDATE awgp.assistants SET name = name || '!' WHERE id = $1 RETURNING id)
             SELECT awgp.reserve_credit(id, 'openai', 0.25) FROM changed",
            assistant,
        ),
        (
            "WITH changed AS (UPDATE awgp.work_items SET risk_level = 0 WHERE id = $1 RETURNING id)
             SELECT awgp.begin_action(id, 'look', 'openai', 0.1) FROM changed",
            item,
        ),
    ] {
        let work = within(&mut app, group.north.id).await;
        work.query_one(sql, &[&id]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }
}

#[tokio::test]
async fn a_row_is_stored_as_a_statement_stores_it() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let tables = ["cost_transactions", "credit_reservations", "governed_actions"];
    write_by_statement(&superuser, &tables).await;
    round(&mut app, &group).await.expect("by statements");
    assert!(number(&superuser, "SELECT count(*) FROM public.seen").await > 0);
    for table in tables {
        assert_ne!(assert_halves_are_alike(&superuser, table, "created_at", "true").await, 0);
    }
}
