//! Rounds of the crash harness by hand: `make crash ROUNDS=200 SEED=1`.

use awgp_tests::crash;

#[tokio::main]
async fn main() {
    let number = |place: usize| -> Option<u64> { std::env::args().nth(place)?.parse().ok() };
    let (Some(rounds), Some(seed)) = (number(1), number(2)) else {
        eprintln!("usage: ROUNDS SEED");
        std::process::exit(2);
    };
    let report = crash::run(seed..seed + rounds, 100).await;
    std::process::exit(i32::from(!report.findings.is_empty()));
}
