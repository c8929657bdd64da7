//! The first call: a tenant and a user in context by the names that people know.

use awgp_tests::asking::attempt;
use awgp_tests::fixture::{self, Group};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, refused};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, GenericClient};
use uuid::Uuid;

async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    (database, group)
}

/// Tenant, user and assistant in context.
async fn in_context(client: &impl GenericClient) -> [Option<Uuid>; 3] {
    let sql = "SELECT awgp.current_tenant(), awgp.current_user_id(), awgp.current_assistant_id()";
    let row = client.query_one(sql, &[]).await.expect("the context can be asked");
    [row.get(0), row.get(1), row.get(2)]
}

/// The context that a statement sets, in a transaction of its own.
async fn context_of(client: &mut Client, statement: &str) -> [Option<Uuid>; 3] {
    let transaction = client.transaction().await.expect("a transaction begins");
    transaction.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    in_context(&transaction).await
}

#[tokio::test]
async fn slug_and_email_or_their_ids_put_tenant_and_user_in_context() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let (north, manager) = (group.north.id, group.north.user("manager"));
    for tenant in ["north".to_owned(), north.to_string(), north.to_string().to_uppercase()] {
        for user in
            ["manager@north.example".to_owned(), "MANAGER@North.Example".to_owned(), manager.to_string()]
        {
            let sql = format!("SELECT awgp.set_context('{tenant}', '{user}')");
            assert_eq!(context_of(&mut app, &sql).await, [Some(north), Some(manager), None], "{sql}");
        }
    }
    let without_user = context_of(&mut app, "SELECT awgp.set_context('north', NULL)").await;
    assert_eq!(without_user, [Some(north), None, None]);
    // As drivers pass it: text, of a type that they name or that the server infers.
    let transaction = app.transaction().await.expect("a transaction begins");
    let sql = "SELECT awgp.set_context($1, $2)";
    let answer = transaction.query_one(sql, &[&"north", &"manager@north.example"]).await.expect("it is set");
    assert_eq!(answer.get::<_, Uuid>(0), north);
    assert_eq!(in_context(&transaction).await, [Some(north), Some(manager), None]);
}

#[tokio::test]
async fn calls_with_ids_resolve_and_answer_as_before() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let (north, manager, assistant) = (group.north.id, group.north.user("manager"), group.north.assistant);
    for (sql, expected) in [
        (format!("SELECT awgp.set_context('{north}')"), [Some(north), None, None]),
        (format!("SELECT awgp.set_context('{north}', '{manager}')"), [Some(north), Some(manager), None]),
        (format!("SELECT awgp.set_context('{north}', NULL)"), [Some(north), None, None]),
        (
            format!("SELECT awgp.set_context('{north}', NULL, '{assistant}')"),
            [Some(north), None, Some(assistant)],
        ),
        (
            format!("SELECT awgp.set_context('{north}', '{manager}', '{assistant}')"),
            [Some(north), Some(manager), Some(assistant)],
        ),
        (format!("SELECT awgp.set_context(tenant_id => '{north}')"), [Some(north), None, None]),
        (
            format!("SELECT awgp.set_context('{north}', assistant_id => '{assistant}')"),
            [Some(north), None, Some(assistant)],
        ),
        ("SELECT awgp.set_context(awgp.find_tenant('north'))".to_owned(), [Some(north), None, None]),
    ] {
        assert_eq!(context_of(&mut app, &sql).await, expected, "{sql}");
    }
    assert_refused(app.batch_execute("SELECT awgp.set_context(NULL)").await, "42501", "unknown_tenant");
    assert_refused(app.batch_execute("SELECT awgp.set_context(NULL, NULL)").await, "42501", "unknown_tenant");
    assert_sqlstate(app.batch_execute("SELECT awgp.set_context('not-a-uuid')").await, "22P02");
    // One parameter is still a uuid; and so are two where their type or their name is given.
    app.query_one("SELECT awgp.set_context($1)", &[&north]).await.expect("a uuid");
    app.query_one("SELECT awgp.set_context($1, $2, $3)", &[&north, &manager, &assistant])
        .await
        .expect("uuids");
    let named = "SELECT awgp.set_context(tenant_id => $1, user_id => $2)";
    app.query_one(named, &[&north, &manager]).await.expect("uuids");
    let typed = app.prepare_typed("SELECT awgp.set_context($1, $2)", &[Type::UUID, Type::UUID]).await;
    app.query_one(&typed.expect("it is prepared"), &[&north, &manager]).await.expect("uuids");
    for kind in [Type::TEXT, Type::VARCHAR] {
        let typed = app.prepare_typed("SELECT awgp.set_context($1, $2)", &[kind.clone(), kind]).await;
        let texts = [north.to_string(), manager.to_string()];
        app.query_one(&typed.expect("it is prepared"), &[&texts[0], &texts[1]]).await.expect("ids as text");
    }
}

#[tokio::test]
async fn whoever_is_unknown_inactive_or_of_another_tenant_is_refused_alike() {
    let (database, group) = scene().await;
    let app = database.app().await;
    let superuser = database.superuser().await;
    let leave = "UPDATE awgp.users SET is_active = false WHERE email = 'viewer@north.example'";
    superuser.batch_execute(leave).await.expect("set up");
    let refusal = async |tenant: &str, user: &str| {
        let sql = format!("SELECT awgp.set_context('{tenant}', '{user}')");
        let refused = refused(app.batch_execute(&sql).await);
        assert_eq!(refused.code, "42501", "{sql}");
        (refused.reason.clone().unwrap_or_default(), refused.detail, refused.message, refused.hint)
    };
    let unknown = refusal("nowhere", "manager@north.example").await;
    assert_eq!(unknown.0, "unknown_tenant");
    for tenant in ["inactive", &group.inactive.id.to_string(), &Uuid::from_u128(7).to_string(), "", "North"] {
        assert_eq!(refusal(tenant, "manager@north.example").await, unknown, "{tenant}");
    }
    let unknown = refusal("north", "nobody@north.example").await;
    assert_eq!(unknown.0, "unknown_user");
    for user in [
        "viewer@north.example",
        "manager@south.example",
        "",
        &group.south.user("manager").to_string(),
        &group.north.user("viewer").to_string(),
        &Uuid::from_u128(7).to_string(),
    ] {
        assert_eq!(refusal("north", user).await, unknown, "{user}");
    }
}

#[tokio::test]
async fn a_refused_call_leaves_the_context_before_in_force() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let mut transaction = fixture::within(&mut app, group.north.id).await;
    let refused =
        attempt(&mut transaction, "SELECT awgp.set_context('south', 'manager@north.example')").await;
    assert_refused(refused, "42501", "unknown_user");
    assert_eq!(in_context(&transaction).await, [Some(group.north.id), None, None]);
}

#[tokio::test]
async fn a_login_that_reads_no_users_names_them_by_id_and_learns_no_address() {
    let (database, group) = scene().await;
    for login in [Login::Auditor, Login::Maintainer] {
        let mut client = database.connect(login).await;
        let manager = group.north.user("manager");
        for address in ["manager@north.example", "nobody@north.example"] {
            let sql = format!("SELECT awgp.set_context('north', '{address}')");
            assert_refused(client.batch_execute(&sql).await, "42501", "unknown_user");
        }
        let sql = format!("SELECT awgp.set_context('north', '{manager}')");
        assert_eq!(context_of(&mut client, &sql).await, [Some(group.north.id), Some(manager), None]);
        let sql = "SELECT awgp.set_context('north', NULL)";
        assert_eq!(context_of(&mut client, sql).await, [Some(group.north.id), None, None]);
    }
    let nobody = database.connect(Login::Nobody).await;
    assert_sqlstate(nobody.batch_execute("SELECT awgp.set_context('north', NULL)").await, "42501");
}

#[tokio::test]
async fn in_signed_mode_no_name_sets_a_context() {
    let (database, group) = scene().await;
    let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("set up");
    let app = database.app().await;
    let ids = format!("SELECT awgp.set_context('{}', '{}')", group.north.id, group.north.user("manager"));
    for sql in [
        "SELECT awgp.set_context('north', 'manager@north.example')",
        "SELECT awgp.set_context('x', NULL)",
        &ids,
    ] {
        assert_refused(app.batch_execute(sql).await, "42501", "signed_mode");
    }
}

#[tokio::test]
async fn the_hint_of_whoever_comes_without_a_context_leads_in() {
    let (database, group) = scene().await;
    let mut app = database.app().await;
    let request = format!("SELECT awgp.request_approval('{}')", group.north.work_item);
    for (statement, tenant_only) in [
        ("SELECT awgp.find_user('manager@north.example')", false),
        ("UPDATE awgp.users SET first_name = 'A' WHERE email = 'viewer@north.example'", false),
        (request.as_str(), true),
    ] {
        let transaction = if tenant_only {
            fixture::within(&mut app, group.north.id).await
        } else {
            app.transaction().await.expect("a transaction begins")
        };
        let hint = refused(transaction.batch_execute(statement).await).hint;
        transaction.rollback().await.expect("rolled back");
        let call = hint.split_once("awgp.set_context(").and_then(|(_, rest)| rest.split_once(')'));
        let (names, _) = call.unwrap_or_else(|| panic!("{statement}: the hint says no call: {hint}"));
        let names = names.replace("TENANT", "north").replace("USER", "admin@north.example");
        let transaction = app.transaction().await.expect("a transaction begins");
        transaction
            .batch_execute(&format!("SELECT awgp.set_context({names})"))
            .await
            .expect("the hint's call");
        transaction.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
        transaction.rollback().await.expect("rolled back");
    }
}
