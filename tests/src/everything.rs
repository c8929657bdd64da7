//! A row in every table: what isolation and dumps are tested on.
//!
//! Applications make most of them through the functions and tables they would use, and the audit trail
//! follows from that; the rest is written by the superuser. A new table without a row
//! here fails every test that uses this.

use crate::Database;
use crate::catalog::{tables, tenant_tables};
use crate::fixture::{Group, Tenant, group, within, within_as};
use tokio_postgres::Client;
use uuid::Uuid;

/// Inserts that an application makes, for the tenant in context. :assistant, :work_item, :user and
/// :other stand for ids of the tenant's fixture.
const BY_APPLICATION: &[(&str, &str)] = &[
    (
        "approvals",
        "INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by, approver_ids, expires_at)
         VALUES (:work_item, 'May I?', 3, :user, ARRAY[:other]::uuid[], now() + interval '1 day')",
    ),
    (
        "audit_erasable_values",
        "SELECT awgp.log_event('asked', 'letter', :user, after => '{\"text\": \"hello\"}', erasable => '{text}')",
    ),
    (
        "approval_delegations",
        "INSERT INTO awgp.approval_delegations (delegator_id, delegate_id, risk_levels, starts_at, ends_at)
         VALUES (:other, :user, ARRAY[1, 2], now(), now() + interval '1 day')",
    ),
    (
        "communication_policies",
        "INSERT INTO awgp.communication_policies (name, allowed_channels) VALUES ('Talk', ARRAY['internal'])",
    ),
    (
        "message_windows",
        "SELECT awgp.authorize_message(:assistant, :assistant, 'internal', 'ä') -> 'allowed'",
    ),
    (
        "provider_credit_pools",
        "INSERT INTO awgp.provider_credit_pools (provider, monthly_budget, current_balance)
         VALUES ('openai', 10, 10)",
    ),
    (
        "cost_transactions",
        "INSERT INTO awgp.cost_transactions
             (assistant_id, work_item_id, provider, model, input_tokens, output_tokens, cost_amount)
         VALUES (:assistant, :work_item, 'openai', 'gpt-4', 10, 20, 0.000123)",
    ),
    (
        "credit_reservations",
        "INSERT INTO awgp.credit_reservations (assistant_id, work_item_id, provider, pool_id, amount, expires_at)
         SELECT :assistant, :work_item, provider, id, 0.5, now() + interval '1 day'
         FROM awgp.provider_credit_pools WHERE provider = 'openai' AND tenant_id = awgp.current_tenant()",
    ),
    (
        "budget_alerts",
        "INSERT INTO awgp.cost_transactions (assistant_id, provider, model, input_tokens, output_tokens, cost_amount)
         VALUES (:assistant, 'openai', 'gpt-4', 10, 20, 5)",
    ),
    (
        "conversation_logs",
        "INSERT INTO awgp.conversation_logs (assistant_id, work_item_id, channel, messages)
         VALUES (:assistant, :work_item, 'internal', '[{\"role\": \"user\", \"content\": \"ä\\n\\\\\"}]')",
    ),
    (
        "hallucination_flags",
        "INSERT INTO awgp.hallucination_flags (assistant_id, work_item_id, detection_method, confidence_score)
         VALUES (:assistant, :work_item, 'pattern', 0.75)",
    ),
];

/// Inserts of what AWGP itself writes later in the life of a tenant; :tenant stands for its id.
const BY_SUPERUSER: &[(&str, &str)] = &[
    (
        "governed_actions",
        "INSERT INTO awgp.governed_actions (tenant_id, work_item_id, assistant_id, action, request_digest, expires_at,
                                            unknown_until)
         SELECT tenant_id, id, assistant_id, 'look', repeat('0', 64), now() + interval '1 hour', now() + interval '1 day'
         FROM awgp.work_items WHERE tenant_id = :tenant ORDER BY id LIMIT 1",
    ),
    (
        "audit_chain_anchors",
        "INSERT INTO awgp.audit_chain_anchors
             (partition_name, tenant_id, chain_lane, first_seq, last_seq, last_hash)
         VALUES ('audit_logs_2001_01', :tenant, 0, 1, 7, repeat('0', 64))",
    ),
    (
        "audit_adopted_lanes",
        "WITH adoption AS (
             INSERT INTO awgp.audit_adoptions (install_id, previous_id, adopted_by, reason)
             VALUES ('00000000-0000-0000-0000-0000000000aa', '00000000-0000-0000-0000-0000000000ab', 'x', 'y')
             ON CONFLICT DO NOTHING)
         INSERT INTO awgp.audit_adopted_lanes
             (tenant_id, chain_lane, last_seq, last_hash, adopted_seq, adopted_hash, install_id, previous_id,
              adoption_id)
         VALUES (:tenant, 77, 1, repeat('0', 64), 2, repeat('0', 64), '00000000-0000-0000-0000-0000000000aa',
                 '00000000-0000-0000-0000-0000000000ab', '00000000-0000-0000-0000-0000000000aa')",
    ),
    (
        "audit_checkpoints",
        "INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body)
         VALUES (:tenant, 7, repeat('0', 64), 'x')",
    ),
    (
        "audit_tree_lanes",
        "INSERT INTO awgp.audit_tree_lanes
             (tenant_id, chain_lane, first_seq, last_seq, last_hash, first_leaf, tree_size)
         SELECT tenant_id, chain_lane, 1, chain_seq, integrity_hash, 0, 7 FROM awgp.audit_logs
         WHERE tenant_id = :tenant ORDER BY chain_lane, chain_seq DESC LIMIT 1",
    ),
    (
        "audit_tree_tiles",
        "INSERT INTO awgp.audit_tree_tiles (tenant_id, level, tile, hashes)
         VALUES (:tenant, 0, 0, decode(repeat('0', 64), 'hex'))",
    ),
    (
        "stops",
        "INSERT INTO awgp.stops (scope, tenant_id, reason, stopped_login, resume_by_other, resume_role, resumed_at,
                                 resumed_login, resume_reason)
         VALUES ('tenant', :tenant, 'x', 'x', true, 'super_admin', now(), 'y', 'y')",
    ),
    (
        "outbox",
        "INSERT INTO awgp.outbox (tenant_id, kind, target, entity_type, entity_id)
         VALUES (:tenant, 'approval_asked', 'mail', 'approvals', '00000000-0000-0000-0000-0000000000ac')",
    ),
];

/// Inserts into tables that belong to no tenant.
const OF_NO_TENANT: &[(&str, &str)] = &[
    (
        "assistant_templates",
        "INSERT INTO awgp.assistant_templates (name, slug, type) VALUES ('Own', 'own', 'custom')",
    ),
    (
        "audit_log_integrity",
        "INSERT INTO awgp.audit_log_integrity (partition_name, last_sequence_number, cumulative_hash)
         VALUES ('audit_logs_2001_01', 7, repeat('0', 64))",
    ),
    ("audit_partitions", "INSERT INTO awgp.audit_partitions (partition_name) VALUES ('audit_logs_2001_01')"),
    (
        "audit_retired_partitions",
        "INSERT INTO awgp.audit_retired_partitions (partition_name, retired_at, retired_by, retention_days)
         VALUES ('audit_logs_2000_12', now(), 'x', 400)",
    ),
    (
        "audit_erasable_columns",
        "INSERT INTO awgp.audit_erasable_columns (table_name, column_name, declared_by)
         VALUES ('users', 'first_name', 'x')",
    ),
    (
        "audit_legal_holds",
        "INSERT INTO awgp.audit_legal_holds (partition_name, reason, placed_by)
         VALUES ('audit_logs_2001_01', 'matter 17', 'x')",
    ),
    (
        "tenant_moves",
        "INSERT INTO awgp.tenant_moves (id, side, state, family_id, slug, tenants, install_id, peer_id, peer, began_by)
         SELECT gen_random_uuid(), 'source', 'back', id, slug, ARRAY[id], (SELECT id FROM awgp.installation),
                gen_random_uuid(), 'elsewhere', 'x' FROM awgp.tenants ORDER BY slug LIMIT 1",
    ),
    (
        "maintenance_steps",
        "INSERT INTO awgp.maintenance_steps (step, last_run_at, last_success_at, last_outcome)
         VALUES ('seal_partitions', now(), now(), '{}')",
    ),
    (
        "model_prices",
        "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, source)
         VALUES ('local', 'own', 0.000000000000000000000001, 0.5, 'own')",
    ),
    (
        "identity_providers",
        // Not active: in trusted mode the doctor would warn of it.
        "INSERT INTO awgp.identity_providers (name, issuer, audience, is_active, jwks)
         VALUES ('Own', 'https://id.example.com/realms/own', '{awgp}', false,
                 '{\"keys\": [{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"kid\": \"rfc8037\",
                   \"x\": \"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}')",
    ),
];

/// The group of the fixture with at least one row of each of its tenants in every table
/// of tenants, and one in every other table.
pub async fn everywhere(database: &Database) -> Group {
    let group = group(database).await;
    let superuser = database.superuser().await;
    // An inactive tenant cannot be in context.
    activate(&superuser, &group.inactive, true).await;
    for tenant in tenants(&group) {
        fill_tenant(database, &superuser, tenant).await;
    }
    activate(&superuser, &group.inactive, false).await;
    for (table, sql) in OF_NO_TENANT {
        // Templates are there from the start; these are an operator's own.
        if *table == "assistant_templates" || count(&superuser, table, None).await == 0 {
            superuser.batch_execute(sql).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
        }
    }
    for table in tables(&superuser).await {
        assert_ne!(count(&superuser, &table, None).await, 0, "add a row of awgp.{table} to everything.rs");
    }
    group
}

/// The five tenants of the group.
pub fn tenants(group: &Group) -> [&Tenant; 5] {
    [&group.holding, &group.north, &group.south, &group.other, &group.inactive]
}

async fn activate(superuser: &Client, tenant: &Tenant, active: bool) {
    let sql = "UPDATE awgp.tenants SET is_active = $2 WHERE id = $1";
    superuser.execute(sql, &[&tenant.id, &active]).await.expect("a tenant can be switched on and off");
}

/// What the admin votes on: two votes are asked for, so one leaves the approval open.
const VOTE: &str = "SELECT awgp.approve(id) FROM awgp.approvals WHERE tenant_id = awgp.current_tenant()";

async fn fill_tenant(database: &Database, superuser: &Client, tenant: &Tenant) {
    let mut app = database.app().await;
    let policy = "UPDATE awgp.tenants SET settings = settings || '{\"approval_policy\":
                  {\"roles\": {\"5\": \"admin\"}, \"quorum\": {\"5\": 2}}}' WHERE id = $1";
    superuser.execute(policy, &[&tenant.id]).await.expect("the policy can be used");
    let (user, other) = (tenant.user("operator"), tenant.user("admin"));
    // As the system: no one role may write all of it.
    let transaction = within(&mut app, tenant.id).await;
    let ids = [
        (":assistant", tenant.assistant),
        (":work_item", tenant.work_item),
        (":user", user),
        (":other", other),
    ];
    for (table, sql) in BY_APPLICATION {
        let with_id = |sql: String, (name, id): &(&str, Uuid)| sql.replace(name, &format!("'{id}'"));
        let sql = ids.iter().fold((*sql).to_owned(), with_id);
        transaction.execute(&sql, &[]).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    transaction.commit().await.expect("the rows are committed");
    let transaction = within_as(&mut app, tenant.id, Some(other)).await;
    transaction.execute(VOTE, &[]).await.expect("a vote");
    transaction.commit().await.expect("the vote is committed");
    for (table, sql) in BY_SUPERUSER {
        let sql = sql.replace(":tenant", &format!("'{}'", tenant.id));
        superuser.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{table}: {error:?}"));
    }
    for table in tenant_tables(superuser).await {
        let rows = count(superuser, &table, Some(tenant.id)).await;
        assert_ne!(rows, 0, "add a row of awgp.{table} for each tenant to everything.rs");
    }
}

/// Writes a row into the audit trail past its guards, as only a superuser can: of this tenant and moment.
pub async fn forge_audit_row(superuser: &Client, tenant: Uuid, moment: &str) {
    let sql = format!(
        "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
         INSERT INTO awgp.audit_logs (\"timestamp\", tenant_id, actor_type, action, entity_type,
                                      integrity_hash, chain_lane, chain_seq)
             SELECT '{moment}', '{tenant}', 'system', 'insert', 'tenants', repeat('0', 64), 0,
                    1000000 + count(*) FROM awgp.audit_logs;
         ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit"
    );
    superuser.batch_execute(&sql).await.expect("a superuser may");
}

/// How many rows a table has, as far as the client sees; of one tenant where one is given.
pub async fn count(client: &Client, table: &str, tenant: Option<Uuid>) -> i64 {
    let sql = match tenant {
        Some(tenant) => format!("SELECT count(*) FROM awgp.{table} WHERE tenant_id = '{tenant}'"),
        None => format!("SELECT count(*) FROM awgp.{table}"),
    };
    client.query_one(&sql, &[]).await.unwrap_or_else(|error| panic!("{table}: {error:?}")).get(0)
}
