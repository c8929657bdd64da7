//! Costs and reservations, all of them from the same budgets.

use super::{Story, Turn};
use crate::crash::stage::PROVIDER;
use tokio_postgres::Error;

/// Recorded under a key, and reversed one time in four.
pub async fn cost(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    turn.become_user("operator").await?;
    if step == 0 {
        // Many amounts are below what a balance shows.
        let amount = ["0.25", "1.000001", "0.0000004", "17"][super::below(turn.dice, 4)];
        let sql = "SELECT id FROM awgp.record_cost($1, $2, 'gpt-4', 1200, 300, $3::text::numeric,
                       idempotency_key => $4)";
        let assistant = turn.place.tenant.assistant;
        story.id = turn.id(sql, &[&assistant, &PROVIDER, &amount, &turn.name]).await?;
        let name = turn.name.clone();
        turn.done("cost_transactions", story.id, "idempotency_key", &name);
        return Ok(turn.chance(4).then_some(1));
    }
    let reverses = story.id.to_string();
    let id = turn.id("SELECT id FROM awgp.reverse_cost($1, 'twice')", &[&story.id]).await?;
    turn.done("cost_transactions", id, "reverses_id", &reverses);
    Ok(None)
}

/// Held, then settled or released.
pub async fn reservation(story: &mut Story, step: u32, turn: &mut Turn<'_>) -> Result<Option<u32>, Error> {
    turn.become_user("operator").await?;
    if step == 0 {
        let sql = "SELECT id FROM awgp.reserve_credit($1, $2, 0.5, idempotency_key => $3)";
        let assistant = turn.place.tenant.assistant;
        story.id = turn.id(sql, &[&assistant, &PROVIDER, &turn.name]).await?;
        turn.done("credit_reservations", story.id, "state", "held");
        return Ok(Some(1));
    }
    if turn.chance(3) {
        turn.run("SELECT awgp.release_credit($1)", &[&story.id]).await?;
        turn.done("credit_reservations", story.id, "state", "released");
        return Ok(None);
    }
    let reservation = story.id.to_string();
    let sql = "SELECT id FROM awgp.settle_credit($1, 'gpt-4', 10, 20, 0.3)";
    let entry = turn.id(sql, &[&story.id]).await?;
    turn.done("cost_transactions", entry, "reservation_id", &reservation);
    turn.done("credit_reservations", story.id, "state", "settled");
    Ok(None)
}
