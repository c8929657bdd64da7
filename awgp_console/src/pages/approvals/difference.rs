//! What changed from one request to another, or from a request to the work as it is now.

use crate::parts;
use awgp_client::{Row, Trouble, Work, readable, shown};
use awgp_core::json_difference::{Change, changes};
use maud::{Markup, html};
use serde_json::value::{RawValue, to_raw_value};

/// A value longer than this stands in lines of its own.
const LONG: usize = 60;

const ASKED: &str = "SELECT COALESCE(awgp.approval_asked($1::text::uuid)::text, 'null')";

/// What changed.
pub struct Difference {
    /// Field by field.
    pub changes: Vec<Change>,
    /// Whether the trail has the work item at both ends.
    pub is_whole: bool,
    /// The request before.
    pub before: String,
}

async fn asked(work: &Work<'_>, id: &str) -> Result<Row, Trouble> {
    Ok(Row::of_answer(&work.text(ASKED, &[&id]).await?)?)
}

fn has_work(row: &Row) -> bool {
    row.raw("work_item").is_some_and(|item| item.get() != "null")
}

/// From a request to a later one.
pub async fn between(work: &Work<'_>, before: &str, after: &str) -> Result<Difference, Trouble> {
    let (one, other) = (asked(work, before).await?, asked(work, after).await?);
    let is_whole = has_work(&one) && has_work(&other);
    let mut changes = changes(of(&one).as_deref(), of(&other).as_deref());
    if !is_whole {
        changes.retain(|change| !change.field.starts_with("work_item"));
    }
    Ok(Difference { changes, is_whole, before: before.to_owned() })
}

/// From a request to its work item as it is now; `row` is the approval's of `approval_details`.
pub async fn since(work: &Work<'_>, id: &str, row: &Row) -> Result<Difference, Trouble> {
    let asked = asked(work, id).await?;
    let now = now(row);
    let before = asked.raw("work_item").map(ToOwned::to_owned);
    let is_whole = has_work(&asked);
    let mut changes = if is_whole { changes(before.as_deref(), now.as_deref()) } else { Vec::new() };
    // The item's own risk may rise to that of the request, and is not shown beside it.
    changes.retain(|change| change.field != "risk_level");
    for change in &mut changes {
        change.field.insert_str(0, "work_item.");
    }
    Ok(Difference { changes, is_whole, before: id.to_owned() })
}

/// What the work is called and how it is described now, where the request had that of its own time; what the
/// request said in its own words, where it had any. For asking again.
pub async fn words_again(work: &Work<'_>, id: &str, row: &Row) -> Result<(String, String), Trouble> {
    let asked = asked(work, id).await?;
    let item = asked.raw("work_item").and_then(|item| Row::from_json(item.get()).ok()).unwrap_or_default();
    let again = |column: &str, now: &str| {
        let own = asked.text(column).unwrap_or_default();
        if item.text(column).as_ref() == Some(&own) { row.text(now).unwrap_or_default() } else { own }
    };
    Ok((again("title", "work_item_title"), again("description", "work_item_description")))
}

fn of(row: &Row) -> Option<Box<RawValue>> {
    to_raw_value(row).ok()
}

/// The work item of an approval as it is now, in the shape of `approval_asked()`.
fn now(row: &Row) -> Option<Box<RawValue>> {
    let raw = |column: &str| row.raw(column).map_or("null", RawValue::get);
    let text = format!(
        r#"{{"title": {}, "description": {}, "estimated_cost": {}, "context": {}, "assistant": {}}}"#,
        raw("work_item_title"),
        raw("work_item_description"),
        raw("work_item_cost"),
        raw("work_item_context"),
        raw("assistant_slug"),
    );
    RawValue::from_string(text).ok()
}

impl Difference {
    /// Each field with what it was and what it is.
    pub fn shown(&self) -> Markup {
        html! {
            @if !self.changes.is_empty() {
                dl.changes {
                    @for change in &self.changes {
                        div { dt { (called(&change.field)) } dd { (of_change(change)) } }
                    }
                }
            }
        }
    }
}

/// A change: what was, struck out, and what is.
pub fn of_change(change: &Change) -> Markup {
    let (before, after) = (said(change, change.before.as_deref()), said(change, change.after.as_deref()));
    let is_long = [&before, &after].iter().any(|text| text.len() > LONG || text.contains('\n'));
    let class = if is_long { "long" } else { "short" };
    html! {
        @if !before.is_empty() { del class=(class) { (before) } " " }
        @if !after.is_empty() { ins class=(class) { (after) } } @else { span.soft { "now empty" } }
    }
}

/// A value of a change as untrusted text; nothing for NULL, and for what is not there.
fn said(change: &Change, value: Option<&RawValue>) -> String {
    let text = value.map(|value| readable(value.get())).unwrap_or_default();
    if change.field.ends_with("_cost") { parts::money(&parts::shown(&text)) } else { shown::lines(&text) }
}

/// A field as people call it.
fn called(field: &str) -> String {
    let field = field.strip_prefix("work_item.").map_or_else(
        || match field.strip_prefix("context.") {
            Some(below) => format!("data of the request: {below}"),
            None => format!("request: {field}"),
        },
        ToOwned::to_owned,
    );
    let field = field.replace("risk_level", "risk").replace("estimated_cost", "estimated cost");
    let field = field.strip_prefix("context.").map_or(field.clone(), |below| format!("data: {below}"));
    parts::shown(&field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).expect("JSON")
    }

    #[test]
    fn what_was_is_struck_out_and_cannot_disguise() {
        let (before, after) = (raw(r#"{"a":"x\u202ey","b":1.10}"#), raw(r#"{"a":"<b>","b":1.1}"#));
        let changes = changes(Some(&before), Some(&after));
        let html: String = changes.iter().map(|change| of_change(change).into_string()).collect();
        assert!(html.contains("<del class=\"short\">x\\u{202e}y</del>"), "{html}");
        assert!(html.contains("<ins class=\"short\">&lt;b&gt;</ins>"), "{html}");
        assert!(html.contains("1.10") && html.contains("1.1<"), "{html}");
    }

    #[test]
    fn fields_have_the_names_that_people_read() {
        for (field, name) in [
            ("work_item.estimated_cost", "estimated cost"),
            ("work_item.context.amount", "data: amount"),
            ("title", "request: title"),
            ("risk_level", "request: risk"),
            ("context.hint", "data of the request: hint"),
        ] {
            assert_eq!(called(field), name);
        }
    }
}
