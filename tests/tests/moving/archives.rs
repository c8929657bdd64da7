//! A family as one file.

use super::stage::{Stage, said, stage, text};
use awgp_tests::cli::{Outcome, json};
use awgp_tests::command::Folder;
use awgp_tests::fixture::within;
use awgp_tests::trail::verify;
use awgp_tests::{Database, Login};
use serde_json::json as value;

fn export(stage: &Stage, file: &str, options: &[&str]) -> Outcome {
    let arguments = ["tenant", "export", "holding", "--out", file];
    json(&stage.source, Login::Admin, &[&arguments, options].concat())
}

fn import(database: &Database, file: &str, options: &[&str]) -> Outcome {
    json(database, Login::Admin, &[&["tenant", "import", file], options].concat())
}

#[tokio::test]
async fn a_family_leaves_as_a_file_and_works_where_it_is_imported() {
    let stage = stage().await;
    let folder = Folder::new(&stage.source);
    let file = folder.file("holding.family");
    let told = said(&export(&stage, &file, &["--leave", "--yes"]).expect(0));
    assert_eq!(told["left"], value!(true));
    let state = text(&stage.source, "SELECT state FROM awgp.tenant_moves").await;
    assert_eq!(state.as_deref(), Some("cleared"));
    let told = said(&import(&stage.target, &file, &[]).expect(0));
    assert_eq!(told["is_copy"], value!(false));
    let mut app = stage.target.app().await;
    let work = within(&mut app, stage.group.south.id).await;
    work.execute("SELECT awgp.log_event('there', 'test')", &[]).await.expect("it works");
    work.commit().await.expect("it commits");
    assert_eq!(verify(&stage.target).await, []);
    assert_eq!(verify(&stage.source).await, []);
    stage.auditor.assert_holds(&stage.target, &stage.auditor.notes(), 4);
    let again = import(&stage.target, &file, &[]);
    assert!(again.stderr.contains("tenant_present"), "{again:?}");
}

#[tokio::test]
async fn a_copy_beside_the_original_says_so_and_the_original_works_on() {
    let stage = stage().await;
    let folder = Folder::new(&stage.source);
    let file = folder.file("holding.family");
    said(&export(&stage, &file, &[]).expect(0));
    let refused = import(&stage.target, &file, &[]);
    assert!(refused.stderr.contains("tenant_move_refused"), "{refused:?}");
    let told = said(&import(&stage.target, &file, &["--as-copy"]).expect(0));
    assert_eq!(told["is_copy"], value!(true));
    for database in [&stage.source, &stage.target] {
        let mut app = database.app().await;
        let work = within(&mut app, stage.group.north.id).await;
        work.execute("SELECT awgp.log_event('both', 'test')", &[]).await.expect("it works");
        work.commit().await.expect("it commits");
        assert_eq!(verify(database).await, []);
    }
}

#[tokio::test]
async fn a_file_that_was_changed_brings_nothing() {
    let stage = stage().await;
    let folder = Folder::new(&stage.source);
    let file = folder.file("holding.family");
    said(&export(&stage, &file, &[]).expect(0));
    let mut bytes = std::fs::read(&file).expect("a file");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let other = folder.file("other.family");
    std::fs::write(&other, bytes).expect("a file");
    let refused = import(&stage.target, &other, &["--as-copy"]);
    assert!(refused.stderr.contains("archive_malformed"), "{refused:?}");
    let moves = text(&stage.target, "SELECT count(*)::text FROM awgp.tenant_moves").await;
    assert_eq!(moves.as_deref(), Some("0"));
}
