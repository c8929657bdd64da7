//! The role of the user in context binds them; `docs/permissions.md` has the table.

use awgp_core::permissions::{Role, Verb, may_write};
use awgp_tests::fixture::{Tenant, group, one, within_as};
use awgp_tests::rows::tables;
use awgp_tests::{Database, assert_refused, refused};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// A statement of this verb that touches no row, so that only the right to make it is asked for.
fn statement(table: &str, column: &str, verb: Verb) -> String {
    match verb {
        Verb::Insert => format!("INSERT INTO awgp.{table} SELECT * FROM awgp.{table} WHERE false"),
        Verb::Update => format!("UPDATE awgp.{table} SET \"{column}\" = \"{column}\" WHERE false"),
        Verb::Delete => format!("DELETE FROM awgp.{table} WHERE false"),
    }
}

#[tokio::test]
async fn every_role_writes_exactly_what_the_table_of_permissions_says() {
    let database = Database::new().await;
    let group = group(&database).await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    let (mut cells, mut allowed) = (0, 0);
    for table in tables(&superuser).await.iter().filter(|table| !table.is_partition) {
        for verb in Verb::ALL {
            let sql = statement(&table.name, &table.columns[0], verb);
            let privilege = "SELECT has_table_privilege('awgp_test_app', 'awgp.' || $1, $2)";
            let row =
                superuser.query_one(privilege, &[&table.name, &verb.name()]).await.expect("a privilege");
            // Without the grant the server refuses before any trigger does: the matrix shows it.
            if !row.get::<_, bool>(0) {
                continue;
            }
            for role in Role::ALL {
                let user = Some(group.north.user(role.name()));
                let transaction = within_as(&mut app, group.north.id, user).await;
                let answer = transaction.execute(&sql, &[]).await;
                let cell = format!("{role} {verb} {}", table.name);
                cells += 1;
                if may_write(role, &table.name, verb) {
                    allowed += 1;
                    answer.unwrap_or_else(|error| panic!("{cell}: {error:?}"));
                    continue;
                }
                let refused = refused(answer);
                let told = (refused.code.as_str(), refused.reason.as_deref());
                assert_eq!(told, ("42501", Some("role_not_sufficient")), "{cell}");
            }
        }
    }
    assert!(cells > 100 && allowed > 50, "{allowed} of {cells}");
}

#[tokio::test]
async fn every_role_reads_what_row_level_security_shows() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    for role in Role::ALL {
        let transaction = within_as(&mut app, group.north.id, Some(group.north.user(role.name()))).await;
        let row = transaction.query_one("SELECT count(*) FROM awgp.users", &[]).await.expect("a count");
        assert_eq!(row.get::<_, i64>(0), 5, "{role}");
    }
}

async fn as_role<'a>(app: &'a mut Client, tenant: &Tenant, role: &str) -> Transaction<'a> {
    within_as(app, tenant.id, Some(tenant.user(role))).await
}

#[tokio::test]
async fn nobody_gives_or_takes_a_role_above_their_own() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    for (actor, target, new, reason) in [
        ("admin", "manager", "viewer", None),
        ("admin", "manager", "admin", None),
        ("admin", "manager", "super_admin", Some("role_grant")),
        ("admin", "super_admin", "viewer", Some("role_grant")),
        ("admin", "super_admin", "super_admin", Some("role_grant")),
        ("admin", "admin", "viewer", Some("own_role")),
        ("admin", "admin", "super_admin", Some("own_role")),
        ("admin", "admin", "admin", None),
        ("super_admin", "admin", "super_admin", None),
        ("super_admin", "super_admin", "admin", Some("own_role")),
        ("manager", "viewer", "operator", Some("role_not_sufficient")),
    ] {
        let transaction = as_role(&mut app, &north, actor).await;
        let sql = "UPDATE awgp.users SET role = $2 WHERE id = $1";
        let answer = transaction.execute(sql, &[&north.user(target), &new]).await;
        match reason {
            None => assert_eq!(answer.unwrap_or_else(|error| panic!("{actor} {target} {new}: {error:?}")), 1),
            Some(reason) => assert_refused(answer, "42501", reason),
        }
    }
    for (actor, new, allowed) in
        [("admin", "admin", true), ("admin", "super_admin", false), ("super_admin", "super_admin", true)]
    {
        let transaction = as_role(&mut app, &north, actor).await;
        let made = transaction.execute("SELECT awgp.create_user('new@north.example', $1)", &[&new]).await;
        match allowed {
            true => assert_eq!(made.expect("his to give"), 1),
            false => assert_refused(made, "42501", "role_grant"),
        }
    }
    for (target, allowed) in [("super_admin", false), ("viewer", true)] {
        let transaction = as_role(&mut app, &north, "admin").await;
        let sql = "DELETE FROM awgp.users WHERE id = $1";
        let deleted = transaction.execute(sql, &[&north.user(target)]).await;
        match allowed {
            true => assert_eq!(deleted.expect("his to delete"), 1),
            false => assert_refused(deleted, "42501", "role_grant"),
        }
    }
}

#[tokio::test]
async fn a_user_delegates_their_own_authority_alone() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let insert = "INSERT INTO awgp.approval_delegations (delegator_id, delegate_id, starts_at, ends_at)
                  VALUES ($1, $2, now(), now() + interval '1 day') RETURNING id";
    let delegate = north.user("operator");
    let ids: [&(dyn tokio_postgres::types::ToSql + Sync); 2] = [&north.user("admin"), &delegate];
    for actor in ["manager", "super_admin"] {
        let transaction = as_role(&mut app, &north, actor).await;
        assert_refused(transaction.execute(insert, &ids).await, "42501", "not_own_row");
    }
    let transaction = as_role(&mut app, &north, "manager").await;
    let own = one(&transaction, insert, &[&north.user("manager"), &delegate]).await;
    let give = "UPDATE awgp.approval_delegations SET delegator_id = $2 WHERE id = $1";
    let moved = transaction.execute(give, &[&own, &north.user("admin")]).await;
    assert_refused(moved, "42501", "not_own_row");
    drop(transaction);
    let transaction = as_role(&mut app, &north, "admin").await;
    let admins = one(&transaction, insert, &[&north.user("admin"), &delegate]).await;
    transaction.commit().await.expect("committed");
    let revoke = "UPDATE awgp.approval_delegations SET is_active = false WHERE id = $1";
    for (actor, allowed) in [("manager", false), ("super_admin", true)] {
        let transaction = as_role(&mut app, &north, actor).await;
        let revoked = transaction.execute(revoke, &[&admins]).await;
        match allowed {
            true => assert_eq!(revoked.expect("an admin takes a delegation back"), 1),
            false => assert_refused(revoked, "42501", "not_own_row"),
        }
    }
}

#[tokio::test]
async fn the_system_and_an_assistant_alone_are_not_bound_and_an_assistant_for_a_user_is() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let none: Option<Uuid> = None;
    let set = "SELECT awgp.set_context($1, $2, $3)";
    let make = "SELECT id FROM awgp.create_user('new@north.example', 'admin')";
    for (user, assistant, bound) in [
        (none, none, false),
        (none, Some(north.assistant), false),
        (Some(north.user("viewer")), Some(north.assistant), true),
    ] {
        let transaction = app.transaction().await.expect("a transaction begins");
        transaction.execute(set, &[&north.id, &user, &assistant]).await.expect("the context is set");
        let made = transaction.execute(make, &[]).await;
        match bound {
            false => assert_eq!(made.expect("not bound"), 1),
            true => assert_refused(made, "42501", "role_not_sufficient"),
        }
    }
}

#[tokio::test]
async fn an_administrator_is_not_bound_by_the_user_in_context() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut admin = database.admin().await;
    let transaction = as_role(&mut admin, &north, "viewer").await;
    one(&transaction, "SELECT id FROM awgp.create_user('new@north.example', 'admin')", &[]).await;
}

#[tokio::test]
async fn a_role_that_changes_in_the_transaction_binds_from_then_on() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = as_role(&mut app, &north, "operator").await;
    let write = "SELECT id FROM awgp.create_work_item($1, 'Task')";
    one(&transaction, write, &[&north.assistant]).await;
    let set = "SELECT awgp.set_context($1::uuid, $2::uuid)";
    let none: Option<Uuid> = None;
    transaction.execute(set, &[&north.id, &none]).await.expect("the system");
    let demote = "UPDATE awgp.users SET role = 'viewer' WHERE id = $1";
    transaction.execute(demote, &[&north.user("operator")]).await.expect("demoted");
    transaction.execute(set, &[&north.id, &Some(north.user("operator"))]).await.expect("he again");
    let refused = transaction.query_one(write, &[&north.assistant]).await;
    assert_refused(refused, "42501", "role_not_sufficient");
}

#[tokio::test]
async fn a_user_who_deactivates_himself_writes_nothing_more() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let mut app = database.app().await;
    let transaction = as_role(&mut app, &north, "admin").await;
    let sql = "UPDATE awgp.users SET is_active = false WHERE id = $1";
    transaction.execute(sql, &[&north.user("admin")]).await.expect("his own row");
    let write = transaction.execute("SELECT awgp.create_work_item($1, 'Task')", &[&north.assistant]).await;
    assert_refused(write, "42501", "unknown_user");
}

#[tokio::test]
async fn a_viewer_of_a_holding_does_not_write_its_subsidiaries_assistants() {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let sql = "UPDATE awgp.assistants SET description = 'new' WHERE id = $1";
    for (role, allowed) in [("viewer", false), ("operator", false), ("manager", true)] {
        let transaction = as_role(&mut app, &group.holding, role).await;
        let written = transaction.execute(sql, &[&group.north.assistant]).await;
        match allowed {
            true => assert_eq!(written.expect("a manager of the holding"), 1),
            false => assert_refused(written, "42501", "role_not_sufficient"),
        }
    }
}
