//! `awgp.import_seed()`: a database with the seed's own tables comes in whole, or not at all.

mod command;
mod misfits;
mod trail;

use awgp_tests::catalog::findings;
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, fixture, seed, trail as chain};
use std::collections::BTreeMap;
use tokio_postgres::Client;
use uuid::Uuid;

const ROWS: &str = include_str!("rows.sql");
const PRISMA: &str = include_str!("prisma.sql");

const NORTH: Uuid = Uuid::from_u128(0x1000_0000_0000_4000_8000_0000_0000_0002);
const ADA: Uuid = Uuid::from_u128(0x2000_0000_0000_4000_8000_0000_0000_0002);
const MEL: Uuid = Uuid::from_u128(0x2000_0000_0000_4000_8000_0000_0000_0003);

/// A database with AWGP, and the application's tables in the schema `app`.
async fn with_seed(more: &str) -> (Database, Client) {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    seed::make(&superuser, &format!("{ROWS} {more}")).await;
    (database, superuser)
}

/// A line of the report.
#[derive(Debug)]
struct Line {
    severity: String,
    table: String,
    row: Option<String>,
    column: Option<String>,
    reason: String,
    rows: i64,
}

async fn run(client: &Client, sql: &str) -> Result<Vec<Line>, tokio_postgres::Error> {
    let rows = client.query(&format!("SELECT * FROM {sql}"), &[]).await?;
    let line = |row: &tokio_postgres::Row| Line {
        severity: row.get("severity"),
        table: row.get("table_name"),
        row: row.get("row_id"),
        column: row.get("column_name"),
        reason: row.get("reason"),
        rows: row.get("rows"),
    };
    Ok(rows.iter().map(line).collect())
}

async fn import(client: &Client) -> Vec<Line> {
    run(client, "awgp.import_seed('app', dry_run => false)").await.unwrap_or_else(|error| panic!("{error:?}"))
}

async fn number(client: &Client, sql: &str) -> i64 {
    client.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

/// Every verifier, and the doctor once maintenance has run: nothing is wrong.
async fn assert_sound(database: &Database) {
    let superuser = database.superuser().await;
    assert_eq!(chain::verify(database).await, Vec::new());
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.verify_ledger()").await, 0);
    let maintainer = database.connect(Login::Maintainer).await;
    // A call that has made a month leaves sealing to the next one.
    for _ in 0..2 {
        let ran = maintainer.query_one("SELECT awgp.run_maintenance()", &[]).await.expect("maintenance runs");
        let ran: serde_json::Value = ran.get(0);
        let failed = ran["steps"].as_array().expect("steps").iter().any(|step| step["ok"] != true);
        assert!(!failed, "{ran:#}");
    }
    assert_eq!(chain::verify(database).await, Vec::new());
    let found = findings(&superuser).await;
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn a_database_as_the_seed_describes_it_is_imported_whole() {
    let (database, superuser) = with_seed("").await;
    let before = seed::contents(&superuser, "app").await;
    let report = import(&superuser).await;
    assert_eq!(seed::contents(&superuser, "app").await, before, "the application's tables stay as they are");
    let imported: BTreeMap<&str, i64> = report
        .iter()
        .filter(|line| line.reason == "imported")
        .map(|line| (line.table.as_str(), line.rows))
        .collect();
    let expected = [
        ("tenants", 3),
        ("users", 5),
        ("assistants", 4),
        ("assistant_templates", 2),
        ("work_items", 7),
        ("approvals", 5),
        ("approval_delegations", 2),
        ("communication_policies", 1),
        ("provider_credit_pools", 3),
        ("cost_transactions", 5),
        ("conversation_logs", 3),
        ("hallucination_flags", 2),
        ("audit_logs", 400),
    ];
    assert_eq!(imported, BTreeMap::from(expected));
    // What AWGP does not know stands below the key that is the application's own.
    let sql = "SELECT jsonb_object_agg(slug, settings) FROM awgp.tenants";
    let settings: serde_json::Value = superuser.query_one(sql, &[]).await.expect("the tenants").get(0);
    assert_eq!(settings["north"], serde_json::json!({"application": {"theme": "dark"}}));
    assert_eq!(settings["group"], serde_json::json!({"time_zone": "Europe/Berlin"}));
    // What both tables have, row by row.
    for (table, columns) in [
        (
            "tenants",
            "id, name, slug, type, parent_tenant_id, quota_max_users, is_active, created_at, updated_at",
        ),
        ("users", "id, tenant_id, keycloak_id, email, first_name, role, is_active, created_at, updated_at"),
        (
            "assistants",
            "id, tenant_id, slug, status, capabilities, model_config, risk_tier, version, created_by, updated_at",
        ),
        (
            "work_items",
            "id, assistant_id, title, status, risk_level, estimated_cost, started_at, completed_at, created_by, created_at",
        ),
        (
            "approvals",
            "id, work_item_id, status, requested_by, approver_ids, rejected_reason, expires_at, escalation_count, created_at",
        ),
        (
            "approval_delegations",
            "id, delegator_id, delegate_id, risk_levels, starts_at, ends_at, is_active, created_at",
        ),
        (
            "communication_policies",
            "id, name, from_assistant_types, allowed_channels, content_rules, rate_limit_per_hour",
        ),
        (
            "cost_transactions",
            "id, assistant_id, work_item_id, provider, model, input_tokens, cost_amount, created_at",
        ),
        (
            "conversation_logs",
            "id, assistant_id, work_item_id, channel, external_id, messages, ended_at, created_at",
        ),
        (
            "hallucination_flags",
            "id, conversation_log_id, confidence_score, flagged_content, status, reviewed_by, reviewed_at, notes",
        ),
    ] {
        let sql = format!(
            "SELECT count(*) FROM (SELECT {columns} FROM app.{table} EXCEPT ALL SELECT {columns} FROM awgp.{table}) AS lost"
        );
        assert_eq!(number(&superuser, &sql).await, 0, "{table}");
    }
    assert_sound(&database).await;
}

#[tokio::test]
async fn a_database_as_prisma_makes_it_is_imported_too() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute(&format!("CREATE SCHEMA app; SET search_path = app; {PRISMA} RESET search_path;"))
        .await
        .unwrap_or_else(|error| panic!("{error:?}"));
    let report = import(&superuser).await;
    let told = |reason: &str| -> Vec<(&str, Option<&str>)> {
        let of = report.iter().filter(|line| line.reason == reason);
        of.map(|line| (line.table.as_str(), line.column.as_deref())).collect()
    };
    assert_eq!(told("column_unknown"), [("users", Some("shoeSize"))]);
    assert!(told("table_missing").contains(&("hallucination_flags", None)), "{report:#?}");
    let row = superuser
        .query_one(
            "SELECT t.type, t.updated_at = '2025-02-01 10:00:00.123+00', a.id::text, w.status, c.cost_amount::text,
                    c.cost_remainder::text, p.approver_ids[1] = p.requested_by, l.id
             FROM awgp.tenants AS t, awgp.assistants AS a, awgp.work_items AS w, awgp.cost_transactions AS c,
                  awgp.approvals AS p, awgp.audit_logs AS l
             WHERE l.\"timestamp\" = '2025-02-10 12:00:00.5+00'",
            &[],
        )
        .await
        .expect("one of each");
    assert_eq!((row.get::<_, &str>(0), row.get::<_, bool>(1)), ("holding", true));
    assert_eq!(row.get::<_, &str>(2), "30000000-0000-4000-8000-00000000000a");
    assert_eq!(row.get::<_, &str>(3), "awaiting_approval");
    // Digits beyond six decimals are not lost.
    assert_eq!(row.get::<_, &str>(4), "0.000000");
    assert!(row.get::<_, &str>(5).starts_with("0.0000001234"), "{}", row.get::<_, &str>(5));
    assert!(row.get::<_, bool>(6));
    assert_sound(&database).await;
}

#[tokio::test]
async fn a_dry_run_reports_and_writes_nothing() {
    let (_database, superuser) = with_seed("").await;
    let before = seed::contents(&superuser, "awgp").await;
    superuser.batch_execute("BEGIN READ ONLY").await.expect("a transaction begins");
    let report = run(&superuser, "awgp.import_seed('app')").await.expect("it reports");
    superuser.batch_execute("COMMIT").await.expect("it ends");
    assert_eq!(seed::contents(&superuser, "awgp").await, before);
    assert!(report.iter().all(|line| line.severity != "error"), "{report:#?}");
    let rows = |table: &str| {
        report
            .iter()
            .find(|line| line.reason == "would_be_imported" && line.table == table)
            .map(|line| line.rows)
    };
    assert_eq!((rows("audit_logs"), rows("users")), (Some(400), Some(5)));
}

#[tokio::test]
async fn an_error_in_the_last_table_leaves_nothing() {
    let (_database, superuser) = with_seed("").await;
    superuser
        .batch_execute(
            "CREATE FUNCTION app.fail() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE EXCEPTION 'no flags today' USING ERRCODE = 'P0001'; END $$;
             CREATE TRIGGER zz_fail BEFORE INSERT ON awgp.hallucination_flags FOR EACH ROW EXECUTE FUNCTION app.fail()",
        )
        .await
        .expect("a trigger of an operator");
    let before = seed::contents(&superuser, "awgp").await;
    let failed = run(&superuser, "awgp.import_seed('app', false)").await;
    assert_sqlstate(failed, "P0001");
    let sequence = |line: &String| line.starts_with("audit_logs_id_seq");
    let kept = |mut lines: Vec<String>| {
        lines.retain(|line| !sequence(line));
        lines
    };
    assert_eq!(kept(seed::contents(&superuser, "awgp").await), kept(before));
    assert_eq!(number(&superuser, "SELECT count(*) FROM pg_class WHERE relname = 'audit_logs_2025_02' AND relnamespace = 'awgp'::regnamespace").await, 0);
}

#[tokio::test]
async fn a_second_import_is_refused() {
    let (_database, superuser) = with_seed("").await;
    import(&superuser).await;
    let again = run(&superuser, "awgp.import_seed('app', false)").await;
    assert_refused(again, "55000", "already_imported");
    let again = run(&superuser, "awgp.import_seed('app')").await;
    assert_refused(again, "55000", "already_imported");
}

#[tokio::test]
async fn only_a_superuser_or_the_owner_imports() {
    let (database, superuser) = with_seed("").await;
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        assert_sqlstate(run(&client, "awgp.import_seed('app')").await, "42501");
    }
    // Not even with the privilege to call it.
    superuser
        .batch_execute(
            "GRANT EXECUTE ON FUNCTION awgp.import_seed TO awgp_test_admin; GRANT USAGE ON SCHEMA app TO awgp_test_admin;
             GRANT SELECT ON ALL TABLES IN SCHEMA app TO awgp_test_admin",
        )
        .await
        .expect("granted");
    let admin = database.admin().await;
    assert_refused(run(&admin, "awgp.import_seed('app', false)").await, "42501", "import_not_allowed");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.tenants").await, 0);
}

/// A role that is no superuser, with the privileges of the extension's owner.
#[tokio::test]
async fn a_role_with_the_privileges_of_the_owner_imports() {
    let (database, superuser) = with_seed("").await;
    let role = format!("import_owner_{}", database.name);
    let owner: String = superuser.query_one("SELECT current_user::text", &[]).await.expect("a name").get(0);
    superuser
        .batch_execute(&format!("BEGIN; CREATE ROLE {role}; GRANT {owner} TO {role}; SET LOCAL ROLE {role}"))
        .await
        .expect("a role for this transaction");
    let superuser_now: bool = superuser
        .query_one("SELECT rolsuper FROM pg_roles WHERE rolname = current_user", &[])
        .await
        .expect("a role")
        .get(0);
    assert!(!superuser_now);
    import(&superuser).await;
    superuser.batch_execute("RESET ROLE").await.expect("as before");
    assert_eq!(number(&superuser, "SELECT count(*) FROM awgp.work_items").await, 7);
    let owners = "SELECT count(DISTINCT relowner) FROM pg_class WHERE relnamespace = 'awgp'::regnamespace";
    assert_eq!(number(&superuser, owners).await, 1, "partitions belong to the owner");
    superuser.batch_execute("ROLLBACK").await.expect("the role is gone");
}

#[tokio::test]
async fn a_schema_without_tenants_is_refused() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    for schema in ["nowhere", "public"] {
        let refused = run(&superuser, &format!("awgp.import_seed('{schema}')")).await;
        assert_refused(refused, "P0002", "seed_not_found");
    }
    superuser
        .batch_execute("CREATE TABLE public.tenants (id uuid); CREATE TABLE public.\"Tenant\" (id uuid)")
        .await
        .expect("two tables");
    assert_refused(run(&superuser, "awgp.import_seed()").await, "55000", "seed_unreadable");
    assert_refused(run(&superuser, "awgp.import_seed('app', true, -1)").await, "22023", "out_of_range");
}

#[tokio::test]
async fn work_goes_on_where_it_stood() {
    let (database, superuser) = with_seed("").await;
    import(&superuser).await;
    let mut app = database.app().await;
    let waiting = "40000000-0000-4000-8000-000000000003";
    // An open request is decided by AWGP's rules, and opens the gate for the item as it was imported.
    let open = "50000000-0000-4000-8000-000000000001";
    let own = fixture::within_as(&mut app, NORTH, Some(MEL)).await;
    let refused = own.query(&format!("SELECT awgp.approve('{open}')::text"), &[]).await;
    assert_refused(refused, "42501", "self_approval");
    own.rollback().await.expect("rolled back");
    let work = fixture::within_as(&mut app, NORTH, Some(ADA)).await;
    work.query(&format!("SELECT awgp.approve('{open}')::text"), &[]).await.expect("Ada approves");
    work.query(&format!("SELECT awgp.start_work_item('{waiting}')::text"), &[]).await.expect("it begins");
    work.query("SELECT awgp.complete_work_item('40000000-0000-4000-8000-000000000002')::text", &[])
        .await
        .expect("what ran without AWGP ends");
    work.query(
        "SELECT awgp.record_cost('30000000-0000-4000-8000-000000000001', 'openai', 'gpt-4', 1, 1, 0.5)::text",
        &[],
    )
    .await
    .expect("money is spent");
    work.commit().await.expect("committed");
    // An approval that AWGP did not see is history.
    let work = fixture::within_as(&mut app, NORTH, Some(ADA)).await;
    let refused =
        work.query("SELECT awgp.start_work_item('40000000-0000-4000-8000-000000000007')::text", &[]).await;
    assert_refused(refused, "55000", "digest_mismatch");
    work.rollback().await.expect("rolled back");
    let left = "SELECT (current_balance * 1000000)::bigint FROM awgp.provider_credit_pools WHERE provider = 'openai' AND monthly_budget = 100";
    assert_eq!(number(&superuser, left).await, 98_250_000);
    assert_sound(&database).await;
}

#[tokio::test]
async fn balances_agree_with_the_entries() {
    let (_database, superuser) = with_seed("").await;
    import(&superuser).await;
    let rows = superuser
        .query(
            "SELECT p.id::text, p.current_balance::text, period.opening::text, period.spent::text
             FROM awgp.provider_credit_pools AS p
             JOIN awgp.budget_periods AS period ON period.pool_id = p.id AND period.ends_at = p.period_ends_at ORDER BY p.id",
            &[],
        )
        .await
        .expect("pools and their periods");
    let rows: Vec<[String; 3]> = rows.iter().map(|row| [row.get(1), row.get(2), row.get(3)]).collect();
    assert_eq!(
        rows,
        [
            ["98.750000", "0.000000", "1.250000"],
            // The balance forgot 0.004.
            ["9.996000", "0.000000", "0.004000"],
            // Spent before there were entries.
            ["4.000000", "6.000000", "6.000000"],
        ]
    );
}
