//! Statements that would show B a row, or a part of a row, of A.

use super::stage::{Attack, Fail, Give, NOTHING, Refuse, Stage, TellNothing, Unsupported};

pub const PLAIN: &[Attack] = &[
    ("a row by its id", "SELECT title FROM awgp.work_items WHERE id = '{a_item}'", NOTHING),
    ("a count by tenant", "SELECT count(*) FROM awgp.work_items WHERE tenant_id = '{A}'", Give(&["0"])),
    ("the tenant itself", "SELECT slug FROM awgp.tenants WHERE id <> '{B}'", NOTHING),
    ("whether a user exists", "SELECT EXISTS (SELECT FROM awgp.users WHERE id = '{a_user}')", Give(&["f"])),
    ("the parent table of the trail alone", "SELECT id FROM ONLY awgp.audit_logs", NOTHING),
    ("a partition", "SELECT tenant_id FROM awgp.audit_logs_default", Fail("42501")),
    ("a partition's tableoid through its parent",
     "SELECT DISTINCT tenant_id = '{B}' FROM awgp.audit_logs WHERE tableoid <> 'awgp.audit_logs'::regclass", Give(&["t"])),
    ("rows by their place", "SELECT title FROM awgp.work_items
      WHERE ctid = ANY (SELECT format('(%s,%s)', page, line)::tid FROM generate_series(0, 9) page, generate_series(1, 40) line)", Give(&["7"])),
    ("a sample of everything", "SELECT title FROM awgp.work_items TABLESAMPLE SYSTEM (100)", Give(&["7"])),
    ("system columns", "SELECT count(*) FROM awgp.work_items WHERE xmin IS NOT NULL AND tenant_id = '{A}'", Give(&["0"])),
    ("FOR UPDATE", "SELECT title FROM awgp.work_items WHERE id = '{a_item}' FOR UPDATE", NOTHING),
    ("FOR KEY SHARE", "SELECT email FROM awgp.users WHERE id = '{a_user}' FOR KEY SHARE", NOTHING),
    ("a join that multiplies", "SELECT DISTINCT w.title FROM awgp.work_items w, awgp.users u, awgp.assistants a", Give(&["7"])),
    ("a user by e-mail", "SELECT awgp.find_user('admin@north.example')", Refuse("42501", "unknown_user")),
    ("a user by id", "SELECT awgp.find_user('{a_user}')", Refuse("42501", "unknown_user")),
    ("XML of a query", "SELECT query_to_xml('SELECT * FROM awgp.work_items', true, true, '')", Unsupported("0A000")),
    ("XML of the schema", "SELECT schema_to_xml('awgp', true, true, '')", Unsupported("0A000")),
    ("XML of a table", "SELECT table_to_xml('awgp.users', true, true, '')", Unsupported("0A000")),
    ("words of a query", "SELECT word FROM ts_stat('SELECT to_tsvector(''simple'', title) FROM awgp.work_items') WHERE word ~ 'secret'", NOTHING),
];

/// The policies were parsed when they were made, and functions pin their search_path.
pub const SHADOWS: &[Attack] = &[
    ("pg_temp tables in place of ours",
     "CREATE TEMP TABLE tenants AS SELECT '{A}'::uuid AS id, '{B}'::uuid AS parent_tenant_id, true AS is_active, 'holding' AS type;
      CREATE TEMP TABLE users AS SELECT '{a_user}'::uuid AS id, '{B}'::uuid AS tenant_id;
      SET LOCAL search_path = pg_temp, awgp, pg_catalog;
      SELECT unnest(awgp.visible_tenants()) <> '{B}'", Give(&["f"])),
    ("pg_temp users in place of ours", "CREATE TEMP TABLE users AS SELECT '{a_user}'::uuid AS id, '{B}'::uuid AS tenant_id, true AS is_active, 'x' AS email;
      SET LOCAL search_path = pg_temp, awgp, pg_catalog; SELECT awgp.find_user('x')", Refuse("42501", "unknown_user")),
    ("pg_temp functions in place of ours",
     "CREATE FUNCTION pg_temp.current_tenant() RETURNS uuid LANGUAGE sql AS $$ SELECT '{A}'::uuid $$;
      CREATE FUNCTION pg_temp.visible_tenants() RETURNS uuid[] LANGUAGE sql AS $$ SELECT ARRAY['{A}'::uuid] $$;
      SET LOCAL search_path = pg_temp, awgp, pg_catalog; SELECT title FROM work_items", Give(&["7"])),
    ("an equality that is always true", "SET LOCAL search_path = attacker, awgp, pg_catalog; SELECT title FROM work_items", Give(&["7"])),
    ("the same, in find_user()", "SET LOCAL search_path = attacker, awgp, pg_catalog; SELECT find_user('nobody@b.example')",
     Refuse("42501", "unknown_user")),
    ("the same, in the check of approvers", "SET LOCAL search_path = attacker, awgp, pg_catalog;
      INSERT INTO awgp.approvals (work_item_id, title, risk_level, requested_by, approver_ids, expires_at)
      VALUES ('{b_item}', 't', 1, '{b_user}', ARRAY['{a_user}']::uuid[], now() + interval '1 day')", Refuse("23503", "unknown_reference")),
    ("a schema of our functions' names", "CREATE FUNCTION attacker.visible_tenants() RETURNS uuid[] LANGUAGE sql AS $$ SELECT ARRAY['{A}'::uuid] $$;
      SET LOCAL search_path = attacker, awgp; SELECT title FROM work_items", Give(&["7"])),
];

/// What sees a row before the policy has let it through would tell of it.
pub const LEAKS: &[Attack] = &[
    ("a leaky function", "SELECT count(*) FROM awgp.work_items WHERE attacker.peek(title);
      SELECT DISTINCT what FROM attacker.seen", Give(&["7"])),
    ("a leaky operator", "SELECT count(*) FROM awgp.work_items WHERE title OPERATOR(attacker.<<<) 'z';
      SELECT DISTINCT what FROM attacker.seen WHERE what NOT IN ('z', '7')", NOTHING),
    ("the planner's statistics, through an operator", "EXPLAIN SELECT FROM awgp.work_items WHERE title OPERATOR(attacker.<<<) 'z';
      SELECT DISTINCT what FROM attacker.seen WHERE what NOT IN ('z', '7')", NOTHING),
    ("a leaky function on a join", "SELECT count(*) FROM awgp.work_items w JOIN awgp.users u ON attacker.peek(w.title, u.email);
      SELECT count(*) FROM attacker.seen WHERE what LIKE '%north%'", Give(&["0"])),
    ("a cast that would print a text", "SELECT count(*) FROM awgp.work_items WHERE title::integer = 7", Give(&["1"])),
    ("a cast of JSON", "SELECT count(*) FROM awgp.work_items WHERE (context ->> 'n')::integer = 7", Give(&["1"])),
    ("an invalid regular expression", "SELECT count(*) FROM awgp.work_items WHERE '7' ~ title", Give(&["1"])),
    ("a division by zero", "SELECT count(*) FROM awgp.work_items WHERE 1 / risk_level = 1", Give(&["1"])),
    ("a cast error of one's own", "SELECT count(*) FROM awgp.users WHERE email::integer = 7", Fail("22P02")),
    ("EXPLAIN", "EXPLAIN (VERBOSE) SELECT * FROM awgp.work_items WHERE title > 'a'", TellNothing),
    ("EXPLAIN ANALYZE", "EXPLAIN (ANALYZE, VERBOSE, BUFFERS) SELECT * FROM awgp.work_items WHERE title > 'a'", TellNothing),
    ("statistics of columns", "SELECT most_common_vals::text FROM pg_stats WHERE schemaname = 'awgp'", NOTHING),
    ("statistics of several columns", "SELECT most_common_vals::text FROM pg_stats_ext WHERE tablename = 'work_items'", NOTHING),
    ("raw statistics", "SELECT stavalues1::text FROM pg_statistic", Fail("42501")),
    ("raw statistics of several columns", "SELECT stxoid FROM pg_statistic_ext_data", Fail("42501")),
    ("other sessions' statements", "SELECT query FROM pg_stat_activity WHERE usename <> current_user", TellNothing),
    ("definitions", "SELECT pg_get_triggerdef(oid) FROM pg_trigger UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint", TellNothing),
    ("a parallel plan", "SELECT set_config(name, 'on', true) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
      SET LOCAL parallel_setup_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SELECT title FROM awgp.work_items", Give(&["7"])),
];

/// Objects of B's own run with B's rights.
pub const OWN_OBJECTS: &[Attack] = &[
    ("a view", "CREATE VIEW attacker.v AS SELECT * FROM awgp.work_items; SELECT title FROM attacker.v", Give(&["7"])),
    ("a materialized view", "CREATE MATERIALIZED VIEW attacker.m AS SELECT * FROM awgp.work_items; SELECT title FROM attacker.m", Give(&["7"])),
    ("a definer function", "CREATE FUNCTION attacker.d() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS 'SELECT title FROM awgp.work_items';
      SELECT attacker.d()", Give(&["7"])),
    ("a rule on an own table", "CREATE TABLE attacker.r (x text); CREATE RULE r AS ON INSERT TO attacker.r DO ALSO INSERT INTO attacker.seen SELECT title FROM awgp.work_items;
      INSERT INTO attacker.r VALUES ('x'); SELECT what FROM attacker.seen", Give(&["7"])),
    ("a default that reads", "CREATE FUNCTION attacker.last() RETURNS text LANGUAGE sql AS 'SELECT max(title) FROM awgp.work_items';
      CREATE TABLE attacker.t (x text DEFAULT attacker.last(), CHECK (attacker.last() IS NOT NULL));
      INSERT INTO attacker.t DEFAULT VALUES; SELECT x FROM attacker.t", Give(&["7"])),
    ("dynamic SQL in a block", "DO $$ BEGIN EXECUTE 'CREATE TEMP TABLE got AS SELECT title FROM awgp.work_items'; END $$; SELECT title FROM got", Give(&["7"])),
    ("a setting for A beside the context", "SELECT set_config('app.current_tenant', '{A}', true); SELECT title FROM awgp.work_items", Give(&["7"])),
    ("the same in the middle of a query", "SELECT title FROM awgp.work_items WHERE set_config('app.current_tenant', '{A}', true) IS NOT NULL
      AND EXISTS (SELECT set_config('app.current_tenant', '{A}', true))", Give(&["7"])),
];

#[tokio::test(flavor = "multi_thread")]
async fn plain_reads_give_nothing_of_another_tenant() {
    Stage::set().await.try_all(PLAIN).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_shadow_ours_change_nothing() {
    Stage::set().await.try_all(SHADOWS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leaky_functions_errors_plans_and_statistics_see_no_foreign_row() {
    Stage::set().await.try_all(LEAKS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_of_the_attacker_run_with_the_rights_of_the_attacker() {
    Stage::set().await.try_all(OWN_OBJECTS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_partition_is_closed_to_every_verb() {
    let stage = Stage::set().await;
    let sql = "SELECT relname::text FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relispartition AND relkind = 'r'";
    let partitions: Vec<String> =
        stage.superuser.query(sql, &[]).await.expect("the catalog").iter().map(|row| row.get(0)).collect();
    assert!(partitions.len() >= 5, "four months and the default: {partitions:?}");
    let app = stage.database.app().await;
    for partition in partitions {
        for verb in [
            "SELECT tenant_id FROM awgp.{}",
            "INSERT INTO awgp.{} DEFAULT VALUES",
            "UPDATE awgp.{} SET action = 'x'",
            "DELETE FROM awgp.{}",
            "TRUNCATE awgp.{}",
            "COPY awgp.{} TO STDOUT",
            "LOCK TABLE awgp.{} IN ACCESS SHARE MODE",
        ] {
            let sql = format!("BEGIN; {}", verb.replace("{}", &partition));
            awgp_tests::assert_sqlstate(app.simple_query(&sql).await, "42501");
            app.batch_execute("ROLLBACK").await.expect("the transaction ends");
        }
    }
}
