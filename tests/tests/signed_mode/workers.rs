//! Parallel workers, into which a caller takes any function by marking a wrapper PARALLEL SAFE.

use super::NOBODY;
use super::context;
use awgp_tests::fixture::Group;
use awgp_tests::tokens::{signed_database, trusting_database};
use awgp_tests::{Database, refused, server_major};
use tokio_postgres::Client;

/// Plans go to workers alone, however small the table.
fn workers_alone(major: i32) -> String {
    let force = if major < 16 { "force_parallel_mode" } else { "debug_parallel_query" };
    format!(
        "SET {force} = on; SET parallel_leader_participation = off; SET parallel_setup_cost = 0;
         SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
    )
}

/// What stands before the worker's call, in the session. $NORTH is a tenant's id.
const BEFORE: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a mode of its own", "SET awgp.context_mode = 'x';"),
    ("the other mode", "SET awgp.context_mode = 'trusted';"),
    ("the seed's setting", "SET app.current_tenant = '$NORTH';"),
    ("the library", "SELECT awgp.context_mode();"),
    ("the library and the seed's setting", "SELECT awgp.context_mode(); SET app.current_tenant = '$NORTH';"),
];

/// What the worker does first.
const CALLS: &[(&str, &str)] = &[
    ("nothing", ""),
    ("a tenant by its slug", "PERFORM awgp.set_context(awgp.find_tenant('north'));"),
    ("a tenant by its id", "PERFORM awgp.set_context('$NORTH');"),
    ("a user", "PERFORM awgp.set_context('$NORTH', '$USER');"),
    ("a token", "PERFORM awgp.authenticate('x.y.z');"),
];

/// What the worker then reads: its process, the mode, the tenant in context and what it sees.
const READ: &str = "RETURN (SELECT pg_backend_pid() || '|' || awgp.context_mode() || '|'
    || coalesce(awgp.current_tenant()::text, '') || '|' || coalesce((SELECT string_agg(title, ',') FROM awgp.work_items), ''))";

/// What a function that a worker runs answers. A query may find no worker free and
/// then runs without one: it is tried again.
async fn in_worker(app: &Client, call: &str) -> Result<String, tokio_postgres::Error> {
    app.batch_execute(&format!(
        "CREATE OR REPLACE FUNCTION pg_temp.peek(oid) RETURNS text LANGUAGE plpgsql PARALLEL SAFE AS
         $$ BEGIN {call} {READ}; END $$"
    ))
    .await?;
    let leader: i32 = app.query_one("SELECT pg_backend_pid()", &[]).await?.get(0);
    for round in 0..1000 {
        // Other tests have workers too, and give them back.
        tokio::time::sleep(std::time::Duration::from_millis(if round < 10 { 0 } else { 50 })).await;
        let answer = app.query_one("SELECT pg_temp.peek(oid) FROM pg_class LIMIT 1", &[]).await;
        let told: String = match answer {
            Ok(row) => row.get(0),
            Err(error) => {
                let of_worker = error
                    .as_db_error()
                    .is_some_and(|db| db.where_().unwrap_or_default().contains("parallel worker"));
                if of_worker {
                    return Err(error);
                }
                continue;
            }
        };
        let (process, seen) = told.split_once('|').expect("a process");
        if process != leader.to_string() {
            return Ok(seen.to_owned());
        }
    }
    panic!("no parallel worker in a thousand tries");
}

async fn attack(database: &Database, group: &Group) {
    let major = server_major(&database.superuser().await).await;
    let fill = |text: &str| {
        text.replace("$NORTH", &group.north.id.to_string())
            .replace("$USER", &group.north.user("admin").to_string())
    };
    for (before, session) in BEFORE {
        for (name, call) in CALLS {
            let app = database.app().await;
            app.batch_execute(&workers_alone(major)).await.expect("settings of everybody's");
            // A mode that is not theirs to set is refused where the library is loaded already.
            let _ = app.batch_execute(&fill(session)).await;
            let answer = in_worker(&app, &fill(call)).await;
            if call.is_empty() {
                assert_eq!(answer.expect("reads never fail"), "signed||", "before: {before}");
            } else {
                let refused = refused(answer);
                let reason = refused.reason.as_deref().unwrap_or_default();
                // A slug is not even looked up.
                let expected =
                    if call.contains("find_tenant") { "unknown_tenant" } else { "parallel_worker" };
                assert_eq!(reason, expected, "before: {before}, {name}: {refused:?}");
            }
        }
    }
}

#[tokio::test]
async fn in_signed_mode_a_parallel_worker_has_no_context_and_is_given_none() {
    let (database, group) = signed_database().await;
    attack(&database, &group).await;
    assert_eq!(context(&database.app().await).await, NOBODY);
}

#[tokio::test]
async fn in_trusted_mode_a_parallel_worker_has_no_context_either() {
    let (database, group) = trusting_database().await;
    attack(&database, &group).await;
}

#[tokio::test]
async fn a_query_with_workers_reads_what_the_context_shows() {
    let (database, group) = trusting_database().await;
    let app = database.app().await;
    let major = server_major(&database.superuser().await).await;
    app.batch_execute(&workers_alone(major)).await.expect("settings of everybody's");
    let sql = format!(
        "BEGIN; SELECT awgp.set_context('{}'); CREATE TEMP TABLE seen AS SELECT title FROM awgp.work_items;
         CREATE TEMP TABLE counted AS SELECT count(*) FROM awgp.users; COMMIT",
        group.north.id
    );
    app.batch_execute(&sql).await.expect("a query with workers");
    let row = app.query_one("SELECT (SELECT count(*) FROM seen), (SELECT count FROM counted)", &[]).await;
    let row = row.expect("counts");
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (1, 5));
}
