//! What an application sees and writes, table by table as the catalog lists them.
//!
//! Everything is asked as an ordinary role; the superuser only sets the scene and counts.

use awgp_tests::catalog::tenant_tables;
use awgp_tests::everything::{count, everywhere, tenants};
use awgp_tests::fixture::{Group, one, tenant, within};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, refused};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// The two ways to put a tenant in context: the one we recommend and the seed's.
const WAYS: [&str; 2] =
    ["SELECT awgp.set_context($1::text::uuid)", "SELECT set_config('app.current_tenant', $1, true)"];

const SET_CONFIG: &str = WAYS[1];

async fn enter<'a>(client: &'a mut Client, way: &str, tenant: Uuid) -> Transaction<'a> {
    let transaction = client.transaction().await.expect("a transaction begins");
    transaction.execute(way, &[&tenant.to_string()]).await.expect("the context is set");
    transaction
}

/// The statements that write to a table, with the privilege each needs.
fn writes(table: &str) -> [(&'static str, String); 3] {
    [
        ("INSERT", format!("INSERT INTO awgp.{table} DEFAULT VALUES")),
        ("UPDATE", format!("UPDATE awgp.{table} SET tenant_id = tenant_id")),
        ("DELETE", format!("DELETE FROM awgp.{table}")),
    ]
}

async fn may(client: &Client, table: &str, privilege: &str) -> bool {
    let sql = "SELECT has_table_privilege($1, $2)";
    client.query_one(sql, &[&format!("awgp.{table}"), &privilege]).await.expect("an answer").get(0)
}

/// Ids of the tenants whose rows the client sees in a table.
async fn seen(client: &Client, table: &str) -> Vec<Uuid> {
    let sql = format!("SELECT DISTINCT tenant_id FROM awgp.{table} ORDER BY 1");
    let rows = client.query(&sql, &[]).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

fn sorted<const N: usize>(mut ids: [Uuid; N]) -> Vec<Uuid> {
    ids.sort_unstable();
    ids.to_vec()
}

/// Runs a statement in a savepoint, so that a refusal leaves the transaction usable.
async fn attempt(transaction: &mut Transaction<'_>, sql: &str) -> Result<u64, tokio_postgres::Error> {
    let savepoint = transaction.transaction().await.expect("a savepoint");
    let result = savepoint.execute(sql, &[]).await;
    savepoint.rollback().await.expect("back to the savepoint");
    result
}

async fn scene() -> (Database, Group, Vec<String>) {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let tables = tenant_tables(&database.superuser().await).await;
    assert!(tables.len() >= 10, "the seed has ten tables of tenants: {tables:?}");
    (database, group, tables)
}

#[tokio::test]
async fn without_a_context_every_table_reads_as_empty_and_every_write_is_refused() {
    let (database, _, tables) = scene().await;
    let app = database.app().await;
    let mut written = 0;
    for table in &tables {
        if may(&app, table, "SELECT").await {
            assert_eq!(count(&app, table, None).await, 0, "{table}");
        }
        for (privilege, sql) in writes(table) {
            if may(&app, table, privilege).await {
                assert_refused(app.execute(&sql, &[]).await, "42501", "no_tenant_context");
                written += 1;
            } else {
                assert_sqlstate(app.execute(&sql, &[]).await, "42501");
            }
        }
        assert_sqlstate(app.execute(&format!("TRUNCATE awgp.{table}"), &[]).await, "42501");
    }
    assert!(written >= 20, "applications write to most tables: {written}");
    assert_eq!(count(&app, "tenants", None).await, 0);
    assert_eq!(count(&app, "assistant_templates", None).await, 0);
}

#[tokio::test]
async fn without_a_context_a_row_with_a_tenant_of_its_own_is_refused_too() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let sql = "INSERT INTO awgp.users (tenant_id, email, role) VALUES ($1, 'a@b', 'viewer')";
    assert_refused(app.execute(sql, &[&group.north.id]).await, "42501", "no_tenant_context");
}

#[tokio::test]
async fn ordinary_roles_see_no_tenants_rows_without_a_context_except_what_their_office_needs() {
    let (database, _, tables) = scene().await;
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        for table in &tables {
            let office =
                matches!((login, table.as_str()), (Login::Auditor, "audit_logs") | (Login::Admin, "users"));
            let sql = format!("SELECT count(*) FROM awgp.{table}");
            match client.query_one(&sql, &[]).await {
                Ok(row) => assert_eq!(row.get::<_, i64>(0) > 0, office, "{login:?} {table}"),
                Err(error) => {
                    assert!(!office, "{login:?} {table}: {error:?}");
                    assert_sqlstate(Err::<(), _>(error), "42501");
                }
            }
        }
    }
}

#[tokio::test]
async fn with_a_tenant_in_context_exactly_its_rows_are_seen_in_every_table() {
    let (database, group, tables) = scene().await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    for way in WAYS {
        for tenant in [&group.north, &group.south, &group.other] {
            let transaction = enter(&mut app, way, tenant.id).await;
            for table in &tables {
                let client = transaction.client();
                assert_eq!(seen(client, table).await, [tenant.id], "{table} {way}");
                let all = count(&superuser, table, Some(tenant.id)).await;
                assert_eq!(count(client, table, None).await, all, "{table} {way}");
            }
            let sql = "SELECT id FROM awgp.tenants";
            let rows = transaction.query(sql, &[]).await.expect("tenants are readable");
            assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<Uuid>>(), [tenant.id]);
        }
    }
}

#[tokio::test]
async fn a_holding_sees_itself_and_its_direct_active_subsidiaries_in_every_table() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    let expected = sorted([group.holding.id, group.north.id, group.south.id]);
    for way in WAYS {
        let transaction = enter(&mut app, way, group.holding.id).await;
        for table in &tables {
            assert_eq!(seen(transaction.client(), table).await, expected, "{table} {way}");
        }
        let sql = "SELECT array_agg(id ORDER BY id) FROM awgp.tenants";
        let ids: Vec<Uuid> = transaction.query_one(sql, &[]).await.expect("tenants are readable").get(0);
        assert_eq!(ids, expected);
        let sql = "SELECT ARRAY(SELECT unnest(awgp.visible_tenants()) ORDER BY 1)";
        let ids: Vec<Uuid> = transaction.query_one(sql, &[]).await.expect("an answer").get(0);
        assert_eq!(ids, expected);
    }
}

#[tokio::test]
async fn a_tenant_changes_and_deletes_nothing_of_another() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    let strangers = [&group.south, &group.holding, &group.other, &group.inactive];
    for way in WAYS {
        let mut transaction = enter(&mut app, way, group.north.id).await;
        for table in &tables {
            for stranger in strangers {
                let whose = format!("WHERE tenant_id = '{}'", stranger.id);
                for (privilege, sql) in writes(table).into_iter().skip(1) {
                    if may(transaction.client(), table, privilege).await {
                        let touched = attempt(&mut transaction, &format!("{sql} {whose}")).await;
                        assert_eq!(touched.expect("no row is found"), 0, "{table} {privilege}");
                    }
                }
            }
        }
    }
}

/// Copies of another tenant's rows under new ids, offered by a tenant and by that tenant's holding.
#[tokio::test]
async fn a_row_of_another_tenant_is_refused_in_every_table_also_from_its_holding() {
    let (database, group, tables) = scene().await;
    let superuser = database.superuser().await;
    let mut app = database.app().await;
    let mut offered = 0;
    for table in &tables {
        if !may(&app, table, "INSERT").await {
            continue;
        }
        let sql = format!("SELECT to_jsonb(t)::text FROM awgp.{table} AS t WHERE tenant_id = $1 LIMIT 1");
        let row: String = superuser.query_one(&sql, &[&group.south.id]).await.expect("a row").get(0);
        for from in [&group.north, &group.other, &group.holding] {
            let mut transaction = enter(&mut app, WAYS[0], from.id).await;
            let sql = format!(
                "INSERT INTO awgp.{table} SELECT * FROM jsonb_populate_record(NULL::awgp.{table},
                     '{}'::jsonb || jsonb_build_object('id', gen_random_uuid(), 'slug', 'copy', 'email', 'c@d',
                                                       'provider', 'local', 'created_by', NULL))",
                row.replace('\'', "''")
            );
            let inserted = attempt(&mut transaction, &sql).await;
            // The seed's FOR ALL: a holding manages its subsidiaries' assistants, and nothing else there.
            if table == "assistants" && from.id == group.holding.id {
                assert_eq!(inserted.expect("a holding may"), 1);
            } else {
                let refused = refused(inserted);
                let told = (refused.code.as_str(), refused.reason.as_deref());
                assert_eq!(told, ("42501", Some("foreign_tenant")), "{table}: {refused:?}");
            }
            offered += 1;
        }
    }
    assert!(offered >= 24, "{offered}");
}

#[tokio::test]
async fn a_holding_writes_nothing_in_its_subsidiaries_but_assistants() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    let mut transaction = enter(&mut app, WAYS[0], group.holding.id).await;
    for table in tables.iter().filter(|table| *table != "assistants") {
        let whose = format!("WHERE tenant_id = '{}'", group.north.id);
        for (privilege, sql) in writes(table).into_iter().skip(1) {
            if may(transaction.client(), table, privilege).await {
                let touched = attempt(&mut transaction, &format!("{sql} {whose}")).await;
                assert_eq!(touched.expect("no row is found"), 0, "{table} {privilege}");
            }
        }
    }
    let sql = "UPDATE awgp.assistants SET description = 'managed' WHERE tenant_id = $1";
    let touched = transaction.execute(sql, &[&group.north.id]).await.expect("a holding may");
    assert_eq!(touched, 1);
    for stranger in [&group.other, &group.inactive] {
        assert_eq!(transaction.execute(sql, &[&stranger.id]).await.expect("no row is found"), 0);
    }
}

#[tokio::test]
async fn a_row_never_moves_to_another_tenant() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    for from in [&group.north, &group.holding] {
        let mut transaction = enter(&mut app, WAYS[0], from.id).await;
        for table in &tables {
            if may(transaction.client(), table, "UPDATE").await {
                let sql = format!(
                    "UPDATE awgp.{table} SET tenant_id = '{}' WHERE tenant_id = '{}'",
                    group.south.id, from.id
                );
                assert_refused(attempt(&mut transaction, &sql).await, "55000", "tenant_change");
            }
        }
    }
}

#[tokio::test]
async fn visibility_is_one_step_down_and_never_up_or_sideways() {
    let database = Database::new().await;
    let (mut admin, mut app) = (database.admin().await, database.app().await);
    let top = tenant(&mut admin, &mut app, "top", "holding", None).await;
    let middle = tenant(&mut admin, &mut app, "middle", "holding", Some(top.id)).await;
    let left = tenant(&mut admin, &mut app, "left", "subsidiary", Some(middle.id)).await;
    let right = tenant(&mut admin, &mut app, "right", "subsidiary", Some(middle.id)).await;
    for (who, sees) in [
        (&top, sorted([top.id, middle.id])),
        (&middle, sorted([middle.id, left.id, right.id])),
        (&left, vec![left.id]),
        (&right, vec![right.id]),
    ] {
        let transaction = within(&mut app, who.id).await;
        assert_eq!(seen(transaction.client(), "users").await, sees, "{}", who.slug);
    }
}

#[tokio::test]
async fn a_subsidiary_that_is_deactivated_or_moved_is_no_longer_seen() {
    let (database, group, _) = scene().await;
    let (admin, mut app) = (database.admin().await, database.app().await);
    let sql = "UPDATE awgp.tenants SET is_active = false WHERE id = $1";
    admin.execute(sql, &[&group.north.id]).await.expect("an administrator may");
    let sql = "UPDATE awgp.tenants SET parent_tenant_id = $2 WHERE id = $1";
    admin.execute(sql, &[&group.south.id, &group.other.id]).await.expect("an administrator may");
    let transaction = within(&mut app, group.holding.id).await;
    assert_eq!(seen(transaction.client(), "users").await, [group.holding.id]);
    transaction.rollback().await.expect("rolled back");
    let transaction = within(&mut app, group.other.id).await;
    assert_eq!(seen(transaction.client(), "users").await, sorted([group.other.id, group.south.id]));
}

#[tokio::test]
async fn an_unknown_and_an_inactive_tenant_are_refused_alike_by_set_context() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let sql = "SELECT awgp.set_context($1)";
    let unknown = refused(app.execute(sql, &[&Uuid::from_u128(7)]).await);
    let inactive = refused(app.execute(sql, &[&group.inactive.id]).await);
    let none = refused(app.execute(sql, &[&None::<Uuid>]).await);
    for refused in [&unknown, &inactive, &none] {
        assert_eq!((refused.code.as_str(), refused.reason.as_deref()), ("42501", Some("unknown_tenant")));
    }
    assert_eq!(unknown.detail, inactive.detail, "the answer does not tell which");
    assert_sqlstate(app.execute("SELECT awgp.set_context('not-a-uuid')", &[]).await, "22P02");
}

#[tokio::test]
async fn by_the_setting_an_unknown_or_inactive_tenant_is_no_context() {
    let (database, group, tables) = scene().await;
    let mut app = database.app().await;
    for tenant in [Uuid::from_u128(7), group.inactive.id] {
        let mut transaction = enter(&mut app, SET_CONFIG, tenant).await;
        for table in &tables {
            assert!(seen(transaction.client(), table).await.is_empty(), "{table}");
        }
        let written = attempt(&mut transaction, "DELETE FROM awgp.users").await;
        assert_refused(written, "42501", "no_tenant_context");
        let sql = "SELECT awgp.current_tenant() IS NULL AND awgp.visible_tenants() = '{}'";
        assert!(transaction.query_one(sql, &[]).await.expect("an answer").get::<_, bool>(0));
    }
}

#[tokio::test]
async fn a_malformed_setting_is_one_clear_error_and_an_empty_one_is_no_context() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    for text in ["not-a-uuid", "0", "00000000-0000-0000-0000-00000000000", "'; DROP TABLE awgp.users; --"] {
        for sql in
            ["SELECT count(*) FROM awgp.users", "DELETE FROM awgp.users", "SELECT awgp.current_tenant()"]
        {
            let transaction = app.transaction().await.expect("a transaction begins");
            transaction.execute(SET_CONFIG, &[&text]).await.expect("a setting can be set");
            assert_refused(transaction.execute(sql, &[]).await, "22023", "malformed_tenant_id");
        }
    }
    let transaction = app.transaction().await.expect("a transaction begins");
    transaction.execute(SET_CONFIG, &[&""]).await.expect("a setting can be set");
    assert_eq!(count(transaction.client(), "users", None).await, 0);
    // As PostgreSQL writes a uuid and as people do.
    let id = group.north.id.to_string();
    for text in [id.to_uppercase(), format!(" {id} "), format!("{{{id}}}")] {
        transaction.execute(SET_CONFIG, &[&text]).await.expect("a setting can be set");
        assert_eq!(seen(transaction.client(), "users").await, [group.north.id], "{text}");
    }
}

/// The client has no context any more, and it is not an error.
async fn assert_no_context(client: &Client, after: &str) {
    assert_eq!(count(client, "users", None).await, 0, "after {after}");
    assert_refused(client.execute("DELETE FROM awgp.users", &[]).await, "42501", "no_tenant_context");
}

#[tokio::test]
async fn a_context_ends_with_its_transaction_however_it_ends() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    for way in WAYS {
        let transaction = enter(&mut app, way, group.north.id).await;
        assert_eq!(count(transaction.client(), "users", None).await, 5);
        transaction.commit().await.expect("commits");
        assert_no_context(&app, "commit").await;

        let transaction = enter(&mut app, way, group.north.id).await;
        transaction.rollback().await.expect("rolls back");
        assert_no_context(&app, "rollback").await;

        let transaction = enter(&mut app, way, group.north.id).await;
        assert_sqlstate(transaction.execute("SELECT 1 / 0", &[]).await, "22012");
        transaction.rollback().await.expect("rolls back");
        assert_no_context(&app, "an error").await;

        let transaction = enter(&mut app, way, group.north.id).await;
        transaction
            .execute("DECLARE kept CURSOR WITH HOLD FOR SELECT email FROM awgp.users", &[])
            .await
            .expect("a cursor");
        transaction.commit().await.expect("commits");
        app.batch_execute("DISCARD ALL").await.expect("the pool resets");
        assert_no_context(&app, "DISCARD ALL").await;

        // Outside of a transaction block it lasts for its own statement.
        app.execute(way, &[&group.north.id.to_string()]).await.expect("set");
        assert_no_context(&app, "its own statement").await;
    }
}

#[tokio::test]
async fn a_setting_of_the_session_lasts_until_it_is_reset_or_discarded() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let set = format!("SET app.current_tenant = '{}'", group.north.id);
    for end in ["RESET app.current_tenant", "RESET ALL", "DISCARD ALL"] {
        app.batch_execute(&set).await.expect("set");
        assert_eq!(count(&app, "users", None).await, 5);
        app.batch_execute(end).await.expect("reset");
        assert_no_context(&app, end).await;
    }
}

#[tokio::test]
async fn a_savepoint_that_is_rolled_back_takes_its_context_with_it() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    for way in WAYS {
        // Nothing before the savepoint, so nothing after it.
        let mut transaction = app.transaction().await.expect("a transaction begins");
        let savepoint = transaction.transaction().await.expect("a savepoint");
        savepoint.execute(way, &[&group.north.id.to_string()]).await.expect("set");
        assert_eq!(seen(savepoint.client(), "users").await, [group.north.id]);
        savepoint.rollback().await.expect("rolled back");
        assert!(seen(transaction.client(), "users").await.is_empty(), "{way}");
        transaction.rollback().await.expect("rolled back");

        // What was in force before comes back.
        let mut transaction = enter(&mut app, way, group.north.id).await;
        let savepoint = transaction.transaction().await.expect("a savepoint");
        savepoint.execute(way, &[&group.south.id.to_string()]).await.expect("set");
        assert_eq!(seen(savepoint.client(), "users").await, [group.south.id]);
        savepoint.rollback().await.expect("rolled back");
        assert_eq!(seen(transaction.client(), "users").await, [group.north.id], "{way}");

        // What a released savepoint set stays.
        let savepoint = transaction.transaction().await.expect("a savepoint");
        savepoint.execute(way, &[&group.south.id.to_string()]).await.expect("set");
        savepoint.commit().await.expect("released");
        assert_eq!(seen(transaction.client(), "users").await, [group.south.id], "{way}");
        transaction.rollback().await.expect("rolled back");
    }
}

#[tokio::test]
async fn a_savepoint_inside_a_savepoint_keeps_and_loses_contexts_in_order() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let mut outer = transaction.transaction().await.expect("a savepoint");
    let inner = outer.transaction().await.expect("a savepoint");
    inner.execute(WAYS[0], &[&group.south.id.to_string()]).await.expect("set");
    inner.commit().await.expect("released");
    assert_eq!(seen(outer.client(), "users").await, [group.south.id]);
    outer.rollback().await.expect("rolled back");
    assert_eq!(seen(transaction.client(), "users").await, [group.north.id]);
}

#[tokio::test]
async fn a_prepared_transaction_leaves_no_context_behind() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let name = format!("{}_prepared", database.name);
    let begin = format!("BEGIN; SELECT awgp.set_context('{}')", group.north.id);
    app.batch_execute(&begin).await.expect("set");
    app.batch_execute("UPDATE awgp.users SET first_name = 'P'").await.expect("written");
    app.batch_execute(&format!("PREPARE TRANSACTION '{name}'")).await.expect("prepared");
    assert_no_context(&app, "PREPARE TRANSACTION").await;
    app.batch_execute(&format!("COMMIT PREPARED '{name}'")).await.expect("committed");
    assert_no_context(&app, "COMMIT PREPARED").await;
}

#[tokio::test]
async fn a_context_of_user_or_assistant_of_another_tenant_is_refused() {
    let (database, group, _) = scene().await;
    let app = database.app().await;
    let north = group.north.id;
    let user = "SELECT awgp.set_context($1, $2)";
    let assistant = "SELECT awgp.set_context($1, NULL, $2)";
    for id in [group.south.users[0], group.holding.users[0], Uuid::from_u128(7)] {
        assert_refused(app.execute(user, &[&north, &id]).await, "42501", "unknown_user");
    }
    for id in [group.south.assistant, Uuid::from_u128(7)] {
        assert_refused(app.execute(assistant, &[&north, &id]).await, "42501", "unknown_assistant");
    }
    let set = "UPDATE awgp.users SET is_active = false WHERE id = $1";
    let superuser = database.superuser().await;
    superuser.execute(set, &[&group.north.users[0]]).await.expect("set up");
    let inactive = app.execute(user, &[&north, &group.north.users[0]]).await;
    assert_refused(inactive, "42501", "unknown_user");
}

#[tokio::test]
async fn a_refused_set_context_leaves_the_one_before_in_force() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let mut transaction = within(&mut app, group.north.id).await;
    let sql = format!("SELECT awgp.set_context('{}', '{}')", group.south.id, group.other.users[0]);
    assert_refused(attempt(&mut transaction, &sql).await, "42501", "unknown_user");
    assert_eq!(seen(transaction.client(), "users").await, [group.north.id]);
}

#[tokio::test]
async fn set_context_wins_over_the_setting() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    transaction.execute(SET_CONFIG, &[&group.south.id.to_string()]).await.expect("a setting can be set");
    assert_eq!(seen(transaction.client(), "users").await, [group.north.id]);
}

#[tokio::test]
async fn a_tenant_is_found_by_slug_or_id_and_only_while_it_is_active() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let sql = "SELECT awgp.find_tenant($1)";
    for text in ["north".to_owned(), group.north.id.to_string(), group.north.id.to_string().to_uppercase()] {
        let found: Uuid = app.query_one(sql, &[&text]).await.expect("found").get(0);
        assert_eq!(found, group.north.id);
    }
    for text in ["nowhere", "North", "", "not-a-uuid", "inactive", &group.inactive.id.to_string()] {
        assert_refused(app.query_one(sql, &[&text]).await, "42501", "unknown_tenant");
    }
    assert_refused(app.query_one(sql, &[&None::<&str>]).await, "42501", "unknown_tenant");

    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.find_user($1)";
    let found = one(&transaction, sql, &[&"manager@north.example"]).await;
    assert_eq!(found, group.north.user("manager"));
    let stranger = transaction.query_one(sql, &[&"manager@south.example"]).await;
    assert_refused(stranger, "42501", "unknown_user");
}

/// Every tenant of the scene is where the tests above expect it.
#[tokio::test]
async fn the_scene_has_rows_of_every_tenant_in_every_table() {
    let (database, group, tables) = scene().await;
    let superuser = database.superuser().await;
    for table in &tables {
        let owners = seen(&superuser, table).await;
        assert!(tenants(&group).iter().all(|tenant| owners.contains(&tenant.id)), "{table}");
    }
}
