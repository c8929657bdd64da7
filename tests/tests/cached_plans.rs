//! Plans outlive a context: whatever was in force when a statement was planned, it shows what the context in
//! force sees when it runs.

use awgp_tests::Database;
use awgp_tests::fixture::{Group, group, within};
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

const TITLES: &str = "SELECT tenant_id FROM awgp.work_items ORDER BY created_at DESC";

/// An application's connection whose plans are cached from the first use on, and a statement prepared on it.
async fn prepared(database: &Database) -> (Client, Statement) {
    let app = database.app().await;
    app.batch_execute("SET plan_cache_mode = force_generic_plan").await.expect("a setting of PostgreSQL's");
    let statement = app.prepare(TITLES).await.expect("the statement is prepared");
    (app, statement)
}

/// The tenants whose items the statement shows, sorted.
async fn shown(client: &impl tokio_postgres::GenericClient, statement: &Statement) -> Vec<Uuid> {
    let rows = client.query(statement, &[]).await.expect("reading never fails");
    let mut tenants: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
    tenants.sort();
    tenants
}

fn sorted<const N: usize>(mut tenants: [Uuid; N]) -> Vec<Uuid> {
    tenants.sort();
    tenants.to_vec()
}

fn of_holding(group: &Group) -> Vec<Uuid> {
    sorted([group.holding.id, group.north.id, group.south.id])
}

async fn set(client: &impl tokio_postgres::GenericClient, tenant: Uuid, local: bool) {
    let sql = "SELECT set_config('app.current_tenant', $1, $2)";
    client.execute(sql, &[&tenant.to_string(), &local]).await.expect("any role may set it");
}

#[tokio::test]
async fn a_cached_plan_follows_set_context_between_tenants_and_holdings() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (mut app, statement) = prepared(&database).await;
    // The first plan is a plain tenant's: one that is made without a context is right for every other.
    for _ in 0..3 {
        for (tenant, expected) in [
            (group.north.id, vec![group.north.id]),
            (group.holding.id, of_holding(&group)),
            (group.south.id, vec![group.south.id]),
            (group.other.id, vec![group.other.id]),
        ] {
            let transaction = within(&mut app, tenant).await;
            assert_eq!(shown(&transaction, &statement).await, expected);
            transaction.commit().await.expect("reading commits");
        }
        assert!(shown(&app, &statement).await.is_empty());
    }
}

#[tokio::test]
async fn a_cached_plan_follows_the_setting_between_tenants_and_holdings() {
    let database = Database::new().await;
    let group = group(&database).await;
    for mode in ["force_generic_plan", "force_custom_plan", "auto"] {
        let (mut app, statement) = prepared(&database).await;
        app.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.expect("a setting of PostgreSQL's");
        for _ in 0..7 {
            let transaction = app.transaction().await.expect("a transaction begins");
            set(&transaction, group.north.id, true).await;
            assert_eq!(shown(&transaction, &statement).await, [group.north.id], "{mode}");
            set(&transaction, group.holding.id, true).await;
            assert_eq!(shown(&transaction, &statement).await, of_holding(&group), "{mode}");
            set(&transaction, group.south.id, true).await;
            assert_eq!(shown(&transaction, &statement).await, [group.south.id], "{mode}");
            transaction.commit().await.expect("reading commits");
        }
    }
}

#[tokio::test]
async fn a_cached_plan_follows_what_returns_when_a_transaction_or_a_savepoint_ends() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (mut app, statement) = prepared(&database).await;
    set(&app, group.holding.id, false).await;
    for by_function in [false, true] {
        assert_eq!(shown(&app, &statement).await, of_holding(&group));
        let mut transaction = app.transaction().await.expect("a transaction begins");
        let savepoint = transaction.savepoint("attempt").await.expect("a savepoint is set");
        if by_function {
            let sql = "SELECT awgp.set_context($1)";
            savepoint.execute(sql, &[&group.north.id]).await.expect("the context is set");
        } else {
            set(&savepoint, group.north.id, true).await;
        }
        assert_eq!(shown(&savepoint, &statement).await, [group.north.id]);
        savepoint.rollback().await.expect("a savepoint is rolled back");
        assert_eq!(shown(&transaction, &statement).await, of_holding(&group));
        set(&transaction, group.south.id, true).await;
        assert_eq!(shown(&transaction, &statement).await, [group.south.id]);
        transaction.commit().await.expect("reading commits");
    }
    assert_eq!(shown(&app, &statement).await, of_holding(&group));
}

#[tokio::test]
async fn a_cached_plan_inside_a_function_follows_the_functions_own_setting() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let sql = format!(
        "CREATE FUNCTION public.seen() RETURNS bigint LANGUAGE plpgsql
             AS $$ BEGIN RETURN (SELECT count(*) FROM awgp.work_items); END $$;
         CREATE FUNCTION public.seen_by_holding() RETURNS bigint LANGUAGE plpgsql SET app.current_tenant = '{}'
             AS $$ BEGIN RETURN public.seen(); END $$",
        group.holding.id
    );
    superuser.batch_execute(&sql).await.expect("functions can be made");
    let (mut app, _) = prepared(&database).await;
    let transaction = app.transaction().await.expect("a transaction begins");
    set(&transaction, group.north.id, true).await;
    for _ in 0..3 {
        let row =
            transaction.query_one("SELECT public.seen(), public.seen_by_holding(), public.seen()", &[]).await;
        let row = row.expect("reading never fails");
        assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1), row.get::<_, i64>(2)), (1, 3, 1));
    }
}

#[tokio::test]
async fn a_cached_plan_sees_a_subsidiary_that_another_session_adds() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (app, statement) = prepared(&database).await;
    set(&app, group.other.id, false).await;
    assert_eq!(shown(&app, &statement).await, [group.other.id]);
    let admin = database.admin().await;
    let adopt = "UPDATE awgp.tenants SET parent_tenant_id = $1 WHERE id = $2";
    admin.execute(adopt, &[&group.other.id, &group.north.id]).await.expect("an administrator moves a tenant");
    assert_eq!(shown(&app, &statement).await, sorted([group.other.id, group.north.id]));
    admin.execute(adopt, &[&group.holding.id, &group.north.id]).await.expect("and moves it back");
    assert_eq!(shown(&app, &statement).await, [group.other.id]);
}

#[tokio::test]
async fn a_tenants_list_is_read_in_the_order_of_an_index_without_a_sort() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    // So few rows would be scanned and sorted; what counts is whether another way is open.
    let ways = "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off";
    app.batch_execute(ways).await.expect("settings of PostgreSQL's");
    let mut plans = Vec::new();
    for tenant in [group.north.id, group.holding.id] {
        let transaction = within(&mut app, tenant).await;
        let rows = transaction.query(&format!("EXPLAIN (COSTS OFF) {TITLES} LIMIT 50"), &[]).await;
        let lines = rows.expect("a plan").iter().map(|row| row.get(0)).collect::<Vec<String>>();
        plans.push(lines.join("\n"));
    }
    assert!(!plans[0].contains("Sort") && plans[0].contains("idx_work_items_tenant_created"), "{}", plans[0]);
    assert!(plans[1].contains("Sort"), "several tenants' rows must be sorted: {}", plans[1]);
}

#[tokio::test]
async fn a_look_up_by_key_asks_for_the_tenant_without_a_sub_select_and_follows_the_context() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (mut app, _) = prepared(&database).await;
    let statement =
        app.prepare("SELECT tenant_id FROM awgp.work_items WHERE id = $1").await.expect("prepared");
    let item = group.north.work_item;
    for _ in 0..3 {
        for (tenant, is_seen) in [
            (group.north.id, true),
            (group.south.id, false),
            (group.holding.id, true),
            (group.other.id, false),
        ] {
            let transaction = within(&mut app, tenant).await;
            let seen = transaction.query(&statement, &[&item]).await.expect("reading never fails");
            assert_eq!(!seen.is_empty(), is_seen, "{tenant}");
        }
        assert!(app.query(&statement, &[&item]).await.expect("reading never fails").is_empty());
    }
    for (tenant, sub_select) in [(group.north.id, false), (group.holding.id, true)] {
        let transaction = within(&mut app, tenant).await;
        let explain =
            format!("EXPLAIN SELECT * FROM awgp.work_items WHERE status = 'pending' AND id = '{item}'");
        let rows = transaction.query(&explain, &[]).await.expect("a plan");
        let plan: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(plan.iter().any(|line| line.contains("InitPlan")), sub_select, "{plan:?}");
    }
}
