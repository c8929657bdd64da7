//! Plain statements meet the ledger too; and what it writes is on the record.

use super::{Scene, text};
use awgp_tests::{Login, assert_refused, refused, trail};

#[tokio::test]
async fn nobody_changes_what_the_ledger_has_written_a_superuser_included() {
    let scene = Scene::set("10", "100").await;
    scene.record("6").await.expect("it fits");
    scene.reserve("1", "").await.expect("it fits");
    let superuser = scene.database.superuser().await;
    for (sql, reason) in [
        ("UPDATE awgp.cost_transactions SET cost_amount = 0", "ledger_immutable"),
        ("DELETE FROM awgp.cost_transactions", "ledger_immutable"),
        ("UPDATE awgp.budget_periods SET spent = 0", "ledger_immutable"),
        ("DELETE FROM awgp.budget_alerts", "ledger_immutable"),
        ("DELETE FROM awgp.credit_reservations", "ledger_immutable"),
        ("UPDATE awgp.credit_reservations SET amount = 100", "ledger_kept"),
        ("UPDATE awgp.credit_reservations SET state = 'settled'", "ledger_kept"),
        ("UPDATE awgp.credit_reservations SET state = 'expired'", "ledger_kept"),
        ("UPDATE awgp.provider_credit_pools SET current_balance = 10", "ledger_kept"),
        ("UPDATE awgp.provider_credit_pools SET alert_threshold_90 = true", "ledger_kept"),
    ] {
        assert_refused(superuser.execute(sql, &[]).await, "42501", reason);
    }
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_plain_insert_and_a_plain_update_do_what_the_functions_do() {
    let scene = Scene::set("10", "100").await;
    let insert = |amount: &str| {
        format!(
            "INSERT INTO awgp.cost_transactions (assistant_id, provider, model, input_tokens, output_tokens, cost_amount)
             VALUES ('{0}', 'openai', 'm', 1, 1, {amount}), ('{0}', 'openai', 'm', 1, 1, {amount})",
            scene.tenant.assistant
        )
    };
    scene.app.execute(&insert("3"), &[]).await.expect("both fit");
    assert_refused(scene.app.execute(&insert("3"), &[]).await, "53400", "budget_exceeded");
    assert_eq!(scene.sums("pool").await.0, "6.000000", "and nothing of the second statement has moved");
    scene.reserve("4", "").await.expect("it fits");
    scene.app.execute("UPDATE awgp.credit_reservations SET state = 'released'", &[]).await.expect("released");
    assert_eq!(scene.sums("tenant").await, ("6.000000".to_owned(), "0.000000".to_owned()));
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_reservation_needs_a_pool_and_a_bounded_time_and_a_cost_needs_a_price() {
    let scene = Scene::set("10", "100").await;
    let reserve = |provider: &str, time: &str| {
        format!("SELECT awgp.reserve_credit('{}', '{provider}', 1, NULL, '{time}')", scene.tenant.assistant)
    };
    let result = scene.app.query_one(&reserve("anthropic", "1 hour"), &[]).await;
    assert_refused(result, "P0002", "no_credit_pool");
    for time in ["0", "-1 second", "32 days"] {
        assert_refused(scene.app.query_one(&reserve("openai", time), &[]).await, "22023", "out_of_range");
    }
    assert_refused(scene.record("NULL").await, "P0002", "unknown_price");
    let admin = scene.database.admin().await;
    let sql = "INSERT INTO awgp.model_prices (provider, model, input_price, output_price, valid_from, source)
               VALUES ('openai', 'm', 0.5, 0.25, '2001-01-01', 'test')";
    admin.execute(sql, &[]).await.expect("a price");
    let row = scene.record("NULL").await.expect("computed from one token each way");
    assert_eq!(row.get::<_, String>(1), "0.750000");
    let sql = "SELECT metadata -> 'price' ->> 'input_price' FROM awgp.cost_transactions";
    assert!(scene.text(sql).await.starts_with("0.5"), "the price is named");
}

#[tokio::test]
async fn a_pool_without_money_goes_and_one_with_entries_stays() {
    let scene = Scene::set("10", "100").await;
    scene.app.execute("DELETE FROM awgp.provider_credit_pools", &[]).await.expect("nothing has moved");
    scene.app.batch_execute("SELECT awgp.create_credit_pool('openai', 10)").await.expect("made again");
    scene.record("1").await.expect("it fits");
    let gone = refused(scene.app.execute("DELETE FROM awgp.provider_credit_pools", &[]).await);
    // PostgreSQL 18 has a code of its own for RESTRICT.
    assert!(["23503", "23001"].contains(&gone.code.as_str()), "{gone:?}");
    scene.assert_sound().await;
}

#[tokio::test]
async fn every_entry_reservation_and_alert_is_on_the_record() {
    let scene = Scene::set("10", "100").await;
    let row = scene.record("6").await.expect("it fits");
    let held = scene.reserve("1", "").await.expect("it fits");
    scene.settle(held, "1").await.expect("it settles");
    let actions = |rows: Vec<awgp_core::audit::row::AuditRow>| -> Vec<String> {
        rows.into_iter().map(|row| row.action).collect()
    };
    assert_eq!(actions(trail::history(&scene.database, row.get(0)).await), ["insert"]);
    assert_eq!(actions(trail::history(&scene.database, held).await), ["insert", "update"]);
    let auditor = scene.database.connect(Login::Auditor).await;
    let sql = "SELECT count(*)::text FROM awgp.audit_logs WHERE entity_type = 'budget_alerts'";
    assert_eq!(text(&auditor, sql).await, "1");
}

#[tokio::test]
async fn verify_ledger_and_the_doctor_find_what_a_superuser_has_forged() {
    let scene = Scene::set("10", "100").await;
    scene.record("6").await.expect("it fits");
    let superuser = scene.database.superuser().await;
    superuser
        .batch_execute(
            "SET session_replication_role = replica; UPDATE awgp.budget_periods SET spent = 1 WHERE scope = 'tenant';
             UPDATE awgp.provider_credit_pools SET current_balance = 10; RESET session_replication_role",
        )
        .await
        .expect("a superuser can");
    let auditor = scene.database.connect(Login::Auditor).await;
    let sql = "SELECT string_agg(concat_ws(' ', kind, expected, found), ', ' ORDER BY kind) FROM awgp.verify_ledger()";
    assert_eq!(
        text(&auditor, sql).await,
        "balance_differs 4.000000 10.000000, spent_differs 6.000000 1.000000"
    );
    let sql = "SELECT code FROM awgp.doctor() WHERE severity = 'error'";
    assert_eq!(text(&auditor, sql).await, "ledger_differs");
}

#[tokio::test]
async fn the_doctor_verifies_what_is_open_and_maintenance_the_whole_ledger_once_a_day() {
    let scene = Scene::set("10", "100").await;
    scene.record("6").await.expect("it fits");
    let superuser = scene.database.superuser().await;
    let auditor = scene.database.connect(Login::Auditor).await;
    let maintainer = scene.database.connect(Login::Maintainer).await;
    let replica = async |sql: &str| {
        superuser.batch_execute(&format!("SET session_replication_role = replica; {sql}")).await
    };
    let found = async || {
        let sql = "SELECT coalesce(string_agg(code, ','), '') FROM awgp.doctor() WHERE severity = 'error'";
        text(&auditor, sql).await
    };
    let verified = async |at: &str| {
        let sql = format!(
            "SELECT s ->> 'ok' || ' ' || (s #>> '{{did,differences}}') FROM jsonb_path_query(
             awgp.run_maintenance({at}, '{{verify_ledger}}'), '$.steps[*]') AS s"
        );
        text(&maintainer, &sql).await
    };
    // A period of last year that has spent something without an entry.
    let old = format!(
        "INSERT INTO awgp.budget_periods (tenant_id, scope, starts_at, ends_at, time_zone, limit_amount, spent)
         VALUES ('{}', 'tenant', now() - interval '400 days', now() - interval '370 days', 'UTC', 10, 5)",
        scene.tenant.id
    );
    assert_eq!(verified("NULL").await, "true 0");
    replica(&old).await.expect("a superuser can");
    // Maintenance found nothing a moment ago, so the doctor looks at what is open, and maintenance rests.
    assert_eq!(found().await, "");
    assert_eq!(verified("now() + interval '19 hours'").await, "true 0");
    assert_eq!(verified("now() + interval '21 hours'").await, "true 1");
    assert_eq!(found().await, "ledger_differs");
    // It is mended: the doctor knows at once, since maintenance had found something.
    replica("DELETE FROM awgp.budget_periods WHERE ends_at < now()").await.expect("a superuser can");
    assert_eq!(found().await, "");
    // What is open is verified each time.
    assert_eq!(verified("NULL").await, "true 0");
    for (forged, mended) in [
        (
            "UPDATE awgp.budget_periods SET spent = 5 WHERE scope = 'tenant'",
            "spent = 6 WHERE scope = 'tenant'",
        ),
        (
            "UPDATE awgp.budget_periods SET held = 1 WHERE scope = 'assistant'",
            "held = 0 WHERE scope = 'assistant'",
        ),
    ] {
        replica(forged).await.expect("a superuser can");
        assert_eq!(found().await, "ledger_differs", "{forged}");
        replica(&format!("UPDATE awgp.budget_periods SET {mended}")).await.expect("a superuser can");
        assert_eq!(found().await, "");
    }
    replica("UPDATE awgp.provider_credit_pools SET current_balance = 10").await.expect("a superuser can");
    assert_eq!(found().await, "ledger_differs");
}

/// A pool's period turns without an event of the pool: the event is that of the period's own row. So what
/// the pool shows is compared with it.
#[tokio::test]
async fn a_pool_that_shows_another_period_than_its_newest_is_found() {
    let mut scene = Scene::set("10", "100").await;
    for at in ["2031-01-10 00:00:00+00", "2031-02-10 00:00:00+00"] {
        scene.at(at).await;
        scene.record("6").await.expect("it fits");
    }
    let auditor = scene.database.connect(Login::Auditor).await;
    let sql = "SELECT string_agg(left(event.after_state ->> 'starts_at', 10), ' ' ORDER BY event.id)
               FROM awgp.audit_logs AS event JOIN awgp.provider_credit_pools AS pool
                 ON event.after_state ->> 'pool_id' = pool.id::text
               WHERE event.entity_type = 'budget_periods' AND event.action = 'insert'
                 AND event.after_state ->> 'starts_at' >= '2031'";
    let superuser = scene.database.superuser().await;
    assert_eq!(text(&superuser, sql).await, "2031-01-01 2031-02-01");
    // From now on the doctor looks at what is open alone.
    let maintainer = scene.database.connect(Login::Maintainer).await;
    let verify = "SELECT awgp.run_maintenance(steps => ARRAY['verify_ledger'])";
    maintainer.query(verify, &[]).await.expect("maintenance runs");
    let kinds = "SELECT coalesce(string_agg(kind, ','), '') FROM awgp.verify_ledger()";
    let told = "SELECT coalesce(string_agg(code, ','), '') FROM awgp.doctor() WHERE severity = 'error'";
    assert_eq!((text(&auditor, kinds).await, text(&auditor, told).await), (String::new(), String::new()));
    for forged in [
        "period_starts_at = '2031-01-15'",
        // All of it as it was in January.
        "period_starts_at = '2031-01-01 00:00+00', period_ends_at = '2031-02-01 00:00+00'",
    ] {
        let forge = format!(
            "BEGIN; SET LOCAL session_replication_role = replica;
             UPDATE awgp.provider_credit_pools SET {forged}"
        );
        superuser.batch_execute(&forge).await.expect("a superuser can");
        assert_eq!(text(&superuser, kinds).await, "period_differs", "{forged}");
        assert_eq!(text(&superuser, told).await, "ledger_differs", "{forged}");
        superuser.batch_execute("ROLLBACK").await.expect("it is undone");
    }
    scene.assert_sound().await;
}
