//! What was refused lately, by reason.

use super::answer::reason_in_words;
use crate::parts::table::{Head, table};
use crate::parts::{self, rank, when};
use crate::visit::Reader;
use awgp_client::{Trouble, Work};
use maud::{Markup, html};

/// How many rows the page shows, those with the most messages first.
const SHOWN: usize = 20;

const LIST: &str = "
    SELECT * FROM awgp.message_denials WHERE $1 = '' OR tenant_slug = $1
    ORDER BY messages DESC, last_at DESC, reason, rule LIMIT 21";

/// The refusals of a tenant by its slug, or of all that the reader sees.
pub async fn lately(work: &Work<'_>, reader: &Reader, tenant: &str) -> Result<Markup, Trouble> {
    let rows = work.select(LIST, &[&tenant]).await?;
    let heads = [
        Head::Number("Messages"),
        Head::Text("Why"),
        Head::Text("Policy and rule"),
        Head::Text("The last one"),
    ];
    Ok(html! {
        @if rows.is_empty() {
            (parts::empty("No message was refused."))
        } @else {
            (table("Refused messages by reason", &heads, &html! {
                @for row in rows.iter().take(SHOWN) {
                    tr {
                        td.n { (parts::raw(row, "messages")) }
                        td {
                            (reason_in_words(&parts::raw(row, "reason")))
                            @if !rank::is_own(reader, row) { span.soft { " (" (parts::field(row, "tenant_slug")) ")" } }
                        }
                        td {
                            (parts::field_or_dash(row, "policy_name"))
                            @if !parts::raw(row, "rule").is_empty() { " " code { (parts::field(row, "rule")) } }
                        }
                        td { (when(&parts::raw(row, "last_at"), reader)) }
                    }
                }
            }))
            @if rows.len() > SHOWN { p.soft { "Rarer ones are in the trail." } }
        }
    })
}
