//! What must not enter the trail.

use super::{json_of, tracked};
use awgp_tests::trail;
use awgp_tests::{Database, assert_sqlstate};
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn secrets_are_masked_by_name_at_any_depth_and_the_setting_says_which() {
    let database = Database::new().await;
    let tenant = Uuid::from_u128(7);
    let columns = "api_key text, \"Password\" text, empty_secret text, pin text, left_out text, payload jsonb, list jsonb[]";
    let options = ", exclude => ARRAY['left_out'], mask => ARRAY['pin']";
    let (owner, entity) = tracked(&database, columns, options).await;
    let insert = format!(
        "INSERT INTO shop.things (id, tenant_id, n, api_key, \"Password\", pin, left_out, payload, list) VALUES
             ('{tenant}', '{tenant}', 1, 's1', 's2', 's3', 's4',
              '{{\"a\": [{{\"accessToken\": \"s5\", \"n\": 1.10}}], \"secret\": {{\"x\": 1}}, \"token\": null}}',
              ARRAY['{{\"client_secret\": \"s6\"}}'::jsonb])"
    );
    owner.batch_execute(&insert).await.expect("a row with secrets");
    // A change of what is left out is no change; a change of what is masked is one.
    let update = "UPDATE shop.things SET left_out = 's7'; UPDATE shop.things SET pin = 's8'";
    owner.batch_execute(update).await.expect("secrets change");
    let rows = trail::history(&database, tenant).await;
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert_eq!(rows[0].entity_type, entity);
    let masked = "[masked]";
    let expected = json!({
        "id": tenant, "tenant_id": tenant, "n": 1, "api_key": masked, "Password": masked, "empty_secret": null,
        "pin": masked, "list": [{"client_secret": masked}],
        "payload": {"a": [{"accessToken": masked, "n": 1.1}], "secret": masked, "token": null},
    });
    assert_eq!(json_of(rows[0].after_state.as_ref()), Some(expected));
    assert!(rows[0].after_state.as_ref().is_some_and(|state| state.contains("1.10")), "digits stay");
    let sql = "SET awgp.audit_mask = 'n, payload'; UPDATE shop.things SET n = 2; RESET awgp.audit_mask";
    owner.batch_execute(sql).await.expect("a superuser chooses");
    let rows = trail::history(&database, tenant).await;
    let after = json_of(rows[2].after_state.as_ref()).expect("an after");
    assert_eq!(
        (&after["n"], &after["payload"], &after["api_key"]),
        (&json!(masked), &json!(masked), &json!("s1"))
    );
    let app = database.app().await;
    // Before the library is loaded the server takes any name; the value must not survive the loading.
    app.batch_execute("SET awgp.audit_mask = ''").await.expect("nobody knows the name yet");
    let make =
        format!("INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{tenant}', 'T', 't', 'holding')");
    owner.batch_execute(&make).await.expect("the tenant of the row");
    let update = format!("BEGIN; SELECT awgp.set_context('{tenant}'); UPDATE shop.things SET n = 3; COMMIT");
    app.batch_execute(&update).await.expect("an application may");
    let rows = trail::history(&database, tenant).await;
    let row = rows.iter().rfind(|row| row.entity_type == entity).expect("the update");
    assert_eq!(json_of(row.after_state.as_ref()).expect("an after")["api_key"], json!(masked));
    assert_sqlstate(app.batch_execute("SET awgp.audit_mask = ''").await, "42501");
    assert_sqlstate(owner.batch_execute("SET awgp.audit_mask = '**'").await, "22023");
}
