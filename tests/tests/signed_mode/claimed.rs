//! A subject that a tenant's own people set is no proof by itself: the token has to name the tenant.

use super::{as_user, authenticate};
use awgp_tests::assert_refused;
use awgp_tests::fixture::{one, within};
use awgp_tests::tokens::{ED25519, claims, claims_with, signed_database, token_of, trusting_database};

const NAMES_NO_TENANT: &str =
    "SELECT count(*) FROM awgp.doctor() WHERE code = 'provider_names_no_tenant' AND severity = 'error'";

#[tokio::test]
async fn a_user_whom_a_tenants_admin_made_comes_in_by_a_token_that_names_the_tenant() {
    let (database, group) = signed_database().await;
    let (mut app, admin) = (database.app().await, database.admin().await);
    let transaction = as_user(&mut app, group.north.user("admin")).await;
    // By INSERT, and by UPDATE of one that had none.
    let sql = "SELECT id FROM awgp.create_user('claimed@north.example', 'viewer', keycloak_id => 'a-person-of-other')";
    one(&transaction, sql, &[]).await;
    let sql = "SELECT id FROM awgp.create_user('later@north.example', 'viewer')";
    let later = one(&transaction, sql, &[]).await;
    let sql = "UPDATE awgp.users SET keycloak_id = 'another', subject_by_tenant = false WHERE id = $1";
    transaction.execute(sql, &[&later]).await.expect("it was not set");
    transaction.commit().await.expect("committed");
    for subject in ["a-person-of-other", "another"] {
        let token = ED25519.sign(&claims(subject));
        assert_refused(authenticate(&app, &token).await, "42501", "token_no_tenant");
        let transaction = as_user(&mut app, group.north.user("admin")).await;
        let sql = "UPDATE awgp.users SET subject_by_tenant = false WHERE keycloak_id = $1";
        transaction.execute(sql, &[&subject]).await.expect("it has no effect");
        transaction.commit().await.expect("committed");
        assert_refused(authenticate(&app, &token).await, "42501", "token_no_tenant");
    }
    // Whom an administrator vouches for comes in all the same.
    authenticate(&app, &token_of(group.north.user("viewer"))).await.expect("an administrator set it");
    let sql = "UPDATE awgp.users SET subject_by_tenant = false WHERE keycloak_id = 'another'";
    admin.execute(sql, &[]).await.expect("an administrator vouches");
    authenticate(&app, &ED25519.sign(&claims("another"))).await.expect("vouched for");
    // A provider that names tenants.
    admin.execute("UPDATE awgp.identity_providers SET tenant_claim = 'org'", &[]).await.expect("set");
    let with = |org: &str| ED25519.sign(&claims_with("a-person-of-other", "org", org.into()));
    assert_eq!(authenticate(&app, &with("north")).await.expect("named"), group.north.id);
    assert_refused(authenticate(&app, &with("other")).await, "42501", "token_tenant_mismatch");
    // A provider that has one tenant alone.
    let sql = "UPDATE awgp.identity_providers SET tenant_claim = NULL, only_tenant_id = $1";
    admin.execute(sql, &[&group.north.id]).await.expect("bound");
    let token = ED25519.sign(&claims("a-person-of-other"));
    assert_eq!(authenticate(&app, &token).await.expect("bound"), group.north.id);
    admin.execute(sql, &[&group.other.id]).await.expect("bound");
    assert_refused(authenticate(&app, &token).await, "42501", "token_tenant_mismatch");
}

#[tokio::test]
async fn what_an_application_sets_in_trusted_mode_is_the_tenants_too() {
    let (database, group) = trusting_database().await;
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT id FROM awgp.create_user('claimed@north.example', 'viewer', keycloak_id => 'claimed')";
    one(&transaction, sql, &[]).await;
    transaction.commit().await.expect("committed");
    let token = ED25519.sign(&claims("claimed"));
    assert_refused(authenticate(&app, &token).await, "42501", "token_no_tenant");
}

#[tokio::test]
async fn the_doctor_reports_a_provider_that_names_no_tenant_where_tenants_have_admins() {
    let (database, group) = signed_database().await;
    let admin = database.admin().await;
    let found = async || -> i64 { admin.query_one(NAMES_NO_TENANT, &[]).await.expect("an answer").get(0) };
    assert_eq!(found().await, 1);
    let change = async |sql: &str| {
        admin.execute(sql, &[]).await.expect("an administrator may");
    };
    change("UPDATE awgp.identity_providers SET tenant_claim = 'org'").await;
    assert_eq!(found().await, 0);
    change(&format!(
        "UPDATE awgp.identity_providers SET tenant_claim = NULL, only_tenant_id = '{}'",
        group.north.id
    ))
    .await;
    assert_eq!(found().await, 0);
    change("UPDATE awgp.identity_providers SET only_tenant_id = NULL, is_active = false").await;
    assert_eq!(found().await, 0);
    change("UPDATE awgp.identity_providers SET is_active = true").await;
    assert_eq!(found().await, 1);
    change("UPDATE awgp.users SET is_active = false WHERE role IN ('admin', 'super_admin')").await;
    assert_eq!(found().await, 0, "nobody makes users");
}
