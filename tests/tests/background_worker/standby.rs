//! On a standby nothing is maintained until it is promoted.

use super::stage::{has_run_since, is_preloaded, maintain, now, wait_for_run};
use awgp_tests::Database;
use awgp_tests::own_server::until;
use tokio_postgres::{Client, Config, NoTls};

/// The superuser on the standby, in a database of the primary.
async fn connect(database: &str) -> Option<Client> {
    let mut config: Config = std::env::var("AWGP_STANDBY_URL").expect("a standby").parse().expect("a URL");
    let (client, connection) = config.dbname(database).connect(NoTls).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

async fn has_launcher(client: &Client) -> bool {
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'awgp maintenance launcher')";
    client.query_one(sql, &[]).await.expect("pg_stat_activity is readable").get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_begins_to_maintain_when_it_is_promoted() {
    if !is_preloaded("standby::a_standby_begins_to_maintain_when_it_is_promoted", &["--standby"]) {
        return;
    }
    let database = Database::new().await;
    maintain(&[&database]).await;
    wait_for_run(&database).await;
    // Each server has its own configuration. What the primary's worker has done arrives here.
    until("the database is on the standby", async || connect(&database.name).await.is_some()).await;
    let standby = connect(&database.name).await.expect("the standby answers");
    let set = format!("ALTER SYSTEM SET awgp.maintenance_databases = '{}'", database.name);
    standby.execute(&set, &[]).await.expect("a superuser may");
    standby.execute("SELECT pg_reload_conf()", &[]).await.expect("a superuser may");
    let moment = now(&standby).await;
    until("the primary's runs arrive", async || has_run_since(&standby, &moment).await).await;
    assert!(!has_launcher(&standby).await, "a standby has no launcher");

    let promoted = standby.query_one("SELECT pg_promote()", &[]).await.expect("a superuser may");
    assert!(promoted.get::<_, bool>(0));
    until("a launcher", async || has_launcher(&standby).await).await;
    let moment = now(&standby).await;
    until("it maintains", async || has_run_since(&standby, &moment).await).await;
}
