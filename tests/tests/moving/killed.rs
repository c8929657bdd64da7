//! A move of which something is killed at any moment: the program, its connection to either side, or both
//! servers at once. It ends in one place when it is called again.

use super::stage::{family_between, said, stage};
use awgp_tests::fixture::within;
use awgp_tests::own_server::{answers, crash, is_inside};
use awgp_tests::trail::{Dice, verify};
use awgp_tests::{Database, Login};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio_postgres::Client;
use uuid::Uuid;

/// How often something is killed: `AWGP_MOVING_ROUNDS`.
fn rounds() -> u64 {
    std::env::var("AWGP_MOVING_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(8)
}

/// True where the family can write in this database.
async fn works(database: &Database, tenant: Uuid) -> bool {
    let mut app = database.app().await;
    let Ok(work) = app.transaction().await else { return false };
    // The server's own setting is off: what a move commits is durable all the same.
    if work.execute("SET LOCAL synchronous_commit = on", &[]).await.is_err() {
        return false;
    }
    let entered = work.execute("SELECT awgp.set_context($1::uuid)", &[&tenant]).await.is_ok();
    let wrote = entered && work.execute("SELECT awgp.log_event('alive', 'test')", &[]).await.is_ok();
    wrote && work.commit().await.is_ok()
}

/// How many events say that the family was alive, in one database.
async fn alive(database: &Database, tenant: Uuid) -> i64 {
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE tenant_id = $1 AND action = 'alive'";
    let superuser: Client = database.superuser().await;
    superuser.query_one(sql, &[&tenant]).await.expect("a count").get(0)
}

/// Ends the mover's connections to a database.
async fn disconnect(database: &Database) {
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND usename = $1 AND pid <> pg_backend_pid()";
    let role = Login::Admin.role().expect("a login");
    database.superuser().await.query(sql, &[&role]).await.expect("a superuser may");
}

#[tokio::test]
async fn whatever_is_killed_the_family_is_in_one_place_and_nothing_of_it_is_lost() {
    const NAME: &str =
        "moving::killed::whatever_is_killed_the_family_is_in_one_place_and_nothing_of_it_is_lost";
    if !is_inside(NAME, &[]) {
        return;
    }
    let stage = stage().await;
    let tenant = stage.group.north.id;
    let mut app = stage.source.app().await;
    for _ in 0..20 {
        let work = within(&mut app, tenant).await;
        let sql = "SELECT awgp.log_event('before', 'test') FROM generate_series(1, 100)";
        work.execute(sql, &[]).await.expect("events");
        work.commit().await.expect("it commits");
    }
    drop(app);
    let (mut from, mut to) = (&stage.source, &stage.target);
    let begun = Instant::now();
    said(&family_between("holding", from, to, &[]).expect(0));
    let whole = begun.elapsed();
    std::mem::swap(&mut from, &mut to);
    let seed = std::env::var("AWGP_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut dice = Dice::new(seed);
    let mut wrote: i64 = 0;
    for round in 0..rounds() {
        let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN names the binary");
        let (source, target) = (from.url(Login::Admin), to.url(Login::Admin));
        let mut mover = Command::new(binary)
            .args(["fleet", "move", "holding", "--from", &source, "--to", &target, "--yes"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let after = u64::try_from(whole.as_millis()).unwrap_or(1_000).max(20);
        tokio::time::sleep(Duration::from_millis(dice.roll(after))).await;
        let struck = dice.roll(4);
        match struck {
            0 => mover.kill().expect("it is killed"),
            1 => disconnect(from).await,
            2 => disconnect(to).await,
            _ => crash().await,
        }
        let _ = mover.wait();
        answers().await;
        let what = format!("seed {seed}, round {round}, struck {struck}");
        let (here, there) = (works(from, tenant).await, works(to, tenant).await);
        assert!(!(here && there), "alive in both places: {what}");
        wrote += i64::from(here) + i64::from(there);
        // Called again it ends; a refusal may have undone it once.
        for _ in 0..3 {
            if family_between("holding", from, to, &[]).code == 0 {
                break;
            }
        }
        assert!(works(to, tenant).await && !works(from, tenant).await, "{what}");
        wrote += 1;
        assert_eq!(alive(to, tenant).await, wrote, "nothing is lost: {what}");
        assert_eq!(verify(from).await, [], "{what}");
        assert_eq!(verify(to).await, [], "{what}");
        std::mem::swap(&mut from, &mut to);
    }
}
