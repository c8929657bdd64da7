//! A member that is not there, and one that takes connections and never answers.

use super::stage::Stage;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// What a command may take besides the time limit of the dead member, which alone would never answer.
const BESIDES: Duration = Duration::from_mins(1);

/// A fleet file whose member b is dead: at this port nobody listens, or nobody answers.
fn with_dead(stage: &Stage, port: u16) {
    let dead = format!("[members.b]\nshard = 1\nurl = \"postgresql://x:y@127.0.0.1:{port}/z\"\n");
    let text =
        format!("connect_timeout_seconds = 2\n{}{dead}{}", stage.lines("a", 0, ""), stage.lines("c", 2, ""));
    stage.write("dead.toml", &text);
}

/// Every command says what the others have, names the dead one and ends in time.
fn others_answer(stage: &Stage) {
    let run = |arguments: &[&str]| {
        let begun = Instant::now();
        let outcome = stage.run_by("dead.toml", arguments);
        assert!(begun.elapsed() < BESIDES, "{arguments:?} took {:?}", begun.elapsed());
        outcome
    };
    let listed = run(&["tenant", "list", "--output", "json"]).expect(10);
    assert_eq!(listed.json().as_array().map(Vec::len), Some(4));
    let error: serde_json::Value = serde_json::from_str(listed.stderr.trim()).expect("an error");
    assert_eq!((&error["member"], &error["exit_code"]), (&"b".into(), &10.into()));
    let doctor = run(&["doctor"]).expect(10);
    assert!(doctor.stdout.contains("1 of 3 members did not answer"), "{}", doctor.stdout);
    assert!(doctor.stderr.contains("member b: error: "), "{}", doctor.stderr);
    let metrics = run(&["metrics", "--timeout", "60"]).expect(10).stdout;
    assert!(metrics.contains("awgp_fleet_member_up{member=\"b\"} 0.0"), "{metrics}");
    assert!(metrics.contains("awgp_fleet_member_up{member=\"c\"} 1.0"), "{metrics}");
    run(&["audit", "verify"]).expect(10);
    run(&["maintenance", "run"]).expect(10);
    // It is found where it is; nobody knows whether one that is not found is on the dead member.
    run(&["user", "list", "--tenant", "north-c"]).expect(0);
    run(&["user", "list", "--tenant", "nobody"]).expect(10);
    // Nor whether a name is free.
    let refused = run(&["tenant", "create", "X", "--slug", "x", "--type", "holding", "--member", "a"]);
    assert!(refused.expect(10).stderr.contains("member b: "));
    let status = run(&["fleet", "status", "--output", "json"]).expect(12).json();
    let codes: Vec<_> = status["findings"].as_array().expect("a list").iter().map(|f| &f["code"]).collect();
    assert_eq!(codes, ["member_unreachable"]);
    assert_eq!(status["members"].as_array().map(Vec::len), Some(2));
    run(&["fleet", "pgdog"]).expect(10);
    run(&["fleet", "plan"]).expect(10);
}

#[tokio::test]
async fn a_member_that_is_not_started_costs_nothing_and_is_named() {
    let stage = Stage::with_families().await;
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").port()
    };
    with_dead(&stage, port);
    others_answer(&stage);
}

#[tokio::test]
async fn a_member_that_never_answers_costs_no_more_than_its_time_limit() {
    let stage = Stage::with_families().await;
    // The kernel takes the connection; nobody reads from it.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    with_dead(&stage, silent.local_addr().expect("an address").port());
    others_answer(&stage);
    let begun = Instant::now();
    stage.run_by("dead.toml", &["version"]).expect(0);
    assert!(begun.elapsed() >= Duration::from_secs(2), "it was waited for");
}

#[tokio::test]
async fn a_statement_that_waits_on_one_member_ends_with_the_time_limit_of_the_file() {
    let stage = Stage::with_families().await;
    let lines: String = stage
        .names()
        .map(|(at, name)| {
            stage.lines(name, at, if name == "b" { "statement_timeout_seconds = 1" } else { "" })
        })
        .collect();
    stage.write("short.toml", &lines);
    let mut holder = stage.members[1].superuser().await;
    let held = holder.transaction().await.expect("a transaction");
    held.batch_execute("LOCK TABLE awgp.tenants IN ACCESS EXCLUSIVE MODE").await.expect("a lock");
    let begun = Instant::now();
    let listed = stage.run_by("short.toml", &["tenant", "list", "--output", "json"]);
    assert!(begun.elapsed() < BESIDES);
    assert_ne!(listed.code, 0);
    assert_eq!(listed.json().as_array().map(Vec::len), Some(4));
    assert!(listed.stderr.contains("\"member\":\"b\""), "{}", listed.stderr);
    held.rollback().await.expect("released");
    stage.run(&["tenant", "list"]).expect(0);
}
