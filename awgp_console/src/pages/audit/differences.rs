//! What an event changed, as a table: a row a field.

use super::names::Names;
use crate::parts::{raw, shown, spelled};
use awgp_client::trail::Change;
use awgp_client::{Row, trail};
use maud::{Markup, html};

/// The table of an event; a sentence where it has no fields.
pub fn table(row: &Row, names: &Names, caption: &Markup) -> Markup {
    let changes = trail::differences(row);
    if changes.is_empty() {
        return html! { p.soft { (why_not(row)) } };
    }
    let (had, has) = (changes.iter().any(|c| c.before.is_some()), changes.iter().any(|c| c.after.is_some()));
    html! {
        div.table tabindex="0" role="region" aria-label={ "Fields of event " (raw(row, "id")) } {
            table.differences {
                caption { (caption) }
                thead {
                    tr {
                        th scope="col" { "Field" }
                        @if had { th scope="col" { "Before" } }
                        @if has { th scope="col" { "After" } }
                    }
                }
                tbody { @for change in &changes { (field(change, names, had, has)) } }
            }
        }
    }
}

fn field(change: &Change, names: &Names, had: bool, has: bool) -> Markup {
    let name = |json: &str| names.name(json).map(shown);
    html! {
        tr {
            th scope="row" { (shown(&change.field)) }
            @if had { td { @if let Some(value) = &change.before { del { (spelled(value.get())) } @if let Some(name) = name(value.get()) { " " span.soft { (name) } } } } }
            @if has { td { @if let Some(value) = &change.after { ins { (spelled(value.get())) } @if let Some(name) = name(value.get()) { " " span.soft { (name) } } } } }
        }
    }
}

fn why_not(row: &Row) -> &'static str {
    match trail::origin(row).as_deref() {
        Some("log_event") => {
            "An application reported this event itself: what it says of before and after is below, and is \
             not a version that AWGP saw."
        }
        Some(_) => "This event was brought in from another database.",
        None => "No field has another value than before.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_came_or_went_is_told_from_one_that_is_null() {
        let row = r#"{"before_state":{"a":null,"b":1.10},"after_state":{"a":"x\u202e","c":{}}}"#;
        let text =
            table(&Row::from_json(row).expect("a row"), &Names::default(), &html! { "x" }).into_string();
        for part in ["<del>null</del>", "<del>1.10</del>", "<ins>{}</ins>", "x\\u{202e}"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}
