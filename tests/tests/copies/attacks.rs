//! Who tries to write a copy.

use super::stage::{
    assert_arrived, connect_as, create_subscription, is_logical, original_and_copy, subscribe,
    wait_until_ready,
};
use crate::checkpoints::stage::events;
use awgp_tests::own_server::{log, until};
use awgp_tests::trail::{self, verify};
use awgp_tests::{Database, Login, assert_refused, catalog, fixture, server};

/// Statements of a superuser, each refused in a copy.
const REFUSED: &[(&str, &str, &str)] = &[
    ("INSERT INTO awgp.audit_logs SELECT * FROM awgp.audit_logs LIMIT 1", "42501", "audit_immutable"),
    (
        "SET session_replication_role = replica; INSERT INTO awgp.audit_logs SELECT * FROM awgp.audit_logs LIMIT 1",
        "42501",
        "audit_immutable",
    ),
    ("DELETE FROM awgp.audit_logs", "42501", "audit_immutable"),
    ("UPDATE awgp.audit_logs SET action = 'x'", "42501", "audit_immutable"),
    ("TRUNCATE awgp.audit_logs", "42501", "audit_immutable"),
    ("SELECT awgp.create_tenant('X', 'x', 'holding')", "55000", "installation_is_copy"),
    ("SELECT awgp.adopt('mine')", "55000", "installation_is_copy"),
    ("SELECT awgp.keep_identity()", "55000", "installation_is_copy"),
    ("SELECT awgp.audit_checkpoint(tenant_id) FROM awgp.audit_logs LIMIT 1", "55000", "installation_is_copy"),
    (
        "SELECT awgp.hold_partition(max(partition_name), 'why') FROM awgp.audit_partitions",
        "55000",
        "installation_is_copy",
    ),
    ("SELECT awgp.become_copy(gen_random_uuid(), 'other')", "55000", "installation_in_use"),
];

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_its_subscription_writes_a_copy() {
    if !is_logical("attacks::nobody_but_its_subscription_writes_a_copy") {
        return;
    }
    let (original, group) = fixture::scene().await;
    let copy = original_and_copy(&original, "trail").await;
    subscribe(&original, &copy, "trail", "awgp_trail, awgp_trail_proofs").await;
    assert_arrived(&original, &copy).await;
    for (sql, code, reason) in REFUSED {
        let superuser = copy.superuser().await;
        assert_refused(superuser.batch_execute(sql).await, code, reason);
    }
    // An application that may set the role of replication, and even insert, is refused like everybody.
    let superuser = copy.superuser().await;
    let give =
        "GRANT INSERT ON awgp.audit_logs TO awgp_app; CREATE POLICY open ON awgp.audit_logs USING (true)";
    superuser.batch_execute(give).await.expect("a superuser may");
    let app = copy.app().await;
    let set = "GRANT SET ON PARAMETER session_replication_role TO awgp_test_app";
    superuser.batch_execute(set).await.expect("a superuser may");
    app.batch_execute("SET session_replication_role = replica").await.expect("granted");
    let forged = "INSERT INTO awgp.audit_logs (tenant_id, actor_type, action, entity_type, integrity_hash, chain_lane, chain_seq, id)
                  VALUES (gen_random_uuid(), 'system', 'x', 'y', repeat('0', 64), 0, 1, 1)";
    assert_refused(app.execute(forged, &[]).await, "42501", "audit_immutable");
    superuser
        .batch_execute(
            "REVOKE INSERT ON awgp.audit_logs FROM awgp_app; DROP POLICY open ON awgp.audit_logs;
             REVOKE SET ON PARAMETER session_replication_role FROM awgp_test_app",
        )
        .await
        .expect("taken back");
    events(&original, group.north.id, 2).await;
    assert_arrived(&original, &copy).await;
    assert_eq!(verify(&copy).await, []);
    assert_eq!(catalog::findings(&superuser).await, []);
}

/// How often a worker has been refused to write the trail.
fn refusals() -> usize {
    log().matches("the audit trail is append-only").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_subscription_and_no_code_within_one_writes_a_trail() {
    if !is_logical("attacks::no_other_subscription_and_no_code_within_one_writes_a_trail") {
        return;
    }
    let (original, group) = fixture::scene().await;
    let copy = original_and_copy(&original, "trail").await;
    let there = original.superuser().await;
    there
        .batch_execute(
            "CREATE TABLE public.bait (n int PRIMARY KEY); CREATE PUBLICATION bait FOR TABLE public.bait",
        )
        .await
        .expect("another table");
    let here = copy.superuser().await;
    // Under another name: not even the first rows arrive.
    let before = refusals();
    create_subscription(&original, &here, "stranger", "awgp_trail").await;
    until("a worker is refused", async || refusals() > before).await;
    let codes: Vec<String> = catalog::findings(&here).await.into_iter().map(|(code, ..)| code).collect();
    assert!(codes.contains(&"replication_refused".to_owned()), "{codes:?}");
    assert!(codes.contains(&"copy_not_fed".to_owned()), "its own is missing: {codes:?}");
    here.batch_execute("ALTER SUBSCRIPTION stranger DISABLE").await.expect("disabled");
    // Under its own name, beside a table whose trigger forges a row of the trail within the worker.
    here.batch_execute(
        "CREATE TABLE public.bait (n int PRIMARY KEY);
         CREATE FUNCTION public.forge() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO awgp.audit_logs (tenant_id, actor_type, action, entity_type, integrity_hash, chain_lane, chain_seq, id)
             VALUES (gen_random_uuid(), 'system', 'forged', 'y', repeat('0', 64), 0, 1, 1); RETURN NEW; END $$;
         CREATE TRIGGER forge BEFORE INSERT ON public.bait FOR EACH ROW EXECUTE FUNCTION public.forge();
         ALTER TABLE public.bait ENABLE ALWAYS TRIGGER forge",
    )
    .await
    .expect("a trap");
    let before = refusals();
    create_subscription(&original, &here, "trail", "awgp_trail, bait").await;
    there.batch_execute("INSERT INTO public.bait VALUES (1)").await.expect("a row of bait");
    until("a worker is refused", async || refusals() > before).await;
    assert_eq!(trail::rows(&copy).await.len(), 0);
    let codes: Vec<String> = catalog::findings(&here).await.into_iter().map(|(code, ..)| code).collect();
    assert!(codes.contains(&"copy_not_fed".to_owned()), "{codes:?}");
    // Once it writes the trail alone, the trail arrives.
    here.batch_execute("ALTER SUBSCRIPTION trail SET PUBLICATION awgp_trail").await.expect("the trail alone");
    events(&original, group.north.id, 1).await;
    assert_arrived(&original, &copy).await;
    assert_eq!(verify(&copy).await, []);
    // A database that is no copy takes no row from a subscription, whatever its name.
    let other = Database::new().await;
    let before = refusals();
    create_subscription(&original, &other.superuser().await, "unasked", "awgp_trail").await;
    until("a worker is refused", async || refusals() > before).await;
    assert_eq!(trail::rows(&other).await.len(), 0);
    other.superuser().await.batch_execute("ALTER SUBSCRIPTION unasked DISABLE").await.expect("disabled");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_of_single_months_is_reported() {
    if !is_logical("attacks::a_publication_of_single_months_is_reported") {
        return;
    }
    let (original, _) = fixture::scene().await;
    let copy = original_and_copy(&original, "trail").await;
    let leaves = "ALTER PUBLICATION awgp_trail SET (publish_via_partition_root = false)";
    original.superuser().await.batch_execute(leaves).await.expect("month by month");
    // Only a superuser reads single months.
    let password = String::from_utf8(server().get_password().expect("a password").to_vec()).expect("UTF-8");
    let here = copy.superuser().await;
    connect_as(&original, &here, "trail", "awgp_trail, awgp_trail_proofs", "postgres", &password).await;
    wait_until_ready(&copy).await;
    assert_arrived(&original, &copy).await;
    assert_eq!(verify(&copy).await, []);
    let found = catalog::findings(&copy.connect(Login::Maintainer).await).await;
    let codes: Vec<&str> = found.iter().map(|(code, ..)| code.as_str()).collect();
    assert_eq!(codes, ["copy_not_fed"], "{found:?}");
}
