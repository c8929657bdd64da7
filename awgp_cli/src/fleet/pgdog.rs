//! `awgp fleet pgdog`: the configuration of the proxy PgDog, and whether a running one agrees.
//!
//! The sharding key is the tenant: a list of the tenants of each member, family by family. A tenant that is
//! on no list goes to all members, and each refuses it that does not have it. What has no tenant is the
//! same on all members, which PgDog takes for granted. Tables that are listed as such (omnisharded_tables)
//! it refuses to read in a transaction that is led to one member, so there is no such list.

use super::asking::{On, each};
use super::file::{Member, Role};
use super::status::{TENANTS, rows};
use crate::invocation::{Invocation, environment, print};
use crate::opt::{FleetPgdog, Format};
use crate::{render, written};
use awgp_client::{Context, DatabaseUrl, Exit, Failure, Row, Session, Target, Verified};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use uuid::Uuid;

/// What goes into the configuration.
pub struct Plan {
    /// What clients call the database.
    pub database: String,
    /// The databases of the members.
    pub servers: Vec<Server>,
    /// The tenants of each shard, by family.
    pub shards: BTreeMap<u32, BTreeMap<Uuid, Vec<(Uuid, String)>>>,
}

/// A database of a member.
pub struct Server {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Its name there.
    pub database: String,
    /// Its number.
    pub shard: u32,
    /// primary or replica.
    pub role: &'static str,
    /// What the command line verifies of its certificate, and the proxy is to verify too.
    pub verified: Verified,
}

/// Runs the command.
pub async fn run(on: On<'_>, options: &FleetPgdog) -> Result<Exit, Failure> {
    let plan = plan(on, &options.database).await?;
    if let Some(url) = &options.check {
        return check(on, &plan, url).await;
    }
    let text = configuration(&plan);
    match &options.out {
        None => print(&text, Exit::Success),
        Some(file) => {
            written::whole(file, &text)?;
            eprintln!("notice: have the proxy read it: RELOAD in its admin database");
            Ok(Exit::Success)
        }
    }
}

/// Every member must answer: a family that is left out would be looked for everywhere.
async fn plan(on: On<'_>, database: &str) -> Result<Plan, Failure> {
    let answers = each(on, async |session, _| {
        let work = session.begin(Context::default()).await?;
        work.select(TENANTS, &[]).await
    });
    let mut shards = BTreeMap::new();
    for (member, tenants) in answers.await.all()? {
        shards.insert(member.shard, families(&tenants)?);
    }
    let servers = on.fleet.members().iter().map(|member| server(on, member)).collect::<Result<_, _>>()?;
    Ok(Plan { database: database.to_owned(), servers, shards })
}

fn families(tenants: &[Row]) -> Result<BTreeMap<Uuid, Vec<(Uuid, String)>>, Failure> {
    let mut families: BTreeMap<Uuid, Vec<(Uuid, String)>> = BTreeMap::new();
    for row in tenants {
        let id = |name: &str| row.text(name).and_then(|text| Uuid::try_parse(&text).ok());
        let (Some(family), Some(tenant)) = (id("family"), id("id")) else {
            return Err(Failure::new(Exit::Unexpected, "a member names a tenant without an id"));
        };
        families.entry(family).or_default().push((tenant, row.text("slug").unwrap_or_default()));
    }
    Ok(families)
}

fn server(on: On<'_>, member: &Member) -> Result<Server, Failure> {
    let effective = on.effective.on_member(&member.name, member.profile());
    let target = Invocation::on_member(on.global, &effective, member).target()?;
    let (host, port) = target.address();
    if host.starts_with('/') {
        let message = format!("PgDog connects over TCP, and member {} has the socket in {host}", member.name);
        return Err(Failure::new(Exit::BadArgument, message).hint("give the member a host"));
    }
    let port = port.parse().map_err(|_| Failure::new(Exit::BadArgument, format!("{port} is no port")))?;
    let role = if member.role == Role::Primary { "primary" } else { "replica" };
    let (database, verified) = (target.database(), target.verified());
    Ok(Server { host, port, database, shard: member.shard, role, verified })
}

/// A text of TOML.
fn quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '"' | '\\' => escaped.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(escaped, "\\u{:04X}", c as u32);
            }
            c => escaped.push(c),
        }
        escaped
    });
    format!("\"{escaped}\"")
}

/// The text of pgdog.toml.
pub fn configuration(plan: &Plan) -> String {
    let database = quoted(&plan.database);
    let mut text = "\
# Written by `awgp fleet pgdog`. Write it anew after a family was made or moved, then RELOAD.
# Logins and their passwords are in users.toml. What is not in [general], such as the port, is taken from
# PgDog's environment: PGDOG_HOST, PGDOG_PORT, PGDOG_DEFAULT_POOL_SIZE and so on.

[general]
pooler_mode = \"transaction\"
prepared_statements = \"extended\"
# A transaction never writes to two members.
two_phase_commit = false
"
    .to_owned();
    text.push_str(if plan.servers.iter().any(|server| server.role == "replica") {
        "# AWGP's functions write, and PgDog takes a SELECT for a read: it stays on the primary.\n\
         read_write_split = \"prefer_primary\"\n"
    } else {
        "# Otherwise PgDog takes what a transaction reads of the catalog for a write to all members.\n\
         read_write_strategy = \"aggressive\"\n"
    });
    // PgDog has one setting for all members, and verifies nothing by default.
    match plan.servers.iter().map(|server| server.verified).max() {
        Some(Verified::SignerAndName) => text.push_str("tls_verify = \"verify_full\"\n"),
        Some(Verified::Signer) => text.push_str("tls_verify = \"verify_ca\"\n"),
        Some(Verified::Nothing) | None => {}
    }
    for server in &plan.servers {
        let _ = write!(
            text,
            "\n[[databases]]\nname = {database}\nhost = {}\nport = {}\ndatabase_name = {}\nshard = {}\nrole = \"{}\"\n",
            quoted(&server.host),
            server.port,
            quoted(&server.database),
            server.shard,
            server.role
        );
    }
    for (comment, table) in [
        ("Every table with rows of tenants.", "column = \"tenant_id\""),
        ("The tenants themselves.", "name = \"tenants\"\ncolumn = \"id\""),
    ] {
        let _ = write!(
            text,
            "\n# {comment}\n[[sharded_tables]]\ndatabase = {database}\nschema = \"awgp\"\n{table}\ndata_type = \"uuid\"\n"
        );
        if plan.shards.values().all(BTreeMap::is_empty) {
            // Without a list PgDog would place a tenant by a hash.
            let _ = write!(text, "\n[[sharded_tables.mapping]]\nshard = 0\nvalues = [\"{}\"]\n", Uuid::nil());
        }
        for (shard, families) in plan.shards.iter().filter(|(_, families)| !families.is_empty()) {
            let _ = write!(text, "\n[[sharded_tables.mapping]]\nshard = {shard}\nvalues = [\n");
            for tenants in families.values() {
                for (tenant, slug) in tenants {
                    // A slug has letters, digits and hyphens only; whatever a member says stays a comment.
                    let slug: String = slug.chars().filter(|c| !c.is_control()).collect();
                    let _ = writeln!(text, "    \"{tenant}\", # {slug}");
                }
            }
            text.push_str("]\n");
        }
    }
    text
}

/// Asks a running proxy for each tenant: the member that it leads to must have it.
async fn check(on: On<'_>, plan: &Plan, url: &DatabaseUrl) -> Result<Exit, Failure> {
    let target = Target::resolve(Some(url), &environment)?
        .with_limits(std::time::Duration::from_secs(10), std::time::Duration::from_secs(30));
    let session = Session::open(&target).await?;
    let mut lines = Vec::new();
    let mut asked = 0;
    let names: BTreeMap<u32, &str> =
        on.fleet.primaries().map(|member| (member.shard, member.name.as_str())).collect();
    for (shard, families) in &plan.shards {
        for (tenant, slug) in families.values().flatten() {
            asked += 1;
            let problem = match found(&session, *tenant).await {
                Ok(found) if found == [tenant.to_string()] => continue,
                Ok(_) => "it answers with something else".to_owned(),
                Err(error) => session.explain(error.into()).await.message,
            };
            let member = names.get(shard).copied().unwrap_or_default();
            lines.push(json!({"tenant": slug, "id": tenant.to_string(), "member": member,
                "problem": awgp_client::secret::redact(&problem)}));
        }
    }
    session.close().await;
    let exit = if lines.is_empty() { Exit::Success } else { Exit::Findings };
    let format = if on.global.output == Format::Csv { Format::Table } else { on.global.output };
    let mut text = String::new();
    if format == Format::Json || !lines.is_empty() {
        text = render::rows(&rows(&lines)?, &["tenant", "member", "problem", "id"], format);
    }
    if format == Format::Table {
        let _ = writeln!(text, "asked for {asked} tenants; {} are led elsewhere", lines.len());
    }
    print(&text, exit)
}

/// Which tenant the member finds that the proxy leads to, as it leads a client: by the first statement of the
/// transaction.
async fn found(session: &Session, tenant: Uuid) -> Result<Vec<String>, tokio_postgres::Error> {
    let client = session.client();
    client.batch_execute("BEGIN").await?;
    // SET takes no parameters; an id has hexadecimal digits and hyphens only.
    let led = client.batch_execute(&format!("SET LOCAL pgdog.sharding_key TO '{tenant}'")).await;
    let sql = format!("SELECT awgp.find_tenant('{tenant}')::text AS id");
    let answer = match led {
        Ok(()) => client.simple_query(&sql).await,
        Err(error) => Err(error),
    };
    // In every case: the next one begins a transaction.
    client.batch_execute("ROLLBACK").await?;
    let rows = answer?.into_iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    Ok(rows.collect())
}

#[cfg(test)]
#[path = "pgdog_tests.rs"]
mod tests;
