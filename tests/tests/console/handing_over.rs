//! `awgp console` becomes the program awgp-console.

use awgp_tests::Login;
use awgp_tests::cli::{Follower, awgp};
use awgp_tests::command::{Folder, output_of};
use awgp_tests::console::{Reader, program};
use awgp_tests::fixture::scene;
use std::process::Command;

#[tokio::test]
async fn awgp_console_is_awgp_console_with_the_options_of_every_command() {
    let (database, group) = scene().await;
    let arguments =
        ["--tenant", &group.north.slug, "console", "--listen", "127.0.0.1:0", "--as", "admin@north.example"];
    let mut running = Follower::start(&arguments, &database.url(Login::App));
    let line = running.line();
    let url = line.strip_prefix("the console is at ").expect("it listens").trim_end();
    assert!(Reader::new(url).page("/inbox").body.contains("admin@north.example"));
    let help = awgp(&["console", "--help"], &[]).expect(0);
    assert!(help.stdout.contains("--client-secret-file"), "{help:#?}");
}

#[tokio::test]
async fn what_the_console_has_not_is_refused() {
    for option in [["--user", "ada"].as_slice(), &["--token-file", "x"], &["--utc"], &["--output", "json"]] {
        let refused = awgp(&[option, &["console", "--bearer"]].concat(), &[]).expect(2);
        assert!(!refused.stderr.is_empty(), "{refused:#?}");
    }
}

#[tokio::test]
async fn where_the_program_is_not_installed_that_is_said() {
    let (database, _) = scene().await;
    let folder = Folder::new(&database);
    let alone = folder.file("awgp");
    // By a process of its own: a program that another thread's child still has open cannot be run.
    output_of(Command::new("cp").arg(program("awgp")).arg(&alone));
    let output =
        Command::new(&alone).arg("console").env_clear().env("PATH", "/nowhere").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("not installed") && said.contains("hint: "), "{said}");
}
