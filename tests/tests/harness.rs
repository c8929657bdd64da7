//! What tests leave behind: databases, and servers that are killed with all who would clean up.

use awgp_tests::another_server::{AnotherServer, end_fast, postmaster_of};
use awgp_tests::own_server::{has_ended, kill, major, script, until};
use awgp_tests::{Database, Login, connect_to, turn};
use std::path::PathBuf;
use std::process::Command;

/// A folder that servers are put into, and that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("servers-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("a folder");
        // The server runs as another user where this process is root.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        Self(path)
    }

    /// The script with a server on the disk of this place.
    fn script(&self, options: &[&str]) -> Command {
        let mut script = script();
        script.env("TMPDIR", &self.0).args(["--pg", &major(), "--conf", "fsync=on"]).args(options);
        script
    }

    fn folders(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.0).expect("the folder is there");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that has failed says why already.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn children_of(pid: u32) -> Vec<u32> {
    let said = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    said.split_whitespace().map(|pid| pid.parse().expect("a process id")).collect()
}

#[tokio::test]
async fn the_next_one_takes_away_what_was_killed_whole_and_nothing_else() {
    let place = Place::new("swept");
    let killed = AnotherServer::of(place.script(&[]));
    let killed_folder = PathBuf::from(killed.folder());
    let working = AnotherServer::of(place.script(&[]));
    let said = place.script(&["--keep", "--", "true"]).output().expect("scripts/scratch-server runs");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let kept = PathBuf::from(said.trim().rsplit(' ').next().expect("how to stop it"));
    assert!(kept.starts_with(&place.0), "{said}");
    end_fast(&kept.to_string_lossy()).await;
    // Nobody is left to clean up: the script, who watches it, and the server with its processes.
    let processes = [vec![killed.pid()], children_of(killed.pid())].concat();
    let servers = children_of(postmaster_of(&killed.folder()));
    for signal in ["STOP", "KILL"] {
        processes.iter().chain(&servers).for_each(|pid| kill(signal, *pid));
    }
    until("all have ended", async || processes.iter().chain(&servers).all(|pid| has_ended(*pid))).await;
    drop(killed);
    assert_eq!(place.folders().len(), 3, "{:?}", place.folders());
    let next = place.script(&["--", "true"]).status().expect("scripts/scratch-server runs");
    assert!(next.success());
    assert!(!killed_folder.exists(), "{killed_folder:?}");
    assert!(!has_ended(postmaster_of(&working.folder())));
    assert!(kept.join("data/PG_VERSION").exists(), "a server that was kept stays");
    let stop =
        place.script(&["--stop", &kept.to_string_lossy()]).status().expect("scripts/scratch-server runs");
    assert!(stop.success());
    assert_eq!(place.folders(), [PathBuf::from(working.folder())]);
}

#[tokio::test]
async fn a_database_goes_with_its_test_once_its_clients_have_left() {
    let postgres = connect_to("postgres", Login::Superuser).await;
    let is_gone = async |name: &str| {
        let sql = "SELECT FROM pg_database WHERE datname = $1";
        postgres.query_opt(sql, &[&name]).await.expect("pg_database is readable").is_none()
    };
    let (used, unused) = (Database::new().await, Database::new().await);
    let names = [used.name.clone(), unused.name.clone()];
    let (client, same) = (used.superuser().await, used.again());
    drop(used);
    drop(unused);
    until("a database that nobody uses goes", async || is_gone(&names[1]).await).await;
    assert!(!is_gone(&names[0]).await, "the test has it still");
    drop(same);
    let another = Database::new().await;
    let last = another.name.clone();
    drop(another);
    until("one that was given back later goes", async || is_gone(&last).await).await;
    assert!(!is_gone(&names[0]).await, "a client is connected still");
    drop(client);
    until("it goes when its client has left", async || is_gone(&names[0]).await).await;
}

/// A month is due for its seal an hour after its end: a test that begins before and ends after it sees both.
#[test]
fn no_test_begins_shortly_before_the_turn_of_a_month_or_day() {
    for (moment, near) in [
        ("2026-11-30T23:57:59", false),
        ("2026-11-30T23:58:00", true),
        ("2026-11-30T23:59:59", true),
        ("2026-12-01T00:00:00", false),
        ("2026-12-01T00:57:59", false),
        ("2026-12-01T00:58:00", true),
        ("2026-12-01T00:59:59", true),
        ("2026-12-01T01:00:00", false),
        ("2026-12-01T23:59:39", false),
        ("2026-12-01T23:59:40", true),
        ("2026-12-02T00:58:30", false),
        ("2026-12-31T23:58:30", true),
    ] {
        let at = awgp_core::civil::parse_timestamp(&format!("{moment}.000000Z")).expect("a moment");
        assert_eq!(turn::is_near(at), near, "{moment}");
    }
}
