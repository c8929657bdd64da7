//! The server is killed under load, again and again. Nothing that was acknowledged is lost, nothing is
//! recorded that did not happen, and every chain goes on where it was.

use awgp_tests::own_server::{crash, is_inside};
use awgp_tests::trail::{self, assert_intact};
use awgp_tests::writer::{Target, Writer, recorded_titles, targets};
use awgp_tests::{Database, fixture};
use std::collections::BTreeSet;
use std::time::Duration;

const CLIENTS: u64 = 12;
const ROUNDS: u64 = 4;
/// Work items that are committed before the server is killed.
const COMMITTED: i64 = 400;
const TENANTS: usize = 3;

/// As a server in earnest.
const DURABLE: [&str; 6] =
    ["--conf", "fsync=on", "--conf", "synchronous_commit=on", "--conf", "full_page_writes=on"];

/// Lets clients write until the server is killed under them: the titles whose commit was acknowledged.
async fn write_until_killed(database: &Database, targets: &[Target], round: u64) -> Vec<String> {
    let mut running = Vec::new();
    for client_number in 0..CLIENTS {
        let client = database.app().await;
        let number = round * CLIENTS + client_number;
        let writer = Writer { number, targets: targets.to_vec(), tenants_per_transaction: 2 };
        running.push(tokio::spawn(async move { writer.run(&client, u64::MAX).await }));
    }
    // Under load: so many are committed, and for each client the answer to one of them may be lost.
    let superuser = database.superuser().await;
    let items = "SELECT count(*) FROM awgp.work_items";
    let count = async || superuser.query_one(items, &[]).await.expect("a count").get::<_, i64>(0);
    let enough = count().await + COMMITTED;
    while count().await < enough {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    crash().await;
    let mut acknowledged = Vec::new();
    for writer in running {
        acknowledged.extend(writer.await.expect("a writer ends with its connection").committed);
    }
    acknowledged
}

/// Leaves a prepared transaction with one work item, and returns its title.
async fn prepare(database: &Database, target: Target, round: u64) -> String {
    let (tenant, assistant) = target;
    let mut app = database.app().await;
    let title = format!("prepared {round}");
    let transaction = fixture::within(&mut app, tenant).await;
    let insert = "SELECT awgp.create_work_item($1, $2)";
    transaction.execute(insert, &[&assistant, &title]).await.expect("a work item");
    let prepare = format!("PREPARE TRANSACTION 'round {round}'");
    transaction.batch_execute(&prepare).await.expect("it is prepared");
    title
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_server_is_killed_under_load_again_and_again() {
    const NAME: &str =
        "crash::nothing_acknowledged_is_lost_when_the_server_is_killed_under_load_again_and_again";
    if !is_inside(NAME, &DURABLE) {
        return;
    }
    let database = Database::new().await;
    let targets = targets(&database, TENANTS).await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..ROUNDS {
        let prepared = prepare(&database, targets[0], round).await;
        let before = acknowledged.len();
        acknowledged.extend(write_until_killed(&database, &targets, round).await);
        assert!(acknowledged.len() > before, "there was load");
        let superuser = database.superuser().await;
        let commit = format!("COMMIT PREPARED 'round {round}'");
        superuser.batch_execute(&commit).await.expect("what was prepared has survived");
        acknowledged.insert(prepared);
        let rows = trail::rows(&database).await;
        let lanes = assert_intact(trail::install_id(&database).await, &rows);
        let recorded = recorded_titles(&rows);
        let lost: Vec<_> = acknowledged.difference(&recorded).collect();
        assert!(lost.is_empty(), "round {round}: lost {lost:?}");
        let sql = "SELECT title FROM awgp.work_items WHERE title <> 'First task'";
        let kept = superuser.query(sql, &[]).await.expect("a superuser reads all");
        let kept: BTreeSet<String> = kept.iter().map(|row| row.get(0)).collect();
        assert_eq!(recorded, kept, "what is there is what is recorded");
        assert_eq!(trail::verify(&database).await, []);
        println!(
            "killed {} times: {} acknowledged, {} recorded, lanes a tenant {:?}",
            round + 1,
            acknowledged.len(),
            recorded.len(),
            lanes.values().collect::<Vec<_>>()
        );
    }
}
