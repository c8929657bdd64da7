//! `awgp fleet sync`: templates, prices and identity providers of one member for all others.
//!
//! A member is one transaction. What it has already is left alone, so the command can be repeated after any
//! failure. Nothing is deleted. AWGP's own templates come with its version, and a provider of one tenant
//! belongs to the tenant's member: neither is brought anywhere.

use super::asking::{On, each_of, of};
use super::file::Member;
use super::merging::worst;
use super::status::rows;
use crate::opt::{FleetSync, Format};
use crate::render;
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A kind of reference data. A row is told apart by its key, and its content is what must be alike.
struct Kind {
    called: &'static str,
    /// key, name, content and the whole row.
    read: &'static str,
    /// Adds a row, $1.
    insert: &'static str,
    /// Changes the row of the same key to $1; empty where a row is never changed.
    update: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        called: "template",
        read: "SELECT slug AS key, slug AS name, content_digest AS content, pg_catalog.to_jsonb(t) AS whole
               FROM awgp.assistant_templates AS t WHERE NOT is_system",
        insert: "INSERT INTO awgp.assistant_templates
                     (id, name, slug, description, type, configuration, capabilities, model_config, risk_tier,
                      max_cost_per_day)
                 SELECT id, name, slug, description, type, configuration, capabilities, model_config, risk_tier,
                        max_cost_per_day
                 FROM pg_catalog.jsonb_populate_record(NULL::awgp.assistant_templates, $1::text::jsonb)",
        update: "UPDATE awgp.assistant_templates AS t
                 SET name = n.name, description = n.description, type = n.type, configuration = n.configuration,
                     capabilities = n.capabilities, model_config = n.model_config, risk_tier = n.risk_tier,
                     max_cost_per_day = n.max_cost_per_day
                 FROM pg_catalog.jsonb_populate_record(NULL::awgp.assistant_templates, $1::text::jsonb) AS n
                 WHERE t.slug = n.slug AND NOT t.is_system",
    },
    Kind {
        called: "price",
        read: "SELECT pg_catalog.jsonb_build_array(model, provider, extract(epoch FROM valid_from),
                          from_input_tokens)::text AS key,
                      pg_catalog.concat_ws(' ', provider, model, valid_from) AS name,
                      pg_catalog.jsonb_build_array(input_price, output_price, cached_price)::text AS content,
                      pg_catalog.to_jsonb(p) AS whole
               FROM awgp.model_prices AS p",
        insert: "INSERT INTO awgp.model_prices
                     (id, provider, model, from_input_tokens, input_price, output_price, cached_price, valid_from,
                      source)
                 SELECT id, provider, model, from_input_tokens, input_price, output_price, cached_price, valid_from,
                        source
                 FROM pg_catalog.jsonb_populate_record(NULL::awgp.model_prices, $1::text::jsonb)",
        update: "",
    },
    Kind {
        called: "provider",
        read: "SELECT issuer AS key, name, (pg_catalog.to_jsonb(p) - '{id,created_at,updated_at}'::text[])::text
                          AS content,
                      pg_catalog.to_jsonb(p) AS whole
               FROM awgp.identity_providers AS p WHERE only_tenant_id IS NULL",
        insert: "INSERT INTO awgp.identity_providers
                     (id, name, issuer, audience, jwks, algorithms, subject_claim, tenant_claim,
                      authorized_parties, leeway_seconds, max_lifetime_seconds, is_active)
                 SELECT id, name, issuer, audience, jwks, algorithms, subject_claim, tenant_claim,
                        authorized_parties, leeway_seconds, max_lifetime_seconds, is_active
                 FROM pg_catalog.jsonb_populate_record(NULL::awgp.identity_providers, $1::text::jsonb)",
        update: "UPDATE awgp.identity_providers AS p
                 SET name = n.name, audience = n.audience, jwks = n.jwks, algorithms = n.algorithms,
                     subject_claim = n.subject_claim, tenant_claim = n.tenant_claim,
                     authorized_parties = n.authorized_parties, leeway_seconds = n.leeway_seconds,
                     max_lifetime_seconds = n.max_lifetime_seconds, is_active = n.is_active
                 FROM pg_catalog.jsonb_populate_record(NULL::awgp.identity_providers, $1::text::jsonb) AS n
                 WHERE p.issuer = n.issuer AND p.only_tenant_id IS NULL",
    },
];

/// A row of reference data.
#[derive(Clone)]
struct Item {
    name: String,
    content: String,
    whole: String,
}

type Items = BTreeMap<String, Item>;

/// What is done with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Add,
    Change,
    /// It differs, and rows of its kind are never changed.
    Differs,
    /// Only this member has it.
    OnlyHere,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Self::Add => "added",
            Self::Change => "changed",
            Self::Differs => "differs",
            Self::OnlyHere => "only here",
        }
    }
}

/// Runs the command. The exit code is 12 where something differs that is not changed.
pub async fn run(on: On<'_>, options: &FleetSync) -> Result<Exit, Failure> {
    let source = on.fleet.member(&options.from)?;
    let right = each_of(on, &[source], async |session, _| read(session).await).await;
    let right = right.all()?.pop().map(|(_, right)| right).unwrap_or_default();
    let others: Vec<&Member> = on.fleet.primaries().filter(|member| member.name != source.name).collect();
    let answers =
        each_of(on, &others, async |session, _| bring(session, &right, options.dry_run).await).await;
    let mut exits = Vec::new();
    let mut lines: Vec<Value> = Vec::new();
    for (member, answer) in answers.0 {
        match answer {
            Ok(done) => {
                if done.iter().any(|(_, _, act)| *act == Act::Differs) {
                    exits.push(Exit::Findings);
                }
                lines.extend(done.iter().map(|(kind, name, act)| {
                    json!({"member": member.name, "kind": kind, "name": name, "done": act.name()})
                }));
                if done.is_empty() && on.global.output == Format::Table {
                    eprintln!("member {}: it has everything", member.name);
                }
            }
            Err(failure) => {
                exits.push(failure.exit);
                eprintln!("{}", of(member, failure));
            }
        }
    }
    if options.dry_run {
        eprintln!("notice: dry run: nothing was changed");
    }
    let text = render::rows(&rows(&lines)?, &["member", "kind", "name", "done"], on.global.output);
    crate::invocation::print(&text, worst(exits.into_iter()))
}

/// The reference data of a member, kind by kind.
async fn read(session: &mut Session) -> Result<Vec<Items>, Trouble> {
    let work = session.begin(Context::default()).await?;
    let mut all = Vec::new();
    for kind in &KINDS {
        all.push(items(&work, kind).await?);
    }
    Ok(all)
}

async fn items(work: &Work<'_>, kind: &Kind) -> Result<Items, Trouble> {
    let item = |row: &Row| {
        let whole = row.raw("whole")?.get().to_owned();
        Some((row.text("key")?, Item { name: row.text("name")?, content: row.text("content")?, whole }))
    };
    Ok(work.select(kind.read, &[]).await?.iter().filter_map(item).collect())
}

/// Brings to a member what it lacks, in one transaction.
async fn bring(
    session: &mut Session,
    right: &[Items],
    dry_run: bool,
) -> Result<Vec<(&'static str, String, Act)>, Trouble> {
    let work = session.begin(Context::default()).await?;
    let mut done = Vec::new();
    for (kind, right) in KINDS.iter().zip(right) {
        let here = items(&work, kind).await?;
        for (key, act) in acts(right, &here, !kind.update.is_empty()) {
            let item = right.get(&key).or_else(|| here.get(&key));
            let Some(item) = item else { continue };
            let sql = match act {
                Act::Add => kind.insert,
                Act::Change => kind.update,
                Act::Differs | Act::OnlyHere => "",
            };
            if !sql.is_empty() && work.run(sql, &[&item.whole]).await? != 1 {
                let message =
                    format!("the {} {} is AWGP's own there, or of one tenant", kind.called, item.name);
                return Err(Failure::new(Exit::WrongState, message)
                    .hint("give it another name on the member that has it right")
                    .into());
            }
            done.push((kind.called, item.name.clone(), act));
        }
    }
    // In a dry run the member has judged the rows, and forgets them.
    if !dry_run {
        work.commit().await?;
    }
    Ok(done)
}

/// What is to be done with each row that is not alike.
fn acts(right: &Items, here: &Items, may_change: bool) -> Vec<(String, Act)> {
    let of_right = right.iter().filter_map(|(key, item)| match here.get(key) {
        None => Some((key.clone(), Act::Add)),
        Some(own) if own.content == item.content => None,
        Some(_) if may_change => Some((key.clone(), Act::Change)),
        Some(_) => Some((key.clone(), Act::Differs)),
    });
    let only_here =
        here.keys().filter(|key| !right.contains_key(*key)).map(|key| (key.clone(), Act::OnlyHere));
    of_right.chain(only_here).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_is_left_alone_and_nothing_is_deleted() {
        let items = |pairs: &[(&str, &str)]| -> Items {
            let item = |content: &str| Item {
                name: String::new(),
                content: content.to_owned(),
                whole: String::new(),
            };
            pairs.iter().map(|(key, content)| ((*key).to_owned(), item(content))).collect()
        };
        let right = items(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let here = items(&[("b", "1"), ("c", "2"), ("d", "1")]);
        let done = |may_change| -> Vec<(String, Act)> { acts(&right, &here, may_change) };
        let named = |act: Act| ("c".to_owned(), act);
        assert_eq!(
            done(true),
            [("a".to_owned(), Act::Add), named(Act::Change), ("d".to_owned(), Act::OnlyHere)]
        );
        assert_eq!(done(false)[1], named(Act::Differs));
        assert!(acts(&right, &right, true).is_empty());
    }
}
