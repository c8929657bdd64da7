//! `awgp.log_conversation()`: an INSERT as any client may make it, which a call that is made again finds there.

use super::external::{Found, Logged};
use crate::context;
use crate::pg::datum_statement::Statement;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::row_function::{Arguments, row_function};
use awgp_core::records::conversation::{other_under_external_id, unknown_conversation};
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;

row_function!(awgp_log_conversation, pg_finfo_awgp_log_conversation, log_conversation);

const LOG: Statement = Statement {
    number: 200,
    sql: c"INSERT INTO awgp.conversation_logs (tenant_id, assistant_id, channel, messages, work_item_id, external_id,
                                               cost_amount, token_count)
           VALUES ($1, $2, $3, COALESCE($4, '[]'), $5, $6, awgp.checked_amount($7, 'cost_amount'), $8)
           ON CONFLICT DO NOTHING
           RETURNING *",
    types: &[
        pg_sys::UUIDOID,
        pg_sys::UUIDOID,
        pg_sys::TEXTOID,
        pg_sys::JSONBOID,
        pg_sys::UUIDOID,
        pg_sys::TEXTOID,
        pg_sys::NUMERICOID,
        pg_sys::INT4OID,
    ],
};

const LOGGED: Statement = Statement {
    number: 201,
    sql: c"SELECT * FROM awgp.conversation_logs
           WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2",
    types: &[pg_sys::UUIDOID, pg_sys::UUIDOID],
};

/// `log_conversation(assistant_id, channel, messages, work_item_id, external_id, cost_amount, token_count)`.
fn log_conversation(arguments: &Arguments) -> Datum {
    let tenant = context::current().and_then(|context| relation::to_sql(context.tenant).into_datum());
    let mut values = vec![tenant];
    values.extend((0..6).map(|number| arguments.get(number)));
    values.push(arguments.whole(6, "token_count"));
    loop {
        if let Some(row) = LOG.row(&values) {
            return row;
        }
        // Something of this external id is there. What it is may have changed since: an end lets the next one in.
        let found = found(arguments);
        if let Some((id, _)) = found.same {
            let logged = LOGGED.row(&[tenant, relation::to_sql(id).into_datum()]);
            return logged.unwrap_or_else(|| raise(&unknown_conversation()));
        }
        if let Some((id, _)) = found.open {
            raise(&other_under_external_id(id));
        }
        pgrx::check_for_interrupts!();
    }
}

fn found(arguments: &Arguments) -> Found {
    let (Some(context), Some(assistant)) = (context::current(), arguments.uuid(0)) else {
        return Found::default();
    };
    let (channel, external_id) =
        (arguments.text(1).unwrap_or_default(), arguments.text(4).unwrap_or_default());
    // SAFETY: the argument is a jsonb.
    let messages = arguments.get(2).and_then(|datum| unsafe { Jsonb::from_datum(datum, false) });
    let messages = messages.map_or_else(|| "[]".to_owned(), |json| json.with_text(str::to_owned));
    Found::of(&Logged {
        tenant: context.tenant,
        assistant,
        work_item: arguments.uuid(3),
        channel: &channel,
        external_id: &external_id,
        messages: &messages,
    })
}
