//! The page of settings, against what is there.

use awgp_tests::Database;

const SETTINGS: &str = include_str!("../../docs/settings.md");

#[tokio::test]
async fn every_setting_of_the_server_is_documented_with_its_default() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    // Loads the library, which defines them.
    superuser.batch_execute("SELECT awgp.current_tenant()").await.expect("anybody may ask");
    let sql = "SELECT name, COALESCE(boot_val, '') FROM pg_settings WHERE name LIKE 'awgp.%'";
    let rows = superuser.query(sql, &[]).await.expect("settings are readable");
    assert!(rows.len() >= 9, "the library is loaded");
    let missing: Vec<String> = rows
        .iter()
        .map(|row| match (row.get(0), row.get(1)) {
            // A list of names, too long for a table.
            (name @ "awgp.audit_mask", _) => format!("| `{name}` | a list of the usual secrets |"),
            (name, "") => format!("| `{name}` | empty |"),
            (name, default) => format!("| `{name}` | `{default}` |"),
        })
        .filter(|line| !SETTINGS.contains(line.as_str()))
        .collect();
    assert!(missing.is_empty(), "add to docs/settings.md:\n{}", missing.join("\n"));
}
