//! Several processes, and one that is killed.

use super::stage::{Kept, Stage, hook, is};
use awgp_tests::Login;
use awgp_tests::receivers::{Answer, Web};
use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

/// A process that is killed with the test.
struct Running(Child);

impl Running {
    fn start(stage: &Stage, file: &Kept, more: &[&str]) -> Self {
        let binary = std::env::var("AWGP_BIN").expect("AWGP_BIN names the binary `awgp`");
        let mut command = Command::new(binary);
        command.env_clear().env("DATABASE_URL", stage.database.url(Login::Notifier));
        command.args(["notify", "--targets"]).arg(&file.0).args(more);
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("awgp runs"))
    }

    /// kill -9.
    fn kill(mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it has ended");
    }

    async fn code(mut self) -> Option<i32> {
        tokio::task::spawn_blocking(move || self.0.wait().expect("it ends").code()).await.expect("no panic")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_had_is_due_again_after_its_lease() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut web = Web::start(&[Answer::Hang]).await;
    let file = hook(&web.url, "timeout_seconds = 25");
    let running = Running::start(&stage, &file, &["--once"]);
    let first = web.arrived.recv().await.expect("it is sent");
    running.kill();
    assert_eq!(stage.kept().await, [is("waiting", 1, None)]);
    stage.once(&file, &[]).expect(0);
    assert!(web.taken().is_empty(), "the lease is not over");
    stage.time_passes().await;
    stage.once(&file, &[]).expect(0);
    assert_eq!(stage.kept().await, [is("delivered", 2, None)]);
    let again = web.taken();
    assert_eq!((again.len(), again[0].id()), (1, first.id()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_deliver_each_notice_once() {
    const NOTICES: usize = 120;
    let stage = Stage::set().await;
    stage.ask(NOTICES).await;
    let mut web = Web::start(&[]).await;
    let file = hook(&web.url, "");
    let both = [(); 2].map(|()| Running::start(&stage, &file, &["--once"]));
    for running in both {
        assert_eq!(running.code().await, Some(0));
    }
    let arrived = web.taken();
    let ids: BTreeSet<&str> = arrived.iter().map(|request| request.id()).collect();
    assert_eq!((arrived.len(), ids.len()), (NOTICES, NOTICES));
    assert!(stage.kept().await.iter().all(|kept| *kept == is("delivered", 1, None)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_a_process_that_waits_and_sigterm_ends_it() {
    let stage = Stage::set().await;
    stage.ask(1).await;
    let mut web = Web::start(&[]).await;
    let file = hook(&web.url, "");
    let running = Running::start(&stage, &file, &["--every", "3600"]);
    let first = web.arrived.recv().await.expect("what was there when it began");
    stage.ask(1).await;
    let second = web.arrived.recv().await.expect("what was committed since: it does not look for an hour");
    assert_ne!(first.id(), second.id());
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill runs").success());
    assert_eq!(running.code().await, Some(0));
    assert!(stage.kept().await.iter().all(|kept| *kept == is("delivered", 1, None)));
}
