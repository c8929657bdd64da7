//! `awgp demo`: every proof holds, it can be repeated, it leaves no login behind, and it fails when a promise
//! is broken.

use awgp_tests::cli::{awgp, json, table};
use awgp_tests::{Database, Login};
use serde_json::Value;

/// How many logins are left of the runs that made tenants in this database.
async fn logins_left(database: &Database) -> i64 {
    let sql = "
        SELECT count(*) FROM pg_roles r JOIN awgp.tenants t ON t.slug LIKE 'nordlicht-%'
        WHERE r.rolname LIKE 'awgp\\_demo\\_' || right(t.slug, 6) || '%'";
    database.superuser().await.query_one(sql, &[]).await.expect("a count").get(0)
}

fn failed(outcome: &Value) -> Vec<&str> {
    let proofs = outcome["proofs"].as_array().expect("proofs");
    let broken = proofs.iter().filter(|proof| proof["holds"] == false);
    broken.map(|proof| proof["statement"].as_str().unwrap_or("")).collect()
}

#[tokio::test]
async fn every_proof_holds_twice_on_one_database() {
    let database = Database::empty().await;
    let first = json(&database, Login::Superuser, &["demo"]).expect(0).json();
    assert_eq!(failed(&first), [""; 0]);
    assert!(first["held"].as_u64().is_some_and(|held| held >= 40), "{first}");
    let second = table(&database, Login::Superuser, &["demo"]).expect(0);
    assert!(second.stdout.contains(" 0 failed"), "{second:#?}");
    assert!(!second.stdout.contains('\u{1b}'), "no colour where there is no terminal");
    assert_eq!(second.stderr, "");
    assert_eq!(logins_left(&database).await, 0);
}

#[tokio::test]
async fn a_broken_promise_fails_the_demo_and_is_named() {
    let database = Database::new().await;
    let sql = "CREATE POLICY leak ON awgp.work_items FOR SELECT USING (true)";
    database.superuser().await.batch_execute(sql).await.expect("the superuser may");
    let outcome = json(&database, Login::Superuser, &["demo"]).expect(12).json();
    let broken = failed(&outcome);
    assert!(broken.iter().any(|statement| statement.contains("sees its own work_items")), "{broken:?}");
    assert!(broken.iter().any(|statement| statement.contains("no tenant in context")), "{broken:?}");
    assert_eq!(logins_left(&database).await, 0);
}

#[tokio::test]
async fn a_scenario_that_the_server_refuses_leaves_no_login_behind() {
    let database = Database::new().await;
    let mut scenario: Value = serde_json::from_str(include_str!("../../demo/scenario.json")).expect("JSON");
    scenario["subsidiaries"][1]["users"][0]["role"] = "boss".into();
    let file = std::env::temp_dir().join(format!("{}.json", database.name));
    std::fs::write(&file, scenario.to_string()).expect("a file");
    let name = file.display().to_string();
    let outcome = table(&database, Login::Superuser, &["demo", "--scenario", &name]);
    std::fs::remove_file(&file).expect("removed");
    let outcome = outcome.expect(7);
    assert!(outcome.stderr.contains("users_role_check"), "{outcome:#?}");
    assert_eq!(logins_left(&database).await, 0);
}

#[tokio::test]
async fn a_scenario_that_is_not_there_is_refused_before_anything_is_made() {
    let database = Database::empty().await;
    let url = database.url(Login::Superuser);
    let outcome = awgp(&["demo", "--scenario", "/no/such/file"], &[("DATABASE_URL", &url)]).expect(6);
    assert!(outcome.hint().contains("demo/scenario.json"), "{outcome:#?}");
    let count = "SELECT count(*) FROM pg_extension WHERE extname = 'awgp'";
    let row = database.superuser().await.query_one(count, &[]).await.expect("a count");
    assert_eq!(row.get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_login_that_may_not_create_roles_is_told_so() {
    let database = Database::new().await;
    assert!(!table(&database, Login::App, &["demo"]).expect(3).hint().is_empty());
}
