//! The page of a fleet: sums over all members, a line for each, and a part for each with all that its own
//! page has. A family is in one part whole.

use super::document::Document;
use super::page::{self, Level, Numbers, STYLE};
use super::table::{Column, amount, number, table};
use crate::one_page::one_page;
use awgp_client::{Exit, Failure, shown};
use awgp_core::money::exact::Exact;
use maud::{Markup, html};

/// A member that has answered.
pub struct Part {
    /// Its name.
    pub member: String,
    /// What it said.
    pub document: Document,
}

/// Whom the page is about.
pub fn subject(parts: &[Part]) -> String {
    let tenants: usize = parts.iter().map(|part| part.document.tenants.len()).sum();
    let of = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!("{} on {}", of(tenants, "tenant"), of(parts.len(), "member"))
}

/// The page. `silent` are members that have not answered.
pub fn html(parts: &[Part], silent: &[String], currency: Option<&str>) -> Result<String, Failure> {
    let first = &one_month(parts)?.document;
    let numbers: Vec<Numbers> = parts.iter().map(|part| Numbers::of(&part.document)).collect();
    let subject = subject(parts);
    let body = html! {
        header {
            h1 { (subject) }
            p { strong { (first.month_name) } @if !first.is_over { " so far: the month is not over." } }
            @if !silent.is_empty() {
                p { strong { "Not on this page: " (shown::line(&silent.join(", "))) "." }
                    " Who did not answer is in no sum here." }
            }
        }
        main {
            (all(&numbers)?.list(currency))
            (lines(parts, &numbers, currency))
            @for part in parts {
                section.member {
                    h2 { "Member " (shown::line(&part.member)) }
                    (page::made(&part.document))
                    (page::sections(&part.document, currency, Level::Member)?)
                }
            }
        }
        (page::foot(&first.month, currency))
    };
    Ok(one_page(&format!("{subject} – {}", first.month_name), STYLE, &body))
}

/// The first part, if all are about one month.
fn one_month(parts: &[Part]) -> Result<&Part, Failure> {
    let [first, others @ ..] = parts else {
        return Err(Failure::new(Exit::NoConnection, "no member has answered"));
    };
    if others.iter().any(|part| part.document.month != first.document.month) {
        let message = "the members are in different months";
        return Err(Failure::new(Exit::Retry, message).hint("name the month with --month"));
    }
    Ok(first)
}

/// The sums.
fn all(numbers: &[Numbers]) -> Result<Numbers, Failure> {
    let sum = |of: fn(&Numbers) -> i64| numbers.iter().map(of).sum();
    let spent =
        numbers.iter().try_fold(Exact::ZERO, |so_far, own| so_far.checked_add(Exact::parse(&own.spent)?));
    let spent = spent.and_then(Exact::rounded).ok_or_else(|| {
        Failure::new(Exit::Unexpected, "what the members have spent cannot be added up")
            .hint("make a page of each: --member NAME")
    })?;
    let mut states: Vec<&str> = numbers.iter().map(|own| own.trail.as_str()).collect();
    states.sort_unstable();
    states.dedup();
    Ok(Numbers {
        spent: spent.to_string(),
        asked: sum(|own| own.asked),
        allowed: sum(|own| own.allowed),
        denied: sum(|own| own.denied),
        confirmed: sum(|own| own.confirmed),
        trail: states.join(", "),
    })
}

fn lines(parts: &[Part], numbers: &[Numbers], currency: Option<&str>) -> Markup {
    let rows = parts.iter().zip(numbers).map(|(part, own)| {
        vec![
            part.member.clone(),
            part.document.tenants.len().to_string(),
            amount(&own.spent, currency),
            number(own.asked),
            number(own.allowed),
            number(own.denied),
            number(own.confirmed),
            own.trail.clone(),
        ]
    });
    let columns = [
        Column::Name("member"),
        Column::Number("tenants"),
        Column::Number("spent"),
        Column::Number("approvals requested"),
        Column::Number("actions allowed"),
        Column::Number("denied"),
        Column::Number("hallucinations confirmed"),
        Column::Text("the month's trail"),
    ];
    table("The members of the fleet", &columns, rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(member: &str, month: &str, spent: &str, asked: i64) -> Part {
        let document = serde_json::json!({
            "month": month, "month_name": "November 2026", "time_zone": "UTC", "made_at": "now", "is_over": true,
            "subject": null, "tenants": [{"slug": member, "name": member}],
            "burn": [{"day": "2026-11-30", "cost_amount": spent, "so_far": spent, "entries": 1}],
            "spenders": [], "pools": [],
            "approvals": [{"outcome": "open", "approvals": asked, "median_seconds": null,
                           "slowest_tenth_seconds": null, "longest_seconds": null}],
            "actions": [{"decision": "allowed", "reason": "succeeded", "actions": 2},
                        {"decision": "denied", "reason": "stopped", "actions": 3}],
            "quality": [],
            "integrity": [{"month": month, "events": 1, "state": "sealed", "verified_at": null, "checkpoints": 0,
                           "signed": 0, "last_signed_at": null}],
        });
        Part { member: member.to_owned(), document: serde_json::from_value(document).expect("a report") }
    }

    #[test]
    fn sums_are_exact_and_each_member_has_its_line_and_its_part() {
        let parts = [part("a", "2026-11", "999999999.000001", 2), part("b", "2026-11", "0.100000", 40)];
        let page = html(&parts, &["c".to_owned()], Some("EUR")).expect("a page");
        for text in ["2 tenants on 2 members", "Not on this page: c.", "Member a", "Member b"] {
            assert!(page.contains(text), "{text}");
        }
        assert!(page.contains("<dd>999\u{202f}999\u{202f}999.100001\u{a0}EUR</dd>"), "{page}");
        assert!(page.contains("<dt>Approvals requested</dt><dd>42</dd>"), "{page}");
        assert!(page.contains("<dt>Actions denied</dt><dd>6</dd>"), "{page}");
        assert!(page.contains("<dt>The month's trail</dt><dd>sealed</dd>"), "{page}");
    }

    #[test]
    fn members_in_different_months_and_no_member_at_all_make_no_page() {
        let parts = [part("a", "2026-11", "1.000000", 0), part("b", "2026-12", "1.000000", 0)];
        assert_eq!(html(&parts, &[], None).expect_err("two months").exit, Exit::Retry);
        assert_eq!(html(&[], &[], None).expect_err("nobody").exit, Exit::NoConnection);
    }
}
