//! Who stops, and who resumes.

use super::{id_of, resume, scene, stop};
use awgp_tests::fixture::{Tenant, within_as};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate};
use serde_json::{Value, json};
use tokio_postgres::Error;
use uuid::Uuid;

/// Stops as a user of a tenant, and commits.
async fn stop_as(
    database: &Database,
    tenant: &Tenant,
    role: &str,
    scope: &str,
    id: Option<Uuid>,
) -> Result<Value, Error> {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant.id, Some(tenant.user(role))).await;
    let stopped = stop(&transaction, scope, id).await?;
    transaction.commit().await?;
    Ok(stopped)
}

async fn resume_as(
    database: &Database,
    tenant: &Tenant,
    role: &str,
    stopped: &Value,
) -> Result<Value, Error> {
    let mut app = database.app().await;
    let transaction = within_as(&mut app, tenant.id, Some(tenant.user(role))).await;
    let resumed = resume(&transaction, stopped).await?;
    transaction.commit().await?;
    Ok(resumed)
}

#[tokio::test]
async fn a_role_stops_what_it_answers_for_and_no_more() {
    let (database, group) = scene().await;
    let assistant = Some(group.north.assistant);
    for role in ["viewer", "operator"] {
        let refused = stop_as(&database, &group.north, role, "assistant", assistant).await;
        assert_refused(refused, "42501", "role_not_sufficient");
    }
    stop_as(&database, &group.north, "manager", "assistant", assistant).await.expect("a manager stops it");
    let refused = stop_as(&database, &group.north, "admin", "tenant", None).await;
    assert_refused(refused, "42501", "role_not_sufficient");
    let stopped = stop_as(&database, &group.north, "super_admin", "tenant", None).await.expect("stopped");
    assert_eq!(stopped["tenant_id"], json!(group.north.id));
    let refused = stop_as(&database, &group.north, "super_admin", "holding", None).await;
    assert_refused(refused, "22023", "out_of_range");
    stop_as(&database, &group.holding, "super_admin", "holding", None).await.expect("stopped");
    for tenant in [&group.north, &group.holding] {
        let refused = stop_as(&database, tenant, "super_admin", "installation", None).await;
        assert_refused(refused, "42501", "role_not_sufficient");
    }
    // A holding stops below it, and nobody stops beside them.
    stop_as(&database, &group.holding, "super_admin", "tenant", Some(group.south.id)).await.expect("stopped");
    let refused = stop_as(&database, &group.north, "super_admin", "tenant", Some(group.other.id)).await;
    assert_refused(refused, "42501", "unknown_tenant");
    let refused = stop_as(&database, &group.north, "manager", "assistant", Some(group.other.assistant)).await;
    assert_refused(refused, "42501", "unknown_assistant");
}

#[tokio::test]
async fn without_a_context_an_administrator_stops_and_an_application_does_not() {
    let (database, group) = scene().await;
    let app = database.app().await;
    assert_refused(stop(&app, "tenant", Some(group.north.id)).await, "42501", "no_tenant_context");
    assert_refused(stop(&app, "installation", None).await, "42501", "role_not_sufficient");
    for login in [Login::Auditor, Login::Maintainer, Login::Nobody] {
        let client = database.connect(login).await;
        assert_sqlstate(stop(&client, "installation", None).await, "42501");
    }
    stop(&database.admin().await, "installation", None).await.expect("an administrator stops");
}

#[tokio::test]
async fn whoever_stopped_does_not_resume() {
    let (database, group) = scene().await;
    let stopped = stop_as(&database, &group.north, "manager", "assistant", Some(group.north.assistant))
        .await
        .expect("made");
    let refused = resume_as(&database, &group.north, "manager", &stopped).await;
    assert_refused(refused, "42501", "own_stop");
    let refused = resume_as(&database, &group.north, "operator", &stopped).await;
    assert_refused(refused, "42501", "role_not_sufficient");
    let refused = resume_as(&database, &group.south, "manager", &stopped).await;
    assert_refused(refused, "P0002", "unknown_stop");
    resume_as(&database, &group.north, "admin", &stopped).await.expect("another resumes");
    let refused = resume_as(&database, &group.north, "admin", &stopped).await;
    assert_refused(refused, "55000", "stop_ended");
    // A login without a user is who it is; a user that it puts in context is no other.
    let admin = database.admin().await;
    let stopped = stop(&admin, "tenant", Some(group.north.id)).await.expect("stopped");
    assert_refused(resume(&admin, &stopped).await, "42501", "own_stop");
    resume_as(&database, &group.north, "super_admin", &stopped).await.expect("another login");
}

#[tokio::test]
async fn the_settings_when_the_stop_is_made_say_who_resumes() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let set = "UPDATE awgp.tenants SET settings = $1 WHERE id = $2";
    let policy = json!({"stop_policy": {"resume_by_other": false, "resume_role": "admin"}});
    admin.execute(set, &[&policy, &group.north.id]).await.expect("an administrator sets it");
    let stopped = stop_as(&database, &group.north, "manager", "assistant", Some(group.north.assistant))
        .await
        .expect("made");
    let refused = resume_as(&database, &group.north, "manager", &stopped).await;
    assert_refused(refused, "42501", "role_not_sufficient");
    resume_as(&database, &group.north, "admin", &stopped).await.expect("an admin");
    let stopped = stop_as(&database, &group.north, "super_admin", "tenant", None).await.expect("made");
    // What is changed afterwards does not change the stop.
    let none = json!({});
    admin.execute(set, &[&none, &group.north.id]).await.expect("an administrator sets it");
    resume_as(&database, &group.north, "super_admin", &stopped).await.expect("the same may");
}

#[tokio::test]
async fn the_installation_is_resumed_by_another_login_or_as_a_superuser_has_said() {
    let (database, _) = scene().await;
    let admin = database.admin().await;
    let stopped = stop(&admin, "installation", None).await.expect("stopped");
    assert_refused(resume(&admin, &stopped).await, "42501", "own_stop");
    let superuser = database.superuser().await;
    resume(&superuser, &stopped).await.expect("another login");
    assert_sqlstate(admin.batch_execute("SET awgp.stop_resume_by_other = off").await, "42501");
    superuser.batch_execute("SET awgp.stop_resume_by_other = off").await.expect("a superuser may");
    let stopped = stop(&superuser, "installation", None).await.expect("stopped");
    resume(&superuser, &stopped).await.expect("the same login");
}

#[tokio::test]
async fn what_is_stopped_already_keeps_its_stop() {
    let (database, group) = scene().await;
    let first = stop(&database.admin().await, "tenant", Some(group.north.id)).await.expect("stopped");
    let second = stop(&database.superuser().await, "tenant", Some(group.north.id)).await.expect("stopped");
    assert_eq!((id_of(&first), &second["made"]), (id_of(&second), &json!(false)));
    let row = database.admin().await.query_one("SELECT count(*) FROM awgp.stops", &[]).await.expect("stops");
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[tokio::test]
async fn a_stop_needs_a_reason_and_a_scope_that_there_is() {
    let (database, group) = scene().await;
    let admin = database.admin().await;
    let call = async |scope: Option<&str>, reason: Option<&str>, id: Option<Uuid>| {
        admin.execute("SELECT awgp.stop($1, $2, $3)", &[&scope, &reason, &id]).await
    };
    assert_refused(call(Some("tenant"), Some(" "), Some(group.north.id)).await, "22023", "reason_required");
    assert_refused(call(Some("world"), Some("x"), None).await, "22023", "out_of_range");
    assert_refused(call(None, Some("x"), None).await, "22023", "out_of_range");
    assert_refused(
        call(Some("installation"), Some("x"), Some(group.north.id)).await,
        "22023",
        "out_of_range",
    );
    assert_refused(call(Some("assistant"), Some("x"), None).await, "22023", "out_of_range");
}
