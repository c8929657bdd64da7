//! What the doctor says of the server and of the state it finds, besides defects of the schema.

use crate::doctor::{Case, case};
use awgp_core::server_release::open_holes;
use awgp_tests::Database;
use awgp_tests::tokens::trusting_database;
use std::collections::BTreeSet;
use tokio_postgres::Client;

/// Of what is stopped, and of what has not ended.
pub const CASES: &[Case] = &[
    case(
        "stop_in_force",
        "warning",
        "INSERT INTO awgp.stops (scope, reason, stopped_login, resume_by_other) VALUES ('installation', 'x', 'x', true)",
        "installation",
    ),
    case(
        "move_open",
        "warning",
        "INSERT INTO awgp.tenant_moves (id, side, family_id, slug, tenants, install_id, peer_id, peer, began_at, began_by)
         SELECT gen_random_uuid(), 'target', family, 'acme', ARRAY[family], id, gen_random_uuid(), 'db2:5432',
                now() - interval '2 hours', 'keeper'
         FROM awgp.installation, gen_random_uuid() AS family",
        "move of acme",
    ),
];

/// Code, severity, object and hint of each finding, information included, as an administrator gets them.
async fn findings(superuser: &Client) -> Vec<[String; 4]> {
    superuser.batch_execute("SET LOCAL ROLE awgp_admin").await.expect("a role");
    let sql = "SELECT code, severity, object, hint FROM awgp.doctor()";
    let rows = superuser.query(sql, &[]).await.expect("the doctor answers");
    superuser.batch_execute("RESET ROLE").await.expect("a role");
    rows.iter().map(|row| [0, 1, 2, 3].map(|column| row.get::<_, String>(column))).collect()
}

#[tokio::test]
async fn a_sound_installation_has_information_only_and_the_open_holes_of_its_server() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("BEGIN").await.expect("a transaction");
    let found = findings(&superuser).await;
    let sql = "SELECT current_setting('server_version_num')::integer";
    let version: i32 = superuser.query_one(sql, &[]).await.expect("a version").get(0);
    let holes = found.iter().filter(|finding| finding[0] == "server_minor").count();
    assert_eq!(holes, open_holes(version).count());
    let others = found.iter().filter(|finding| finding[0] != "server_minor");
    let codes: BTreeSet<&str> = others.map(|finding| finding[0].as_str()).collect();
    assert_eq!(codes, ["context_mode", "preload", "session_setting"].into());
    assert!(found.iter().all(|finding| !finding[3].is_empty()), "each has a hint: {found:?}");
}

#[tokio::test]
async fn the_doctor_says_which_context_mode_is_on() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let mut hints = BTreeSet::new();
    for mode in ["trusted", "signed"] {
        let set = format!("BEGIN; SET LOCAL awgp.context_mode = '{mode}'");
        superuser.batch_execute(&set).await.expect("a mode");
        let found = findings(&superuser).await;
        let finding = found.iter().find(|finding| finding[0] == "context_mode").expect("it is always said");
        assert_eq!(finding[1], "info");
        hints.insert(finding[3].clone());
        superuser.batch_execute("ROLLBACK").await.expect("all is as it was");
    }
    assert_eq!(hints.len(), 2, "{hints:?}");
    assert!(hints.contains(&format!("ALTER DATABASE {} SET awgp.context_mode = signed;", database.name)));
}

#[tokio::test]
async fn an_identity_provider_in_trusted_mode_is_a_warning_that_its_statement_ends() {
    let (database, _) = trusting_database().await;
    let warned = async || {
        // Another session: the mode of a database holds for those that begin afterwards.
        let superuser = database.superuser().await;
        superuser.batch_execute("BEGIN").await.expect("a transaction");
        let found = findings(&superuser).await;
        found.into_iter().find(|finding| finding[0] == "trusted_with_provider")
    };
    let admin = database.admin().await;
    for (active, is_warned) in [("false", false), ("true", true)] {
        let sql = format!("UPDATE awgp.identity_providers SET is_active = {active}");
        admin.batch_execute(&sql).await.expect("an administrator may");
        assert_eq!(warned().await.is_some(), is_warned, "active: {active}");
    }
    let finding = warned().await.expect("it is found");
    assert_eq!((finding[1].as_str(), finding[2].as_str()), ("warning", "awgp.context_mode"));
    database.superuser().await.batch_execute(&finding[3]).await.expect("the hint is a statement");
    assert_eq!(warned().await, None);
}

#[tokio::test]
async fn rows_in_the_default_partition_are_a_warning() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    superuser.batch_execute("BEGIN").await.expect("a transaction");
    let waiting = async || {
        let found = findings(&superuser).await;
        found.into_iter().find(|finding| finding[0] == "default_partition_rows")
    };
    assert_eq!(waiting().await, None);
    superuser
        .batch_execute(
            "ALTER TABLE awgp.audit_logs_default DISABLE TRIGGER guard_audit;
             INSERT INTO awgp.audit_logs_default (\"timestamp\", tenant_id, actor_type, action, entity_type,
                                                  integrity_hash, chain_lane, chain_seq)
             VALUES ('1999-01-01', gen_random_uuid(), 'system', 'x', 'x', repeat('0', 64), 0, 1)",
        )
        .await
        .expect("a superuser may");
    let finding = waiting().await.expect("it is found");
    assert_eq!((finding[1].as_str(), finding[2].as_str()), ("warning", "awgp.audit_logs_default"));
    assert!(!finding[3].is_empty());
}
