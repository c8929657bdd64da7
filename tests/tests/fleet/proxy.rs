//! The configuration of PgDog, and the check of a running proxy.

use super::stage::Stage;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::process::Command;

/// A TOML file, by a parser that is not ours.
fn read(file: &str) -> Value {
    let script = "import json, sys, tomllib; json.dump(tomllib.load(open(sys.argv[1], 'rb')), sys.stdout)";
    let output = Command::new("python3").args(["-c", script, file]).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn every_tenant_of_every_family_is_mapped_to_the_shard_of_its_member() {
    let stage = Stage::with_families().await;
    let out = stage.file("pgdog.toml");
    stage.run(&["fleet", "pgdog", "--database", "prod", "--out", &out]).expect(0);
    let text = std::fs::read_to_string(&out).expect("a file");
    let config = read(&out);
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let databases = list(&config["databases"]);
    assert_eq!(databases.len(), 3);
    for (database, member) in databases.iter().zip(&stage.members) {
        assert_eq!((&database["database_name"], &database["name"]), (&json!(member.name), &json!("prod")));
        assert!(database.get("password").is_none() && database.get("user").is_none());
    }
    for table in list(&config["sharded_tables"]) {
        for (at, mapping) in list(&table["mapping"]).iter().enumerate() {
            assert_eq!(mapping["shard"], at);
            let listed: BTreeSet<String> =
                list(&mapping["values"]).iter().filter_map(|id| id.as_str().map(str::to_owned)).collect();
            let client = stage.client(at).await;
            let rows = client.query("SELECT id::text FROM awgp.tenants", &[]).await.expect("rows");
            assert_eq!(listed, rows.iter().map(|row| row.get(0)).collect::<BTreeSet<String>>());
        }
    }
    // What PgDog has on a list of what is the same everywhere it does not read in a transaction of a tenant.
    assert!(config.get("omnisharded_tables").is_none());
    // Nothing of the login goes into it.
    assert!(!text.contains(&stage.login) && !text.contains(awgp_tests::PASSWORD));
}

#[tokio::test]
async fn a_proxy_that_leads_a_tenant_elsewhere_is_found() {
    let stage = Stage::with_families().await;
    // One database takes all, as a proxy would whose lists are missing.
    let outcome = stage.run(&["fleet", "pgdog", "--check", &stage.url(1), "--output", "json"]).expect(12);
    let lines = outcome.json();
    let wrong: Vec<&str> =
        lines.as_array().expect("a list").iter().filter_map(|line| line["tenant"].as_str()).collect();
    assert_eq!(wrong, ["holding-a", "north-a", "holding-c", "north-c"]);
    stage.write("one.toml", &stage.lines("b", 1, "").replace("shard = 1", "shard = 0"));
    let right = stage.run_by("one.toml", &["fleet", "pgdog", "--check", &stage.url(1)]).expect(0);
    assert!(right.stdout.contains("asked for 2 tenants; 0 are led elsewhere"), "{}", right.stdout);
}
