//! Statements that would change, move or plant a row of A.

use super::stage::{Attack, Fail, Give, NOTHING, Refuse, Stage};

pub const WRITES: &[Attack] = &[
    ("an update by id", "UPDATE awgp.work_items SET title = 'x' WHERE id = '{a_item}' RETURNING id", NOTHING),
    ("an update of everything", "WITH u AS (UPDATE awgp.work_items SET priority = 1 RETURNING tenant_id) SELECT count(*) FROM u WHERE tenant_id <> '{B}'", Give(&["0"])),
    ("a delete by id", "DELETE FROM awgp.work_items WHERE id = '{a_item}' RETURNING id", NOTHING),
    ("an update that joins", "UPDATE awgp.users u SET first_name = w.title FROM awgp.work_items w WHERE w.tenant_id = '{A}' RETURNING 1", NOTHING),
    ("an insert for A", "INSERT INTO awgp.users (tenant_id, email, role) VALUES ('{A}', 'x@b.example', 'admin') RETURNING id", Refuse("42501", "foreign_tenant")),
    ("an insert for nobody", "INSERT INTO awgp.users (tenant_id, email, role) VALUES (gen_random_uuid(), 'x@b.example', 'admin')", Refuse("42501", "foreign_tenant")),
    ("an insert from A's rows", "INSERT INTO awgp.communication_policies (name) SELECT name FROM awgp.communication_policies WHERE tenant_id = '{A}' RETURNING id", NOTHING),
    ("a move of an own row", "UPDATE awgp.work_items SET tenant_id = '{A}' WHERE id = '{b_item}'", Refuse("55000", "tenant_change")),
    ("a move to a tenant that does not exist", "UPDATE awgp.work_items SET tenant_id = gen_random_uuid() WHERE id = '{b_item}'", Refuse("55000", "tenant_change")),
    ("a move of an assistant", "UPDATE awgp.assistants SET tenant_id = '{A}'", Refuse("55000", "tenant_change")),
    ("ON CONFLICT DO UPDATE on A's key", "INSERT INTO awgp.work_items (id, assistant_id, title) VALUES ('{a_item}', '{b_assistant}', 't')
      ON CONFLICT (id) DO UPDATE SET title = excluded.title", Fail("42501")),
    ("ON CONFLICT DO NOTHING on A's key", "INSERT INTO awgp.work_items (id, assistant_id, title) VALUES ('{a_item}', '{b_assistant}', 't')
      ON CONFLICT DO NOTHING RETURNING id", NOTHING),
    ("ON CONFLICT DO UPDATE on A's identity", "INSERT INTO awgp.users (email, role, keycloak_id) VALUES ('x@b.example', 'admin', 'kc-{a_user}')
      ON CONFLICT (keycloak_id) DO UPDATE SET role = 'viewer' RETURNING email", Fail("42501")),
    ("MERGE that updates", "MERGE INTO awgp.work_items w USING (VALUES ('{a_item}'::uuid)) v (id) ON w.id = v.id WHEN MATCHED THEN UPDATE SET title = 'x';
      SELECT title FROM awgp.work_items", Give(&["7"])),
    ("MERGE that deletes", "MERGE INTO awgp.work_items w USING (VALUES ('{A}'::uuid)) v (id) ON w.tenant_id = v.id WHEN MATCHED THEN DELETE;
      SELECT title FROM awgp.work_items", Give(&["7"])),
    ("MERGE that inserts A's key", "MERGE INTO awgp.work_items w USING (VALUES ('{a_item}'::uuid)) v (id) ON w.id = v.id
      WHEN NOT MATCHED THEN INSERT (id, assistant_id, title) VALUES (v.id, '{b_assistant}', 't')", Fail("23505")),
    ("MERGE that inserts for A", "MERGE INTO awgp.communication_policies p USING (VALUES ('{A}'::uuid)) v (id) ON p.tenant_id = v.id
      WHEN NOT MATCHED THEN INSERT (tenant_id, name) VALUES (v.id, 't')", Refuse("42501", "foreign_tenant")),
    ("TRUNCATE", "TRUNCATE awgp.hallucination_flags", Fail("42501")),
    ("TRUNCATE CASCADE", "TRUNCATE awgp.tenants CASCADE", Fail("42501")),
    ("an entry of the trail", "INSERT INTO awgp.audit_logs (tenant_id, actor_type, action, entity_type, integrity_hash, chain_lane, chain_seq)
      VALUES ('{B}', 'system', 'x', 'x', '00', 0, 1)", Fail("42501")),
    ("a change of the trail", "UPDATE awgp.audit_logs SET action = 'x'", Fail("42501")),
    ("a deletion from the trail", "DELETE FROM awgp.audit_logs", Fail("42501")),
    ("a change of the ledger", "UPDATE awgp.cost_transactions SET cost_amount = 0", Fail("42501")),
    ("an edit of an own conversation for A", "UPDATE awgp.conversation_logs SET tenant_id = '{A}'", Refuse("55000", "tenant_change")),
    ("a tenant", "INSERT INTO awgp.tenants (name, slug, type, parent_tenant_id) VALUES ('x', 'x', 'subsidiary', '{B}')", Fail("42501")),
    ("A as a subsidiary", "UPDATE awgp.tenants SET parent_tenant_id = '{B}' WHERE id = '{A}'", Fail("42501")),
    ("create_tenant()", "SELECT awgp.create_tenant('x', 'x', 'subsidiary', '{A}')", Fail("42501")),
    ("create_work_item() with A's assistant", "SELECT awgp.create_work_item('{a_assistant}', 't')", Fail("23503")),
    ("A's user in context", "SELECT awgp.set_context('{B}', '{a_user}')", Refuse("42501", "unknown_user")),
    ("A's assistant in context", "SELECT awgp.set_context('{B}', NULL, '{a_assistant}')", Refuse("42501", "unknown_assistant")),
    ("writing with no tenant, no row", "COMMIT; BEGIN; UPDATE awgp.work_items SET title = 'x' WHERE false", Refuse("42501", "no_tenant_context")),
    ("COPY into a table", "COPY awgp.work_items (tenant_id, assistant_id, title) FROM STDIN", Fail("0A000")),
    ("COPY into the trail", "COPY awgp.audit_logs FROM STDIN", Fail("42501")),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_write_reaches_another_tenant() {
    Stage::set().await.try_all(WRITES).await;
}
