//! `awgp import`.

use super::with_seed;
use awgp_tests::cli::{awgp, json, table};
use awgp_tests::{Login, trail};

const FROM: [&str; 3] = ["import", "--from-schema", "app"];

#[tokio::test]
async fn a_dry_run_is_shown_in_every_format_and_tells_by_its_exit_code() {
    let (database, superuser) =
        with_seed("UPDATE users SET email = 'nowhere' WHERE first_name = 'Oz';").await;
    let dry = [&FROM[..], &["--dry-run"]].concat();
    let lines = json(&database, Login::Superuser, &dry).expect(12).json();
    let first = &lines[0];
    assert_eq!((&first["severity"], &first["table_name"]), (&"error".into(), &"users".into()));
    assert_eq!((&first["column_name"], &first["reason"]), (&"email".into(), &"check_violation".into()));
    assert_eq!(first["row_id"], "20000000-0000-4000-8000-000000000004");
    let url = database.url(Login::Superuser);
    let csv = awgp(&[&dry[..], &["--output", "csv"]].concat(), &[("DATABASE_URL", &url)]).expect(12);
    assert_eq!(csv.stdout.lines().next(), Some("severity,table_name,column_name,reason,rows,row_id,detail"));
    assert!(csv.stdout.contains("error,users,email,check_violation,1,20000000-0000-4000-8000-000000000004,"));
    superuser
        .batch_execute("UPDATE app.users SET email = 'oz@north.example' WHERE first_name = 'Oz'")
        .await
        .expect("mended");
    table(&database, Login::Superuser, &dry).expect(0);
}

#[tokio::test]
async fn it_asks_before_it_writes_and_does_not_where_nobody_can_answer() {
    let (database, superuser) = with_seed("").await;
    let refused = json(&database, Login::Superuser, &FROM).expect(2);
    assert!(refused.error()["hint"].as_str().is_some_and(|hint| hint.contains("--dry-run")));
    let tenants: i64 =
        superuser.query_one("SELECT count(*) FROM awgp.tenants", &[]).await.expect("a count").get(0);
    assert_eq!(tenants, 0);
    let yes = [&FROM[..], &["--yes"]].concat();
    let lines = json(&database, Login::Superuser, &yes).expect(0).json();
    let audit = lines.as_array().expect("a list").iter().find(|line| line["table_name"] == "audit_logs");
    assert_eq!(audit.map(|line| &line["rows"]), Some(&400.into()));
    assert_eq!(trail::verify(&database).await, Vec::new());
    table(&database, Login::Auditor, &["audit", "verify"]).expect(0);
    json(&database, Login::Superuser, &yes).expect(4);
    json(&database, Login::Admin, &[&FROM[..], &["--dry-run"]].concat()).expect(3);
}
