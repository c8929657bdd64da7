//! What runs with its owner's rights: every SECURITY DEFINER function of the catalog, and every view.

use super::stage::{Attack, Fail, Give, Refuse, Stage};
use std::collections::BTreeSet;

/// Every SECURITY DEFINER function, called with A's names while B is in context. The first word is the
/// function's name; a function that has no entry fails the test.
pub const CALLS: &[Attack] = &[
    // Trusted mode: whoever knows a slug or an id may put it in context as well, so its id is no secret.
    ("find_tenant", "SELECT awgp.find_tenant('{A}') = '{A}'", Give(&["t"])),
    ("find_tenant", "SELECT awgp.find_tenant('no-such')", Refuse("42501", "unknown_tenant")),
    ("find_tenant", "SELECT awgp.find_tenant(NULL)", Refuse("42501", "unknown_tenant")),
    ("find_tenant", "SELECT awgp.find_tenant('%')", Refuse("42501", "unknown_tenant")),
    ("find_tenant", "SELECT awgp.find_tenant(''' OR true --')", Refuse("42501", "unknown_tenant")),
    // An event is written to the trail of the tenant in context, whatever it names.
    ("log_event", "SELECT awgp.log_event('seen', 'work_items', '{a_item}', '{}', '{\"tenant_id\": \"{A}\"}', '{\"tenant_id\": \"{A}\"}');
      SELECT awgp.flush_audit(); SELECT tenant_id = '{B}' FROM awgp.audit_logs WHERE action = 'seen'", Give(&["t"])),
    ("log_event", "COMMIT; BEGIN; SELECT awgp.log_event('seen', 'work_items')", Refuse("42501", "no_tenant_context")),
    // Nobody erases another tenant's people, or says what the trail has of everybody's.
    ("erase_user", "SELECT awgp.erase_user('{a_user}', 'x')", Refuse("42501", "unknown_user")),
    ("erase_user", "SELECT awgp.erase_user('{a_user}', 'x', true)", Refuse("42501", "unknown_user")),
    ("erase_subject", "SELECT awgp.erase_subject('awgp.users', 'x', 'x')", Refuse("22023", "out_of_range")),
    ("set_erasable", "SELECT awgp.set_erasable('awgp.users', '{}')", Fail("42501")),
    ("seal_partition", "SELECT awgp.seal_partition('audit_logs_default')", Fail("42501")),
    ("ensure_partitions", "SELECT awgp.ensure_partitions(1)", Fail("42501")),
    // What keeps the trail, the ledger and the records going is maintenance's, and no application's.
    ("abandon_actions", "SELECT awgp.abandon_actions()", Fail("42501")),
    ("verify_due_ledger", "SELECT awgp.verify_due_ledger()", Fail("42501")),
    ("audit_checkpoint", "SELECT awgp.audit_checkpoint('{A}')", Fail("42501")),
    ("confirm_checkpoint", "SELECT awgp.confirm_checkpoint('x', 'x')", Fail("42501")),
    ("drain_default_partition", "SELECT awgp.drain_default_partition()", Fail("42501")),
    ("erase_due_conversations", "SELECT awgp.erase_due_conversations()", Fail("42501")),
    ("expire_reservations", "SELECT awgp.expire_reservations()", Fail("42501")),
    ("forget_message_windows", "SELECT awgp.forget_message_windows()", Fail("42501")),
    ("hold_partition", "SELECT awgp.hold_partition('audit_logs_default', 'x')", Fail("42501")),
    ("hold_tenant_trail", "SELECT awgp.hold_tenant_trail('{A}', 'x')", Fail("42501")),
    ("load_partition_rows", "SELECT awgp.load_partition_rows('audit_logs_default', ARRAY['{}'])", Fail("42501")),
    ("partition_is_checkpointed", "SELECT awgp.partition_is_checkpointed('audit_logs_default')", Fail("42501")),
    ("release_hold", "SELECT awgp.release_hold('{a_item}', 'x')", Fail("42501")),
    ("reset_credit_pools", "SELECT awgp.reset_credit_pools()", Fail("42501")),
    ("restore_partition", "SELECT awgp.restore_partition('audit_logs_default')", Fail("42501")),
    ("retire_partition", "SELECT awgp.retire_partition('audit_logs_default')", Fail("42501")),
    ("retirement_blocked_by", "SELECT awgp.retirement_blocked_by('audit_logs_default')", Fail("42501")),
    // Families are moved by those who administer the installation.
    ("family_facts", "SELECT awgp.family_facts('{A}')", Fail("42501")),
    ("move_arrive", "SELECT awgp.move_arrive('{A}', '{}')", Fail("42501")),
    ("move_back", "SELECT awgp.move_back('{A}')", Fail("42501")),
    ("move_begin", "SELECT awgp.move_begin('{A}', 'source', '{A}', '{A}', 'x')", Fail("42501")),
    ("move_clear", "SELECT awgp.move_clear('{A}')", Fail("42501")),
    ("move_digests", "SELECT awgp.move_digests('{A}')", Fail("42501")),
    ("move_lanes", "SELECT awgp.move_lanes('{A}')", Fail("42501")),
    ("move_leave", "SELECT awgp.move_leave('{A}', '{}')", Fail("42501")),
    ("move_rest", "SELECT awgp.move_rest('{A}')", Fail("42501")),
    ("move_rows", "SELECT awgp.move_rows('{A}', 'users')", Fail("42501")),
    ("move_stop", "SELECT awgp.move_stop('{A}')", Fail("42501")),
    ("move_take", "SELECT awgp.move_take('{A}', 'users', '{}')", Fail("42501")),
    ("move_take_trail", "SELECT awgp.move_take_trail('{A}', '{}')", Fail("42501")),
    ("move_trail", "SELECT awgp.move_trail('{A}', '{A}', 0::smallint, 0)", Fail("42501")),
    ("move_verify", "SELECT awgp.move_verify('{A}', '{}')", Fail("42501")),
    // In trusted mode the name is known to whoever names the tenant; of another tenant nothing is told.
    ("trail_name", "SELECT awgp.trail_name('{A}', 'tenant', '{A}') IS NULL", Give(&["t"])),
    ("action_receipt", "SELECT count(*) = 0 FROM awgp.action_receipt('{a_action}')", Give(&["t"])),
    ("trail_actors", "SELECT bool_and(id IN (SELECT id FROM awgp.users UNION SELECT id FROM awgp.assistants)) IS NOT FALSE
      FROM awgp.trail_actors('helper') AS id", Give(&["t"])),
    ("seal_due_partitions", "SELECT awgp.seal_due_partitions()", Fail("42501")),
    ("doctor_findings", "SELECT awgp.doctor_findings()", Fail("42501")),
    // Months are the installation's, and say nothing of a tenant.
    ("trail_months", "SELECT bool_and(partition_name LIKE 'audit\\_logs\\_%') FROM awgp.trail_months()", Give(&["t"])),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_definer_function_of_the_catalog_is_called_with_foreign_arguments() {
    let stage = Stage::set().await;
    let sql =
        "SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace AND prosecdef";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let definers: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let called: BTreeSet<String> = CALLS.iter().map(|call| call.0.to_owned()).collect();
    assert_eq!(definers, called, "each SECURITY DEFINER function has entries in CALLS, and no other has");
    stage.try_all(CALLS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_definer_function_pins_its_search_path_and_is_not_publics() {
    let stage = Stage::set().await;
    let sql = "
        SELECT pg_proc.oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'awgp'::regnamespace AND prosecdef
          AND (NOT COALESCE('search_path=pg_catalog, pg_temp' = ANY (proconfig), false)
               OR EXISTS (SELECT FROM aclexplode(COALESCE(proacl, acldefault('f', proowner))) AS acl WHERE acl.grantee = 0))";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let loose: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(loose.is_empty(), "{loose:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_reads_with_the_callers_rights() {
    let stage = Stage::set().await;
    let sql = "
        SELECT relname::text FROM pg_class
        WHERE relnamespace = 'awgp'::regnamespace
          AND (relkind = 'm' OR relkind = 'v' AND NOT COALESCE('security_invoker=true' = ANY (reloptions), false))";
    let rows = stage.superuser.query(sql, &[]).await.expect("the catalog is readable");
    let loose: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(loose.is_empty(), "views without security_invoker, and materialized views: {loose:?}");
}
