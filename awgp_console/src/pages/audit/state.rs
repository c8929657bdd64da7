//! What is known of the trail's integrity without verifying anew, and verifying a month.

use super::bounded;
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::frame::{self, Place};
use crate::parts::{self, field, raw, shown};
use crate::visit::Reader;
use awgp_client::{Call, Exit, Failure, Row, Trouble, Work};
use awgp_core::audit::finding::Kind;
use maud::{Markup, html};
use serde::Deserialize;

const STATUS: &str =
    "SELECT * FROM awgp.trail_status ORDER BY tenant_id <> awgp.current_tenant(), tenant_slug";
const MONTHS: &str = "SELECT * FROM awgp.trail_months()";
/// One verification of a tenant at a time, whoever asks for it.
const ALONE: &str =
    "SELECT pg_try_advisory_xact_lock(hashtext('awgp console: verify'), hashtext($1::text))::text";

#[derive(Deserialize)]
pub struct Chosen {
    month: String,
}

pub async fn state(visitor: Visitor) -> Answer {
    let secret = frame::secret(&visitor);
    visitor
        .page("Is the trail whole?", Place::Audit, async |work, reader| {
            let status = work.select(STATUS, &[]).await?;
            let months = work.select(MONTHS, &[]).await?;
            Ok(html! {
                (checkpoints(&status, reader))
                (sealed(&months, reader))
                h2 { "Verify a month" }
                (form(&months, &secret))
                (proves())
            })
        })
        .await
}

pub async fn verify(visitor: Visitor, Signed(chosen): Signed<Chosen>) -> Answer {
    visitor
        .page("Verified just now", Place::Audit, async |work, reader| {
            let months = work.select(MONTHS, &[]).await?;
            let month = months.iter().find(|row| raw(row, "partition_name") == chosen.month);
            let month = month.ok_or_else(|| {
                Failure::new(Exit::NotFound, "the trail has no such month").hint("choose one at /audit/state")
            })?;
            let findings = findings(work, reader, &chosen.month).await?;
            Ok(html! {
                (found(&findings, month, reader))
                (proves())
                p { a href="/audit/state" { "What else is known of the trail" } }
            })
        })
        .await
}

async fn findings(work: &Work<'_>, reader: &Reader, month: &str) -> Result<Vec<Row>, Trouble> {
    let tenant = reader.text("tenant_id");
    if work.text(ALONE, &[&tenant]).await? != "true" {
        return Err(Failure::new(Exit::Retry, "somebody of your tenant verifies the trail at this moment")
            .hint("wait until they are done, then ask again")
            .into());
    }
    let call = Call::new("verify_audit").arg("tenant_id", "uuid", Some(tenant.as_str())).arg(
        "partition_name",
        "text",
        Some(month),
    );
    work.call(&call).await.map_err(|trouble| {
        bounded(
            trouble,
            "verifying the month",
            "it has more events than this page reads in its time: an auditor verifies it with `awgp audit verify`",
        )
    })
}

fn checkpoints(status: &[Row], reader: &Reader) -> Markup {
    let when = |row: &Row, column: &str, missing: &str| match raw(row, column) {
        moment if moment.is_empty() => html! { (missing) },
        moment => parts::when(&moment, reader),
    };
    html! {
        h2 { "What an auditor has signed" }
        p {
            "An auditor signs from time to time how far the trail has come. What was cut, rewritten or rolled back before "
            "that is found against what they signed; what is newer is not."
        }
        div.table tabindex="0" role="region" aria-label="What an auditor has signed" {
            table {
                caption { "How far the trail of each tenant that you see is signed" }
                thead {
                    tr {
                        th scope="col" { "Tenant" }
                        th.n scope="col" { "Events signed" }
                        th scope="col" { "Signed" }
                        th scope="col" { "Oldest event not signed" }
                        th.n scope="col" { "In the newest checkpoint" }
                        th scope="col" { "Made" }
                    }
                }
                tbody {
                    @for row in status {
                        tr {
                            th scope="row" { (field(row, "tenant_slug")) }
                            td.n { (parts::field_or_dash(row, "signed_size")) }
                            td { (when(row, "signed_at", "never")) }
                            td { (when(row, "unsigned_since", "every event is signed")) }
                            td.n { (parts::field_or_dash(row, "tree_size")) }
                            td { (when(row, "made_at", "never")) }
                        }
                    }
                }
            }
        }
        @for row in status.iter().filter(|row| !raw(row, "signed_by").is_empty()).take(1) {
            p.soft {
                "Signed with the key " code { (field(row, "signed_by")) }
                ", as the database was told. Compare it with the key that the auditor publishes."
            }
        }
    }
}

fn sealed(months: &[Row], reader: &Reader) -> Markup {
    html! {
        h2 { "What was verified when it was sealed" }
        p { "When a month is over, maintenance verifies the events of all tenants in it and seals it." }
        div.table tabindex="0" role="region" aria-label="Months of the trail" {
            table {
                caption { "The months of the trail, in UTC" }
                thead { tr { th scope="col" { "Month" } th scope="col" { "State" } th scope="col" { "Last verified and sealed" } } }
                tbody {
                    @for row in months {
                        tr {
                            th scope="row" { (name(row)) }
                            td { (parts::status(&raw(row, "state"))) }
                            td {
                                @match raw(row, "verified_at") {
                                    moment if moment.is_empty() => { "not yet" }
                                    moment => { (parts::when(&moment, reader)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A month as people write it: 2026-11.
fn name(row: &Row) -> String {
    shown(raw(row, "partition_name").trim_start_matches("audit_logs_")).replace('_', "-")
}

/// A month whose rows are there can be verified.
fn form(months: &[Row], secret: &Markup) -> Markup {
    let there = months.iter().filter(|row| !raw(row, "state").starts_with("retired"));
    html! {
        p { "It hashes every event of your tenant in the month again, and compares it with the chain. That takes a moment." }
        form.filter method="post" action="/audit/verify" {
            (secret)
            div {
                label for="month" { "Month" }
                select id="month" name="month" {
                    @for row in there { option value=(field(row, "partition_name")) { (name(row)) } }
                }
            }
            div { button type="submit" { "Verify this month" } }
        }
    }
}

fn found(findings: &[Row], month: &Row, reader: &Reader) -> Markup {
    let errors = findings.iter().filter(|row| raw(row, "severity") == "error").count();
    let place = html! { (name(month)) " of " (shown(&reader.text("tenant_name"))) };
    html! {
        @if findings.is_empty() {
            p.said { strong { "Nothing was found." } " Every event in " (place) " is what was chained, none is missing between "
                "the first and the last, and the guards of the trail are on." }
        } @else {
            p.warning role="alert" {
                strong { (findings.len()) @if findings.len() == 1 { " finding" } @else { " findings" } }
                " in " (place)
                @if errors > 0 { ". The trail is not what was written. Keep this page, change nothing, and tell the auditor." }
                @else { ". The chain itself is whole; somebody should look at this." }
            }
            ol.cards { @for finding in findings { li { (one(finding)) } } }
        }
    }
}

fn one(finding: &Row) -> Markup {
    let kind = raw(finding, "kind");
    let meaning = Kind::ALL.iter().find(|known| known.name() == kind).map(|known| known.meaning());
    let id = raw(finding, "audit_id");
    html! {
        article.card {
            h2 { (parts::status(&raw(finding, "severity"))) " " (shown(&kind.replace('_', " "))) }
            @if let Some(meaning) = meaning { p { (meaning) } }
            p.soft {
                (field(finding, "detail"))
                @if !raw(finding, "chain_seq").is_empty() {
                    " · lane " (field(finding, "chain_lane")) ", number " (field(finding, "chain_seq"))
                }
            }
            @if !id.is_empty() { p { a href={ "/audit/" (id) } { "Event " (id) } } }
        }
    }
}

/// What a verification by the server proves, and what it does not.
fn proves() -> Markup {
    html! {
        h2 { "What this proves" }
        p {
            "The server verifies itself. That finds a row that was edited, deleted, inserted or moved, by mistake or by "
            "somebody who did not take the chain into account. "
        }
        p {
            "It does not show that somebody with all rights has hashed the rest of the chain again, cut off its end, or "
            "restored an older backup. Only somebody outside proves that: an auditor, with what they signed and with their "
            "own program:"
        }
        pre tabindex="0" { "awgp audit verify --checkpoint notes/ --public-key KEY" }
    }
}
