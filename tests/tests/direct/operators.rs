//! What changes meanwhile, and what belongs to others: tenants that stop working, policies of other roles,
//! functions that are redefined, domains, and triggers that write the row that is being written.

use super::money::{round, scene};
use super::number;
use awgp_tests::fixture::{self, one, within, within_as};
use awgp_tests::{Login, assert_sqlstate};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// An operator changes something.
async fn adds(superuser: &Client, sql: &str) {
    superuser.batch_execute(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
}

/// A cost alone.
const COST: &str = "SELECT id FROM awgp.record_cost($1, 'openai', 'gpt-4', 10, 20, 0.5)";

#[tokio::test]
async fn a_tenant_that_stops_working_in_the_middle_of_a_transaction_writes_no_more() {
    let (database, group, mut app) = scene().await;
    let admin = database.connect(Login::Admin).await;
    let north = &group.north;
    let work = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    let reserve = "SELECT id FROM awgp.reserve_credit($1, 'openai', 0.25)";
    let held = one(&work, reserve, &[&north.assistant]).await;
    let stop = "UPDATE awgp.tenants SET is_active = false WHERE id = $1";
    assert_eq!(admin.execute(stop, &[&north.id]).await.expect("an administrator may"), 1);
    let calls: [(&str, &Uuid); 4] = [
        (reserve, &north.assistant),
        (COST, &north.assistant),
        ("SELECT id FROM awgp.settle_credit($1, 'gpt-4', 1, 2, 0.25)", &held),
        ("SELECT id FROM awgp.request_approval($1)", &north.work_item),
    ];
    for (sql, id) in calls {
        work.batch_execute("SAVEPOINT call").await.expect("a savepoint");
        let parameters: [&(dyn ToSql + Sync); 1] = [id];
        let error = work.query(sql, &parameters).await.expect_err(sql);
        let code = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
        assert!(["42501", "P0002"].contains(&code.as_str()), "{sql}: {error:?}");
        work.batch_execute("ROLLBACK TO SAVEPOINT call").await.expect("back");
    }
}

#[tokio::test]
async fn a_policy_for_another_role_is_none_for_the_application() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let role = format!("branch_{}", database.name);
    let add = format!(
        "CREATE ROLE {role};
         CREATE FUNCTION public.of_branch(numeric) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < 1';
         REVOKE EXECUTE ON FUNCTION public.of_branch(numeric) FROM PUBLIC;
         GRANT EXECUTE ON FUNCTION public.of_branch(numeric) TO {role};
         CREATE POLICY branch ON awgp.cost_transactions FOR INSERT TO {role} WITH CHECK (public.of_branch(cost_amount))"
    );
    adds(&superuser, &add).await;
    let outcome = round(&mut app, &group).await;
    let gone =
        format!("DROP POLICY branch ON awgp.cost_transactions; DROP OWNED BY {role}; DROP ROLE {role}");
    adds(&superuser, &gone).await;
    outcome.expect("it is not the application's");
}

#[tokio::test]
async fn a_function_that_is_redefined_counts_at_once() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let define = |allowed: &str, house: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION public.allowed(numeric) RETURNS boolean LANGUAGE sql AS 'SELECT $1 < {allowed}';
             CREATE OR REPLACE FUNCTION public.house() RETURNS text LANGUAGE sql AS $$SELECT '{house}'$$"
        )
    };
    adds(&superuser, &define("9", "old")).await;
    adds(
        &superuser,
        "ALTER TABLE awgp.credit_reservations ADD COLUMN house text DEFAULT public.house();
             CREATE POLICY house ON awgp.cost_transactions AS RESTRICTIVE FOR INSERT
                 WITH CHECK (public.allowed(cost_amount))",
    )
    .await;
    round(&mut app, &group).await.expect("it is allowed");
    adds(&superuser, &define("9", "new")).await;
    round(&mut app, &group).await.expect("it is allowed");
    let houses = "SELECT count(*) FROM awgp.credit_reservations WHERE house = 'new'";
    assert_eq!(number(&superuser, houses).await, 2);
    adds(&superuser, &define("0.1", "new")).await;
    assert_sqlstate(round(&mut app, &group).await, "42501");
}

#[tokio::test]
async fn domains_have_their_defaults_and_their_checks() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(
        &superuser,
        "CREATE DOMAIN public.center AS text DEFAULT 'CC-1' NOT NULL;
             CREATE DOMAIN public.named AS text CHECK (VALUE IS NOT NULL);
             ALTER TABLE awgp.cost_transactions ADD COLUMN center public.center",
    )
    .await;
    round(&mut app, &group).await.expect("it has a default");
    let without = "SELECT count(*) FROM awgp.cost_transactions WHERE center IS NULL";
    assert_eq!(number(&superuser, without).await, 0);
    // Rows that are there would break it.
    let named = "SET session_replication_role = replica; DELETE FROM awgp.cost_transactions;
                 DELETE FROM awgp.governed_actions; DELETE FROM awgp.credit_reservations;
                 RESET session_replication_role; ALTER TABLE awgp.credit_reservations ADD COLUMN named public.named";
    superuser.batch_execute(named).await.expect("a column without a value");
    assert_sqlstate(round(&mut app, &group).await, "23514");
}

#[tokio::test]
async fn a_trigger_may_change_the_row_that_a_call_has_locked() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(&superuser, "ALTER TABLE awgp.governed_actions ADD COLUMN note text;
             CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                 UPDATE awgp.governed_actions SET note = 'cost ' || NEW.cost_amount
                 WHERE reservation_id = NEW.reservation_id; RETURN NULL; END $$;
             CREATE TRIGGER house AFTER INSERT ON awgp.cost_transactions FOR EACH ROW EXECUTE FUNCTION public.stamp()").await;
    round(&mut app, &group).await.expect("the action ends");
    let noted =
        "SELECT count(*) FROM awgp.governed_actions WHERE status = 'succeeded' AND note LIKE 'cost 0.1%'";
    assert_eq!(number(&superuser, noted).await, 1);
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn a_trigger_on_alerts_may_give_back_what_is_held() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(&superuser, "CREATE FUNCTION public.give_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                 UPDATE awgp.credit_reservations SET state = 'released' WHERE state = 'held'; RETURN NULL; END $$;
             CREATE TRIGGER house AFTER INSERT ON awgp.budget_alerts FOR EACH ROW EXECUTE FUNCTION public.give_back()").await;
    let north = &group.north;
    let work = within(&mut app, north.id).await;
    one(&work, "SELECT id FROM awgp.reserve_credit($1, 'openai', 10)", &[&north.assistant]).await;
    // Most of the pool.
    let cost = "SELECT id FROM awgp.record_cost($1, 'openai', 'gpt-4', 10, 20, 920)";
    one(&work, cost, &[&north.assistant]).await;
    work.commit().await.expect("commits");
    assert!(number(&superuser, "SELECT count(*) FROM awgp.budget_alerts").await > 0);
    let held = "SELECT count(*) FROM awgp.credit_reservations WHERE state = 'held'";
    assert_eq!(number(&superuser, held).await, 0);
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn a_trigger_of_an_operator_in_the_schema_of_awgp_is_theirs() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(&superuser, "CREATE FUNCTION awgp.house() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TRIGGER a_house BEFORE INSERT ON awgp.cost_transactions FOR EACH ROW EXECUTE FUNCTION awgp.house()").await;
    let before = number(&superuser, "SELECT count(*) FROM awgp.cost_transactions").await;
    round(&mut app, &group).await.expect_err("no row was written");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.cost_transactions").await, before);
}

#[tokio::test]
async fn a_trigger_function_that_is_replaced_counts_at_once() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    let function = "SELECT proname::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
        WHERE tgrelid = 'awgp.cost_transactions'::regclass AND tgtype & 7 = 7 AND NOT tgisinternal
        ORDER BY tgname LIMIT 1";
    let name: String = superuser.query_one(function, &[]).await.expect("a trigger before rows").get(0);
    let replace = format!(
        "CREATE OR REPLACE FUNCTION awgp.{name}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
    );
    adds(&superuser, &replace).await;
    let work = within(&mut app, group.north.id).await;
    work.query(COST, &[&group.north.assistant]).await.expect_err("no row was written");
}

#[tokio::test]
async fn a_function_of_the_policies_that_is_taken_away_counts() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    // The planner leaves out the others.
    for function in ["awgp.own_tenant()", "awgp.current_tenant()"] {
        let sql = format!("REVOKE EXECUTE ON FUNCTION {function} FROM awgp_app");
        adds(&superuser, &sql).await;
        let work = within(&mut app, group.north.id).await;
        assert_sqlstate(work.query(COST, &[&group.north.assistant]).await, "42501");
        drop(work);
        let sql = format!("GRANT EXECUTE ON FUNCTION {function} TO awgp_app");
        adds(&superuser, &sql).await;
        let work = within(&mut app, group.north.id).await;
        one(&work, COST, &[&group.north.assistant]).await;
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_written_by_a_statement() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(&superuser, "ALTER TABLE awgp.cost_transactions DROP CONSTRAINT cost_transactions_metadata_check, ALTER COLUMN metadata DROP DEFAULT,
                 ALTER COLUMN metadata TYPE text, ALTER COLUMN metadata SET DEFAULT '{}'").await;
    round(&mut app, &group).await.expect("a jsonb is a text too");
    let work = within(&mut app, group.north.id).await;
    let cost = "SELECT id FROM awgp.record_cost($1, 'openai', 'gpt-4', 10, 20, 0.5, metadata => '{\"a\": \"bcdefgh\"}')";
    one(&work, cost, &[&group.north.assistant]).await;
    work.commit().await.expect("commits");
    let texts = "SELECT count(*) FROM awgp.cost_transactions WHERE metadata::jsonb ->> 'a' = 'bcdefgh'";
    assert_eq!(number(&superuser, texts).await, 1);
}

#[tokio::test]
async fn keys_of_an_operator_hold_for_balances() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(
        &superuser,
        "CREATE TABLE public.sums (spent numeric PRIMARY KEY);
             INSERT INTO public.sums SELECT DISTINCT spent FROM awgp.budget_periods;
             ALTER TABLE awgp.budget_periods ADD FOREIGN KEY (spent) REFERENCES public.sums",
    )
    .await;
    assert_sqlstate(round(&mut app, &group).await, "23503");
    adds(
        &superuser,
        "ALTER TABLE awgp.budget_periods DROP CONSTRAINT budget_periods_spent_fkey;
             ALTER TABLE awgp.budget_periods ADD COLUMN place bigserial;
             ALTER TABLE awgp.budget_periods ADD UNIQUE (place, spent) DEFERRABLE INITIALLY DEFERRED",
    )
    .await;
    round(&mut app, &group).await.expect("it holds");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn balances_have_what_an_operator_computes_and_checks() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    adds(
        &superuser,
        "ALTER TABLE awgp.budget_periods
                 ADD COLUMN free numeric GENERATED ALWAYS AS (limit_amount - spent - held) STORED;
             ALTER TABLE awgp.provider_credit_pools
                 ADD COLUMN gone numeric GENERATED ALWAYS AS (monthly_budget - current_balance) STORED",
    )
    .await;
    round(&mut app, &group).await.expect("balances change");
    let stale = "SELECT (SELECT count(*) FROM awgp.budget_periods WHERE free <> limit_amount - spent - held)
                      + (SELECT count(*) FROM awgp.provider_credit_pools WHERE gone <> monthly_budget - current_balance)";
    assert_eq!(number(&superuser, stale).await, 0);
    adds(&superuser, "ALTER TABLE awgp.budget_periods ADD CONSTRAINT house CHECK (spent < 2)").await;
    assert_sqlstate(round(&mut app, &group).await, "23514");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
}

#[tokio::test]
async fn a_column_that_an_operator_adds_to_the_trail_has_its_default() {
    let (database, group) = fixture::scene().await;
    let superuser = database.superuser().await;
    adds(&superuser, "ALTER TABLE awgp.audit_logs ADD COLUMN site text DEFAULT 'here', ADD COLUMN n integer NOT NULL DEFAULT 7").await;
    let mut app = database.app().await;
    let work = within(&mut app, group.north.id).await;
    let sql = "UPDATE awgp.work_items SET title = 'named' WHERE id = $1";
    work.execute(sql, &[&group.north.work_item]).await.expect("a change");
    work.commit().await.expect("it is recorded");
    let there = "SELECT count(*) FROM awgp.audit_logs WHERE after_state ->> 'title' = 'named' AND site = 'here' AND n = 7";
    assert_eq!(number(&superuser, there).await, 1);
    assert_eq!(awgp_tests::trail::verify(&database).await, []);
}

/// Tables of which calls return rows.
const RETURNED: [&str; 4] = ["cost_transactions", "credit_reservations", "conversation_logs", "approvals"];

/// The id of the row that the call returns, which has to be the one that the table has.
async fn returned(
    work: &Transaction<'_>,
    table: &str,
    call: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Uuid {
    let sql = format!("SELECT r.id, to_jsonb(r) FROM awgp.{call} AS r");
    let row = work.query_one(&sql, parameters).await.unwrap_or_else(|error| panic!("{call}: {error:?}"));
    let (id, made): (Uuid, serde_json::Value) = (row.get(0), row.get(1));
    let stored = format!("SELECT to_jsonb(r) FROM awgp.{table} AS r WHERE id = $1");
    let stored: serde_json::Value = work.query_one(&stored, &[&id]).await.expect("it is stored").get(0);
    assert_eq!(made, stored, "{call}");
    assert_eq!(made["kept"], "kept", "{call}");
    id
}

#[tokio::test]
async fn a_column_that_was_dropped_is_no_gap_in_the_rows_that_calls_return() {
    let (database, group, mut app) = scene().await;
    let superuser = database.superuser().await;
    for table in RETURNED {
        adds(
            &superuser,
            &format!(
                "ALTER TABLE awgp.{table} ADD COLUMN gone integer DEFAULT 7, ADD COLUMN kept text DEFAULT 'kept';
                 ALTER TABLE awgp.{table} DROP COLUMN gone"
            ),
        )
        .await;
    }
    let (north, assistant) = (&group.north, group.north.assistant);
    for by_statement in [false, true] {
        if by_statement {
            super::write_by_statement(&superuser, &RETURNED).await;
        }
        let work = within_as(&mut app, north.id, Some(north.user("operator"))).await;
        let (costs, held) = ("cost_transactions", "credit_reservations");
        returned(&work, costs, "record_cost($1, 'openai', 'gpt-4', 10, 20, 0.5)", &[&assistant]).await;
        let once = "record_cost($1, 'openai', 'gpt-4', 1, 2, 0.5, idempotency_key => $2)";
        let key = format!("once {by_statement}");
        let cost = returned(&work, costs, once, &[&assistant, &key]).await;
        assert_eq!(returned(&work, costs, once, &[&assistant, &key]).await, cost);
        returned(&work, costs, "reverse_cost($1, 'counted twice')", &[&cost]).await;
        let kept = returned(&work, held, "reserve_credit($1, 'openai', 0.25)", &[&assistant]).await;
        returned(&work, costs, "settle_credit($1, 'gpt-4', 1, 2, 0.25)", &[&kept]).await;
        let once = "reserve_credit($1, 'openai', 0.25, idempotency_key => $2)";
        let kept = returned(&work, held, once, &[&assistant, &key]).await;
        assert_eq!(returned(&work, held, once, &[&assistant, &key]).await, kept);
        returned(&work, held, "release_credit($1)", &[&kept]).await;
        let log = "log_conversation($1, 'internal', '[]', external_id => $2)";
        let logged = returned(&work, "conversation_logs", log, &[&assistant, &key]).await;
        assert_eq!(returned(&work, "conversation_logs", log, &[&assistant, &key]).await, logged);
        let item = "SELECT id FROM awgp.create_work_item($1, 'To pay', risk_level => 3)";
        let (first, second) = (one(&work, item, &[&assistant]).await, one(&work, item, &[&assistant]).await);
        let first = returned(&work, "approvals", "request_approval($1)", &[&first]).await;
        let ask = "request_action_approval($1, 'look', '{}')";
        let second = returned(&work, "approvals", ask, &[&second]).await;
        work.commit().await.expect("commits");
        let deciding = within_as(&mut app, north.id, Some(north.user("admin"))).await;
        returned(&deciding, "approvals", "approve($1, 'Go on.')", &[&first]).await;
        returned(&deciding, "approvals", "reject($1, 'Not now.')", &[&second]).await;
        deciding.commit().await.expect("commits");
    }
}
