//! What is known of one approval, for one reader.

use super::APPROVAL;
use super::difference::{self, Difference};
use super::list::state;
use super::words::What;
use crate::visit::Reader;
use awgp_client::{Row, Trouble, Work};
use serde::Deserialize;

const SHOW: &str = "SELECT * FROM awgp.approval_details WHERE id = $1::text::uuid";
const EXPLAIN: &str = "SELECT awgp.explain_approval($1::text::uuid)::text";
const DECIDERS: &str = "
    SELECT email, role FROM awgp.approval_deciders($1::text::uuid)
    WHERE user_id IS DISTINCT FROM awgp.current_user_id()";
const NAME: &str = "SELECT COALESCE(awgp.trail_name(awgp.current_tenant(), 'users', $1::text::uuid), '')";
/// All requests for the same work, the newest first.
const REQUESTS: &str = "
    SELECT id, title, action, status, risk_level, withdrawn_at, used_at, break_glass, requested_by_email, assistant_slug,
           created_at, expires_at, NULL AS of_tenant
    FROM awgp.approval_details WHERE tenant_id = $1::text::uuid AND work_item_id = $2::text::uuid
    ORDER BY created_at DESC, id LIMIT 52";
const HISTORY: &str = "
    SELECT e.id, e.\"timestamp\", e.action, e.actor_type, e.before_state, e.after_state,
           awgp.trail_name(e.tenant_id, e.actor_type, e.actor_id) AS actor, e.metadata ->> 'origin' AS origin
    FROM awgp.row_history('approvals', $1::text) AS e ORDER BY e.\"timestamp\", e.id LIMIT 51";

/// A vote, as `approval_details.decisions` has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Vote {
    pub decision: String,
    pub by: Option<String>,
    pub on_behalf_of: Option<String>,
    pub comment: Option<String>,
    pub at: String,
}

/// What is known of one approval.
pub struct Scene {
    /// The row of `approval_details`.
    pub row: Row,
    /// What the database says of the reader; None for an approval of a subsidiary, which its own users
    /// decide.
    pub explained: Option<Row>,
    /// On whose behalf the reader decides.
    pub on_behalf_of: Option<String>,
    /// Everybody else who may decide now: their addresses and roles.
    pub others: Vec<Row>,
    pub votes: Vec<Vote>,
    /// All requests for the same work, this one too, the newest first.
    pub requests: Vec<Row>,
    /// From the request before this one to this one.
    pub since_before: Option<Difference>,
    /// From this request to the work item as it is now, where it does not fit any more.
    pub since_asked: Option<Difference>,
    /// Title and description to ask again with.
    pub again: (String, String),
    pub history: Vec<Row>,
}

/// The row of an approval, where the reader sees one.
pub async fn find(work: &Work<'_>, id: &str) -> Result<Row, Trouble> {
    let id = APPROVAL.id(id)?;
    Ok(work.select(SHOW, &[&id]).await?.pop().ok_or_else(|| APPROVAL.unknown())?)
}

/// The same, where it is one of the reader's own tenant.
pub async fn find_own(work: &Work<'_>, reader: &Reader, id: &str) -> Result<Row, Trouble> {
    let row = find(work, id).await?;
    if row.text("tenant_id") != reader.row.text("tenant_id") {
        return Err(APPROVAL.unknown().into());
    }
    Ok(row)
}

/// What the database says of the reader and an approval of their tenant.
pub async fn explained(work: &Work<'_>, id: &str) -> Result<Row, Trouble> {
    Ok(Row::of_answer(&work.text(EXPLAIN, &[&id]).await?)?)
}

/// The addresses of those who may decide now, without the reader.
pub async fn others(work: &Work<'_>, id: &str) -> Result<Vec<Row>, Trouble> {
    work.select(DECIDERS, &[&id]).await
}

impl Scene {
    /// Of an approval.
    pub async fn of(work: &Work<'_>, reader: &Reader, id: &str) -> Result<Self, Trouble> {
        let row = find(work, id).await?;
        let text = |name: &str| row.text(name).unwrap_or_default();
        let (id, tenant, item) = (text("id"), text("tenant_id"), text("work_item_id"));
        let is_own = tenant == reader.text("tenant_id") && !reader.text("user_id").is_empty();
        let explained = if is_own { Some(explained(work, &id).await?) } else { None };
        let is_open = matches!(state(&row), "pending" | "escalated");
        let others = if is_own && is_open { others(work, &id).await? } else { Vec::new() };
        let delegator = explained.as_ref().and_then(|row| row.text("on_behalf_of"));
        let on_behalf_of = match delegator {
            Some(delegator) => Some(work.text(NAME, &[&delegator]).await?),
            None => None,
        };
        let requests = work.select(REQUESTS, &[&tenant, &item]).await?;
        let mut earlier = requests.iter().skip_while(|row| row.text("id").as_ref() != Some(&id)).skip(1);
        // What was asked about another action is no earlier form of this.
        let before = earlier.find(|before| before.text("action") == row.text("action"));
        let before = before.and_then(|row| row.text("id"));
        let since_before = match before {
            Some(before) => Some(difference::between(work, &before, &id).await?),
            None => None,
        };
        let has_changed =
            explained.as_ref().is_some_and(|row| row.text("work_item_changed").as_deref() == Some("true"));
        // Of an approval of a subsidiary the database does not say whether it fits.
        let since_asked = if has_changed || explained.is_none() {
            Some(difference::since(work, &id, &row).await?)
                .filter(|since| has_changed || !since.changes.is_empty())
        } else {
            None
        };
        let votes = row.raw("decisions").and_then(|votes| serde_json::from_str(votes.get()).ok());
        let history = work.select(HISTORY, &[&id]).await?;
        let votes = votes.unwrap_or_default();
        let again = (String::new(), String::new());
        let mut scene = Self {
            row,
            explained,
            on_behalf_of,
            others,
            votes,
            requests,
            since_before,
            since_asked,
            again,
            history,
        };
        if scene.can_ask_again() {
            scene.again = difference::words_again(work, &id, &scene.row).await?;
        }
        Ok(scene)
    }

    /// A column of the approval as the server wrote it.
    pub fn text(&self, column: &str) -> String {
        self.row.text(column).unwrap_or_default()
    }

    /// A value of the explanation.
    pub fn said(&self, key: &str) -> Option<String> {
        self.explained.as_ref()?.text(key)
    }

    /// How many votes it has and needs.
    pub fn count(&self) -> (usize, usize) {
        counted(self.explained.as_ref())
    }

    /// The state of the approval as a person says it.
    pub fn state(&self) -> &'static str {
        state(&self.row)
    }

    /// Whether anybody can decide it still.
    pub fn is_open(&self) -> bool {
        matches!(self.state(), "pending" | "escalated")
    }

    /// Whether the work item or its assistant is no longer as it was asked for.
    pub fn has_changed(&self) -> bool {
        self.said("work_item_changed").as_deref() == Some("true")
    }

    /// Whether the reader may approve.
    pub fn may_approve(&self) -> bool {
        self.said("may_decide").as_deref() == Some("true")
    }

    /// Whether they may reject: what has changed can be rejected still.
    pub fn may_reject(&self) -> bool {
        self.is_open() && self.said("authority").is_some()
    }

    /// Whether it is the newest request for its work.
    pub fn is_newest(&self) -> bool {
        self.requests.first().and_then(|row| row.text("id")) == self.row.text("id")
    }

    /// Whether asking again makes sense: this request leads nowhere, and the work still waits.
    pub fn can_ask_again(&self) -> bool {
        let leads_nowhere = match self.state() {
            "rejected" | "expired" | "withdrawn" => true,
            "pending" | "escalated" | "approved" | "approved alone" => self.has_changed(),
            _ => false,
        };
        let item = self.text("work_item_status");
        let fits = match self.action() {
            None => matches!(item.as_str(), "backlog" | "awaiting_approval") && self.is_newest(),
            Some(_) => matches!(item.as_str(), "backlog" | "awaiting_approval" | "in_progress"),
        };
        self.explained.is_some() && leads_nowhere && fits
    }

    /// The one action that the approval is for; None where it is for the work.
    pub fn action(&self) -> Option<String> {
        self.row.text("action").filter(|action| !action.is_empty())
    }

    /// What an approval lets begin.
    pub fn what(&self) -> What {
        if self.action().is_some() { What::Action } else { What::Work }
    }

    /// Whether an approver may still change the arguments: nobody has voted for them.
    pub fn can_be_edited(&self) -> bool {
        self.action().is_some() && self.votes.is_empty()
    }

    /// What a form carries of what its reader has seen: it differs as soon as the approval does.
    pub fn seen(&self) -> String {
        seen(&self.row, self.explained.as_ref())
    }
}

/// How many votes an approval has and needs.
pub fn counted(explained: Option<&Row>) -> (usize, usize) {
    let number = |key: &str| explained.and_then(|row| row.text(key)).and_then(|text| text.parse().ok());
    (number("votes").unwrap_or(0), number("votes_needed").unwrap_or(1))
}

/// See [`Scene::seen`].
pub fn seen(row: &Row, explained: Option<&Row>) -> String {
    let text = |name: &str| row.text(name).unwrap_or_default();
    let (votes, needed) = counted(explained);
    format!("{} {} {votes}/{needed}", text("request_digest"), text("updated_at"))
}
