//! The session of docs/actions.md runs as it is written.

use awgp_tests::command::{Folder, program};
use awgp_tests::{Database, Login};

const PAGE: &str = include_str!("../../../docs/actions.md");

/// The session as psql runs it. After a statement that ends in `-- VALUE: …` the answer and the value follow
/// in two lines; after one that ends in `-- ERROR SQLSTATE: …` the SQLSTATE of the error twice. Every other
/// statement must succeed.
fn script() -> String {
    let session = PAGE.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a session");
    let step = |line: &str| {
        let expected = line.split_once(";   -- ").and_then(|(_, expected)| expected.split_once(':'));
        match expected.map(|(expected, _)| (expected, expected.strip_prefix("ERROR "))) {
            None => format!("{line}\n"),
            Some((value, None)) => format!("{line}\n\\echo told {value}\n"),
            Some((_, Some(sqlstate))) => [
                "\\set ON_ERROR_STOP 0",
                line,
                "\\echo :LAST_ERROR_SQLSTATE",
                &format!("\\echo told {sqlstate}"),
                "\\set ON_ERROR_STOP 1\n",
            ]
            .join("\n"),
        }
    };
    let steps: String = session.lines().map(step).collect();
    format!("\\set ON_ERROR_STOP 1\n{steps}")
}

#[tokio::test]
async fn the_session_of_the_page_runs_as_written() {
    let database = Database::new().await;
    let make = "SELECT awgp.create_tenant('North', 'north', 'holding')";
    database.admin().await.execute(make, &[]).await.expect("an administrator makes the tenant");
    let folder = Folder::new(&database);
    let file = folder.file("session.sql");
    std::fs::write(&file, script()).expect("the script can be written");
    let mut psql = program("psql");
    psql.arg("--dbname").arg(database.url(Login::App));
    psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--file", &file]);
    let done = psql.output().expect("psql runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    let lines: Vec<&str> = printed.lines().collect();
    let told: Vec<(&str, &str)> =
        lines.windows(2).filter_map(|pair| Some((pair[0], pair[1].strip_prefix("told ")?))).collect();
    assert!(told.len() >= 7, "{printed}");
    for (printed, written) in told {
        assert_eq!(printed, written);
    }
}
