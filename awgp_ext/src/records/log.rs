//! `awgp.log_conversation()`: an ordinary INSERT; a repeated call finds the existing row.

use super::external::{Found, Logged};
use crate::context;
use crate::pg::datum::uuid;
use crate::pg::jsonb::Jsonb;
use crate::pg::raise::raise;
use crate::pg::row_function::{Arguments, row_function};
use crate::pg::statement::statements;
use awgp_core::records::conversation::{other_under_external_id, unknown_conversation};
use pgrx::FromDatum;
use pgrx::pg_sys::Datum;

row_function!(awgp_log_conversation, pg_finfo_awgp_log_conversation, log_conversation);

statements! {
    LOG(UUIDOID, UUIDOID, TEXTOID, JSONBOID, UUIDOID, TEXTOID, NUMERICOID, INT4OID) = "
        INSERT INTO awgp.conversation_logs (tenant_id, assistant_id, channel, messages, work_item_id, external_id,
                                            cost_amount, token_count)
        VALUES ($1, $2, $3, COALESCE($4, '[]'), $5, $6, awgp.checked_amount($7, 'cost_amount'), $8)
        ON CONFLICT DO NOTHING
        RETURNING *";
    LOGGED(UUIDOID, UUIDOID) = "
        SELECT * FROM awgp.conversation_logs
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND id OPERATOR(pg_catalog.=) $2";
}

/// `log_conversation(assistant_id, channel, messages, work_item_id, external_id, cost_amount, token_count)`.
fn log_conversation(arguments: &Arguments) -> Datum {
    let tenant = context::current().and_then(|context| uuid(context.tenant));
    let mut values = vec![tenant];
    values.extend((0..6).map(|number| arguments.get(number)));
    values.push(arguments.whole(6, "token_count"));
    loop {
        if let Some(row) = LOG.composite(&values) {
            return row;
        }
        // A conversation with this external id exists. Read after the INSERT failed, it may have ended
        // meanwhile: then the INSERT is tried again.
        let found = found(arguments);
        if let Some((id, _)) = found.same {
            let logged = LOGGED.composite(&[tenant, uuid(id)]);
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
