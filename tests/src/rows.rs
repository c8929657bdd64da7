//! The tables of the schema, from the catalog, and copies of their rows with keys of their own.

use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::Client;
use uuid::Uuid;

/// A table of the schema awgp, as the catalog has it.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name without the schema.
    pub name: String,
    /// A partition, for which nobody has a grant.
    pub is_partition: bool,
    /// The column that names the tenant: `tenant_id`, or `id` of tenants; none for what belongs to no tenant.
    pub tenant_column: Option<String>,
    /// Columns that an INSERT may name.
    pub columns: Vec<String>,
    /// Columns that a copy of a row must have anew, with their types: the key and one column of every other
    /// unique index.
    pub fresh: Vec<(String, String)>,
}

/// Every table and partition of the schema, by name.
pub async fn tables(superuser: &Client) -> Vec<Table> {
    let rows = superuser.query(TABLES, &[]).await.expect("the catalog is readable");
    let mut tables = Vec::new();
    for row in rows {
        let name: String = row.get(0);
        let fresh: Vec<(String, String)> = superuser
            .query(FRESH, &[&name])
            .await
            .expect("the catalog is readable")
            .iter()
            .map(|row| (row.get(0), row.get(1)))
            .collect();
        tables.push(Table {
            is_partition: row.get(1),
            tenant_column: row.get(2),
            columns: row.get(3),
            name,
            fresh,
        });
    }
    tables
}

const TABLES: &str = "
    SELECT relname::text, relispartition,
           CASE WHEN relname = 'tenants' THEN 'id'
                ELSE (SELECT attname::text FROM pg_attribute
                      WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped) END,
           (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
            WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
              AND attgenerated = '' AND attidentity <> 'a')
    FROM pg_class
    WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'f')
    ORDER BY relname";

const FRESH: &str = "
    SELECT DISTINCT attname::text, atttypid::regtype::text
    FROM pg_index
    CROSS JOIN LATERAL (
        SELECT attname, atttypid FROM unnest(indkey::int2[]) WITH ORDINALITY AS key (number, place)
        JOIN pg_attribute ON attrelid = indrelid AND attnum = key.number
        WHERE attname NOT IN ('tenant_id', 'timestamp')
        ORDER BY attname = 'id' DESC, place DESC LIMIT 1) AS last
    WHERE indrelid = format('awgp.%I', $1::text)::regclass AND indisunique AND indkey::text <> '0'
    ORDER BY 1";

/// Columns whose CHECK allows few values: what a first, a second and a third copy have.
const CHOICES: &[(&str, &str, [&str; 3])] =
    &[("provider_credit_pools", "provider", ["anthropic", "openrouter", "local"])];

/// A copy of a row of the tenant (of any row where the table belongs to no tenant), with fresh keys. `number`
/// is 0, 1 or 2 and tells copies of the same row apart.
pub async fn copy_of(superuser: &Client, table: &Table, tenant: Uuid, number: usize) -> Value {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    // What AWGP ships, nobody writes.
    let shipped = if table.name == "assistant_templates" { "WHERE NOT is_system" } else { "" };
    let condition = table
        .tenant_column
        .as_ref()
        .map_or(shipped.to_owned(), |column| format!("WHERE {column} = '{tenant}'"));
    let sql = format!("SELECT to_jsonb(one) FROM awgp.{} AS one {condition} LIMIT 1", table.name);
    let row = superuser.query_opt(&sql, &[]).await.expect("a row can be read");
    let row = row.unwrap_or_else(|| {
        panic!("awgp.{} has no row of tenant {tenant}: make one in everything.rs", table.name)
    });
    let mut row: Value = row.get(0);
    for (column, kind) in &table.fresh {
        // Empty values do not collide.
        if row[column].is_null() {
            continue;
        }
        let choice = CHOICES.iter().find(|choice| choice.0 == table.name && choice.1 == column);
        row[column] = match (choice, kind.as_str()) {
            (Some(choice), _) => choice.2[number].into(),
            (None, "uuid") => Uuid::from_u128((0x5eed_u128 << 64) | u128::from(next)).to_string().into(),
            (None, "text") => format!("x{next}{}", row[column].as_str().unwrap_or_default()).into(),
            (None, "smallint") => (100 + next % 1000).into(),
            (None, "integer" | "bigint") => (1_000_000 + next).into(),
            // A row whose unique column is a flag cannot be copied; nobody may try.
            (None, _) => continue,
        };
    }
    match table.name.as_str() {
        // An item begins in the backlog, however far the one that is copied has come.
        "work_items" => row["status"] = "backlog".into(),
        // One open approval an item: a copy waits for another.
        "approvals" => row["work_item_id"] = spare_item(superuser, tenant, number).await.to_string().into(),
        _ => {}
    }
    row
}

/// An item for which no approval waits. It is there for as long as the copy needs it, and no longer than its
/// test's database.
async fn spare_item(superuser: &Client, tenant: Uuid, number: usize) -> Uuid {
    let title = format!("Spare {number}");
    let find = "SELECT id FROM awgp.work_items WHERE tenant_id = $1 AND title = $2";
    if let Some(row) = superuser.query_opt(find, &[&tenant, &title]).await.expect("items are readable") {
        return row.get(0);
    }
    let make = "INSERT INTO awgp.work_items (tenant_id, assistant_id, title)
                SELECT tenant_id, id, $2 FROM awgp.assistants WHERE tenant_id = $1 LIMIT 1 RETURNING id";
    superuser.query_one(make, &[&tenant, &title]).await.expect("a superuser may").get(0)
}

/// Inserts a row that [`copy_of`] made, as whoever `client` is.
pub fn insert_copy(table: &Table) -> String {
    let columns: Vec<String> = table.columns.iter().map(|column| format!("\"{column}\"")).collect();
    let columns = columns.join(", ");
    let returning = table.tenant_column.as_deref().map_or("true", |column| column);
    format!(
        "INSERT INTO awgp.{0} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::awgp.{0}, $1)
         RETURNING {returning}",
        table.name
    )
}
