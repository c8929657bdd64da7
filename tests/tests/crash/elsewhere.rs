//! Copies that are taken of a server under load: a standby that is promoted, and a dump. Each is whole, as of
//! a moment: what was acknowledged before is there, and what came later is there whole or not at all.

use awgp_tests::command::{Folder, restore_in_parallel, run};
use awgp_tests::crash::judge::judge;
use awgp_tests::crash::{Life, Load, Stage};
use awgp_tests::own_server::{is_inside, move_to, until};
use awgp_tests::standby::{catch_up, connect};
use awgp_tests::trail::verify_with;
use awgp_tests::{Database, Login};
use std::sync::Arc;

const KEEP: &str = "SELECT awgp.keep_identity()";

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_verifies_while_clients_write_and_is_whole_when_it_is_promoted_among_them() {
    const NAME: &str = "crash::elsewhere::a_standby_verifies_while_clients_write_and_is_whole_when_it_is_promoted_among_them";
    if !is_inside(NAME, &["--standby", "--conf", "hot_standby_feedback=on"]) {
        return;
    }
    let stage = Arc::new(Stage::new(false).await);
    catch_up(&stage.database).await;
    let load = Load::begin(&stage, &Life::calm(), 2);
    for _ in 0..3 {
        assert!(load.more(40).await, "clients work");
        let auditor = connect(&stage.database, Login::Auditor).await;
        assert_eq!(verify_with(&auditor).await, [], "at whatever place of the log it is");
    }
    let before = load.memory().attempts();
    catch_up(&stage.database).await;
    let standby = connect(&stage.database, Login::Superuser).await;
    let promoted: bool = standby.query_one("SELECT pg_promote()", &[]).await.expect("a superuser may").get(0);
    assert!(promoted);
    let moment = load.memory().mark(before);
    assert!(load.more(20).await, "the primary goes on");
    let memory = load.end().await;
    move_to(std::env::var("AWGP_STANDBY_URL").expect("a standby"));
    until("the standby is a primary", async || {
        let sql = "SELECT pg_is_in_recovery()";
        !standby.query_one(sql, &[]).await.expect("an answer").get::<_, bool>(0)
    })
    .await;
    standby.execute(KEEP, &[]).await.expect("it takes the original's place");
    let memory = memory.as_of(&moment, &stage.database.name, true);
    assert_eq!(judge(&stage.database, &memory, None).await, []);
    assert_alive(&stage, &stage.database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_that_is_taken_while_clients_write_is_whole() {
    let stage = Arc::new(Stage::new(false).await);
    let folder = Folder::new(&stage.database);
    let load = Load::begin(&stage, &Life::calm(), 3);
    assert!(load.more(100).await, "clients work");
    let before = load.memory().attempts();
    let (file, original) = (folder.file("under_load.dump"), stage.database.name.clone());
    let dumped = tokio::task::spawn_blocking(move || {
        run("pg_dump", &Database::named(original), &["--format=custom", "--file", &file]);
        file
    });
    let file = dumped.await.expect("pg_dump runs");
    let moment = load.memory().mark(before);
    assert!(load.more(20).await, "nobody waits for the dump");
    let memory = load.end().await.as_of(&moment, &stage.database.name, false);
    let restored = Database::empty().await;
    restore_in_parallel(&restored, &file);
    restored.superuser().await.execute(KEEP, &[]).await.expect("it takes the original's place");
    assert_eq!(judge(&restored, &memory, None).await, []);
    assert_alive(&stage, &restored).await;
    for gid in stage
        .database
        .superuser()
        .await
        .query(
            "SELECT gid FROM pg_prepared_xacts
        WHERE database = current_database()",
            &[],
        )
        .await
        .expect("a superuser sees them")
    {
        let sql = format!("ROLLBACK PREPARED '{}'", gid.get::<_, String>(0));
        stage.database.app().await.batch_execute(&sql).await.expect("it is resolved");
    }
}

/// Clients go on where the copy ends, and it is as whole as before.
pub async fn assert_alive(stage: &Stage, copy: &Database) {
    let there = Arc::new(Stage {
        database: Database::named(copy.name.clone()),
        places: stage.places.clone(),
        months: stage.months.clone(),
    });
    let load = Load::begin(&there, &Life::calm(), 4);
    assert!(load.more(20).await, "clients work");
    let memory = load.end().await;
    assert_eq!(judge(copy, &memory, None).await, []);
}
