//! No amount anywhere is NaN, infinite or, where that makes no sense, below nothing.

use super::Scene;
use awgp_tests::{assert_refused, assert_sqlstate, refused};

#[tokio::test]
async fn no_table_takes_an_amount_that_is_none() {
    let scene = Scene::set("10", "100").await;
    let log = format!("SELECT awgp.log_conversation('{}', 'slack')", scene.tenant.assistant);
    scene.app.batch_execute(&log).await.expect("a conversation");
    // As the owner, past the triggers: the tables themselves.
    let superuser = scene.database.superuser().await;
    let sql = "SELECT attrelid::regclass::text, attname::text FROM pg_attribute
               WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p'))
                 AND atttypid = 'numeric'::regtype AND NOT attisdropped";
    let columns = superuser.query(sql, &[]).await.expect("columns");
    assert!(columns.len() > 20, "{}", columns.len());
    for row in columns {
        let (table, column): (String, String) = (row.get(0), row.get(1));
        // Where somebody holds a row to NaN, its CHECK does not let it pass.
        let sql = format!(
            "SELECT count(*) FROM pg_constraint WHERE conrelid = '{table}'::regclass AND contype = 'c'
             AND (pg_get_constraintdef(oid) ~ '\\m{column} < ' OR pg_get_constraintdef(oid) ~ '\\m{column} <= '
                  OR pg_get_constraintdef(oid) ~ 'abs\\({column}\\) <')"
        );
        let bounded: i64 = superuser.query_one(&sql, &[]).await.expect("a count").get(0);
        assert!(bounded > 0, "{table}.{column} has no upper bound, so it takes NaN");
    }
    for (set, codes) in [
        ("assistants SET max_cost_per_day", ["23514", "22003"]),
        ("tenants SET quota_monthly_cost_limit", ["23514", "22003"]),
        ("work_items SET estimated_cost", ["23514", "22003"]),
        ("work_items SET actual_cost", ["23514", "22003"]),
        ("conversation_logs SET cost_amount", ["23514", "22003"]),
        ("provider_credit_pools SET monthly_budget", ["22023", "22003"]),
    ] {
        for value in ["'NaN'", "-1", "'Infinity'"] {
            let told = refused(superuser.execute(&format!("UPDATE awgp.{set} = {value}"), &[]).await);
            assert!(codes.contains(&told.code.as_str()) || told.code == "23514", "{set} = {value}: {told:?}");
        }
    }
}

#[tokio::test]
async fn every_function_refuses_an_amount_that_is_no_number() {
    let scene = Scene::set("10", "100").await;
    let (assistant, item) = (scene.tenant.assistant, scene.tenant.work_item);
    let held = scene.reserve("1", "").await.expect("it fits");
    let sql = "UPDATE awgp.assistants SET capabilities = '{look}'";
    scene.app.batch_execute(sql).await.expect("it may look");
    for value in ["'NaN'", "'Infinity'", "'-Infinity'"] {
        for call in [
            format!("create_assistant('A', 'a', 'custom', max_cost_per_day => {value})"),
            format!("create_work_item('{assistant}', 'W', estimated_cost => {value})"),
            format!("log_conversation('{assistant}', 'slack', cost_amount => {value})"),
            format!("create_credit_pool('anthropic', {value})"),
            format!("set_credit_pool('openai', {value})"),
            format!("record_cost('{assistant}', 'openai', 'm', 1, 1, {value})"),
            format!("reserve_credit('{assistant}', 'openai', {value})"),
            format!("settle_credit('{held}', 'm', 1, 1, {value})"),
            format!("begin_action('{item}', 'look', 'openai', {value})"),
            format!("finish_action('{item}', 'failed', 'm', 1, 1, {value})"),
        ] {
            assert_refused(
                scene.app.query(&format!("SELECT awgp.{call}"), &[]).await,
                "22023",
                "out_of_range",
            );
        }
    }
    let made = format!("SELECT id::text FROM awgp.create_work_item('{assistant}', 'W', risk_level => 0)");
    let easy = scene.text(&made).await;
    scene.app.batch_execute(&format!("SELECT awgp.start_work_item('{easy}')")).await.expect("it begins");
    let complete = format!("SELECT awgp.complete_work_item('{easy}', NULL, 'Infinity')");
    assert_refused(scene.app.query(&complete, &[]).await, "22023", "out_of_range");
    let flag = format!("SELECT awgp.flag_hallucination('{assistant}', 'pattern', 'Infinity')");
    assert_refused(scene.app.query(&flag, &[]).await, "22023", "out_of_range");
    let log = format!("SELECT awgp.log_conversation('{assistant}', 'slack', cost_amount => -1)");
    assert_sqlstate(scene.app.query(&log, &[]).await, "23514");
    scene.assert_sound().await;
}
