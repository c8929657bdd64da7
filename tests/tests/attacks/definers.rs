//! What runs with its owner's rights: every SECURITY DEFINER function of the catalog, and every view.

use crate::stage::{Attack, Fail, Give, Refuse, Stage};
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
    ("seal_partition", "SELECT awgp.seal_partition('audit_logs_default')", Fail("42501")),
    ("ensure_partitions", "SELECT awgp.ensure_partitions(1)", Fail("42501")),
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
