//! The configuration against the keys that PgDog documents: it refuses a file with any other.

use super::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    general: General,
    databases: Vec<Database>,
    sharded_tables: Vec<ShardedTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct General {
    pooler_mode: String,
    prepared_statements: String,
    two_phase_commit: bool,
    read_write_split: Option<String>,
    read_write_strategy: Option<String>,
    tls_verify: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Database {
    name: String,
    host: String,
    port: u16,
    #[serde(rename = "database_name")]
    dbname: String,
    shard: usize,
    role: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShardedTable {
    database: String,
    schema: Option<String>,
    name: Option<String>,
    column: String,
    data_type: String,
    #[serde(default)]
    mapping: Vec<Mapping>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mapping {
    shard: usize,
    values: Vec<Uuid>,
}

fn plan() -> Plan {
    let id = Uuid::from_u128;
    let server = |host: &str, shard, role| Server {
        host: host.to_owned(),
        port: 5432,
        database: "governed \"x\"\\".to_owned(),
        shard,
        role,
        verified: Verified::Nothing,
    };
    let family = |of: u128, more: &[u128]| {
        let tenants = std::iter::once(&of).chain(more).map(|number| (id(*number), format!("t{number}")));
        (id(of), tenants.collect::<Vec<_>>())
    };
    Plan {
        database: "awgp".to_owned(),
        servers: vec![server("a", 0, "primary"), server("c", 0, "replica"), server("b", 1, "primary")],
        shards: [
            (0, [family(1, &[2, 3])].into_iter().collect()),
            (1, [family(4, &[]), family(5, &[6])].into_iter().collect()),
            (2, BTreeMap::new()),
        ]
        .into_iter()
        .collect(),
    }
}

#[test]
fn the_file_has_documented_keys_only_and_each_tenant_once_for_each_column() {
    let text = configuration(&plan());
    let config: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(config.general.pooler_mode, "transaction");
    assert_eq!(config.general.prepared_statements, "extended");
    assert!(!config.general.two_phase_commit && config.general.tls_verify.is_none());
    let shards: Vec<_> = config.databases.iter().map(|server| (server.shard, server.role.as_str())).collect();
    assert_eq!(shards, [(0, "primary"), (0, "replica"), (1, "primary")]);
    assert!(config.databases.iter().all(|server| server.name == "awgp" && server.port == 5432));
    assert_eq!(config.databases[0].dbname, "governed \"x\"\\");
    assert_eq!(config.databases[2].host, "b");
    let columns: Vec<_> =
        config.sharded_tables.iter().map(|table| (table.name.as_deref(), table.column.as_str())).collect();
    assert_eq!(columns, [(None, "tenant_id"), (Some("tenants"), "id")]);
    for table in &config.sharded_tables {
        assert_eq!((table.data_type.as_str(), table.schema.as_deref()), ("uuid", Some("awgp")));
        assert_eq!(table.database, "awgp");
        let of = |mapping: &Mapping| (mapping.shard, mapping.values.iter().map(Uuid::as_u128).collect());
        let mapped: Vec<(usize, Vec<u128>)> = table.mapping.iter().map(of).collect();
        assert_eq!(mapped, [(0, vec![1, 2, 3]), (1, vec![4, 5, 6])]);
    }
}

#[test]
fn no_slug_of_a_member_leaves_its_comment() {
    let mut plan = plan();
    let families = plan.shards.get_mut(&0).expect("a shard");
    families.values_mut().next().expect("a family")[0].1 = "x\n]\nshard = 9".to_owned();
    let text = configuration(&plan);
    let config: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(config.sharded_tables[0].mapping[0].shard, 0);
}

#[test]
fn the_proxy_verifies_what_the_strictest_member_asks_for() {
    for (verified, expected) in [(Verified::Signer, "verify_ca"), (Verified::SignerAndName, "verify_full")] {
        let mut plan = plan();
        plan.servers[1].verified = verified;
        let config: Config = toml::from_str(&configuration(&plan)).expect("it is TOML");
        assert_eq!(config.general.tls_verify.as_deref(), Some(expected));
    }
}

#[test]
fn a_fleet_without_tenants_has_a_list_too() {
    let mut plan = plan();
    plan.shards.values_mut().for_each(BTreeMap::clear);
    let config: Config = toml::from_str(&configuration(&plan)).expect("it is TOML");
    for table in &config.sharded_tables {
        assert_eq!(table.mapping.iter().map(|one| one.values.len()).sum::<usize>(), 1, "no hash");
    }
}

#[test]
fn standbys_answer_only_those_who_ask_for_one() {
    let mut plan = plan();
    let general = |plan: &Plan| {
        let config: Config = toml::from_str(&configuration(plan)).expect("it is TOML");
        (config.general.read_write_split, config.general.read_write_strategy)
    };
    assert_eq!(general(&plan), (Some("prefer_primary".to_owned()), None));
    plan.servers.retain(|server| server.role == "primary");
    assert_eq!(general(&plan), (None, Some("aggressive".to_owned())));
}
