//! What an erased person decided and handed over, an erasure that is taken back, and a restored dump.

use super::{Line, assert_whole, counts, declare, erase, erase_in, person, tables_with_the_secret};
use awgp_tests::Database;
use awgp_tests::command::{Folder, run};
use awgp_tests::fixture::{Tenant, group, one, within, within_as};
use uuid::Uuid;

const APPROVAL: &str = "title, description, rejected_reason, escalation_reason, context";

/// One statement that answers an id, as this user; committed.
async fn ask(database: &Database, tenant: &Tenant, user: Uuid, sql: &str, id: Uuid) -> Uuid {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant.id, Some(user)).await;
    let answer = one(&transaction, sql, &[&id]).await;
    transaction.commit().await.expect("committed");
    answer
}

fn line<'a>(lines: &'a [Line], place: &str) -> &'a Line {
    lines.iter().find(|line| line.place == place).unwrap_or_else(|| panic!("no line of {place}: {lines:#?}"))
}

#[tokio::test]
async fn approvals_comments_and_delegations_go_when_they_are_over() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let manager = north.user("manager");
    let sql = "SELECT id FROM awgp.create_work_item($1, 'To look', risk_level => 3)";
    let item = ask(&database, &north, user, sql, north.assistant).await;
    let sql = "SELECT id FROM awgp.request_approval($1, 'for Zyzzyva7741', 'to zyzzyva7741',
                                                    context => '{\"who\": \"zyzzyva7741\"}')";
    let approval = ask(&database, &north, user, sql, item).await;
    // A manager is erased as well, whose comment and delegation have the person's name.
    let sql = "SELECT id FROM awgp.delegate_approvals($1, NULL, now() + interval '1 hour', reason => 'I am with zyzzyva7741')";
    let delegation = ask(&database, &north, manager, sql, north.user("admin")).await;

    let open = erase(&database, &north, user, false).await;
    assert_eq!(counts(&open, "awgp.approvals", APPROVAL), (Some(1), 0, Some(1)), "it can be decided");
    let open = erase(&database, &north, manager, false).await;
    assert_eq!(counts(&open, "awgp.approval_delegations", "reason"), (Some(1), 0, Some(1)), "it is in force");
    assert!(line(&open, "awgp.approval_delegations").why.as_deref().is_some_and(|why| why.contains("open")));

    let admin = north.user("admin");
    let sql = "SELECT id FROM awgp.reject($1, 'never for zyzzyva7741')";
    ask(&database, &north, admin, sql, approval).await;
    ask(&database, &north, admin, "SELECT id FROM awgp.revoke_delegation($1)", delegation).await;
    let lines = erase(&database, &north, user, false).await;
    assert_eq!(counts(&lines, "awgp.approvals", APPROVAL), (Some(1), 1, Some(0)));
    let lines = erase(&database, &north, manager, false).await;
    assert_eq!(counts(&lines, "awgp.approval_delegations", "reason"), (Some(1), 1, Some(0)));
    let lines = erase(&database, &north, admin, false).await;
    assert_eq!(counts(&lines, "awgp.approval_decisions", "comment"), (Some(1), 1, Some(0)));
    assert_eq!(tables_with_the_secret(&database.superuser().await).await, Vec::<String>::new());
    assert_whole(&database).await;
}

#[tokio::test]
async fn an_erasure_that_is_rolled_back_to_a_savepoint_has_not_happened() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    declare(&database).await;
    let user = person(&database, &north).await;
    let superuser = database.superuser().await;
    let with = tables_with_the_secret(&superuser).await;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    transaction.batch_execute("SAVEPOINT before").await.expect("a savepoint");
    let first = erase_in(&transaction, user, false).await;
    transaction.batch_execute("ROLLBACK TO before").await.expect("rolled back");
    // What is written afterwards is no erasure.
    let sql = "SELECT awgp.update_user($1, first_name => 'Zyzzyva7741 still')";
    transaction.execute(sql, &[&user]).await.expect("changed");
    transaction.commit().await.expect("committed");
    assert_eq!(tables_with_the_secret(&superuser).await, with);
    let erased = "SELECT count(*) FROM awgp.audit_erasable_values WHERE erased_at IS NOT NULL";
    assert_eq!(superuser.query_one(erased, &[]).await.expect("counted").get::<_, i64>(0), 0);
    assert_whole(&database).await;
    // And one that stands in a savepoint that is released has.
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    transaction.batch_execute("SAVEPOINT before").await.expect("a savepoint");
    let second = erase_in(&transaction, user, false).await;
    transaction.batch_execute("RELEASE before").await.expect("released");
    transaction.commit().await.expect("committed");
    let of = |lines: &[Line]| counts(lines, "awgp.audit_logs", "users.email").1;
    assert_eq!((of(&first), of(&second)), (1, 2), "of the insert, and of the change");
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_whole(&database).await;
}

#[tokio::test]
async fn a_restored_dump_erases_what_the_original_has_of_a_customer() {
    let original = Database::new().await;
    let north = group(&original).await.north;
    let superuser = original.superuser().await;
    superuser
        .batch_execute(
            "CREATE SCHEMA shop; GRANT USAGE ON SCHEMA shop TO PUBLIC;
             CREATE TABLE shop.orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, customer text, note text);
             GRANT ALL ON shop.orders TO PUBLIC;
             SELECT awgp.track_table('shop.orders', erasable => '{note}', subject => 'customer')",
        )
        .await
        .expect("a tracked table");
    let order = async |database: &Database, id: i64| {
        let mut app = database.app().await;
        let transaction = within(&mut app, north.id).await;
        let sql = "INSERT INTO shop.orders VALUES ($1, $2, 'c-17', 'ring at zyzzyva7741')";
        transaction.execute(sql, &[&id, &north.id]).await.expect("an order");
        transaction.commit().await.expect("committed");
    };
    order(&original, 1).await;
    let folder = Folder::new(&original);
    let file = folder.file("plain.sql");
    run("pg_dump", &original, &["--file", &file]);
    let restored = Database::empty().await;
    run("psql", &restored, &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file", &file]);
    assert_whole(&restored).await;
    // The declaration is there, and counts for what is written now.
    order(&restored, 2).await;
    let superuser = restored.superuser().await;
    let sql = "SELECT erasable = '{note}' AND subject = 'customer' FROM awgp.tracked_tables";
    assert!(superuser.query_one(sql, &[]).await.expect("one table").get::<_, bool>(0));
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE after_state::text ILIKE '%zyzzyva7741%'";
    assert_eq!(superuser.query_one(sql, &[]).await.expect("counted").get::<_, i64>(0), 0);
    assert_whole(&restored).await;
    superuser.batch_execute("DELETE FROM shop.orders").await.expect("the application removes its own rows");
    let mut app = restored.app().await;
    let transaction = within(&mut app, north.id).await;
    let sql = "SELECT * FROM awgp.erase_subject('shop.orders', 'c-17', 'request 19')";
    let lines = super::lines(&transaction.query(sql, &[]).await.expect("erased"));
    transaction.commit().await.expect("committed");
    assert_eq!(counts(&lines, "awgp.audit_logs", "shop.orders.note").0, Some(4), "two inserts, two deletes");
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_whole(&restored).await;
}
