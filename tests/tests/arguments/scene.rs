//! What the calls find: a database with rows everywhere, and work in several states.

use awgp_tests::Database;
use awgp_tests::everything::everywhere;
use awgp_tests::fixture::{Group, Tenant, one, within_as};
use tokio_postgres::Client;

/// Ids that stand in the values, of rows of the tenant.
pub async fn ids(superuser: &Client, group: &Group, tenant: &Tenant) -> Vec<(&'static str, String)> {
    let of = async |sql: &str| -> String {
        let sql = format!("SELECT quote_literal(found) FROM ({sql} LIMIT 1) AS of (found)");
        superuser
            .query_one(&sql, &[&tenant.id])
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"))
            .get(0)
    };
    let row = async |table: &str| -> String {
        format!(
            "{}::uuid",
            of(&format!("SELECT id FROM awgp.{table} WHERE tenant_id = $1 ORDER BY id")).await
        )
    };
    let named = async |title: &str, table: &str, column: &str| -> String {
        let items = format!("SELECT id FROM awgp.work_items WHERE tenant_id = $1 AND title = '{title}'");
        format!("{}::uuid", of(&format!("SELECT id FROM awgp.{table} WHERE {column} IN ({items})")).await)
    };
    // Longer names first: they begin with shorter ones.
    vec![
        (":open_item", named("open", "work_items", "id").await),
        (":running_item", named("running", "work_items", "id").await),
        (":asked", named("asked", "approvals", "work_item_id").await),
        (":work_item", row("work_items").await),
        (":assistant", row("assistants").await),
        (":approval", row("approvals").await),
        (":delegation", row("approval_delegations").await),
        (":reservation", row("credit_reservations").await),
        (":transaction", row("cost_transactions").await),
        (":conversation", row("conversation_logs").await),
        (":flag", row("hallucination_flags").await),
        (":action", row("governed_actions").await),
        (":stop", row("stops").await),
        (
            ":hold",
            format!("{}::uuid", of("SELECT id FROM awgp.audit_legal_holds WHERE $1::uuid IS NOT NULL").await),
        )
            .clone(),
        (
            ":audit_row",
            format!("{}::bigint", of("SELECT max(id) FROM awgp.audit_logs WHERE tenant_id = $1").await),
        ),
        (
            ":partition",
            of("SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                WHERE inhparent = 'awgp.audit_logs'::regclass AND relname <> 'audit_logs_default'
                  AND $1::uuid IS NOT NULL ORDER BY 1")
            .await,
        ),
        (":tenant", format!("'{}'::uuid", tenant.id)),
        (":holding", format!("'{}'::uuid", group.holding.id)),
        (":user", format!("'{}'::uuid", tenant.user("operator"))),
        (":other", format!("'{}'::uuid", tenant.user("admin"))),
    ]
}

/// A scene with rows everywhere, a table of an application's own, and
/// break-glass granted as an administrator may.
pub async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let superuser = database.superuser().await;
    let sql = "GRANT EXECUTE ON FUNCTION awgp.break_glass, awgp.force_approval TO awgp_app;
               CREATE TABLE public.orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, note text);
               ALTER TABLE public.orders OWNER TO awgp_test_app;
               INSERT INTO awgp.model_prices (provider, model, input_price, output_price, source, valid_from)
                   VALUES ('openai', 'gpt-4', 0.00003, 0.00006, 'own', '2020-01-01')";
    superuser.batch_execute(sql).await.expect("the scene is set");
    let (mut app, north) = (database.app().await, &group.north);
    let transaction = within_as(&mut app, north.id, Some(north.user("operator"))).await;
    for title in ["open", "running", "asked"] {
        let sql = "SELECT id FROM awgp.create_work_item($1, $2, risk_level => 1)";
        let item = one(&transaction, sql, &[&north.assistant, &title]).await;
        let next = match title {
            "running" => "SELECT id FROM awgp.start_work_item($1)",
            "asked" => "SELECT id FROM awgp.request_approval($1)",
            _ => continue,
        };
        one(&transaction, next, &[&item]).await;
    }
    transaction.commit().await.expect("it commits");
    // What would fill the disk is to fail here, not the machine of whoever runs the test.
    let sql = format!("ALTER DATABASE {} SET temp_file_limit = '64MB'", database.name);
    superuser.batch_execute(&sql).await.expect("a superuser sets a limit");
    (database, group)
}
