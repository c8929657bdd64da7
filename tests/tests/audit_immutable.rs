//! The trail is append-only, and appended by the chain alone: for everyone, by
//! every statement, on every partition.

use awgp_tests::fixture::{self, within};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::{Database, Login, assert_refused, assert_sqlstate, refused};
use tokio_postgres::Client;

const COLUMNS: &str =
    "id, \"timestamp\", tenant_id, actor_type, action, entity_type, integrity_hash, chain_lane, chain_seq";

/// A row of the caller's own making: id, timestamp, lane, number and hash included.
const ROW: &str = "999, now(), gen_random_uuid(), 'user', 'x', 'y', repeat('0', 64), 0, 1";

/// Every statement that could write to a table, whether or not it has a row.
fn writes(table: &str) -> Vec<String> {
    vec![
        format!("INSERT INTO {table} ({COLUMNS}) VALUES ({ROW})"),
        format!("INSERT INTO {table} ({COLUMNS}) VALUES ({ROW}) ON CONFLICT DO NOTHING"),
        format!(
            "INSERT INTO {table} ({COLUMNS}) VALUES ({ROW})
             ON CONFLICT (id, \"timestamp\") DO UPDATE SET action = 'forged'"
        ),
        format!(
            "MERGE INTO {table} AS t USING (VALUES (1)) AS s ON false
             WHEN NOT MATCHED THEN INSERT ({COLUMNS}) VALUES ({ROW})"
        ),
        format!("TRUNCATE {table}"),
        format!("TRUNCATE {table} CASCADE"),
    ]
}

/// Every statement that could change a row that is there.
fn changes(table: &str) -> Vec<String> {
    let mut statements: Vec<String> = [
        "id = -id",
        "\"timestamp\" = now()",
        "tenant_id = gen_random_uuid()",
        "actor_type = 'system'",
        "actor_id = NULL",
        "action = 'x'",
        "entity_type = 'x'",
        "entity_id = NULL",
        "before_state = '{}'",
        "after_state = '{}'",
        "metadata = '{}'",
        "integrity_hash = 'x'",
        "chain_lane = 9",
        "chain_seq = 9",
    ]
    .iter()
    .map(|column| format!("UPDATE {table} SET {column}"))
    .collect();
    statements.push(format!("DELETE FROM {table}"));
    statements
        .push(format!("MERGE INTO {table} AS t USING (VALUES (1)) AS s ON true WHEN MATCHED THEN DELETE"));
    statements.push(format!(
        "MERGE INTO {table} AS t USING (VALUES (1)) AS s ON true WHEN MATCHED THEN UPDATE SET action = 'x'"
    ));
    statements.push(format!(
        "INSERT INTO {table} ({COLUMNS}) SELECT {COLUMNS} FROM {table}
         ON CONFLICT (id, \"timestamp\") DO UPDATE SET action = 'forged'"
    ));
    statements
}

/// The table and all its partitions; those with a row in them apart.
async fn tables(superuser: &Client) -> (Vec<String>, Vec<String>) {
    let sql = "SELECT oid::regclass::text FROM pg_class WHERE oid = 'awgp.audit_logs'::regclass
               UNION ALL SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'awgp.audit_logs'::regclass";
    let all = superuser.query(sql, &[]).await.expect("the catalog is readable");
    let filled =
        "SELECT DISTINCT tableoid::regclass::text FROM awgp.audit_logs UNION ALL SELECT 'awgp.audit_logs'";
    let filled = superuser.query(filled, &[]).await.expect("the trail is readable");
    (all.iter().map(|row| row.get(0)).collect(), filled.iter().map(|row| row.get(0)).collect())
}

async fn assert_all_refused(client: &Client, superuser: &Client) {
    let (all, filled) = tables(superuser).await;
    assert!(all.len() >= 5 && filled.len() == 2, "{all:?} {filled:?}");
    for statement in
        all.iter().flat_map(|table| writes(table)).chain(filled.iter().flat_map(|table| changes(table)))
    {
        let result = refused(client.batch_execute(&statement).await);
        let seen = (result.code.as_str(), result.reason.as_deref());
        assert_eq!(seen, ("42501", Some("audit_immutable")), "{statement}: {result:?}");
    }
    for table in &all {
        let copy = format!(
            "COPY {table} ({COLUMNS}) FROM PROGRAM 'echo \"9|2026-11-01|7e000000-0000-4000-8000-000000000001|user|x|y|h|0|1\"' (DELIMITER '|')"
        );
        if table.ends_with("audit_logs") || table.ends_with("default") {
            assert_refused(client.batch_execute(&copy).await, "42501", "audit_immutable");
        }
    }
}

#[tokio::test]
async fn ordinary_roles_are_refused_by_their_grants_on_the_table_and_every_partition() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let superuser = database.superuser().await;
    let before = trail::rows(&database).await;
    let (all, _) = tables(&superuser).await;
    for login in Login::ORDINARY {
        let client = database.connect(login).await;
        for statement in all.iter().flat_map(|table| [writes(table), changes(table)].concat()) {
            assert_sqlstate(client.batch_execute(&statement).await, "42501");
        }
        for table in &all {
            assert_sqlstate(client.batch_execute(&format!("COPY {table} FROM STDIN")).await, "42501");
        }
        for statement in [
            "SELECT setval('awgp.audit_logs_id_seq', 1)",
            "SELECT nextval('awgp.audit_logs_id_seq')",
            "ALTER TABLE awgp.audit_logs DISABLE TRIGGER ALL",
        ] {
            assert_sqlstate(client.batch_execute(statement).await, "42501");
        }
    }
    assert_eq!(trail::rows(&database).await, before);
}

#[tokio::test]
async fn a_superuser_is_refused_also_as_a_replica() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let superuser = database.superuser().await;
    let before = trail::rows(&database).await;
    for role in ["origin", "replica", "local"] {
        let sql = format!("SET session_replication_role = {role}");
        superuser.batch_execute(&sql).await.expect("a superuser may");
        assert_all_refused(&superuser, &superuser).await;
    }
    assert_eq!(trail::rows(&database).await, before);
}

#[tokio::test]
async fn the_owner_of_the_table_is_refused_and_its_chain_goes_on() {
    let database = Database::new().await;
    let group = fixture::group(&database).await;
    let superuser = database.superuser().await;
    let owner = format!("{}_owner", database.name);
    superuser
        .batch_execute(&format!(
            "CREATE ROLE {owner}; GRANT USAGE, CREATE ON SCHEMA awgp TO {owner};
             GRANT pg_execute_server_program TO {owner};
             DO $$ DECLARE t regclass; BEGIN
                 FOR t IN SELECT 'awgp.audit_logs'::regclass UNION ALL
                     SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'awgp.audit_logs'::regclass
                 LOOP
                     EXECUTE format('ALTER TABLE %s OWNER TO {owner}', t);
                     -- Forced row-level security would hide the rows, and the trigger must hold without it.
                     EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', t);
                 END LOOP;
             END $$"
        ))
        .await
        .expect("the trail changes hands");
    let before = trail::rows(&database).await;
    let client = database.superuser().await;
    client.batch_execute(&format!("SET ROLE {owner}")).await.expect("a superuser may");
    assert_all_refused(&client, &superuser).await;
    assert_eq!(trail::rows(&database).await, before);
    let mut app = database.app().await;
    let transaction = within(&mut app, group.north.id).await;
    let sql = "SELECT awgp.create_work_item($1, 'Under another owner')";
    transaction.execute(sql, &[&group.north.assistant]).await.expect("a work item is made");
    transaction.commit().await.expect("its event is chained");
    let rows = trail::rows(&database).await;
    assert_eq!(rows.len(), before.len() + 1);
    assert_intact(trail::install_id(&database).await, &rows);
}

#[tokio::test]
async fn a_new_partition_and_one_that_was_detached_and_attached_again_are_guarded() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let superuser = database.superuser().await;
    superuser
        .batch_execute("SELECT awgp.ensure_partitions(0, '2031-05-05')")
        .await
        .expect("a month can be made");
    let (_, filled) = tables(&superuser).await;
    let present = filled.iter().find(|table| table.contains("_20")).expect("the present month");
    superuser
        .batch_execute(&format!(
            "DO $$ DECLARE bounds text := (SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '{present}'::regclass);
             BEGIN
                 ALTER TABLE awgp.audit_logs DETACH PARTITION {present};
                 EXECUTE 'ALTER TABLE awgp.audit_logs ATTACH PARTITION {present} ' || bounds;
             END $$;
             -- A month that somebody made by hand.
             CREATE TABLE awgp.audit_logs_2031_06 PARTITION OF awgp.audit_logs
             FOR VALUES FROM ('2031-06-01 00:00:00+00') TO ('2031-07-01 00:00:00+00')"
        ))
        .await
        .expect("partitions come and go");
    let before = trail::rows(&database).await;
    for table in ["awgp.audit_logs_2031_05", "awgp.audit_logs_2031_06"] {
        let row = ROW.replace("now()", if table.ends_with('5') { "'2031-05-05'" } else { "'2031-06-05'" });
        let insert = format!("INSERT INTO {table} ({COLUMNS}) VALUES ({row})");
        assert_refused(superuser.batch_execute(&insert).await, "42501", "audit_immutable");
    }
    for statement in changes(present).into_iter().chain(writes(present)) {
        assert_refused(superuser.batch_execute(&statement).await, "42501", "audit_immutable");
    }
    assert_eq!(trail::rows(&database).await, before);
    assert_eq!(
        trail::verify(&database).await.iter().filter(|finding| finding.chain_seq.is_some()).count(),
        0
    );
}
