//! New families, and names that are unique over the fleet, whoever is killed at whichever moment.

use super::stage::Stage;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CREATED: &str = "SELECT count(*) FROM awgp.tenants WHERE slug = 'fresh'";
const LOCK: &str =
    "SELECT pg_advisory_lock(hashtextextended(concat_ws('/', 'awgp', 'fleet', 'slug', 'fresh'), 0))";

fn start(stage: &Stage, arguments: &[&str]) -> Child {
    let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN names the binary");
    let mut command = Command::new(binary);
    command.env_clear().args(arguments).env("AWGP_FLEET", stage.file("fleet.toml"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs")
}

/// Waits until a session of the fleet's login on this member waits for a lock, or none is left there.
async fn until(stage: &Stage, at: usize, is_waiting: bool) {
    let client = stage.members[at].superuser().await;
    let sql = "SELECT count(*) FILTER (WHERE wait_event_type = 'Lock'), count(*) FROM pg_stat_activity
               WHERE usename = $1 AND datname = current_database()";
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let row = client.query_one(sql, &[&stage.login]).await.expect("a row");
        let (waiting, all): (i64, i64) = (row.get(0), row.get(1));
        if (is_waiting && waiting > 0) || (!is_waiting && all == 0) {
            return;
        }
        assert!(Instant::now() < deadline, "not within a minute: waiting {waiting}, all {all}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

const CREATE: [&str; 8] = ["tenant", "create", "Fresh", "--slug", "fresh", "--type", "holding", "--member"];

#[tokio::test]
async fn a_family_goes_where_there_is_room_and_a_subsidiary_to_its_holding() {
    let stage = Stage::with_families().await;
    let lines: String = stage
        .names()
        .map(|(at, name)| {
            stage.lines(
                name,
                at,
                ["capacity_gib = 1", "capacity_gib = 9", "capacity_gib = 99\nnew_families = false"][at],
            )
        })
        .collect();
    stage.write("roomy.toml", &lines);
    let create = ["tenant", "create", "Fresh", "--slug", "fresh", "--type", "holding"];
    stage.run_by("roomy.toml", &create).expect(0);
    assert_eq!(stage.counts(CREATED).await, [0, 1, 0]);
    let named = ["tenant", "create", "N", "--slug", "named", "--type", "holding", "--member", "c"];
    stage.run_by("roomy.toml", &named).expect(0);
    stage.run(&["tenant", "create", "S", "--slug", "south", "--parent", "holding-a"]).expect(0);
    let south = stage.counts("SELECT count(*) FROM awgp.tenants WHERE slug IN ('south', 'named')").await;
    assert_eq!(south, [1, 0, 1]);
    stage.run(&["tenant", "create", "S", "--slug", "s", "--parent", "holding-a", "--member", "b"]).expect(2);
    // The slug is taken on another member: refused, or shown.
    let taken = ["tenant", "create", "X", "--slug", "south", "--type", "holding", "--member", "b"];
    let refused = stage.run(&[&taken[..], &["--output", "json"]].concat()).expect(4).error();
    assert_eq!(refused["reason"], "fleet_name_taken");
    assert!(refused["error"].as_str().expect("a text").contains("member a"), "{refused}");
    let shown = stage.run(&[&taken[..], &["--if-not-exists", "--output", "json"]].concat()).expect(0).json();
    assert_eq!(shown["slug"], "south");
    stage.run(&[&taken[..7], &["--member", "a"]].concat()).expect(7);
    let dry = ["tenant", "create", "D", "--slug", "dry", "--type", "holding", "--member", "a", "--dry-run"];
    stage.run(&dry).expect(0);
    assert_eq!(stage.counts("SELECT count(*) FROM awgp.tenants WHERE slug = 'dry'").await, [0, 0, 0]);
    // A login that sees less than all cannot know.
    let weak = stage.lines_as(awgp_tests::Login::App);
    stage.write("weak.toml", &weak);
    stage.run_by("weak.toml", &[&CREATE[..], &["a"]].concat()).expect(3);
}

#[tokio::test]
async fn of_many_who_want_one_slug_on_different_members_one_gets_it() {
    let stage = Stage::with_families().await;
    for round in 0..3 {
        let slug = format!("race-{round}");
        let runs: Vec<Child> = ["a", "b", "c", "a", "b", "c"]
            .iter()
            .map(|member| {
                start(
                    &stage,
                    &["tenant", "create", "R", "--slug", &slug, "--type", "holding", "--member", member],
                )
            })
            .collect();
        let codes: Vec<i32> =
            runs.into_iter().map(|mut run| run.wait().expect("it ends").code().unwrap_or(-1)).collect();
        assert_eq!(codes.iter().filter(|code| **code == 0).count(), 1, "{codes:?}");
        // The name is taken; or somebody has waited for their turn too long.
        assert!(codes.iter().all(|code| [0, 4, 7, 9].contains(code)), "{codes:?}");
        let counts = stage.counts(&format!("SELECT count(*) FROM awgp.tenants WHERE slug = '{slug}'")).await;
        assert_eq!(counts.iter().sum::<i64>(), 1, "{counts:?}");
    }
}

#[tokio::test]
async fn killed_while_the_name_is_reserved_on_some_members_nothing_is_left() {
    let stage = Stage::with_families().await;
    let holder = stage.members[2].superuser().await;
    holder.execute(LOCK, &[]).await.expect("a lock");
    let mut run = start(&stage, &[&CREATE[..], &["a"]].concat());
    until(&stage, 2, true).await;
    run.kill().expect("it runs");
    run.wait().expect("it has ended");
    drop(holder);
    for at in 0..3 {
        until(&stage, at, false).await;
    }
    assert_eq!(stage.counts(CREATED).await, [0, 0, 0]);
    let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(stage.counts(locks).await, [0, 0, 0]);
    stage.run(&[&CREATE[..], &["b"]].concat()).expect(0);
    assert_eq!(stage.counts(CREATED).await, [0, 1, 0]);
}

#[tokio::test]
async fn killed_while_the_row_is_made_nothing_is_left() {
    let stage = Stage::with_families().await;
    let mut holder = stage.members[0].superuser().await;
    let held = holder.transaction().await.expect("a transaction");
    let sql = "INSERT INTO awgp.tenants (name, slug, type) VALUES ('F', 'fresh', 'holding')";
    held.batch_execute(sql).await.expect("a tenant that is not committed");
    let mut run = start(&stage, &[&CREATE[..], &["a"]].concat());
    until(&stage, 0, true).await;
    run.kill().expect("it runs");
    run.wait().expect("it has ended");
    held.rollback().await.expect("taken back");
    for at in 0..3 {
        until(&stage, at, false).await;
    }
    assert_eq!(stage.counts(CREATED).await, [0, 0, 0]);
    stage.run(&[&CREATE[..], &["c"]].concat()).expect(0);
    assert_eq!(stage.counts(CREATED).await, [0, 0, 1]);
}

#[tokio::test]
async fn a_lost_connection_to_another_member_lets_nobody_make_the_same_meanwhile() {
    let stage = Stage::with_families().await;
    // The first is at work on a, and has lost its reservation on c.
    let mut holder = stage.members[0].superuser().await;
    let held = holder.transaction().await.expect("a transaction");
    held.batch_execute("LOCK TABLE awgp.tenants IN SHARE MODE").await.expect("a lock");
    let mut first = start(&stage, &[&CREATE[..], &["a"]].concat());
    until(&stage, 0, true).await;
    let gone = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE usename = $1 AND datname = current_database()";
    stage.members[2].superuser().await.query_one(gone, &[&stage.login]).await.expect("it ends");
    let mut second = start(&stage, &[&CREATE[..], &["c"]].concat());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(second.try_wait().expect("it runs"), None, "it waits for the reservation on a");
    held.rollback().await.expect("released");
    let codes = [&mut first, &mut second].map(|run| run.wait().expect("it ends").code());
    assert_eq!(codes, [Some(0), Some(4)]);
    assert_eq!(stage.counts(CREATED).await, [1, 0, 0]);
}

#[tokio::test]
async fn a_subject_is_one_user_of_the_fleet() {
    let stage = Stage::with_families().await;
    let create = |email: &str, tenant: &str| {
        let given = ["user", "create", email, "--role", "viewer", "--keycloak-id", "s-1", "--output", "json"];
        stage.run(&[&given[..], &["--tenant", tenant]].concat())
    };
    create("ada@x.example", "north-a").expect(0);
    let refused = create("ada@y.example", "north-b").expect(4).error();
    assert_eq!(refused["reason"], "fleet_name_taken");
    create("bob@x.example", "north-a").expect(7);
    let counts = stage.counts("SELECT count(*) FROM awgp.users WHERE keycloak_id = 's-1'").await;
    assert_eq!(counts, [1, 0, 0]);
    // E-mail addresses are unique in their tenant alone.
    stage.run(&["user", "create", "ada@x.example", "--role", "viewer", "--tenant", "north-b"]).expect(0);
    let people = stage.write("people.csv", "email,role,keycloak_id\nz@x.example,viewer,s-9\n");
    stage.run(&["user", "load", &people, "--tenant", "north-a"]).expect(2);
    let people = stage.write("people.csv", "email,role\nz@x.example,viewer\n");
    stage.run(&["user", "load", &people, "--tenant", "north-a"]).expect(0);
}
