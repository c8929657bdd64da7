//! Maintenance erases what is past its retention, and nothing on legal hold.

use super::{log, said, stored};
use awgp_tests::fixture::{Tenant, group, within};
use awgp_tests::{Database, Login, assert_sqlstate, trail};
use serde_json::{Value, json};
use tokio_postgres::Client;
use uuid::Uuid;

/// A conversation that ended, or was last touched, so many days ago.
async fn aged(database: &Database, app: &mut Client, tenant: &Tenant, days: i32, ended: bool) -> Uuid {
    let transaction = within(app, tenant.id).await;
    let (id, _) = log(&transaction, tenant, &json!([said("old words")])).await;
    transaction.commit().await.expect("committed");
    let superuser = database.superuser().await;
    superuser.batch_execute("SET session_replication_role = replica").await.expect("triggers are off");
    let sql = "UPDATE awgp.conversation_logs SET updated_at = now() - make_interval(days => $2),
                   started_at = now() - make_interval(days => $2),
                   ended_at = CASE WHEN $3 THEN now() - make_interval(days => $2) END WHERE id = $1";
    superuser.execute(sql, &[&id, &days, &ended]).await.expect("time passes");
    id
}

async fn erased(app: &mut Client, tenant: &Tenant, id: Uuid) -> Value {
    stored(&within(app, tenant.id).await, id).await["erased_reason"].clone()
}

#[tokio::test]
async fn what_is_past_its_retention_is_erased_and_what_is_on_hold_is_not() {
    let database = Database::new().await;
    let group = group(&database).await;
    let (north, south) = (&group.north, &group.south);
    let mut app = database.app().await;
    let sql = "UPDATE awgp.tenants SET settings = '{\"conversation_policy\": {\"retention_days\": 30}}' WHERE id = $1";
    database.admin().await.execute(sql, &[&north.id]).await.expect("a retention is set");
    let old = aged(&database, &mut app, north, 31, true).await;
    let abandoned = aged(&database, &mut app, north, 31, false).await;
    let young = aged(&database, &mut app, north, 29, true).await;
    let held = aged(&database, &mut app, north, 31, true).await;
    let elsewhere = aged(&database, &mut app, south, 31, true).await;
    let transaction = within(&mut app, north.id).await;
    transaction.execute("SELECT awgp.hold_conversation($1)", &[&held]).await.expect("held");
    transaction.commit().await.expect("committed");
    let maintainer = database.connect(Login::Maintainer).await;
    // A moment to come brings nothing forward.
    let run = "SELECT awgp.run_maintenance($1::text::timestamptz, ARRAY['erase_due_conversations'])";
    let answer: Value = maintainer.query_one(run, &[&"2999-01-01"]).await.expect("it runs").get(0);
    assert_eq!(answer["steps"][0]["did"], json!({"erased": 2}), "{answer}");
    for (tenant, id, reason) in [
        (north, old, json!("retention")),
        (north, abandoned, json!("retention")),
        (north, young, Value::Null),
        (north, held, Value::Null),
        (south, elsewhere, Value::Null),
    ] {
        assert_eq!(erased(&mut app, tenant, id).await, reason);
    }
    assert_eq!(trail::verify(&database).await, []);
    let event = trail::history(&database, old).await.pop().expect("an event");
    assert_eq!((event.action.as_str(), event.actor_type.as_str(), event.actor_id), ("erase", "system", None));
    // The setting of the server is for those who do not say.
    let name = &database.name;
    let sql = format!("ALTER DATABASE {name} SET awgp.conversation_retention = 30");
    database.superuser().await.batch_execute(&sql).await.expect("a retention for all");
    let maintainer = database.connect(Login::Maintainer).await;
    let call = "SELECT awgp.erase_due_conversations()";
    assert_eq!(maintainer.query_one(call, &[]).await.expect("it runs").get::<_, i64>(0), 1);
    assert_eq!(erased(&mut app, south, elsewhere).await, json!("retention"));
    assert_eq!(erased(&mut app, north, held).await, Value::Null);
    assert_sqlstate(app.query(call, &[]).await, "42501");
}
