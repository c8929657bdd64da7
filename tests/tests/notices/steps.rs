//! The steps of maintenance that write and delete notices.

use super::stage::{Stage, is};
use awgp_tests::Login;
use serde_json::Value;

async fn step(stage: &Stage, step: &str) -> Value {
    let maintainer = stage.database.connect(Login::Maintainer).await;
    let sql = "SELECT awgp.run_maintenance(steps => ARRAY[$1]) #> '{steps,0}'";
    let did: Value = maintainer.query_one(sql, &[&step]).await.expect("it runs").get(0);
    assert_eq!(did["ok"], true, "{did}");
    did["did"].clone()
}

async fn count(stage: &Stage, kind: &str) -> i64 {
    let sql = "SELECT count(*) FROM awgp.outbox WHERE kind = $1";
    stage.superuser.query_one(sql, &[&kind]).await.expect("a count").get(0)
}

#[tokio::test]
async fn an_approval_is_announced_once_before_each_of_its_ends() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    assert_eq!(step(&stage, "remind_of_approvals").await["notices"], 0, "it has a day");
    for (moment, expected) in [("50 minutes", 1), ("50 minutes", 0), ("20 minutes", 1)] {
        let sql = format!(
            "SET session_replication_role = replica;
             UPDATE awgp.approvals SET created_at = now() - interval '1 day',
                    expires_at = date_trunc('minute', now()) + interval '{moment}';
             RESET session_replication_role"
        );
        stage.superuser.batch_execute(&sql).await.expect("a superuser may");
        // A minute may have begun between the first two: then it is another end.
        let written = step(&stage, "remind_of_approvals").await["notices"].as_i64().expect("a number");
        assert!(written == expected || (expected == 0 && written <= 1), "{moment}: {written}");
        assert_eq!(step(&stage, "remind_of_approvals").await["notices"], 0, "once");
    }
    let sql = "SELECT count(*) FROM awgp.outbox WHERE kind = 'approval_expiring' AND expires_at > now()";
    assert!(stage.superuser.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0) >= 2);
}

#[tokio::test]
async fn the_doctors_new_errors_are_told_once_and_only_where_a_target_is_named() {
    let stage = Stage::set().await;
    let damage = "ALTER TABLE awgp.work_items DISABLE ROW LEVEL SECURITY";
    stage.superuser.batch_execute(damage).await.expect("a superuser may");
    step(&stage, "tell_of_errors").await;
    assert_eq!(count(&stage, "doctor_error").await, 0, "nobody is to be told");
    let set = format!("ALTER DATABASE {} SET awgp.doctor_targets = 'ops, hook'", stage.database.name);
    stage.superuser.batch_execute(&set).await.expect("a superuser may");
    let did = step(&stage, "tell_of_errors").await;
    assert!(did["new"].as_array().is_some_and(|new| new.contains(&"rls_disabled".into())), "{did}");
    let sql = "SELECT count(*), count(DISTINCT target), bool_and(tenant_id IS NULL) FROM awgp.outbox
               WHERE code = 'rls_disabled'";
    let row = stage.superuser.query_one(sql, &[]).await.expect("a row");
    assert_eq!((row.get(0), row.get(1), row.get(2)), (2_i64, 2_i64, true));
    let told = count(&stage, "doctor_error").await;
    step(&stage, "tell_of_errors").await;
    // An hour later it is still there, and another one is new.
    let later = "UPDATE awgp.maintenance_steps
                 SET last_outcome = jsonb_set(last_outcome, '{did,looked_at}', to_jsonb(now() - interval '2 hours'))
                 WHERE step = 'tell_of_errors'";
    stage.superuser.batch_execute(later).await.expect("a superuser may");
    step(&stage, "tell_of_errors").await;
    assert_eq!(count(&stage, "doctor_error").await, told, "it is not new");
    stage.superuser.batch_execute(later).await.expect("a superuser may");
    let more = "ALTER TABLE awgp.users NO FORCE ROW LEVEL SECURITY";
    stage.superuser.batch_execute(more).await.expect("a superuser may");
    let did = step(&stage, "tell_of_errors").await;
    assert_eq!(did["new"], serde_json::json!(["rls_not_forced"]));
}

#[tokio::test]
async fn a_list_of_targets_that_are_no_names_is_refused() {
    let stage = Stage::set().await;
    stage.superuser.batch_execute("SELECT awgp.version()").await.expect("the library is loaded");
    let set = stage.superuser.batch_execute("SET awgp.doctor_targets = 'https://example.com'").await;
    awgp_tests::assert_sqlstate(set, "22023");
}

#[tokio::test]
async fn notices_are_kept_for_their_retention_and_what_has_waited_as_long_is_a_dead_letter() {
    let stage = Stage::set().await;
    stage.ask(4).await;
    let age = "WITH numbered AS (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM awgp.outbox)
        UPDATE awgp.outbox AS o SET
            status = CASE WHEN n <= 2 THEN 'delivered' ELSE 'waiting' END,
            settled_at = CASE WHEN n <= 2 THEN now() - CASE n WHEN 1 THEN interval '29 days' ELSE interval '31 days' END END,
            due_at = now() - CASE n WHEN 3 THEN interval '29 days' ELSE interval '31 days' END
        FROM numbered WHERE numbered.id = o.id";
    stage.superuser.batch_execute(age).await.expect("a superuser may");
    assert_eq!(step(&stage, "forget_notices").await, serde_json::json!({"deleted": 1, "dead": 1}));
    let kept = stage.kept().await;
    assert_eq!(kept, [is("delivered", 0, None), is("waiting", 0, None), is("dead", 0, Some("not_claimed"))]);
    // A process that dies at each attempt does not try for ever.
    let tried = "UPDATE awgp.outbox SET attempts = 32, due_at = now() WHERE status = 'waiting'";
    stage.superuser.batch_execute(tried).await.expect("a superuser may");
    assert_eq!(step(&stage, "forget_notices").await, serde_json::json!({"deleted": 0, "dead": 1}));
}
