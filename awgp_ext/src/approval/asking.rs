//! Asking: the row of a new request. The triggers of `awgp.approvals` fill in the rest ([`super::request`]).
//!
//! It is written without a statement around it ([`crate::pg::direct`]) where nothing needs one.

use crate::context;
use crate::pg::clock;
use crate::pg::datum::uuid;
use crate::pg::direct::{Access, Target};
use crate::pg::raise::raise;
use crate::pg::row_function::{Arguments, row_function};
use crate::pg::row_lock::{self, Strength};
use crate::pg::statement::statements;
use crate::pg::tuple::Row;
use awgp_core::argument::missing;
use awgp_core::work::unknown_work_item;
use pgrx::IntoDatum;
use pgrx::datum::Interval;
use pgrx::pg_sys::Datum;
use std::ffi::CStr;
use uuid::Uuid;

row_function!(awgp_request_action_approval, pg_finfo_awgp_request_action_approval, request_action_approval);
row_function!(awgp_request_approval, pg_finfo_awgp_request_approval, request_approval);

statements! {
    /// Asks for a work item.
    REQUEST(UUIDOID, TEXTOID, TEXTOID, INT4OID, UUIDARRAYOID, INTERVALOID, JSONBOID) = "
        INSERT INTO awgp.approvals (tenant_id, work_item_id, title, description, risk_level, requested_by,
                                    approver_ids, expires_at, context)
        SELECT item.tenant_id, item.id, COALESCE($2, item.title), COALESCE($3, item.description), COALESCE($4, 0),
               COALESCE(awgp.current_user_id(), item.created_by), $5,
               pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) $6, COALESCE($7, '{}')
        FROM awgp.work_items AS item
        WHERE item.id OPERATOR(pg_catalog.=) (SELECT awgp.require_work_item($1))
        RETURNING *";
    /// Asks for one action of a work item.
    REQUEST_ACTION(UUIDOID, TEXTOID, JSONBOID, TEXTOID, TEXTOID, INT4OID, UUIDARRAYOID, INTERVALOID, JSONBOID) = "
        INSERT INTO awgp.approvals (tenant_id, work_item_id, action, arguments, title, description, risk_level,
                                    requested_by, approver_ids, expires_at, context)
        SELECT item.tenant_id, item.id, $2, $3, COALESCE($4, $2), COALESCE($5, item.title), COALESCE($6, 0),
               COALESCE(awgp.current_user_id(), item.created_by), $7,
               pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) $8, COALESCE($9, '{}')
        FROM awgp.work_items AS item
        WHERE item.id OPERATOR(pg_catalog.=) (SELECT awgp.require_work_item($1))
        RETURNING *";
}

/// The work item is locked, and names the tenant.
pub static REQUESTS: Target =
    Target::new(c"approvals", &[c"approvals_tenant_id_fkey", c"approvals_work_item_id_fkey"]);

/// Never written here: says whether the caller may read work items.
static ITEMS: Target = Target::new(c"work_items", &[]);

/// `request_approval(work_item_id, title, description, risk_level, approver_ids, expires_in, context)`.
fn request_approval(arguments: &Arguments) -> Datum {
    arguments.check_span(5, "expires_in");
    let mut values: Vec<Option<Datum>> = (0..7).map(|number| arguments.get(number)).collect();
    values[3] = arguments.whole(3, "risk_level");
    let asked = directly(arguments.uuid(0), arguments.span(5), |item| {
        vec![
            (c"title", values[1].or_else(|| item.datum(c"title"))),
            (c"description", values[2].or_else(|| item.datum(c"description"))),
            (c"risk_level", values[3].or_else(|| 0_i32.into_datum())),
            (c"approver_ids", values[4]),
            (c"context", values[6]),
        ]
    });
    asked.or_else(|| REQUEST.composite(&values)).unwrap_or_else(|| unknown(arguments))
}

/// `request_action_approval(work_item_id, action, arguments, title, description, risk_level, approver_ids,
/// expires_in, context)`.
fn request_action_approval(arguments: &Arguments) -> Datum {
    for (number, name) in [(1, "action"), (2, "arguments")] {
        if arguments.get(number).is_none() {
            raise(&missing(name));
        }
    }
    arguments.check_span(7, "expires_in");
    let mut values: Vec<Option<Datum>> = (0..9).map(|number| arguments.get(number)).collect();
    values[5] = arguments.whole(5, "risk_level");
    let asked = directly(arguments.uuid(0), arguments.span(7), |item| {
        vec![
            (c"action", values[1]),
            (c"arguments", values[2]),
            (c"title", values[3].or(values[1])),
            (c"description", values[4].or_else(|| item.datum(c"title"))),
            (c"risk_level", values[5].or_else(|| 0_i32.into_datum())),
            (c"approver_ids", values[6]),
            (c"context", values[8]),
        ]
    });
    asked.or_else(|| REQUEST_ACTION.composite(&values)).unwrap_or_else(|| unknown(arguments))
}

fn unknown(arguments: &Arguments) -> ! {
    raise(&unknown_work_item(arguments.uuid(0).unwrap_or_default()))
}

/// Writes the request without a statement, as the caller; `columns` are what the item does not say itself.
/// None, and nothing has happened, where a statement has to write it, or knows which error it is.
fn directly(
    item: Option<Uuid>,
    expires_in: Option<Interval>,
    columns: impl FnOnce(&Row) -> Vec<(&'static CStr, Option<Datum>)>,
) -> Option<Datum> {
    if !row_lock::takes_newest() || !ITEMS.may_read() {
        return None;
    }
    let context = context::current()?;
    let (tenant, id) = (context.tenant, item?);
    let key = c"work_items_tenant_id_id_key";
    let item = row_lock::find_own(c"work_items", key, tenant, id, Strength::Write)?.row();
    let mut columns = columns(&item);
    // A column that is left out has its default.
    columns.retain(|(name, value)| *name != c"context" || value.is_some());
    columns.extend([
        (c"tenant_id", uuid(tenant)),
        (c"work_item_id", uuid(id)),
        (c"requested_by", context.user.and_then(uuid).or_else(|| item.datum(c"created_by"))),
        (c"expires_at", expires_in.map(|span| clock::after(clock::timestamp(), span))),
    ]);
    REQUESTS.insert(Access::Caller, &columns, Row::composite)
}
