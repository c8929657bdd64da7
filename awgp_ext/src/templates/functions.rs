//! `template_content()` and `template_difference()`.

use super::content;
use crate::context;
use crate::pg::datum::from_sql;
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::relation::{for_each_by_text, for_each_by_uuid};
use awgp_core::isolation_refusals;
use awgp_core::templates::difference::changes;
use awgp_core::templates::{Content, overrides, unknown_template};
use pgrx::JsonB;
use pgrx::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// A template as it is now.
struct Template {
    id: Uuid,
    slug: String,
    version: i32,
    content: Content,
}

impl Template {
    fn read(row: &crate::pg::tuple::Row) -> Option<Self> {
        Some(Self {
            id: row.uuid(c"id")?,
            slug: row.text(c"slug")?,
            version: row.integer(c"version")?,
            content: content(row),
        })
    }

    fn of_slug(slug: &str) -> Option<Self> {
        let mut found = None;
        let (table, index) = (c"assistant_templates", c"assistant_templates_slug_key");
        for_each_by_text(table, index, c"slug", slug, |row| found = Self::read(row));
        found
    }

    fn of_id(id: Uuid) -> Option<Self> {
        let mut found = None;
        let (table, index) = (c"assistant_templates", c"assistant_templates_pkey");
        for_each_by_uuid(table, index, c"id", id, |row| found = Self::read(row));
        found
    }
}

/// What an assistant made from this template with these overrides would be.
///
/// Every tenant can read every template, so nothing is revealed. A tenant must be in context, because an
/// assistant belongs to one.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments as SQL passes them")]
fn template_content(template_slug: Option<Text>, overrides: default!(Option<Jsonb>, "'{}'")) -> Jsonb {
    if context::current().is_none() {
        raise(&isolation_refusals::no_tenant_context("assistants"));
    }
    let slug = template_slug.map(|slug| slug.0).unwrap_or_default();
    let Some(template) = Template::of_slug(&slug) else { raise(&unknown_template(&slug)) };
    let applied = applied(&template.content, overrides.as_ref());
    let capabilities = json!(applied.capabilities).to_string();
    // Built as text: parsing into Rust would lose digits of numbers.
    let text = format!(
        r#"{{"template_id": "{}", "template_version": {}, "type": {}, "description": {}, "capabilities": {capabilities},
            "configuration": {}, "model_config": {}, "risk_tier": {}, "max_cost_per_day": "{}"}}"#,
        template.id,
        template.version,
        json!(applied.kind),
        json!(applied.description),
        applied.configuration.get(),
        applied.model_config.get(),
        applied.risk_tier,
        applied.max_cost_per_day,
    );
    Jsonb::from_text(&text)
}

fn applied(content: &Content, overrides: Option<&Jsonb>) -> Content {
    let applied = match overrides {
        None => overrides::apply(content, "{}"),
        Some(overrides) => overrides.with_text(|text| overrides::apply(content, text)),
    };
    applied.unwrap_or_else(|error| raise(&error.into()))
}

/// What would change on an assistant if its template's newest version were applied, with the assistant's
/// overrides.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
fn template_difference(assistant_id: Option<pgrx::Uuid>) -> JsonB {
    if context::current().is_none() {
        raise(&isolation_refusals::no_tenant_context("assistants"));
    }
    let visible = context::visible();
    let id = assistant_id.as_ref().map(from_sql).unwrap_or_default();
    let mut found = None;
    for_each_by_uuid(c"assistants", c"assistants_pkey", c"id", id, |row| {
        if row.uuid(c"tenant_id").is_some_and(|tenant| visible.contains(&tenant)) {
            let version = row.integer(c"template_version");
            found = Some((content(row), row.uuid(c"template_id"), version, row.jsonb(c"template_overrides")));
        }
    });
    let Some((current, template, version, overrides)) = found else {
        raise(&isolation_refusals::unknown_assistant())
    };
    let Some(template) = template.and_then(Template::of_id) else { raise(&unknown_template("")) };
    // Overrides that an older version of AWGP accepted may be refused now; then this refusal is the answer.
    let proposed = applied(&template.content, overrides.as_ref());
    let changes: Vec<Value> = changes(&current, &proposed)
        .into_iter()
        .map(|change| json!({"path": change.path, "current": change.current, "proposed": change.proposed}))
        .collect();
    JsonB(json!({
        "assistant_id": id.to_string(),
        "template_slug": template.slug,
        "made_from_version": version,
        "newest_version": template.version,
        "changes": changes,
    }))
}
