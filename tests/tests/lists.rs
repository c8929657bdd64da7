//! The views that lists read: what the table shows under row-level security, with names beside the ids, and
//! nothing else.

use awgp_tests::fixture::{Group, Tenant, group, one, within, within_as};
use awgp_tests::{Database, assert_sqlstate};
use std::collections::BTreeSet;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// Each list with its table, and the name that it adds.
const LISTS: [(&str, &str, &str); 8] = [
    ("user_list", "users", "tenant_slug"),
    ("assistant_list", "assistants", "tenant_slug"),
    ("work_item_list", "work_items", "assistant_slug"),
    ("work_item_details", "work_items", "assistant_name"),
    ("communication_policy_list", "communication_policies", "tenant_slug"),
    ("hallucination_flag_list", "hallucination_flags", "assistant_slug"),
    ("delegation_list", "approval_delegations", "delegator"),
    ("conversation_list", "conversation_logs", "assistant_slug"),
];

/// A row of every listed kind for the tenant, besides those of the fixture; the approval that is asked for.
async fn fill(client: &mut Client, tenant: &Tenant) -> Uuid {
    let transaction = within_as(client, tenant.id, Some(tenant.user("admin"))).await;
    let sql = "SELECT id FROM awgp.create_policy('all', '{custom}', '{custom}')";
    one(&transaction, sql, &[]).await;
    let sql = "SELECT id FROM awgp.flag_hallucination($1, 'pattern', flagged_content => 'said')";
    one(&transaction, sql, &[&tenant.assistant]).await;
    let sql =
        r#"SELECT id FROM awgp.log_conversation($1, 'chat', '[{"role": "user", "content": "zugspitze"}]')"#;
    one(&transaction, sql, &[&tenant.assistant]).await;
    let sql = "SELECT id FROM awgp.delegate_approvals($1, ends_at => now() + interval '1 day')";
    one(&transaction, sql, &[&tenant.user("viewer")]).await;
    let sql = "UPDATE awgp.work_items SET risk_level = 2 WHERE id = $1 RETURNING id";
    one(&transaction, sql, &[&tenant.work_item]).await;
    let sql = "SELECT id FROM awgp.request_approval($1)";
    let approval = one(&transaction, sql, &[&tenant.work_item]).await;
    transaction.commit().await.expect("committed");
    approval
}

async fn scene() -> (Database, Group, Uuid) {
    let database = Database::new().await;
    let group = group(&database).await;
    let mut app = database.app().await;
    let mut approval = Uuid::nil();
    for tenant in [&group.holding, &group.south, &group.other, &group.north] {
        approval = fill(&mut app, tenant).await;
    }
    (database, group, approval)
}

async fn ids(transaction: &Transaction<'_>, relation: &str) -> BTreeSet<Uuid> {
    let rows = transaction.query(&format!("SELECT id FROM awgp.{relation}"), &[]).await;
    rows.unwrap_or_else(|error| panic!("{relation}: {error:?}")).iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn a_list_shows_what_its_table_shows_to_an_application_and_a_superuser_no_more() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let mut superuser = database.superuser().await;
    for tenant in [&group.holding, &group.north, &group.other] {
        for (list, table, name) in LISTS {
            let transaction = within(&mut app, tenant.id).await;
            let expected = ids(&transaction, table).await;
            assert!(!expected.is_empty(), "{table} of {}", tenant.slug);
            assert_eq!(ids(&transaction, list).await, expected, "{list} of {}", tenant.slug);
            let nameless = format!("SELECT count(*) FROM awgp.{list} WHERE {name} IS NULL");
            let nameless: i64 = transaction.query_one(&nameless, &[]).await.expect(list).get(0);
            assert_eq!(nameless, 0, "{list}: {name}");
            transaction.rollback().await.expect("rolled back");
            let transaction = within(&mut superuser, tenant.id).await;
            assert_eq!(ids(&transaction, list).await, expected, "{list} of {} to a superuser", tenant.slug);
            transaction.rollback().await.expect("rolled back");
        }
    }
    for (list, ..) in LISTS {
        let transaction = app.transaction().await.expect("a transaction begins");
        assert_eq!(ids(&transaction, list).await, BTreeSet::new(), "{list} without a context");
    }
}

#[tokio::test]
async fn the_queue_shows_an_approval_to_those_who_may_decide_it() {
    let (database, group, approval) = scene().await;
    let mut app = database.app().await;
    let (north, south) = (&group.north, &group.south);
    let of = |user: Uuid| (north.id, Some(user));
    // The admin asked. The viewer has their authority by delegation, and so has none here either.
    for ((tenant, user), seen) in [
        (of(north.user("manager")), true),
        (of(north.user("super_admin")), true),
        (of(north.user("admin")), false),
        (of(north.user("viewer")), false),
        (of(north.user("operator")), false),
        ((north.id, None), false),
        ((south.id, Some(south.user("manager"))), false),
    ] {
        let transaction = within_as(&mut app, tenant, user).await;
        let queue = ids(&transaction, "approval_queue").await;
        assert_eq!(queue.contains(&approval), seen, "{tenant} {user:?}");
        assert_eq!(queue, ids(&transaction, "approval_inbox()").await);
        transaction.rollback().await.expect("rolled back");
    }
    let transaction = within_as(&mut app, north.id, Some(north.user("manager"))).await;
    let sql = "SELECT will_run, assistant, requested_by, votes FROM awgp.approval_queue";
    let row = transaction.query_one(sql, &[]).await.expect("one");
    let texts: Vec<&str> = (0..row.len()).map(|place| row.get(place)).collect();
    assert_eq!(texts, ["First task", "helper", "admin@north.example", "0 of 1"]);
    let sql = "SELECT count(*) FROM awgp.approval_details WHERE id = $1";
    assert_eq!(transaction.query_one(sql, &[&approval]).await.expect("details").get::<_, i64>(0), 1);
    transaction.rollback().await.expect("rolled back");
    let transaction = within(&mut app, south.id).await;
    assert_eq!(transaction.query_one(sql, &[&approval]).await.expect("none").get::<_, i64>(0), 0);
}

#[tokio::test]
async fn a_list_of_conversations_or_providers_has_neither_content_nor_keys() {
    let (database, group, _) = scene().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT to_jsonb(c) ?| ARRAY['messages', 'content_salt'], assistant_slug
               FROM awgp.find_conversations('zugspitze') AS c";
    let row = transaction.query_one(sql, &[]).await.expect("north's own, and no other's");
    assert_eq!((row.get(0), row.get(1)), (false, "helper"));
    let refused = transaction.query("SELECT name FROM awgp.identity_provider_list", &[]).await;
    assert_sqlstate(refused, "42501");
    let admin = database.admin().await;
    assert_sqlstate(admin.query("SELECT jwks FROM awgp.identity_provider_list", &[]).await, "42703");
    assert!(admin.query("SELECT key_ids FROM awgp.identity_provider_list", &[]).await.is_ok());
}
