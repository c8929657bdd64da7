//! The filters of the list, as readers type them.

use super::scope::Scope;
use crate::visit::Reader;
use awgp_client::page::Ordered;
use awgp_client::{Row, Trouble, Work, ids};
use jiff::civil::{Date, Time};
use serde::Deserialize;
use uuid::Uuid;

/// The users and assistants in whose name a text stands.
const NAMED: &str = "
    SELECT id FROM awgp.user_list WHERE strpos(lower(email), lower($1)) > 0
    UNION ALL SELECT id FROM awgp.assistant_list WHERE strpos(lower(slug), lower($1)) > 0 LIMIT 1000";

/// The fields of the form.
#[derive(Default, Deserialize)]
pub struct Asked {
    /// Who acted: a user's e-mail, an assistant's slug, an id or its beginning; or user, assistant or system.
    #[serde(default)]
    pub who: String,
    /// What was done.
    #[serde(default)]
    pub action: String,
    /// The kind of thing.
    #[serde(default)]
    pub kind: String,
    /// The thing's id, or its beginning.
    #[serde(default)]
    pub id: String,
    /// The first day.
    #[serde(default)]
    pub from: String,
    /// The last day.
    #[serde(default)]
    pub until: String,
    /// A part of any name or value.
    #[serde(default)]
    pub text: String,
    /// One tenant of a holding, by its slug.
    #[serde(default)]
    pub tenant: String,
    /// The cursor of the page.
    pub after: Option<String>,
}

/// What is wrong with a field: its name, and a sentence.
pub type Wrong = (&'static str, String);

impl Asked {
    /// Whether the reader looks for something.
    pub fn is_narrow(&self) -> bool {
        [&self.who, &self.action, &self.kind, &self.id, &self.from, &self.until, &self.text, &self.tenant]
            .iter()
            .any(|field| !field.trim().is_empty())
    }

    /// Whether the reader uses a filter that stands behind the others.
    pub fn is_particular(&self) -> bool {
        [&self.action, &self.id, &self.from, &self.until, &self.tenant]
            .iter()
            .any(|field| !field.trim().is_empty())
    }

    /// The tenants of the list. `seen` are the tenants that the reader may choose from.
    pub fn scope(&self, all: Scope, seen: &[Row], wrong: &mut Vec<Wrong>) -> Scope {
        let slug = self.tenant.trim();
        if slug.is_empty() {
            return all;
        }
        let chosen = seen.iter().find(|row| row.text("tenant_slug").as_deref() == Some(slug));
        let id = chosen.and_then(|row| Uuid::parse_str(&row.text("tenant_id")?).ok());
        let Some(id) = id else {
            wrong.push(("tenant", "you see no tenant of this name".to_owned()));
            return all;
        };
        all.only(id).unwrap_or(Scope::none())
    }

    /// Narrows the list to what is looked for.
    pub async fn narrow(
        &self,
        work: &Work<'_>,
        reader: &Reader,
        rows: &mut Ordered<'_>,
    ) -> Result<Vec<Wrong>, Trouble> {
        let mut wrong = Vec::new();
        if let Some(action) = given(&self.action) {
            rows.only(action, |place| format!("r.action = ${place}::text"));
        }
        if let Some(kind) = given(&self.kind) {
            rows.only(kind, |place| format!("r.entity_type = ANY (awgp.entity_names(${place}::text))"));
        }
        self.narrow_by_id(rows, &mut wrong);
        self.narrow_by_actor(work, rows).await?;
        self.narrow_by_time(reader, rows, &mut wrong);
        self.narrow_by_text(work, rows).await?;
        Ok(wrong)
    }

    fn narrow_by_id(&self, rows: &mut Ordered<'_>, wrong: &mut Vec<Wrong>) {
        let Some(id) = given(&self.id) else { return };
        if let Ok(whole) = Uuid::try_parse(&id) {
            rows.only(whole.to_string(), |place| format!("r.entity_id = ${place}::text::uuid"));
        } else if self.kind.contains('.') {
            rows.only(id, |place| format!("r.entity_id = awgp.entity_id(VARIADIC ARRAY[${place}::text])"));
        } else if let Some((first, last)) = ids::range(&id) {
            rows.only(format!("{first} {last}"), |place| between("r.entity_id", place));
        } else {
            wrong.push(("id", "write an id, or at least 4 digits of its beginning".to_owned()));
        }
    }

    async fn narrow_by_actor(&self, work: &Work<'_>, rows: &mut Ordered<'_>) -> Result<(), Trouble> {
        let Some(who) = given(&self.who) else { return Ok(()) };
        if matches!(who.as_str(), "user" | "assistant" | "system") {
            rows.only(who, |place| format!("r.actor_type = ${place}::text"));
            return Ok(());
        }
        if let Ok(id) = Uuid::try_parse(&who) {
            rows.only(id.to_string(), |place| format!("r.actor_id = ${place}::text::uuid"));
            return Ok(());
        }
        let named = work.rows("SELECT awgp.trail_actors($1)", &[&who]).await?;
        let named: Result<Vec<Uuid>, _> = named.iter().map(|row| row.try_get(0)).collect();
        let named = named?;
        match ids::range(&who) {
            // A slug may look like the beginning of an id.
            Some((first, last)) if named.is_empty() => {
                rows.only(format!("{first} {last}"), |place| between("r.actor_id", place));
            }
            // Nobody's name finds nothing, like the name of somebody who did nothing here.
            _ => {
                let ids: Vec<String> = named.iter().map(Uuid::to_string).collect();
                rows.only(ids.join(","), |place| {
                    format!("r.actor_id = ANY (string_to_array(${place}::text, ',')::uuid[])")
                });
            }
        }
        Ok(())
    }

    async fn narrow_by_text(&self, work: &Work<'_>, rows: &mut Ordered<'_>) -> Result<(), Trouble> {
        let Some(text) = given(&self.text) else { return Ok(()) };
        // Once, and not for each event: names are not in the trail.
        let named = work.rows(NAMED, &[&text]).await?;
        let named: Result<Vec<Uuid>, _> = named.iter().map(|row| row.try_get(0)).collect();
        let named: Vec<String> = named?.iter().map(Uuid::to_string).collect();
        let named = format!("'{{{}}}'::uuid[]", named.join(","));
        rows.only(text, |place| {
            let stored = "concat_ws(' ', r.action, r.entity_type, r.before_state, r.after_state, r.metadata)";
            format!(
                "(r.actor_id = ANY ({named}) OR r.entity_id = ANY ({named})
                  OR strpos(lower({stored}), lower(${place}::text)) > 0)"
            )
        });
        Ok(())
    }

    fn narrow_by_time(&self, reader: &Reader, rows: &mut Ordered<'_>, wrong: &mut Vec<Wrong>) {
        for (field, text, is_end, compared) in
            [("from", &self.from, false, ">="), ("until", &self.until, true, "<")]
        {
            let Some(text) = given(text) else { continue };
            match edge(&text, is_end, reader) {
                Some(moment) => rows
                    .only(moment, |place| format!("r.\"timestamp\" {compared} ${place}::text::timestamptz")),
                None => wrong.push((field, "write a day as 2027-01-31".to_owned())),
            }
        }
    }
}

/// What was typed; None for nothing.
fn given(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Between two ids that stand in one value.
fn between(column: &str, place: usize) -> String {
    format!(
        "{column} BETWEEN split_part(${place}::text, ' ', 1)::uuid AND split_part(${place}::text, ' ', 2)::uuid"
    )
}

/// Where a day begins for the reader, or where it is over.
fn edge(text: &str, is_end: bool, reader: &Reader) -> Option<String> {
    let day: Date = text.parse().ok()?;
    let day = if is_end { day.tomorrow().ok()? } else { day };
    let moment = reader.zone.to_zoned_datetime(day.to_datetime(Time::midnight())).ok()?;
    Some(moment.timestamp().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn a_day_is_the_readers_and_the_last_one_is_included() {
        let zone = TimeZone::get("Pacific/Auckland").expect("a zone");
        let reader = Reader { row: Row::default(), zone };
        let edge = |text, is_end| edge(text, is_end, &reader);
        assert_eq!(edge("2026-12-24", false).as_deref(), Some("2026-12-23T11:00:00Z"));
        assert_eq!(edge("2026-12-24", true).as_deref(), Some("2026-12-24T11:00:00Z"));
        for no_day in ["", "24.12.2026", "2026-13-01", "tomorrow"] {
            assert_eq!(edge(no_day, false), None, "{no_day}");
        }
    }
}
