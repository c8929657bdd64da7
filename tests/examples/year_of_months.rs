//! A year of twelve months with a million rows in all: made, sealed, checkpointed, exported, retired, and
//! verified across the gaps, with the times. By hand:
//!
//!     AWGP_BIN=… scripts/scratch-server -- cargo run -p awgp_tests --example year_of_months -- [ROWS]

use awgp_tests::cli::awgp;
use awgp_tests::past::{Past, ensure, month_ago};
use awgp_tests::{Database, Login};
use std::time::Instant;

/// The months, so many before the present: the youngest is past a retention of 400 days.
const MONTHS_AGO: std::ops::RangeInclusive<i64> = 16..=27;
const TENANTS: u128 = 10;
const LANES: i16 = 2;

#[tokio::main]
async fn main() {
    let rows: i64 = std::env::args().nth(1).map_or(1_000_000, |rows| rows.parse().expect("a number"));
    let per_lane = rows / 12 / i64::from(LANES) / i64::try_from(TENANTS).expect("few") + 1;
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let folder = std::env::temp_dir().join(&database.name);
    let path = |name: &str| folder.join(name).display().to_string();
    let run = |login: Login, arguments: &[&str]| {
        let outcome = awgp(arguments, &[("DATABASE_URL", &database.url(login))]);
        assert_eq!(outcome.code, 0, "{arguments:?}: {outcome:#?}");
        outcome.stdout
    };
    let mut past = Past::begin(&database, TENANTS, LANES).await;
    let names: Vec<String> = MONTHS_AGO.rev().map(|months| month_ago(months).partition_name()).collect();

    println!("| step | seconds |\n|---|---|");
    let begun = Instant::now();
    for months in MONTHS_AGO.rev() {
        ensure(&maintainer, month_ago(months)).await;
    }
    told("twelve partitions made", begun);
    let begun = Instant::now();
    for months in MONTHS_AGO.rev() {
        past.load(&superuser, month_ago(months), per_lane).await;
    }
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE entity_type = 'work_items'";
    let loaded: i64 = superuser.query_one(sql, &[]).await.expect("a count").get(0);
    told(&format!("{loaded} rows chained and loaded (by the superuser, as text)"), begun);
    past.found_tenants(&superuser).await;
    let begun = Instant::now();
    run(Login::Maintainer, &["maintenance", "run"]);
    told("maintenance: the months since then made, every month that is over sealed", begun);
    let begun = Instant::now();
    println!("| | {} |", run(Login::Auditor, &["audit", "verify"]).lines().last().unwrap_or_default());
    told("audit verify, all attached", begun);
    let begun = Instant::now();
    std::fs::create_dir_all(&folder).expect("a folder");
    run(Login::Auditor, &["audit", "keygen", "--plain", "--out", &path("key")]);
    let checkpoint = ["audit", "checkpoint", "--key", &path("key"), "--out", &path("notes"), "--all-tenants"];
    run(Login::Auditor, &checkpoint);
    told("checkpoint of every tenant, signed", begun);
    let begun = Instant::now();
    for name in &names {
        run(Login::Auditor, &["partition", "export", name, "--out", &path("months")]);
    }
    told("twelve months exported, read again and verified", begun);
    let begun = Instant::now();
    for name in &names {
        run(Login::Maintainer, &["partition", "retire", name, "--yes"]);
    }
    told("twelve months verified against their seals and retired", begun);
    let begun = Instant::now();
    println!("| | {} |", run(Login::Auditor, &["audit", "verify"]).lines().last().unwrap_or_default());
    told("audit verify across the gaps", begun);
    let begun = Instant::now();
    let server: i64 = {
        let auditor = database.connect(Login::Auditor).await;
        auditor.query_one("SELECT count(*) FROM awgp.verify_audit()", &[]).await.expect("it verifies").get(0)
    };
    assert_eq!(server, 0);
    told("verify_audit() across the gaps: no finding", begun);
    let begun = Instant::now();
    let mut bytes = 0;
    for name in &names {
        let file = path(&format!("months/{name}.jsonl.zst"));
        bytes += std::fs::metadata(&file).expect("a file").len();
        let outcome = awgp(&["audit", "verify", "--file", &file], &[]);
        assert_eq!(outcome.code, 0, "{outcome:#?}");
    }
    told(&format!("twelve files, {bytes} bytes, verified without a server"), begun);
    superuser.batch_execute(&format!("DROP TABLE awgp.{}", names[6])).await.expect("its owner may");
    let begun = Instant::now();
    run(Login::Maintainer, &["partition", "restore", &path(&format!("months/{}.jsonl.zst", names[6]))]);
    told("one month brought back from its file", begun);
    run(Login::Auditor, &["audit", "verify"]);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

fn told(step: &str, begun: Instant) {
    println!("| {step} | {:.1} |", begun.elapsed().as_secs_f64());
}
