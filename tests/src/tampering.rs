//! The trail in hands that should not have it: a superuser's, with the guards off meanwhile.

use crate::Database;

/// The partition of the newest event.
pub async fn present_partition(database: &Database) -> String {
    let sql = "SELECT c.relname FROM awgp.audit_logs a JOIN pg_class c ON c.oid = a.tableoid ORDER BY a.id DESC LIMIT 1";
    database.superuser().await.query_one(sql, &[]).await.expect("an event").get(0)
}

/// The superuser does this to the present partition, which `{partition}` stands for.
pub async fn tamper(database: &Database, sql: &str) {
    let partition = format!("awgp.{}", present_partition(database).await);
    let statements = sql.replace("{partition}", &partition);
    let sql = format!(
        "BEGIN;
         ALTER TABLE {partition} DISABLE TRIGGER USER;
         {statements};
         ALTER TABLE {partition} ENABLE ALWAYS TRIGGER guard_audit;
         ALTER TABLE {partition} ENABLE ALWAYS TRIGGER guard_truncate;
         COMMIT"
    );
    database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
}
