//! Adding to a pool: it asks first, and never adds twice by one answer.

use super::ONE;
use crate::answer::Answer;
use crate::door::{Signed, Visitor};
use crate::frame::{self, Place};
use crate::parts::one::one;
use crate::parts::{self, rank};
use crate::visit::Reader;
use awgp_client::{Call, Exit, Failure, Row, Trouble, Work};
use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

/// What the budget would be. The server reads the amount, so that every decimal counts.
const AFTER: &str = "
    SELECT amount.value AS amount, ($2::text::numeric + amount.value)::numeric(18, 6) AS budget,
           $3::text::numeric + amount.value AS left_amount
    FROM (SELECT round(awgp.checked_amount($1::text::numeric, 'amount'), 6) AS value) AS amount";

/// Whether the budget was what the reader saw before this amount was added.
const WAS_SEEN: &str = "SELECT ($1::text::numeric = round($3::text::numeric + $2::text::numeric, 6))::text";

/// What is added, and why.
#[derive(Deserialize)]
pub struct Wish {
    #[serde(default)]
    amount: String,
    #[serde(default)]
    reason: String,
}

/// The same, of one who has seen what would be so.
#[derive(Deserialize)]
pub struct Agreed {
    amount: String,
    reason: String,
    budget: String,
}

/// The form on the page of a pool, for whoever may.
pub fn form(row: &Row, reader: &Reader) -> Markup {
    if !rank::is_own(reader, row) {
        return html! { p.soft { "Admins of " (parts::field(row, "tenant_slug")) " top it up; a holding reads here." } };
    }
    if !rank::is_at_least(reader, "admin") {
        return html! { p.soft { "Admins top it up." } };
    }
    html! {
        h2 { "Top up" }
        div.actions {
            form method="get" action={ "/money/" (parts::raw(row, "pool_id")) "/top-up" } {
                p { "It counts from the present period on." }
                label for="amount" { "Amount to add; a negative one takes it away again" }
                input id="amount" name="amount" required inputmode="decimal" autocomplete="off" maxlength="40";
                label for="reason" { "Reason" }
                textarea id="reason" name="reason" required maxlength="2000" {}
                button { "Go on" }
                p.soft { "Nothing changes yet: the next page asks." }
            }
        }
    }
}

/// Asks.
pub async fn ask(visitor: Visitor, Path(id): Path<String>, Query(wish): Query<Wish>) -> Answer {
    require(&wish.amount, &wish.reason)?;
    let secret = frame::secret(&visitor);
    visitor
        .page("Top up a pool", Place::Money, async |work, reader| {
            let row = own(work, reader, &id).await?;
            let raw = |name: &str| parts::raw(&row, name);
            let after =
                work.select(AFTER, &[&wish.amount.trim(), &raw("budget"), &raw("left_amount")]).await?;
            let after =
                after.first().ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row"))?;
            Ok(asked(&row, after, &wish, &secret))
        })
        .await
}

fn asked(row: &Row, after: &Row, wish: &Wish, secret: &Markup) -> Markup {
    let raw = |name: &str| parts::raw(row, name);
    let here = format!("/money/{}", raw("pool_id"));
    let change = |now: &str, then: &str| {
        html! { (parts::money(now)) " → " strong { (parts::money(then)) } }
    };
    html! {
        p.lead {
            "Add " strong { (parts::money(&parts::raw(after, "amount"))) } " to the budget of "
            strong { (parts::field(row, "provider")) } "?"
        }
        (parts::facts(&[
            ("Budget of the period", change(&raw("budget"), &parts::raw(after, "budget"))),
            ("Left", change(&raw("left_amount"), &parts::raw(after, "left_amount"))),
            ("Reason", parts::lines(wish.reason.trim())),
        ]))
        form method="post" action={ (here) "/top-up" } {
            (secret)
            input type="hidden" name="amount" value=(wish.amount.trim());
            input type="hidden" name="reason" value=(wish.reason.trim());
            input type="hidden" name="budget" value=(raw("budget"));
            button { "Yes, add it" }
            " " a href=(here) { "No, back to the pool" }
        }
    }
}

/// Adds.
pub async fn top_up(visitor: Visitor, Path(id): Path<String>, Signed(agreed): Signed<Agreed>) -> Answer {
    require(&agreed.amount, &agreed.reason)?;
    let (said, _) = visitor.act(async |work, reader| added(work, reader, &id, &agreed).await).await?;
    visitor.then(&format!("/money/{id}"), &said)
}

async fn added(work: &Work<'_>, reader: &Reader, id: &str, agreed: &Agreed) -> Result<String, Trouble> {
    let row = own(work, reader, id).await?;
    let call = Call::new("top_up_credit_pool")
        .arg("provider", "text", Some(parts::raw(&row, "provider")))
        .arg("amount", "numeric", Some(agreed.amount.trim()))
        .arg("reason", "text", Some(agreed.reason.trim()));
    let after = work.call_one(&call).await?;
    let budget = parts::raw(&after, "monthly_budget");
    // After the change, so that of two who add at once the second sees the first.
    if work.text(WAS_SEEN, &[&budget, &agreed.amount.trim(), &agreed.budget]).await? != "true" {
        let failure = Failure::new(Exit::Retry, "nothing was added: the budget has changed since you saw it");
        return Err(failure.hint("look at the pool again: perhaps it is there already").into());
    }
    Ok(format!("The budget of {} is {} now.", parts::field(&row, "provider"), parts::money(&budget)))
}

/// The pool, if it is the reader's own tenant's: nobody tops up another tenant's.
async fn own(work: &Work<'_>, reader: &Reader, id: &str) -> Result<Row, Trouble> {
    let row = one(work, ONE, id, "pool").await?;
    if !rank::is_own(reader, &row) {
        let failure = Failure::new(Exit::NotAllowed, "admins of the subsidiary top up its pools");
        return Err(failure.hint("ask one of them; a holding reads here").into());
    }
    Ok(row)
}

fn require(amount: &str, reason: &str) -> Result<(), Failure> {
    let missing = |what: &str| {
        Err(Failure::new(Exit::BadArgument, format!("nothing was done: the {what} is missing"))
            .hint("go back and fill it in"))
    };
    if amount.trim().is_empty() {
        return missing("amount");
    }
    if reason.trim().is_empty() {
        return missing("reason");
    }
    Ok(())
}
