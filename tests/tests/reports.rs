//! The views of budgets and costs: what is spent, held, left and to be
//! expected, for a tenant and for a holding.

use awgp_tests::fixture::{self, Group, Tenant, within};
use awgp_tests::{Database, assert_sqlstate};
use tokio_postgres::Client;
use uuid::Uuid;

/// The pool of a tenant whose period began ten days ago and ends in twenty, with so much spent.
async fn pool(database: &Database, tenant: &Tenant, budget: &str, spent: &str) -> Uuid {
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant.id).await;
    let sql = "SELECT id FROM awgp.create_credit_pool('openai', $1::text::numeric)";
    let pool: Uuid = transaction.query_one(sql, &[&budget]).await.expect("a pool").get(0);
    transaction.commit().await.expect("committed");
    // In the place of the period that the pool was made with.
    let sql = "WITH gone AS (DELETE FROM awgp.budget_periods WHERE pool_id = $2)
               INSERT INTO awgp.budget_periods
                   (tenant_id, scope, pool_id, starts_at, ends_at, time_zone, limit_amount, spent)
               VALUES ($1, 'pool', $2, now() - interval '10 days', now() + interval '20 days', 'UTC',
                       $3::text::numeric, $4::text::numeric)";
    period(&database.superuser().await, sql, &[&tenant.id, &pool, &budget, &spent]).await;
    pool
}

/// The ledger alone writes periods; the superuser sets the scene past its triggers.
async fn period(superuser: &Client, sql: &str, parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)]) {
    superuser.batch_execute("SET session_replication_role = replica").await.expect("a superuser may");
    superuser.execute(sql, parameters).await.expect("a period");
    superuser.batch_execute("RESET session_replication_role").await.expect("it is reset");
}

/// A reservation of the tenant from its pool, which expires in so many minutes.
async fn hold(database: &Database, tenant: &Tenant, pool: Uuid, amount: &str, minutes: i32) {
    let sql = "INSERT INTO awgp.credit_reservations
                   (tenant_id, assistant_id, provider, pool_id, amount, reserved_at, expires_at)
               VALUES ($1, $2, 'openai', $3, $4::text::numeric, now() - interval '1 hour',
                       now() + make_interval(mins => $5))";
    let superuser = database.superuser().await;
    period(&superuser, sql, &[&tenant.id, &tenant.assistant, &pool, &amount, &minutes]).await;
}

/// An entry of the ledger, at a moment.
async fn entry(database: &Database, tenant: &Tenant, at: &str, model: &str, amount: &str) -> Uuid {
    let sql =
        "INSERT INTO awgp.cost_transactions (id, tenant_id, assistant_id, work_item_id, provider, model,
                   input_tokens, output_tokens, cost_amount, accounted_at)
               VALUES ($1, $2, $3, $4, 'openai', $5, 10, 20, $6::text::numeric, $7::text::timestamptz)";
    let superuser = database.superuser().await;
    let id: Uuid = superuser.query_one("SELECT gen_random_uuid()", &[]).await.expect("an id").get(0);
    period(&superuser, sql, &[&id, &tenant.id, &tenant.assistant, &tenant.work_item, &model, &amount, &at])
        .await;
    id
}

async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    (database, group)
}

/// The only row of a query as text, column by column; NULL is a dash.
async fn row(database: &Database, tenant: &Tenant, sql: &str) -> Vec<String> {
    let mut app = database.app().await;
    let transaction = within(&mut app, tenant.id).await;
    let row = transaction.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    (0..row.len())
        .map(|place| row.get::<_, Option<String>>(place).unwrap_or_else(|| "-".to_owned()))
        .collect()
}

#[tokio::test]
async fn a_budget_says_what_is_spent_held_and_left_and_what_is_to_be_expected() {
    let (database, group) = scene().await;
    let pool = pool(&database, &group.north, "100", "20").await;
    hold(&database, &group.north, pool, "5.000001", 30).await;
    hold(&database, &group.north, pool, "50", -1).await;
    let sql = "SELECT budget::text, spent::text, held::text, left_amount::text, used_percent::text,
                      round(per_day, 2)::text, round(forecast, 1)::text, runs_out_on::text FROM awgp.budget_status";
    // Two a day: sixty by the end of thirty days. The expired reservation holds nothing.
    assert_eq!(
        row(&database, &group.north, sql).await,
        ["100.000000", "20.000000", "5.000001", "74.999999", "25.0", "2.00", "60.0", "-"]
    );
}

#[tokio::test]
async fn the_day_on_which_a_budget_runs_out_is_told_where_it_comes_before_the_end() {
    let (database, group) = scene().await;
    pool(&database, &group.north, "100", "80").await;
    let sql = "SELECT runs_out_on::text,
                      ((now() + interval '2 days 12 hours') AT TIME ZONE 'UTC')::date::text FROM awgp.budget_status";
    // Eight a day, and twenty left.
    let told = row(&database, &group.north, sql).await;
    assert_eq!(told[0], told[1]);
    // Nothing left is today; more spent than there was is no less.
    pool(&database, &group.south, "100", "130").await;
    let sql = "SELECT left_amount::text, used_percent::text,
                      (runs_out_on = (now() AT TIME ZONE 'UTC')::date)::text FROM awgp.budget_status";
    assert_eq!(row(&database, &group.south, sql).await, ["-30.000000", "130.0", "true"]);
}

#[tokio::test]
async fn a_budget_of_nothing_and_one_that_nobody_has_touched_are_told_too() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.create_credit_pool('local', 0), awgp.create_credit_pool('openai', 10, 31)";
    transaction.execute(sql, &[]).await.expect("pools");
    transaction.commit().await.expect("committed");
    let told = "budget::text, spent::text, held::text, left_amount::text, used_percent::text, per_day::text,
                forecast::text, (period_starts_at <= now() AND now() < period_ends_at)::text,
                extract(day FROM (period_ends_at AT TIME ZONE 'UTC' + interval '1 day'))::text";
    let sql = format!("SELECT {told} FROM awgp.budget_status WHERE provider = 'openai'");
    let row_of = row(&database, &group.north, &sql).await;
    assert_eq!(
        row_of[..8],
        ["10.000000", "0.000000", "0", "10.000000", "0.0", "0.000000", "0.000000", "true"]
    );
    // Reset on the 31st: the last day of every month, whose next day is a first.
    assert_eq!(row_of[8], "1");
    let sql = "SELECT used_percent::text, left_amount::text FROM awgp.budget_status WHERE provider = 'local'";
    assert_eq!(row(&database, &group.north, sql).await, ["-", "0.000000"]);
}

#[tokio::test]
async fn a_rate_that_lasts_for_ever_is_no_error() {
    let (database, group) = scene().await;
    pool(&database, &group.north, "999999999999", "0.000001").await;
    let sql = "SELECT runs_out_on::text, spent::text FROM awgp.budget_status";
    assert_eq!(row(&database, &group.north, sql).await, ["-", "0.000001"]);
}

#[tokio::test]
async fn a_holding_has_budgets_and_spend_of_all_its_subsidiaries_in_one_query() {
    let (database, group) = scene().await;
    let north = pool(&database, &group.north, "100", "20").await;
    pool(&database, &group.south, "50", "10").await;
    pool(&database, &group.other, "7", "7").await;
    hold(&database, &group.north, north, "5", 30).await;
    let superuser = database.superuser().await;
    for (tenant, scope, spent) in [(&group.north, "tenant", "21"), (&group.holding, "holding", "31")] {
        let sql = "INSERT INTO awgp.budget_periods
                       (tenant_id, scope, starts_at, ends_at, time_zone, limit_amount, spent)
                   VALUES ($1, $2, now() - interval '1 day', now() + interval '1 day', 'UTC', 500,
                           $3::text::numeric)";
        period(&superuser, sql, &[&tenant.id, &scope, &spent]).await;
    }
    let mut app = database.app().await;
    let transaction = within(&mut app, group.holding.id).await;
    let sql = "SELECT tenant_slug, pools::text, budget::text, spent::text, held::text, left_amount::text,
                      month_limit::text, month_spent::text, month_held::text, month_left::text,
                      COALESCE(holding_limit::text, '-'), COALESCE(holding_spent::text, '-')
               FROM awgp.tenant_budgets ORDER BY tenant_slug";
    let rows = transaction.query(sql, &[]).await.expect("budgets");
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| (0..row.len()).map(|place| row.get(place)).collect()).collect();
    assert_eq!(
        rows,
        [
            [
                "holding",
                "0",
                "0",
                "0",
                "0",
                "0",
                "1000.000000",
                "0",
                "0",
                "1000.000000",
                "500.000000",
                "31.000000"
            ],
            [
                "north",
                "1",
                "100.000000",
                "20.000000",
                "5.000000",
                "75.000000",
                "1000.000000",
                "21.000000",
                "5.000000",
                "974.000000",
                "-",
                "-"
            ],
            [
                "south",
                "1",
                "50.000000",
                "10.000000",
                "0",
                "40.000000",
                "1000.000000",
                "0",
                "0",
                "1000.000000",
                "-",
                "-"
            ],
        ]
    );
    drop(transaction);
    let sql = "SELECT string_agg(tenant_slug, ',') FROM awgp.tenant_budgets";
    assert_eq!(row(&database, &group.south, sql).await, ["south"]);
}

#[tokio::test]
async fn costs_count_in_the_tenants_own_days_and_what_was_reversed_is_taken_off() {
    let (database, group) = scene().await;
    let superuser = database.superuser().await;
    let sql = "UPDATE awgp.tenants SET settings = '{\"time_zone\": \"Pacific/Auckland\"}' WHERE id = $1";
    superuser.execute(sql, &[&group.north.id]).await.expect("a time zone");
    // Noon in London is the next day in Auckland, in summer.
    entry(&database, &group.north, "2026-01-10T12:00:00Z", "gpt-x", "1.5").await;
    entry(&database, &group.north, "2026-01-10T10:59:59.999999Z", "gpt-x", "0.25").await;
    let wrong = entry(&database, &group.north, "2026-01-10T12:00:00Z", "gpt-y", "9").await;
    let sql = "INSERT INTO awgp.cost_transactions (tenant_id, assistant_id, work_item_id, provider, model,
                   input_tokens, output_tokens, cost_amount, accounted_at, reverses_id)
               SELECT tenant_id, assistant_id, work_item_id, provider, model, 0, 0, -cost_amount, accounted_at, id
               FROM awgp.cost_transactions WHERE id = $1";
    period(&superuser, sql, &[&wrong]).await;
    entry(&database, &group.south, "2026-01-10T12:00:00Z", "gpt-x", "4").await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.holding.id).await;
    let sql = "SELECT tenant_slug, day::text, assistant_slug, model, work_item_title, entries::text, input_tokens::text,
                      output_tokens::text, cost_amount::text
               FROM awgp.cost_by ORDER BY tenant_slug, day, model";
    let rows = transaction.query(sql, &[]).await.expect("costs");
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| (0..row.len()).map(|place| row.get(place)).collect()).collect();
    assert_eq!(
        rows,
        [
            ["north", "2026-01-10", "helper", "gpt-x", "First task", "1", "10", "20", "0.250000"],
            ["north", "2026-01-11", "helper", "gpt-x", "First task", "1", "10", "20", "1.500000"],
            ["north", "2026-01-11", "helper", "gpt-y", "First task", "0", "0", "0", "0.000000"],
            ["south", "2026-01-10", "helper", "gpt-x", "First task", "1", "10", "20", "4.000000"],
        ]
    );
}

#[tokio::test]
async fn reports_are_for_applications_with_a_tenant_in_context() {
    let (database, group) = scene().await;
    pool(&database, &group.north, "100", "20").await;
    entry(&database, &group.north, "2026-01-10T12:00:00Z", "gpt-x", "1.5").await;
    let (app, admin, auditor) =
        (database.app().await, database.admin().await, database.connect(awgp_tests::Login::Auditor).await);
    for view in ["budget_status", "tenant_budgets", "cost_by"] {
        let sql = format!("SELECT count(*) FROM awgp.{view}");
        assert_eq!(app.query_one(&sql, &[]).await.expect("a count").get::<_, i64>(0), 0, "{view}");
        assert_eq!(
            row(&database, &group.south, &sql.replace("count(*)", "count(*)::text")).await,
            [if view == "tenant_budgets" { "1" } else { "0" }],
            "{view}"
        );
        assert_sqlstate(admin.query_one(&sql, &[]).await, "42501");
        assert_sqlstate(auditor.query_one(&sql, &[]).await, "42501");
        // No view of sums is written to, with or without a grant.
        assert_sqlstate(app.execute(&format!("DELETE FROM awgp.{view}"), &[]).await, "55000");
    }
}
