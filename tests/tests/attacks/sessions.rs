//! Connections that several tenants share, one after the other: plans, cursors, locks, two-phase commit.

use super::stage::{Stage, last_values};
use awgp_tests::fixture::within;
use awgp_tests::{assert_sqlstate, refused};
use tokio_postgres::Client;

/// B sees one title, A another.
const TITLES: &str = "SELECT title FROM awgp.work_items";

async fn told(client: &Client, sql: &str) -> Vec<String> {
    let messages = client.simple_query(sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    last_values(&messages)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prepared_statement_follows_the_context_and_not_the_plan() {
    let stage = Stage::set().await;
    // The holding sees its own, A's and its other subsidiary's: a plan made for one tenant is not enough.
    let seen: [(_, &[&str]); 3] = [
        (stage.group.north.id, &["north[secret"]),
        (stage.group.holding.id, &["First task", "First task", "north[secret"]),
        (stage.group.other.id, &["7"]),
    ];
    for mode in ["auto", "force_generic_plan", "force_custom_plan"] {
        let mut app = stage.database.app().await;
        app.batch_execute(&format!("SET plan_cache_mode = {mode}")).await.expect("a setting");
        let statement = app.prepare(TITLES).await.expect("a statement");
        for _ in 0..7 {
            for (tenant, expected) in seen {
                let transaction = within(&mut app, tenant).await;
                let rows = transaction.query(&statement, &[]).await.expect("rows");
                let mut titles: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                titles.sort();
                assert_eq!(titles, expected, "{mode}");
                transaction.commit().await.expect("the context ends");
            }
            assert!(app.query(&statement, &[]).await.expect("no rows").is_empty(), "{mode}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_made_past_row_level_security_is_made_anew_after_set_role() {
    let stage = Stage::set().await;
    let client = &stage.superuser;
    client
        .batch_execute(&format!(
            "CREATE FUNCTION public.titles() RETURNS SETOF text LANGUAGE sql STABLE AS '{TITLES}';
             SET plan_cache_mode = force_generic_plan;
             PREPARE plain AS {TITLES};
             PREPARE inlined AS SELECT * FROM public.titles();
             PREPARE nested AS WITH one AS (SELECT title FROM (SELECT * FROM awgp.work_items) AS x) SELECT * FROM one;"
        ))
        .await
        .expect("statements");
    for name in ["plain", "inlined", "nested"] {
        assert_eq!(told(client, &format!("EXECUTE {name}")).await.len(), 5, "the superuser sees all");
        let enter = format!(
            "BEGIN; SET LOCAL ROLE awgp_test_app; SELECT awgp.set_context('{}')",
            stage.group.other.id
        );
        told(client, &enter).await;
        assert_eq!(told(client, &format!("EXECUTE {name}")).await, ["7"], "{name}");
        told(client, "ROLLBACK").await;
        assert_eq!(told(client, &format!("EXECUTE {name}")).await.len(), 5, "and again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_context_outlives_its_transaction() {
    let stage = Stage::set().await;
    let app = stage.database.app().await;
    for context in [
        format!("SELECT awgp.set_context('{}')", stage.group.north.id),
        format!("SELECT set_config('app.current_tenant', '{}', true)", stage.group.north.id),
    ] {
        for end in [
            "COMMIT",
            "ROLLBACK",
            "SELECT 1 / 0; ROLLBACK",
            "COMMIT; DISCARD ALL",
            "SAVEPOINT s; ROLLBACK TO s; COMMIT",
        ] {
            told(&app, &format!("BEGIN; {context}")).await;
            assert_eq!(told(&app, TITLES).await.len(), 1);
            if end.contains("1 / 0") {
                assert_sqlstate(app.simple_query("SELECT 1 / 0").await, "22012");
                told(&app, "ROLLBACK").await;
            } else {
                for statement in end.split("; ") {
                    told(&app, statement).await;
                }
            }
            assert!(told(&app, TITLES).await.is_empty(), "{context}, {end}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phase_commit_carries_no_context() {
    let stage = Stage::set().await;
    let (one, two) = (stage.database.app().await, stage.database.app().await);
    let name = &stage.database.name;
    told(&one, &format!("BEGIN; SELECT awgp.set_context('{}')", stage.group.north.id)).await;
    told(&one, "UPDATE awgp.work_items SET priority = 2").await;
    told(&one, &format!("PREPARE TRANSACTION '{name}'")).await;
    assert!(told(&one, TITLES).await.is_empty(), "the session that prepared it");
    assert!(told(&two, TITLES).await.is_empty(), "another session");
    told(&two, &format!("COMMIT PREPARED '{name}'")).await;
    assert!(told(&two, TITLES).await.is_empty(), "the session that committed it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_cursor_keeps_the_rows_of_the_context_it_was_made_in_and_discard_all_closes_it() {
    let stage = Stage::set().await;
    let app = stage.database.app().await;
    let declare = format!("DECLARE held CURSOR WITH HOLD FOR {TITLES}");
    told(&app, &format!("BEGIN; SELECT awgp.set_context('{}'); {declare}; COMMIT", stage.group.other.id))
        .await;
    told(&app, &format!("BEGIN; SELECT awgp.set_context('{}')", stage.group.holding.id)).await;
    assert_eq!(told(&app, "FETCH ALL FROM held").await, ["7"], "materialized under B, not under the holding");
    told(&app, "COMMIT").await;
    told(&app, "DISCARD ALL").await;
    assert_sqlstate(app.simple_query("FETCH ALL FROM held").await, "34000");
    // Without a context there is nothing to hold.
    told(&app, &format!("BEGIN; {declare}; COMMIT")).await;
    told(&app, &format!("BEGIN; SELECT awgp.set_context('{}')", stage.group.other.id)).await;
    assert!(told(&app, "FETCH ALL FROM held").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_has_begun_does_not_change_sides() {
    let stage = Stage::set().await;
    let app = stage.database.app().await;
    let (a, b) = (stage.group.north.id, stage.group.other.id);
    told(&app, &format!("BEGIN; SELECT awgp.set_context('{b}'); INSERT INTO awgp.work_items (assistant_id, title) VALUES ('{}', '7')",
        stage.group.other.assistant)).await;
    told(&app, &format!("DECLARE open CURSOR FOR {TITLES}; FETCH 1 FROM open")).await;
    told(&app, &format!("SELECT awgp.set_context('{a}')")).await;
    assert_eq!(told(&app, "FETCH ALL FROM open").await, ["7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_changed_in_the_middle_of_a_query_never_mixes_tenants() {
    let stage = Stage::set().await;
    let app = stage.database.app().await;
    let (a, b) = (stage.group.north.id, stage.group.other.id);
    for sql in [
        format!(
            "SELECT DISTINCT tenant_id FROM awgp.users WHERE set_config('app.current_tenant', '{a}', true) IS NOT NULL"
        ),
        format!(
            "SELECT DISTINCT tenant_id FROM (SELECT tenant_id, set_config('app.current_tenant', '{a}', true) FROM awgp.users OFFSET 0) AS x"
        ),
    ] {
        told(&app, &format!("BEGIN; SELECT set_config('app.current_tenant', '{b}', true)")).await;
        assert!(told(&app, &sql).await.len() <= 1, "{sql}");
        told(&app, "ROLLBACK").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_on_a_foreign_row_neither_blocks_nor_shows() {
    let stage = Stage::set().await;
    let (mut a, mut b) = (stage.database.app().await, stage.database.app().await);
    let locked = within(&mut a, stage.group.north.id).await;
    locked.execute("UPDATE awgp.work_items SET priority = 1", &[]).await.expect("A locks its rows");
    let transaction = within(&mut b, stage.group.other.id).await;
    let rows = transaction.query("SELECT title FROM awgp.work_items FOR UPDATE NOWAIT", &[]).await;
    assert_eq!(rows.expect("B is not blocked").len(), 1);
    let skipped = transaction.query("SELECT title FROM awgp.work_items FOR UPDATE SKIP LOCKED", &[]).await;
    assert_eq!(skipped.expect("nor told").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn advisory_locks_of_an_application_never_meet_ours() {
    let stage = Stage::set().await;
    let (maintainer, app) =
        (stage.database.connect(awgp_tests::Login::Maintainer).await, stage.database.app().await);
    told(&maintainer, "BEGIN; SELECT awgp.ensure_partitions(0)").await;
    let sql = "SELECT (classid::bigint << 32 | objid::bigint)::text FROM pg_locks
               WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let keys = told(&stage.superuser, sql).await;
    assert!(!keys.is_empty(), "the maintainer holds a lock of ours");
    for key in keys {
        let both = format!(
            "SELECT (pg_try_advisory_lock({key}) AND pg_try_advisory_lock(({key}::bigint >> 32)::integer, ({key}::bigint & 2147483647)::integer))::text"
        );
        assert_eq!(told(&app, &both).await, ["true"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_roles_statements_and_dumps_stay_closed() {
    let stage = Stage::set().await;
    let app = stage.database.app().await;
    told(&stage.superuser, "SELECT 'north'").await;
    let others =
        "SELECT query FROM pg_stat_activity WHERE usename <> current_user AND datname = current_database()";
    let queries = told(&app, others).await;
    assert!(!queries.is_empty() && queries.iter().all(|query| !query.contains("north")), "{queries:?}");
    // A dump as an application stops instead of writing a part.
    let sql = "SET row_security = off; COPY (SELECT * FROM awgp.work_items) TO STDOUT";
    assert_eq!(refused(app.simple_query(sql).await).code, "42501");
}
