//! The pages that are made of the catalog say what a new database has. `UPDATE_GOLDEN=1` writes them.

use awgp_core::audit::note;
use awgp_core::reason::Reason;
use awgp_tests::command::{Folder, program};
use awgp_tests::pages::{assert_complete, assert_written, django, examples, functions, prisma, schema};
use awgp_tests::past::{Past, ensure, month_ago};
use awgp_tests::tokens::{ED25519, claims, jwks};
use awgp_tests::{Database, Login, fixture};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use uuid::Uuid;

#[tokio::test]
async fn every_table_and_view_has_a_page_that_says_what_is_installed() {
    let database = Database::new().await;
    let pages = schema::pages(&database.superuser().await).await;
    assert!(pages.len() > 30, "there are tables");
    assert_written(&pages);
    assert_complete("schema", &pages);
}

#[tokio::test]
async fn the_models_of_prisma_have_the_columns_types_and_keys_of_every_table() {
    let database = Database::new().await;
    assert_written(&[prisma::page(&database.superuser().await).await]);
}

#[tokio::test]
async fn the_models_of_django_have_the_columns_types_and_keys_of_every_table() {
    let database = Database::new().await;
    let pages = django::pages(&database.superuser().await).await;
    assert!(pages.len() > 30, "there are tables");
    assert_written(&pages);
    assert_complete(django::FOLDER, &pages);
}

#[tokio::test]
async fn every_function_that_clients_call_is_on_the_page_with_its_arguments_and_an_example() {
    let database = Database::new().await;
    assert_written(&[functions::page(&database.superuser().await).await]);
}

#[tokio::test]
async fn the_errors_that_functions_tell_of_are_reasons_that_there_are() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let told = functions::reasons_told(&superuser).await;
    assert!(told.len() > 100, "{told:?}");
    // What is no reason, but a name: of a column, a constraint or an index.
    let named = "SELECT conname::text FROM pg_constraint WHERE connamespace = 'awgp'::regnamespace
                 UNION SELECT relname::text FROM pg_class WHERE relnamespace = 'awgp'::regnamespace
                 UNION SELECT attname::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
                       WHERE relnamespace = 'awgp'::regnamespace";
    let rows = superuser.query(named, &[]).await.expect("the catalog is readable");
    let names: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    let known = |word: &str| names.contains(word) || Reason::ALL.iter().any(|reason| reason.name() == word);
    let unknown: Vec<_> = told.iter().filter(|(_, word)| !known(word)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[tokio::test]
async fn a_function_tells_of_the_users_role_if_it_refuses_one_that_is_too_low() {
    let database = Database::new().await;
    let (with_role, refusing) = functions::roles_told(&database.superuser().await).await;
    assert!(with_role.len() > 30, "{with_role:?}");
    assert_eq!(with_role, refusing);
}

/// A key pair of the documentation of signed notes; it guards nothing.
const PRIVATE_KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

/// A month that is over, sealed, and covered by checkpoints as far as the database is told.
async fn sealed_month(database: &Database, superuser: &Client) -> String {
    let month = month_ago(16);
    let maintainer = database.connect(Login::Maintainer).await;
    let mut past = Past::begin(database, 1, 1).await;
    ensure(&maintainer, month).await;
    past.load(superuser, month, 10).await;
    past.found_tenants(superuser).await;
    for _ in 0..2 {
        maintainer.query("SELECT awgp.run_maintenance()", &[]).await.expect("maintenance runs");
    }
    superuser
        .batch_execute(
            "INSERT INTO awgp.audit_checkpoints (tenant_id, tree_size, root_hash, body, signed_at, signed_by)
                 SELECT tenant_id, count(*), repeat('0', 64), 'made for this test', now(), 'test'
                 FROM awgp.audit_logs GROUP BY tenant_id;
             INSERT INTO awgp.audit_tree_lanes (tenant_id, chain_lane, first_seq, last_seq, last_hash, first_leaf, tree_size)
                 SELECT tenant_id, chain_lane, 1, max(chain_seq),
                        (array_agg(integrity_hash ORDER BY chain_seq DESC))[1], chain_lane,
                        sum(count(*)) OVER (PARTITION BY tenant_id)
                 FROM awgp.audit_logs GROUP BY tenant_id, chain_lane",
        )
        .await
        .expect("a superuser may");
    month.partition_name()
}

/// The note of a signed checkpoint of a tenant.
async fn note_of(database: &Database, tenant: Uuid) -> String {
    let auditor = database.connect(Login::Auditor).await;
    let made = "SELECT awgp.audit_checkpoint($1) ->> 'body'";
    let body: String = auditor.query_one(made, &[&tenant]).await.expect("a checkpoint").get(0);
    note::sign(&body, PRIVATE_KEY).expect("it is signed")
}

#[tokio::test]
async fn the_examples_of_the_page_run() {
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let month = sealed_month(&database, &superuser).await;
    let group = fixture::group(&database).await;
    let note = note_of(&database, group.north.id).await;
    let operator = group.north.user("operator").to_string();
    let mut variables = vec![
        ("north".to_owned(), group.north.id.to_string()),
        ("holding".to_owned(), group.holding.id.to_string()),
        ("app".to_owned(), "awgp_test_app".to_owned()),
        ("token".to_owned(), ED25519.sign(&claims(&operator))),
        ("jwks".to_owned(), jwks(&[ED25519])),
        ("month".to_owned(), month),
        ("lines".to_owned(), "{}".to_owned()),
        ("note".to_owned(), note),
        ("public_key".to_owned(), note::public_key_of(PRIVATE_KEY).expect("a key")),
    ];
    for role in ["operator", "manager", "admin", "super_admin"] {
        variables.push((role.to_owned(), group.north.user(role).to_string()));
    }
    let folder = Folder::new(&database);
    let file = folder.file("functions.sql");
    std::fs::write(&file, examples::script()).expect("the script can be written");
    let mut psql = program("psql");
    psql.arg("--dbname").arg(database.url(Login::Superuser)).args([
        "--no-psqlrc",
        "--quiet",
        "--file",
        &file,
    ]);
    for (name, value) in variables {
        psql.arg("--set").arg(format!("{name}={value}"));
    }
    let done = psql.output().expect("psql runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
