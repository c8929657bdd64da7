//! The receipt of an action, made from the server's answers and a signed note (docs/actions.md).

use crate::failure::{Failure, Trouble};
use crate::proof::{self, Answer};
use crate::row::Row;
use crate::work::Work;
use awgp_core::audit::proof::Unproven;
use awgp_core::audit::receipt::{About, Doubt, Part, Receipt};
use awgp_core::reason::Reason;
use uuid::Uuid;

/// The next thing to do where no note has the whole action.
pub const SIGN: &str =
    "an auditor signs what is new with: awgp audit checkpoint --all-tenants --key FILE --out DIR";

/// The events that a receipt has, and how many events a note must cover at least.
#[derive(Debug)]
pub struct Events {
    /// The action.
    pub action: Uuid,
    /// Its tenant.
    pub tenant: Uuid,
    /// The size of the smallest checkpoint that has them all.
    pub least: u64,
    parts: Vec<(About, i64)>,
}

/// The events of an action that the login sees, of the tenants for which the condition holds.
pub async fn events(work: &Work<'_>, action: Uuid, condition: &str) -> Result<Events, Trouble> {
    let sql =
        format!("SELECT * FROM awgp.action_receipt($1::text::uuid) WHERE {condition} ORDER BY audit_id");
    let rows = work.select(&sql, &[&action.to_string()]).await?;
    let tenant = rows.first().and_then(|row| Uuid::parse_str(&row.text("tenant_id")?).ok());
    let tenant = tenant.ok_or_else(|| {
        Failure::of_reason(Reason::UnknownAction, format!("the visible trail has no action {action}"))
            .hint("list them with `awgp action list`")
    })?;
    let mut found = Events { action, tenant, least: 0, parts: Vec::with_capacity(rows.len()) };
    for row in &rows {
        let (about, id) = event(row)
            .ok_or_else(|| Failure::new(crate::Exit::Unexpected, "the server's answer cannot be read"))?;
        let size = row.text("tree_size").and_then(|size| size.parse().ok());
        let size: u64 = size.ok_or_else(|| uncovered(&format!("no checkpoint has event {id} yet")))?;
        found.least = found.least.max(size);
        found.parts.push((about, id));
    }
    Ok(found)
}

/// No note has the whole action.
pub fn uncovered(why: &str) -> Failure {
    Failure::of_reason(Reason::RowNotCheckpointed, why).hint(SIGN)
}

fn event(row: &Row) -> Option<(About, i64)> {
    let all = [About::Action, About::Approval, About::Vote, About::Cost];
    let part = row.text("part")?;
    Some((all.into_iter().find(|about| about.name() == part)?, row.text("audit_id")?.parse().ok()?))
}

/// The receipt of these events by a note. Everything but the signature is checked before it is returned.
pub async fn made(work: &Work<'_>, of: &Events, note: String) -> Result<Result<Receipt, Doubt>, Trouble> {
    let statement = match proof::statement(&note) {
        Ok(statement) => statement,
        Err(refused) => return Ok(Err(Unproven::from(refused).into())),
    };
    let Some((size, _)) = statement.tree_of(of.tenant) else { return Ok(Err(Unproven::OtherLog.into())) };
    if size < of.least {
        let why = format!("the note covers {size} events, and the action is within the first {}", of.least);
        return Err(uncovered(&why).into());
    }
    let mut parts = Vec::with_capacity(of.parts.len());
    for (part, id) in &of.parts {
        let Answer { row, leaf_index, path } = proof::answered(work, *id, of.tenant, size).await?;
        parts.push(Part { part: *part, row, leaf_index, path });
    }
    Ok(Receipt::made(of.action, of.tenant, parts, note, &statement))
}
