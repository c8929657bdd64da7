//! `awgp fleet status`: what stands where, how large it is, what differs, and what stands twice.

use super::asking::{On, each, each_of};
use super::file::{Member, Role};
use super::findings::{self, Finding, Seen};
use crate::opt::{FleetStatus, Format};
use crate::render;
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble};
use serde::Serialize;
use serde_json::{Value, json};

/// What a member says of itself.
const ITSELF: &str = "
    SELECT awgp.version() AS version, pg_catalog.current_setting('server_version') AS server,
           pg_catalog.pg_database_size(pg_catalog.current_database()) AS bytes,
           (SELECT id::text FROM awgp.installation) AS install_id,
           (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity
            WHERE datname = pg_catalog.current_database()) AS connections,
           (SELECT xact_commit FROM pg_catalog.pg_stat_database
            WHERE datname = pg_catalog.current_database()) AS commits";

/// Its tenants, each with the first of its family.
pub const TENANTS: &str = "
    SELECT id::text AS id, slug, is_active, coalesce(parent_tenant_id, id)::text AS family
    FROM awgp.tenants ORDER BY family, slug";

/// The subjects of its users.
const SUBJECTS: &str = "
    SELECT keycloak_id AS subject, tenant_id::text AS tenant FROM awgp.users
    WHERE keycloak_id IS NOT NULL ORDER BY keycloak_id";

/// One digest of what every member should have alike: templates, prices and providers, without ids and times.
const DIGESTS: &str = "
    SELECT digest.of, pg_catalog.left(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
               coalesce(pg_catalog.string_agg(digest.line, E'\\n' ORDER BY digest.line), ''), 'UTF8')), 'hex'), 16) AS digest
    FROM (SELECT 'templates' AS of, pg_catalog.jsonb_build_array(slug, content_digest, is_system)::text AS line
          FROM awgp.assistant_templates
          UNION ALL
          SELECT 'prices', pg_catalog.jsonb_build_array(provider, model, from_input_tokens, input_price,
                     output_price, cached_price, extract(epoch FROM valid_from))::text
          FROM awgp.model_prices
          UNION ALL
          SELECT 'providers', (pg_catalog.to_jsonb(p) - '{id,created_at,updated_at}'::text[])::text
          FROM awgp.identity_providers AS p WHERE only_tenant_id IS NULL
          UNION ALL
          SELECT kind, NULL FROM pg_catalog.unnest('{templates,prices,providers}'::text[]) AS kind) AS digest
    GROUP BY digest.of ORDER BY digest.of";

const STANDBY: &str = "
    SELECT pg_catalog.pg_is_in_recovery()::text AS is_standby,
           extract(epoch FROM pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::bigint
           AS behind_seconds";

const COLUMNS: [&str; 12] = [
    "member",
    "shard",
    "role",
    "version",
    "server",
    "families",
    "tenants",
    "size",
    "full",
    "connections",
    "templates",
    "prices",
];
const WHOLE: [&str; 16] = [
    "member",
    "shard",
    "role",
    "version",
    "server",
    "families",
    "tenants",
    "users_with_subject",
    "bytes",
    "full_percent",
    "connections",
    "commits",
    "templates",
    "prices",
    "providers",
    "install_id",
];
const FAMILY_COLUMNS: [&str; 5] = ["family", "member", "tenants", "slugs", "id"];

/// Runs the command.
pub async fn run(on: On<'_>, options: &FleetStatus) -> Result<Exit, Failure> {
    let answers = each(on, async |session, _| ask(session).await).await;
    let standbys: Vec<&Member> =
        on.fleet.members().iter().filter(|member| member.role == Role::Replica).collect();
    let of_standbys = each_of(on, &standbys, async |session, _| {
        let rows = session.client().simple_query(STANDBY).await?;
        let row = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                Some((row.get(0) == Some("true"), row.get(1).map(str::to_owned)))
            }
            _ => None,
        });
        Ok(row.unwrap_or_default())
    })
    .await;
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    for (member, answer) in answers.0 {
        match answer {
            Ok(of_member) => seen.push((member, of_member)),
            Err(failure) => findings.push(Finding::unreachable(&member.name, &failure)),
        }
    }
    findings.extend(findings::of(&seen));
    let mut members: Vec<Value> = seen.iter().map(|(member, seen)| line(member, seen)).collect();
    for (member, answer) in of_standbys.0 {
        match answer {
            Ok((is_standby, behind)) => {
                if !is_standby {
                    findings.push(Finding::no_standby(&member.name));
                }
                members.push(json!({"member": member.name, "shard": member.shard,
                    "role": member.role.name(), "behind_seconds": behind}));
            }
            Err(failure) => findings.push(Finding::unreachable(&member.name, &failure)),
        }
    }
    let families: Vec<Value> = seen.iter().flat_map(|(member, seen)| families(&member.name, seen)).collect();
    let text = told(options, on.global.output, &members, &families, &findings)?;
    let has_error = findings.iter().any(|finding| finding.severity == "error");
    crate::invocation::print(&text, if has_error { Exit::Findings } else { Exit::Success })
}

async fn ask(session: &mut Session) -> Result<Seen, Trouble> {
    let work = session.begin(Context::default()).await?;
    work.batch("SET TRANSACTION READ ONLY").await?;
    let itself = work.select(ITSELF, &[]).await?.pop().unwrap_or_default();
    let mut seen = Seen { itself, ..Seen::default() };
    seen.tenants = work.select(TENANTS, &[]).await?;
    seen.subjects = work.select(SUBJECTS, &[]).await?;
    for row in work.select(DIGESTS, &[]).await? {
        seen.digests.push((row.text("of").unwrap_or_default(), row.text("digest").unwrap_or_default()));
    }
    work.commit().await?;
    Ok(seen)
}

fn line(member: &Member, seen: &Seen) -> Value {
    let text = |name: &str| seen.itself.text(name);
    let number = |name: &str| text(name).and_then(|text| text.parse::<u64>().ok());
    let bytes = number("bytes").unwrap_or(0);
    let full = member.capacity_bytes.map(|capacity| bytes.saturating_mul(100) / capacity.max(1));
    json!({
        "member": member.name, "shard": member.shard, "role": member.role.name(),
        "version": text("version"), "server": text("server"),
        "families": seen.families().len(), "tenants": seen.tenants.len(),
        "users_with_subject": seen.subjects.len(), "bytes": bytes, "size": size(bytes),
        "full_percent": full, "full": full.map(|percent| format!("{percent} %")),
        "connections": number("connections"), "commits": number("commits"),
        "templates": seen.digest("templates"), "prices": seen.digest("prices"),
        "providers": seen.digest("providers"), "install_id": text("install_id"),
    })
}

/// A number of bytes as people read it.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_485_760 => format!("{} KiB", bytes >> 10),
        10_485_760..10_737_418_240 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

fn families(member: &str, seen: &Seen) -> Vec<Value> {
    let of_family = |(id, tenants): (String, Vec<&Row>)| {
        let slug = |row: &&Row| row.text("slug").unwrap_or_default();
        let first = tenants.iter().find(|row| row.text("id").as_deref() == Some(&id)).map(slug);
        let slugs: Vec<String> = tenants.iter().map(slug).collect();
        json!({"family": first, "member": member, "tenants": tenants.len(), "slugs": slugs.join(" "), "id": id})
    };
    seen.families().into_iter().map(of_family).collect()
}

fn told(
    options: &FleetStatus,
    format: Format,
    members: &[Value],
    families: &[Value],
    findings: &[Finding],
) -> Result<String, Failure> {
    if format == Format::Json {
        let all = json!({"members": members, "families": families, "findings": findings});
        return Ok(render::pretty(&all));
    }
    let text = match (options.families, format) {
        (true, _) => render::rows(&rows(families)?, &FAMILY_COLUMNS, format),
        (false, Format::Csv) => render::rows(&rows(members)?, &WHOLE, format),
        (false, _) => render::rows(&rows(members)?, &COLUMNS, format),
    };
    if format == Format::Csv {
        for finding in findings {
            eprintln!(
                "{}: {}: {}",
                finding.severity,
                finding.code,
                awgp_client::shown::line(&finding.message)
            );
        }
        return Ok(text);
    }
    let count = |severity: &str| findings.iter().filter(|finding| finding.severity == severity).count();
    let table = if findings.is_empty() {
        String::new()
    } else {
        render::rows(&rows(findings)?, &["severity", "code", "object", "message", "hint"], format)
    };
    Ok(format!("{text}{table}errors: {}, warnings: {}\n", count("error"), count("warning")))
}

/// Values as rows.
pub fn rows(values: &[impl Serialize]) -> Result<Vec<Row>, Failure> {
    let row = |value| {
        let text = serde_json::to_string(value).unwrap_or_default();
        Row::from_json(&text).map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))
    };
    values.iter().map(row).collect()
}
