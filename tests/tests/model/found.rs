//! The rows of a tenant in words, as the server has them and as the model does.

use super::calls::{ACTIONS, amount, capabilities, provider};
use super::world::World;
use std::collections::BTreeSet;
use tokio_postgres::Client;
use uuid::Uuid;

/// One text a row; a superuser sees all.
const ROWS: &str = "
    SELECT concat_ws(' ', 'assistant', id, status, capabilities::text) FROM awgp.assistants WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'item', id, status, title, coalesce(asked_risk_level::text, '-'),
        pinned_digest IS NOT NULL) FROM awgp.work_items WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'approval', a.id, a.status, a.risk_level, a.used_at IS NOT NULL, a.requested_by,
        coalesce(a.action, '-'), (SELECT count(*) FROM awgp.approval_decisions AS d WHERE d.approval_id = a.id))
        FROM awgp.approvals AS a WHERE a.tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'vote', approval_id, approver_id, coalesce(on_behalf_of::text, '-'))
        FROM awgp.approval_decisions WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'delegation', id, is_active) FROM awgp.approval_delegations WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'action', id, status, coalesce(reservation_id::text, '-'),
        coalesce(cost_transaction_id::text, '-')) FROM awgp.governed_actions WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'reservation', id, state, round(amount, 2)) FROM awgp.credit_reservations
        WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'entry', id, provider, round(cost_amount, 2), overrun) FROM awgp.cost_transactions
        WHERE tenant_id = $1
    UNION ALL SELECT concat_ws(' ', 'period', scope, coalesce(assistant_id::text, '-'), round(sum(spent), 2),
        round(sum(held), 2)) FROM awgp.budget_periods WHERE tenant_id = $1 AND scope IN ('pool', 'assistant')
        GROUP BY scope, assistant_id HAVING sum(spent) <> 0 OR sum(held) <> 0
    UNION ALL SELECT concat_ws(' ', 'pool', round(monthly_budget - current_balance, 2)) FROM awgp.provider_credit_pools
        WHERE tenant_id = $1";

/// What is there.
pub async fn rows(superuser: &Client, tenant: Uuid) -> BTreeSet<String> {
    let rows = superuser.query(ROWS, &[&tenant]).await.expect("the rows");
    rows.iter().map(|row| row.get(0)).collect()
}

fn flag(is: bool) -> &'static str {
    if is { "t" } else { "f" }
}

fn cents(cents: i64) -> String {
    format!("{}{}", if cents < 0 { "-" } else { "" }, amount(cents.abs()))
}

/// What is due.
pub fn expected(world: &World) -> BTreeSet<String> {
    let mut due = BTreeSet::new();
    for of in &world.assistants {
        due.insert(format!("assistant {} {} {}", of.id, of.status, capabilities(of.less)));
    }
    for item in &world.items {
        let asked = item.asked.map_or("-".to_owned(), |asked| asked.to_string());
        let title = if item.title { "b" } else { "a" };
        due.insert(format!(
            "item {} {} {title} {asked} {}",
            item.id,
            item.status,
            flag(item.pinned.is_some())
        ));
    }
    for approval in &world.approvals {
        let action = approval.of.map_or("-", |of| ACTIONS[of.0]);
        due.insert(format!(
            "approval {} {} {} {} {} {action} {}",
            approval.id,
            approval.status,
            approval.risk,
            flag(approval.used),
            world.users[approval.requester],
            approval.votes.len()
        ));
        for (by, of) in &approval.votes {
            let of = of.map_or("-".to_owned(), |of| world.users[of].to_string());
            due.insert(format!("vote {} {} {of}", approval.id, world.users[*by]));
        }
    }
    for of in &world.delegations {
        due.insert(format!("delegation {} {}", of.id, flag(of.active)));
    }
    money(world, &mut due);
    due
}

fn money(world: &World, due: &mut BTreeSet<String>) {
    let ledger = &world.money;
    for action in &world.actions {
        let id = |of: Option<Uuid>| of.map_or("-".to_owned(), |id| id.to_string());
        let reservation = id(action.reservation.map(|at| ledger.reservations[at].id));
        let entry = id(action.entry.map(|at| ledger.entries[at].id));
        due.insert(format!("action {} {} {reservation} {entry}", action.id, action.status));
    }
    for of in &ledger.reservations {
        due.insert(format!("reservation {} {} {}", of.id, of.state, cents(of.cents)));
    }
    for of in &ledger.entries {
        due.insert(format!("entry {} {} {} {}", of.id, provider(of.pool), cents(of.cents), flag(of.overrun)));
    }
    let mut period = |scope: String, account: super::money::Account| {
        if account != super::money::Account::default() {
            due.insert(format!("period {scope} {} {}", cents(account.spent), cents(account.held)));
        }
    };
    period("pool -".to_owned(), ledger.pool);
    for (of, account) in world.assistants.iter().zip(ledger.days) {
        period(format!("assistant {}", of.id), account);
    }
    due.insert(format!("pool {}", cents(ledger.pool.spent)));
}
