//! Legal holds win, and a month takes its values with it.

use super::{assert_whole, counts, declare, erase, person, tables_with_the_secret};
use awgp_tests::fixture::group;
use awgp_tests::{Database, Login, tampering};
use uuid::Uuid;

#[tokio::test]
async fn a_hold_on_the_month_or_the_tenant_keeps_the_values_and_the_answer_says_which() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let maintainer = database.connect(Login::Maintainer).await;
    let partition = tampering::present_partition(&database).await;
    for (place, argument) in [
        ("awgp.hold_partition($1::text, 'matter 7')", partition),
        ("awgp.hold_tenant_trail($1::text::uuid, 'matter 8')", north.id.to_string()),
    ] {
        let sql = format!("SELECT {place}");
        let hold: Uuid = maintainer.query_one(&sql, &[&argument]).await.expect("held").get(0);
        let lines = erase(&database, &north, user, false).await;
        assert_eq!(counts(&lines, "awgp.audit_logs", "users.email"), (Some(1), 0, Some(1)));
        let line = lines.iter().find(|line| line.what == "users.email").expect("a line");
        assert_eq!(line.why.as_deref(), Some(&*format!("legal hold {hold}")));
        let superuser = database.superuser().await;
        assert_eq!(
            tables_with_the_secret(&superuser).await,
            ["awgp.audit_erasable_values"],
            "all else is erased"
        );
        assert_whole(&database).await;
        let sql = "SELECT awgp.release_hold($1, 'over')";
        database.admin().await.execute(sql, &[&hold]).await.expect("released");
    }
    let lines = erase(&database, &north, user, false).await;
    assert_eq!(counts(&lines, "awgp.audit_logs", "users.email"), (Some(1), 1, Some(0)));
    assert_eq!(tables_with_the_secret(&database.superuser().await).await, Vec::<String>::new());
    assert_whole(&database).await;
}
