//! A side of a move comes back from a backup that has forgotten it: the way out that docs/moving.md says.

use super::interrupted::works;
use super::stage::{Stage, family_between, said, stage, text};
use awgp_tests::cli::{Outcome, awgp, json, table};
use awgp_tests::command::Folder;
use awgp_tests::trail::verify;
use awgp_tests::{Database, Login};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// What whoever looks after the fleet executes at a source that has forgotten that the family left.
const LET_GO: &str = "SELECT awgp.move_back(id) FROM awgp.tenant_moves
    WHERE slug = 'holding' AND side = 'source' AND state IN ('preparing', 'stopped')";

/// A server that takes the place of the one that it is a backup of.
async fn restored(backup: &Database) -> Database {
    let database = Database::copied(backup).await;
    json(&database, Login::Superuser, &["installation", "keep"]).expect(0);
    database
}

/// Members a and b.
fn fleet(folder: &Folder, a: &Database, b: &Database) -> String {
    let member = |name: &str, shard: u32, database: &Database| {
        format!("[members.{name}]\nshard = {shard}\nurl = \"{}\"\n", database.url(Login::Superuser))
    };
    let file = folder.file("fleet.toml");
    fs::write(&file, member("a", 0, a) + &member("b", 1, b)).expect("a file");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
    file
}

/// Whether the fleet has a tenant on two members.
fn is_twice(file: &str) -> bool {
    let status = awgp(&["fleet", "status", "--output", "json", "--fleet", file], &[]).json();
    status["findings"].as_array().expect("a list").iter().any(|found| found["code"] == "tenant_twice")
}

fn export_stale(file: &str, folder: &Folder) -> Outcome {
    let stale = folder.file("stale.family");
    let export = ["tenant", "export", "holding", "--member", "a", "--out", &stale, "--leave", "--yes"];
    awgp(&[&export[..], &["--fleet", file]].concat(), &[])
}

#[tokio::test]
async fn a_source_that_came_back_from_before_it_let_go_lets_go_of_what_it_has() {
    for step in ["begun", "copied", "stopped", "verified"] {
        let stage = stage().await;
        said(&stage.fleet_move(&["--until", step]).expect(0));
        let backup = Database::copied(&stage.source).await;
        said(&stage.fleet_move(&[]).expect(0));
        assert!(works(&stage, &stage.target).await, "the target after {step}");
        // The source is lost.
        let source = restored(&backup).await;
        let folder = Folder::new(&source);
        let file = fleet(&folder, &source, &stage.target);
        assert!(is_twice(&file), "{step}");
        // Where nobody sees to it, the family writes in both places.
        let wrote = works(&stage, &source).await;
        assert_eq!(wrote, ["begun", "copied"].contains(&step));
        let admin = source.admin().await;
        admin.query(LET_GO, &[]).await.unwrap_or_else(|error| panic!("{step}: {error:?}"));
        export_stale(&file, &folder).expect(0);
        assert!(!is_twice(&file), "{step}");
        assert!(!works(&stage, &source).await, "the source after {step}");
        assert!(works(&stage, &stage.target).await, "the target after {step}");
        for database in [&source, &stage.target] {
            assert_eq!(verify(database).await, [], "{step}");
        }
        // Its trail went another way there, so it does not come back; the try leaves nothing.
        let refused = family_between("holding", &stage.target, &source, &[]);
        assert!(refused.stderr.contains("tenant_move_differs"), "{step}: {refused:?}");
        family_between("holding", &stage.target, &source, &["--back"]).expect(0);
        assert!(!works(&stage, &source).await, "the source after {step} and back");
        assert!(works(&stage, &stage.target).await, "the target after {step} and back");
        for database in [&source, &stage.target] {
            assert_eq!(verify(database).await, [], "{step} and back");
        }
    }
}

/// What is executed at a target that came back from the first steps of a move.
const FORGET: &str = "SELECT awgp.move_back(id) FROM awgp.tenant_moves
    WHERE slug = 'holding' AND side = 'target' AND state = 'preparing'";

#[tokio::test]
async fn a_target_that_came_back_from_before_it_had_all_gets_the_family_from_the_sources_backup() {
    for step in [None, Some("begun"), Some("copied"), Some("stopped")] {
        let stage = stage().await;
        if let Some(step) = step {
            said(&stage.fleet_move(&["--until", step]).expect(0));
        }
        let (before, backup) = (Database::copied(&stage.target).await, Database::copied(&stage.source).await);
        said(&stage.fleet_move(&[]).expect(0));
        // The target is lost, and the source has let go.
        let target = restored(&before).await;
        assert!(!works(&stage, &target).await && !works(&stage, &stage.source).await, "{step:?}");
        let adopt = ["installation", "adopt", "--reason", "the target was lost", "--yes"];
        if step.is_some() {
            let refused = family_between("holding", &stage.source, &target, &[]);
            assert!(refused.stderr.contains("tenant_move_unclear"), "{step:?}: {refused:?}");
            assert_eq!(target.admin().await.query(FORGET, &[]).await.expect("it is undone").len(), 1);
            let refused = table(&backup, Login::Superuser, &adopt);
            assert!(refused.stderr.contains("under_way"), "{step:?}: {refused:?}");
            assert_eq!(backup.admin().await.query(LET_GO, &[]).await.expect("it is undone").len(), 1);
        }
        table(&backup, Login::Superuser, &adopt).expect(0);
        said(&family_between("holding", &backup, &target, &[]).expect(0));
        assert!(works(&stage, &target).await && !works(&stage, &backup).await, "{step:?}");
        assert_is_whole(&stage, &target).await;
    }
}

#[tokio::test]
async fn a_target_that_came_back_with_all_of_the_family_takes_over_with_what_it_has() {
    for step in ["verified", "left"] {
        let stage = stage().await;
        said(&stage.fleet_move(&["--until", step]).expect(0));
        let before = Database::copied(&stage.target).await;
        said(&stage.fleet_move(&[]).expect(0));
        let target = restored(&before).await;
        assert!(!works(&stage, &target).await && !works(&stage, &stage.source).await, "{step}");
        said(&family_between("holding", &stage.source, &target, &[]).expect(0));
        assert!(works(&stage, &target).await && !works(&stage, &stage.source).await, "{step}");
        assert_is_whole(&stage, &target).await;
    }
}

/// The family is at the target, and the notes of before hold there.
async fn assert_is_whole(stage: &Stage, target: &Database) {
    assert_eq!(verify(target).await, []);
    stage.auditor.assert_holds(target, &stage.auditor.notes(), 4);
    let there = "SELECT count(*)::text FROM awgp.tenants WHERE slug IN ('holding', 'north', 'south')";
    assert_eq!(text(target, there).await.as_deref(), Some("3"));
}
