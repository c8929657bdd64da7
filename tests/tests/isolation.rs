//! What an application sees and writes, table by table as the catalog lists them.
//!
//! Everything is asked as an ordinary role; the superuser only sets the scene and counts.

use awgp_tests::asking::{SET_CONTEXT, WAYS, attempt, enter, scene, seen};
use awgp_tests::everything::{count, tenants};
use awgp_tests::fixture::{tenant, within};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, refused};
use tokio_postgres::Client;
use uuid::Uuid;

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

fn sorted<const N: usize>(mut ids: [Uuid; N]) -> Vec<Uuid> {
    ids.sort_unstable();
    ids.to_vec()
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
            let office = matches!(
                (login, table.as_str()),
                (
                    Login::Auditor,
                    "audit_logs"
                        | "audit_chain_anchors"
                        | "audit_checkpoints"
                        | "audit_tree_lanes"
                        | "audit_tree_tiles"
                ) | (Login::Maintainer, "audit_checkpoints" | "audit_tree_lanes")
                    | (Login::Admin, "users")
            );
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
            let mut transaction = enter(&mut app, SET_CONTEXT, from.id).await;
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
    let mut transaction = enter(&mut app, SET_CONTEXT, group.holding.id).await;
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
        let mut transaction = enter(&mut app, SET_CONTEXT, from.id).await;
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
