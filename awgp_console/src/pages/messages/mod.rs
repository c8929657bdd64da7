//! Messages of assistants: which policies speak, what would be decided, what was refused lately.

mod answer;
mod denials;
mod policy;
mod trying;

use crate::answer::Answer;
use crate::door::Visitor;
use crate::frame::{self, Place};
use crate::parts::{self, filter, list};
use crate::site::Site;
use crate::visit::Reader;
use awgp_client::page::{Key, Ordered, down, up};
use awgp_client::{Trouble, Work};
use axum::Router;
use axum::extract::Query;
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use trying::Asking;

/// The routes.
pub fn router() -> Router<Site> {
    Router::new().route("/messages", get(messages)).route("/messages/try", post(trying::try_out))
}

/// Policies speak by their ids, inactive ones not at all.
const LIST: &str = "
    SELECT p.*, CASE WHEN p.is_active
                     THEN row_number() OVER (PARTITION BY p.tenant_id, p.is_active ORDER BY p.id) END AS place
    FROM awgp.communication_policy_list AS p WHERE $1 = '' OR p.tenant_slug = $1";
const ORDER: &[Key] = &[
    up("(r.tenant_id <> awgp.current_tenant())", "boolean"),
    up("r.tenant_slug", "text"),
    down("r.is_active", "boolean"),
    up("r.id", "uuid"),
];

/// What is asked of the page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    tenant: String,
    after: Option<String>,
}

async fn messages(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let here = visitor.here();
    let secret = frame::secret(&visitor);
    visitor
        .page("Messages", Place::Messages, async |work, reader| {
            let form = trying::form(work, reader, &Asking::default(), &secret).await?;
            let policies = policies(work, reader, &asked, &here).await?;
            let denials = denials::lately(work, reader, &asked.tenant).await?;
            Ok(html! {
                p { "Assistants send a message only if a policy lets them. All policies that fit the message must allow it." }
                h2 { "Try it out" }
                (form)
                h2 { "Policies" }
                (policies)
                h2 { "Refused in the last seven days" }
                (denials)
            })
        })
        .await
}

async fn policies(
    work: &Work<'_>,
    reader: &Reader,
    asked: &Asked,
    here: &list::Here,
) -> Result<Markup, Trouble> {
    let page =
        list::read(work, Ordered::new(LIST, vec![&asked.tenant], ORDER), asked.after.as_deref()).await?;
    let tenants = filter::tenants(work, reader).await?;
    Ok(html! {
        p.soft { "In the order in which they speak: the first one that denies is named in the answer." }
        @if !tenants.is_empty() { (filter::form("/messages", &filter::tenant(&asked.tenant, &tenants))) }
        @if page.rows.is_empty() {
            (parts::empty("There is no policy: no assistant may send a message, unless the tenant's settings let its own write to each other."))
        } @else {
            ul.cards { @for row in &page.rows { li { (policy::card(row, reader)) } } }
            (list::turn(here, &page))
        }
    })
}
