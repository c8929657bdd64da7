//! The server is killed under load, inside of commits, on a full disk, without locks, without memory: nothing
//! that was acknowledged is lost, nothing is half done, and every chain goes on where it was.
//! `make crash ROUNDS=500` does it for longer.

use awgp_tests::crash;
use awgp_tests::own_server::is_inside;

/// As a server in earnest, on a disk that can be filled, and quick to see a deadlock.
const OPTIONS: [&str; 16] = [
    "--disk",
    "600",
    "--conf",
    "fsync=on",
    "--conf",
    "synchronous_commit=on",
    "--conf",
    "full_page_writes=on",
    "--conf",
    "deadlock_timeout=100ms",
    "--conf",
    "max_wal_size=64MB",
    "--conf",
    "min_wal_size=32MB",
    "--conf",
    "log_min_messages=fatal",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_ten_rounds_of_kills_and_nothing_is_half_done() {
    const NAME: &str =
        "crash::rounds::what_was_acknowledged_survives_ten_rounds_of_kills_and_nothing_is_half_done";
    if !is_inside(NAME, &OPTIONS) {
        return;
    }
    let report = crash::run(0..10, 25).await;
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.acknowledged > 500, "there was load: {}", report.acknowledged);
}
