//! The installed catalog as text, to compare two installations or one with the golden file.

use tokio_postgres::Client;

/// Sessions that read the catalog print names in full and times in UTC.
pub const PLAIN_SESSION: &str =
    "SET search_path = pg_catalog; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'";

/// Every object in schema awgp, a line each: flags, ACL, definition. The months of partitions are replaced,
/// so equal partitions are one line.
pub async fn snapshot(superuser: &Client) -> Vec<String> {
    superuser.batch_execute(PLAIN_SESSION).await.expect("settings can be set");
    let rows = superuser.query(include_str!("catalog.sql"), &[]).await.expect("the catalog is readable");
    rows.iter().map(|row| row.get(0)).collect()
}

/// Every object in schema awgp and its comment, which is empty where it has none.
pub async fn comments(superuser: &Client) -> Vec<(String, String)> {
    superuser.batch_execute(PLAIN_SESSION).await.expect("settings can be set");
    let rows = superuser.query(include_str!("comments.sql"), &[]).await.expect("comments are readable");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// Asserts that two installations have the same objects with the same comments.
pub async fn assert_same(left: &Client, right: &Client) {
    assert_same_lines(&snapshot(left).await, &snapshot(right).await);
    let told = |comments: Vec<(String, String)>| -> Vec<String> {
        comments.into_iter().map(|(object, comment)| format!("{object}: {comment}")).collect()
    };
    assert_same_lines(&told(comments(left).await), &told(comments(right).await));
}

/// Asserts that two lists of lines are equal, and prints only what differs.
pub fn assert_same_lines(left: &[String], right: &[String]) {
    let missing: Vec<_> = left.iter().filter(|line| !right.contains(line)).collect();
    let added: Vec<_> = right.iter().filter(|line| !left.contains(line)).collect();
    assert!(missing.is_empty() && added.is_empty(), "only left: {missing:#?}\nonly right: {added:#?}");
    assert!(!left.is_empty(), "there is something to compare");
}

/// The base tables of schema awgp that are no partitions, in order of name.
pub async fn tables(superuser: &Client) -> Vec<String> {
    names(superuser, "true").await
}

/// Those of [`tables`] that have a column tenant_id.
pub async fn tenant_tables(superuser: &Client) -> Vec<String> {
    names(
        superuser,
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id')",
    )
    .await
}

async fn names(superuser: &Client, condition: &str) -> Vec<String> {
    let sql = format!(
        "SELECT relname::text FROM pg_class
         WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND {condition}
         ORDER BY relname"
    );
    let rows = superuser.query(&sql, &[]).await.expect("pg_class is readable");
    rows.iter().map(|row| row.get(0)).collect()
}

/// What `awgp.doctor()` finds wrong, as (code, severity, object, hint); what it only informs of is left out.
pub async fn findings(client: &Client) -> Vec<(String, String, String, String)> {
    let sql = "SELECT code, severity, object, hint FROM awgp.doctor() WHERE severity <> 'info'";
    let rows = client.query(sql, &[]).await.expect("the doctor answers");
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}
