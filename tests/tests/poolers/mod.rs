//! Many clients share a few connections through a pooler, and none sees a row of another's.

mod clients;
mod refused;

use awgp_tests::Database;
use awgp_tests::pooler::{Pooler, Pooling};
use awgp_tests::tokens::{session_database, signed_database, trusting_database};
use clients::{Way, run_side_by_side};

/// A superuser decides which contexts may outlive their transaction in this database.
async fn session_context(database: &Database, value: &str) {
    let sql = format!("ALTER DATABASE {} SET awgp.session_context = {value}", database.name);
    database.superuser().await.batch_execute(&sql).await.expect("a superuser sets it");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_trusted_clients_of_a_transaction_pool_see_their_own_rows_alone() {
    let (database, group) = trusting_database().await;
    session_context(&database, "refused").await;
    let pooler = Pooler::start(Pooling::BouncerTransaction, &database).await;
    run_side_by_side(&pooler, &database, &group, &[Way::Context, Way::LocalSetting, Way::SessionSetting])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_signed_clients_of_a_transaction_pool_see_their_own_rows_alone() {
    let (database, group) = signed_database().await;
    let pooler = Pooler::start(Pooling::BouncerTransaction, &database).await;
    run_side_by_side(&pooler, &database, &group, &[Way::Token, Way::SessionToken]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_trusted_clients_of_a_session_pool_see_their_own_rows_alone() {
    let (database, group) = trusting_database().await;
    for pooling in [Pooling::BouncerSession, Pooling::Pgpool] {
        let pooler = Pooler::start(pooling, &database).await;
        let ways = [Way::Context, Way::LocalSetting, Way::SessionSetting];
        run_side_by_side(&pooler, &database, &group, &ways).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_signed_clients_of_a_session_pool_see_their_own_rows_alone() {
    let (database, group) = session_database().await;
    for pooling in [Pooling::BouncerSession, Pooling::Pgpool] {
        let pooler = Pooler::start(pooling, &database).await;
        run_side_by_side(&pooler, &database, &group, &[Way::Token, Way::SessionToken]).await;
    }
}
