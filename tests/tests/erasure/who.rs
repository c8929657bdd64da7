//! Who may erase, and whose data: an admin of the tenant or the system, in their own tenant only.

use super::{ERASE, assert_whole, declare, erase_in, person};
use awgp_tests::fixture::{group, within, within_as};
use awgp_tests::{Database, assert_refused};

#[tokio::test]
async fn who_may_not_erase_is_told_why() {
    let database = Database::new().await;
    let group = group(&database).await;
    let north = &group.north;
    declare(&database).await;
    let user = person(&database, north).await;
    let mut app = database.app().await;
    assert_refused(app.query(ERASE, &[&user, &false]).await, "42501", "no_tenant_context");
    for role in ["viewer", "operator", "manager"] {
        for is_dry in [true, false] {
            let transaction = within_as(&mut app, north.id, Some(north.user(role))).await;
            assert_refused(transaction.query(ERASE, &[&user, &is_dry]).await, "42501", "role_not_sufficient");
        }
    }
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    let above = transaction.query(ERASE, &[&north.user("super_admin"), &false]).await;
    assert_refused(above, "42501", "role_grant");
    drop(transaction);
    for by in [None, Some(north.user("super_admin"))] {
        let transaction = app.transaction().await.expect("begins");
        let context = "SELECT awgp.set_context($1, $2, $3)";
        transaction.execute(context, &[&north.id, &by, &north.assistant]).await.expect("a context");
        assert_refused(transaction.query(ERASE, &[&user, &false]).await, "42501", "human_needed");
    }
    for reason in ["''".to_owned(), "NULL".to_owned(), format!("'{}'", "x".repeat(501))] {
        let transaction = within(&mut app, north.id).await;
        let sql = format!("SELECT awgp.erase_user($1, {reason})");
        assert_refused(transaction.query(&sql, &[&user]).await, "22023", "out_of_range");
    }
    let transaction = within(&mut app, north.id).await;
    transaction.batch_execute("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ").await.expect("begins");
    transaction.execute("SELECT awgp.set_context($1)", &[&north.id]).await.expect("a context");
    assert_refused(transaction.query(ERASE, &[&user, &false]).await, "55000", "erasure_isolation");
}

#[tokio::test]
async fn a_tenant_erases_and_sees_its_own_people_only() {
    let database = Database::new().await;
    let group = group(&database).await;
    declare(&database).await;
    let user = person(&database, &group.north).await;
    let mut app = database.app().await;
    for tenant in [&group.south, &group.other, &group.holding] {
        let transaction = within_as(&mut app, tenant.id, Some(tenant.user("super_admin"))).await;
        let sql = "SELECT count(*) FROM awgp.audit_erasable_values WHERE tenant_id = $1";
        let seen: i64 = transaction.query_one(sql, &[&group.north.id]).await.expect("counted").get(0);
        assert_eq!(seen > 0, tenant.slug == "holding", "a holding sees its subsidiaries: {}", tenant.slug);
        assert_refused(transaction.query(ERASE, &[&user, &false]).await, "42501", "unknown_user");
    }
    let transaction = within(&mut app, group.north.id).await;
    let lines = erase_in(&transaction, user, false).await;
    assert!(lines[0].erased == 1, "the system of the tenant may: {lines:#?}");
    transaction.commit().await.expect("committed");
    assert_whole(&database).await;
}

#[tokio::test]
async fn what_cannot_be_declared_is_refused() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let admin = database.admin().await;
    for sql in [
        "SELECT awgp.set_erasable('awgp.users', '{role}')",
        "SELECT awgp.set_erasable('awgp.users', '{email,NULL}')",
        "SELECT awgp.set_erasable('awgp.tenants', '{name}')",
        "SELECT awgp.set_erasable('pg_class', '{relname}')",
        "SELECT awgp.set_erasable(NULL, '{email}')",
    ] {
        assert_refused(admin.query(sql, &[]).await, "22023", "out_of_range");
    }
    let mut app = database.app().await;
    let denied = app.query("SELECT awgp.set_erasable('awgp.users', '{email}')", &[]).await;
    assert_eq!(denied.expect_err("administrators only").code().map(|code| code.code()), Some("42501"));
    let transaction = within(&mut app, north.id).await;
    for sql in [
        "SELECT awgp.log_event('a', 'b', after => '{\"x\": 1}', erasable => '{x}')",
        "SELECT awgp.log_event('a', 'b', after => '{\"x\": 1}', erasable => '{y}', subject => 'somebody')",
    ] {
        transaction.batch_execute("SAVEPOINT before").await.expect("a savepoint");
        assert_refused(transaction.query(sql, &[]).await, "22023", "out_of_range");
        transaction.batch_execute("ROLLBACK TO before").await.expect("rolled back");
    }
    drop(transaction);
    let superuser = database.superuser().await;
    superuser
        .batch_execute(
            "CREATE TABLE public.things (id uuid PRIMARY KEY, tenant_id uuid NOT NULL, name text, who text)",
        )
        .await
        .expect("a table");
    for (options, reason) in [
        ("erasable => '{name}'", "out_of_range"),
        ("subject => 'who'", "out_of_range"),
        ("erasable => '{name}', subject => 'who', mask => '{who}'", "out_of_range"),
        ("erasable => '{name}', subject => 'who', exclude => '{name}'", "out_of_range"),
        ("erasable => '{nothing}', subject => 'who'", "unknown_column"),
        ("erasable => '{name}', subject => 'nobody'", "unknown_column"),
    ] {
        let sql = format!("SELECT awgp.track_table('public.things', {options})");
        assert_refused(superuser.query(&sql, &[]).await, "22023", reason);
    }
}
