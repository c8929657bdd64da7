//! An outsider's day, typed as docs/evidence.md has it: an auditor makes a pack, and somebody without a
//! database and without AWGP's programs checks it.

use crate::personas::{LOGINS, at_the_desk};
use awgp_tests::Database;
use awgp_tests::command::{self, Folder, output_of};
use std::process::Command;

const HERE: &str = env!("CARGO_MANIFEST_DIR");
const PAGE: &str = include_str!("../../../docs/evidence.md");

/// What Scribe does in North before the auditor makes a pack: one action that is allowed and ends, and one
/// that is denied.
const DONE: &str = "SET ROLE awgp_app;
    BEGIN;
    SELECT awgp.set_context('north', 'carl@north.example');
    SELECT awgp.finish_action((awgp.begin_action(id, 'answer_letter', 'openai', 1) ->> 'action_id')::uuid, 'succeeded',
                              'gpt-4', 10, 20, 0.25)
    FROM awgp.work_items WHERE title = 'Answer letter 8';
    SELECT awgp.begin_action(id, 'burn_letter') FROM awgp.work_items WHERE title = 'Answer letter 8';
    COMMIT;
    BEGIN;
    SELECT awgp.set_context('north', 'ada@north.example');
    SELECT awgp.approve(id, 'It is due') FROM awgp.approvals WHERE title LIKE '%invoice%';
    COMMIT;";

/// Types a section of the page in a folder; returns how many commands ran.
fn typed(title: &str, prepare: impl FnOnce(&mut Command)) -> usize {
    let mut day = Command::new("python3");
    day.args([&format!("{HERE}/personas/run.py"), &format!("{HERE}/../docs/evidence.md"), title]);
    day.args(LOGINS.iter().filter_map(|(name, login)| Some(format!("{name}={}", login.role()?))));
    prepare(&mut day);
    output_of(&mut day).trim().parse().expect("how many commands ran")
}

/// How many commands a section has.
fn commands_of(title: &str) -> usize {
    let (_, rest) = PAGE.split_once(&format!("\n## {title}\n")).expect("the page has this section");
    let text = rest.split("\n## ").next().unwrap_or(rest);
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).filter(|line| line.starts_with("$ ")).count()
}

#[tokio::test]
async fn an_outsider_checks_a_pack_with_python_alone_as_the_page_says() {
    let database = Database::new().await;
    let scene = format!("{HERE}/personas/scene.sql");
    command::run("psql", &database, &["--no-psqlrc", "--quiet", "--file", &scene]);
    command::run(
        "psql",
        &database,
        &["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", DONE],
    );
    let folder = Folder::new(&database);
    let (auditors, outsiders) = (folder.file("auditor"), folder.file("outsider"));
    let making = "The auditor makes a pack";
    let ran = typed(making, |day| {
        at_the_desk(day, &database, &folder);
        day.env("AWGP_DESK", &auditors);
    });
    assert_eq!(ran, commands_of(making));
    // What is handed over, and nothing else.
    std::fs::create_dir(&outsiders).expect("a folder");
    let given = ["notes", "auditor.pub", "trail.jsonl", "north.zip"].map(|name| format!("{auditors}/{name}"));
    output_of(Command::new("cp").arg("-r").args(given).arg(&outsiders));
    let day = "An outsider's day";
    let ran = typed(day, |day| {
        // No server, no program of AWGP's, no library.
        day.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("AWGP_DESK", &outsiders);
    });
    assert_eq!(ran, commands_of(day));
    assert!(ran >= 8, "the page shows what the outsider types");
}
