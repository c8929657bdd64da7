//! Long output on a terminal is shown a screen at a time, by the pager that the environment names.

use awgp_tests::cli::{Outcome, at_terminal, awgp};
use awgp_tests::fixture::{self, within_as};
use awgp_tests::{Database, Login};

/// A pager that can be told from none.
const PAGER: &str = "sed s/^/paged:/";

/// North, with this many work items.
async fn scene(items: i32) -> Database {
    let database = Database::new().await;
    let north = fixture::group(&database).await.north;
    let mut app = database.app().await;
    let transaction = within_as(&mut app, north.id, Some(north.user("admin"))).await;
    let sql = "SELECT awgp.create_work_item($1, 'Task ' || n) FROM generate_series(1, $2) AS n";
    transaction.query(sql, &[&north.assistant, &items]).await.expect("items");
    transaction.commit().await.expect("committed");
    database
}

/// The work of north, on a terminal of 24 lines and with these variables.
fn listed(database: &Database, arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let url = database.url(Login::App);
    let all = [&[("DATABASE_URL", url.as_str())], variables].concat();
    at_terminal("", &[&["work", "list", "--tenant", "north"], arguments].concat(), &all)
}

fn is_paged(outcome: &Outcome) -> bool {
    outcome.stdout.contains("paged:")
}

#[tokio::test]
async fn a_list_longer_than_the_screen_is_paged_and_a_short_one_is_not() {
    let database = scene(40).await;
    let long = listed(&database, &[], &[("AWGP_PAGER", PAGER)]).expect(0);
    let lines: Vec<&str> = long.stdout.lines().collect();
    assert!(lines.len() > 40 && lines.iter().all(|line| line.starts_with("paged:")), "{long:?}");
    assert!(!is_paged(&listed(&database, &["--limit", "5"], &[("AWGP_PAGER", PAGER)]).expect(0)));
    assert!(is_paged(&listed(&database, &["--all"], &[("AWGP_PAGER", PAGER)]).expect(0)));
    // AWGP_PAGER goes before PAGER.
    assert!(is_paged(&listed(&database, &[], &[("PAGER", PAGER)]).expect(0)));
    assert!(!is_paged(&listed(&database, &[], &[("AWGP_PAGER", "cat"), ("PAGER", PAGER)]).expect(0)));
    assert!(!is_paged(&listed(&database, &[], &[("AWGP_PAGER", ""), ("PAGER", PAGER)]).expect(0)));
}

#[tokio::test]
async fn without_a_terminal_and_with_no_pager_nothing_is_paged() {
    let database = scene(40).await;
    let unpaged = listed(&database, &["--no-pager"], &[("AWGP_PAGER", PAGER)]).expect(0);
    assert!(!is_paged(&unpaged) && unpaged.stdout.lines().count() > 40, "{unpaged:?}");
    let variables = [("DATABASE_URL", database.url(Login::App)), ("AWGP_PAGER", PAGER.to_owned())];
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert!(!is_paged(&awgp(&["work", "list", "--tenant", "north"], &variables).expect(0)));
}

#[tokio::test]
async fn less_is_told_as_by_git_and_a_pager_that_is_missing_hides_nothing() {
    let database = scene(40).await;
    let told = "sh -c 'echo LESS=$LESS; cat'";
    let shown = listed(&database, &[], &[("AWGP_PAGER", told)]).expect(0);
    assert!(shown.stdout.starts_with("LESS=FRX"), "{shown:?}");
    let own = listed(&database, &[], &[("AWGP_PAGER", told), ("LESS", "S")]).expect(0);
    assert!(own.stdout.starts_with("LESS=S"), "{own:?}");
    let missing = listed(&database, &[], &[("AWGP_PAGER", "no-such-pager --x")]).expect(0);
    assert!(missing.stdout.contains("warning: ") && missing.stdout.contains("Task 40"), "{missing:?}");
    // Whoever leaves the pager early has read enough.
    listed(&database, &[], &[("AWGP_PAGER", "head -n 1")]).expect(0);
}
