//! From PostgreSQL 15 to 18: a dump that is taken while clients write, and pg_upgrade of a server whose
//! clients wrote until it was stopped. What docs/operations/upgrade.md says is done, and clients go on.

use super::elsewhere::assert_alive;
use awgp_tests::another_server::{AnotherServer, end_fast};
use awgp_tests::catalog::findings;
use awgp_tests::command::{Folder, output_of, program, run};
use awgp_tests::crash::judge::judge;
use awgp_tests::crash::memory::Memory;
use awgp_tests::crash::{Fault, Life, Load, Stage};
use awgp_tests::own_server::{is_inside, major, move_to};
use awgp_tests::trail::verify;
use awgp_tests::{Database, Login, drop_template, server_major};
use std::sync::Arc;

const OLD: &str = "15";
const NEW: &str = "18";
const KEEP: &str = "SELECT awgp.keep_identity()";

/// True inside of a server of the newer version. With the older one there is nothing to come from.
fn is_newer(name: &str) -> bool {
    if major() != NEW {
        println!("what comes from PostgreSQL {OLD} is tested with PostgreSQL {NEW}");
        return false;
    }
    is_inside(&format!("crash::newer_version::{name}"), &[])
}

/// A server of the older version, which this process has moved to, and its stage.
async fn old_server() -> (AnotherServer, Arc<Stage>) {
    let old = AnotherServer::start(&["--pg", OLD]);
    move_to(old.url());
    let stage = Stage::new(false).await;
    stage.database.superuser().await.execute(KEEP, &[]).await.expect("it is the original");
    (old, Arc::new(stage))
}

/// From 15.20 on a server marks every column, and the programs of 18.6 and older do not know the marks
/// (docs/operations/upgrade.md). Without them the database is as one that was made by an older server.
async fn take_marks_away(database: &Database) {
    let sql = "UPDATE pg_attribute SET attoptions = NULL WHERE attoptions::text LIKE '{pg_attver=%'";
    database.superuser().await.execute(sql, &[]).await.expect("a superuser may");
}

/// The section "After either way", and everything is as clients remember.
async fn goes_on(stage: &Stage, memory: &Memory) {
    let database = &stage.database;
    let superuser = database.superuser().await;
    assert_eq!(server_major(&superuser).await.to_string(), NEW);
    assert_eq!(verify(database).await, []);
    let codes: Vec<String> = findings(&superuser).await.into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes, ["restored_copy"], "somebody has to say that it is the original");
    superuser.execute(KEEP, &[]).await.expect("it takes the original's place");
    assert_eq!(judge(database, memory, None).await, []);
    assert_alive(stage, database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_is_taken_of_15_while_clients_write_is_whole_in_18() {
    if !is_newer("a_dump_that_is_taken_of_15_while_clients_write_is_whole_in_18") {
        return;
    }
    let here = std::env::var("AWGP_SERVER_URL").expect("a server");
    let (old, stage) = old_server().await;
    let folder = Folder::new(&stage.database);
    let load = Load::begin(&stage, &Life::calm(), 7);
    assert!(load.more(60).await, "clients work");
    let before = load.memory().attempts();
    let (file, roles) = (folder.file("governed.dump"), folder.file("roles.sql"));
    // The programs of 15 know what every 15 writes.
    let (mut dumpall, mut dump) = (old.program("pg_dumpall"), old.program("pg_dump"));
    dumpall.args(["--roles-only", "--file", &roles, "--dbname", &old.url()]);
    dump.args(["--format=custom", "--file", &file, "--dbname", &stage.database.url(Login::Superuser)]);
    let dumped = tokio::task::spawn_blocking(move || [&mut dumpall, &mut dump].map(output_of));
    dumped.await.expect("both run");
    let moment = load.memory().mark(before);
    assert!(load.more(20).await, "nobody waits for the dump");
    let memory = load.end().await.as_of(&moment, &stage.database.name, false);
    move_to(here);
    let postgres = Database::named("postgres".to_owned());
    // The role `postgres` is there.
    run("psql", &postgres, &["--no-psqlrc", "--quiet", "--file", &roles]);
    run("pg_restore", &postgres, &["--create", "--exit-on-error", &file]);
    output_of(program("vacuumdb").args([
        "--analyze-only",
        "--dbname",
        &stage.database.url(Login::Superuser),
    ]));
    goes_on(&stage, &memory).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_15_that_is_stopped_among_its_clients_is_whole_in_18_by_pg_upgrade() {
    if !is_newer("a_15_that_is_stopped_among_its_clients_is_whole_in_18_by_pg_upgrade") {
        return;
    }
    let (old, stage) = old_server().await;
    take_marks_away(&stage.database).await;
    drop_template().await;
    // pg_upgrade takes no server with prepared transactions.
    let life = Life { fault: Fault::Server, prepares: false, ..Life::calm() };
    let load = Load::begin(&stage, &life, 8);
    assert!(load.more(80).await, "clients work");
    load.memory().no_return();
    end_fast(&old.folder()).await;
    let memory = load.end().await;
    assert!(memory.acknowledged() >= 80);
    let new = AnotherServer::start(&["--pg", NEW, "--upgrade", &old.folder()]);
    move_to(new.url());
    output_of(program("vacuumdb").args(["--all", "--analyze-only", "--maintenance-db", &new.url()]));
    goes_on(&stage, &memory).await;
}
