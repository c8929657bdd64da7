//! What the ledger and the assistants record about a work item. Read past row-level security, because a user
//! may log a conversation without being allowed to see its costs.

use crate::pg::datum::to_sql;
use crate::pg::encoding::Text;
use crate::pg::query::text;
use crate::pg::relation;
use crate::pg::role;
use pgrx::prelude::*;
use uuid::Uuid;

/// The assistant of the tenant's work item.
pub fn assistant_of(tenant: Uuid, work_item: Uuid) -> Option<Uuid> {
    let mut assistant = None;
    relation::for_each_by_uuid(c"work_items", c"work_items_pkey", c"id", work_item, |row| {
        if row.uuid(c"tenant_id") == Some(tenant) {
            assistant = row.uuid(c"assistant_id");
        }
    });
    assistant
}

/// What an assistant has spent on a work item: cost with six decimals, and tokens. A reversing entry
/// subtracts the cost of the entry it reverses; it has no tokens, and the tokens of the reversed entry are
/// left out.
pub fn spent(tenant: Uuid, assistant: Uuid, work_item: Uuid) -> (AnyNumeric, i32) {
    let arguments = [to_sql(tenant).into(), to_sql(assistant).into(), to_sql(work_item).into()];
    let spent = role::as_owner_past_row_security(c"cost_transactions", || {
        Spi::get_two_with_args::<AnyNumeric, i32>(
            "SELECT coalesce(sum(cost_amount + cost_remainder), 0)::numeric(18,6),
                    least(coalesce(sum(input_tokens::bigint + output_tokens) FILTER (
                        WHERE reverses_id IS NULL AND NOT EXISTS (
                            SELECT FROM awgp.cost_transactions AS back
                            WHERE back.tenant_id = $1 AND back.reverses_id = entry.id)
                    ), 0), 2147483647)::integer
             FROM awgp.cost_transactions AS entry
             WHERE tenant_id = $1 AND assistant_id = $2 AND work_item_id = $3",
            &arguments,
        )
    });
    match spent {
        Ok((Some(cost), Some(tokens))) => (cost, tokens),
        Ok(_) => (AnyNumeric::from(0), 0),
        Err(error) => error!("the ledger could not be read: {error}"),
    }
}

/// The model that an assistant last used for a work item, by an entry that is not reversed; otherwise the
/// model in its configuration.
pub fn model(tenant: Uuid, assistant: Uuid, work_item: Option<Uuid>) -> Option<String> {
    let arguments =
        [to_sql(tenant).into(), to_sql(assistant).into(), work_item.map(to_sql).into(), text(Some("model"))];
    let model = role::as_owner_past_row_security(c"assistants", || {
        Spi::get_one_with_args::<Text>(
            "SELECT coalesce(
                 (SELECT model FROM awgp.cost_transactions AS entry
                  WHERE tenant_id = $1 AND work_item_id = $3 AND assistant_id = $2 AND reverses_id IS NULL
                    AND NOT EXISTS (SELECT FROM awgp.cost_transactions AS back
                                    WHERE back.tenant_id = $1 AND back.reverses_id = entry.id)
                  ORDER BY created_at DESC, id LIMIT 1),
                 (SELECT model_config ->> $4 FROM awgp.assistants WHERE tenant_id = $1 AND id = $2))",
            &arguments,
        )
    });
    match model {
        Ok(model) => model.map(|Text(model)| model),
        Err(error) => error!("the model could not be read: {error}"),
    }
}
