//! `stop()`, `resume()`, `stop_details()` and `stops_in_force()`.

use super::heads::{self, Said};
use super::in_force::{Stop, TABLE, covering, of_scope};
use super::{family, joining, locking, person, running};
use crate::context;
use crate::pg::argument;
use crate::pg::datum::{from_sql, text, to_sql, uuid};
use crate::pg::encoding::Text;
use crate::pg::raise::raise;
use crate::pg::relation;
use crate::pg::role::{as_owner_past_row_security, current_role_has};
use crate::pg::scan::Condition;
use crate::pg::statement::statements;
use crate::pg::transaction::refuse_read_only;
use awgp_core::assistant::reason_required;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::civil::format_timestamp;
use awgp_core::human::Human;
use awgp_core::permissions::Role;
use awgp_core::stop::{Person, Scope, ended, own, unknown, unknown_scope};
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;
use pgrx::{IntoDatum, JsonB};
use serde_json::{Value, json};
use uuid::Uuid;

statements! {
    /// Writes a stop.
    STOP(UUIDOID, TEXTOID, UUIDOID, UUIDOID, TEXTOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, BOOLOID, TEXTOID) = "
        INSERT INTO awgp.stops (id, scope, tenant_id, assistant_id, reason, stopped_by, stopped_issuer,
                                stopped_subject, stopped_login, resume_by_other, resume_role)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    /// Lifts it.
    RESUME(UUIDOID, UUIDOID, TEXTOID, TEXTOID) = "
        UPDATE ONLY awgp.stops SET resumed_at = pg_catalog.clock_timestamp(), resumed_by = $2, resumed_login = $3,
            resume_reason = $4
        WHERE id OPERATOR(pg_catalog.=) $1 AND resumed_at IS NULL";
}

/// A stop as stored.
struct Stored {
    stop: Stop,
    reason: String,
    stopped_at: i64,
    stopper: Person,
    by_other: bool,
    least: Option<Role>,
    resumed_at: Option<i64>,
}

impl Stored {
    fn find(id: Uuid) -> Option<Self> {
        let mut found = None;
        relation::for_each_by_uuid(TABLE, c"stops_pkey", c"id", id, |row| {
            found = Stop::read(row).map(|stop| Self {
                stop,
                reason: row.text(c"reason").unwrap_or_default(),
                stopped_at: row.bigint(c"stopped_at").unwrap_or_default(),
                stopper: Person {
                    human: row.uuid(c"stopped_by").map(|user| Human {
                        user,
                        issuer: row.text(c"stopped_issuer"),
                        subject: row.text(c"stopped_subject"),
                    }),
                    login: row.text(c"stopped_login").unwrap_or_default(),
                },
                by_other: row.flag(c"resume_by_other"),
                least: row.text(c"resume_role").and_then(|name| name.parse().ok()),
                resumed_at: row.bigint(c"resumed_at"),
            });
        });
        found
    }

    /// The stop with this id, if the caller may read it.
    fn seen(id: Uuid) -> Self {
        let found = Self::find(id).filter(|stored| match stored.stop.tenant {
            Some(tenant) => person::is_seen(context::current(), tenant),
            None => current_role_has("awgp_admin"),
        });
        found.unwrap_or_else(|| raise(&unknown(id)))
    }

    /// The same for who only reads: auditors read the stops of all, as they read the trail.
    fn read(id: Uuid) -> Self {
        if current_role_has("awgp_auditor") {
            return Self::find(id).unwrap_or_else(|| raise(&unknown(id)));
        }
        Self::seen(id)
    }

    fn told(&self, running: &Value) -> Value {
        let time = |at: i64| timestamp_from_postgres(at).map(format_timestamp);
        json!({
            "stop_id": self.stop.id,
            "scope": self.stop.scope.name(),
            "tenant_id": self.stop.tenant,
            "assistant_id": self.stop.assistant,
            "reason": self.reason,
            "stopped_at": time(self.stopped_at),
            "resumed_at": self.resumed_at.and_then(time),
            "running": running,
        })
    }
}

/// From the commit on nothing begins in the scope. Returns the stop, and what runs there.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn stop(scope: Option<Text>, reason: Option<Text>, id: default!(Option<pgrx::Uuid>, "NULL")) -> JsonB {
    refuse_read_only(c"awgp.stop()");
    let scope = argument::needed("scope", scope).0;
    let scope = Scope::named(&scope).unwrap_or_else(|| raise(&unknown_scope()));
    let reason = stated(reason, "a stop");
    person::check_may(scope.least_role(), "stop");
    let stop = person::wanted(scope, id.as_ref().map(from_sql));
    let tenants = locking::take_exclusively(&stop);
    // Once stopped is stopped: the first stop remains, with its reason and with who made it.
    let before = same(&stop);
    let made = before.is_none();
    let stop = before.unwrap_or(stop);
    if made {
        write(&stop, &reason);
        say(Said::Began, &stop, tenants.as_deref(), &reason);
    }
    let stored = Stored::find(stop.id).unwrap_or_else(|| raise(&unknown(stop.id)));
    let mut told = stored.told(&running::of(&stop, tenants.as_deref()));
    told["made"] = made.into();
    JsonB(told)
}

/// The stop in force of exactly this scope.
fn same(stop: &Stop) -> Option<Stop> {
    let mut conditions = Vec::new();
    conditions.extend(stop.tenant.map(|tenant| (c"tenant_id", Condition::Uuid(tenant))));
    conditions.extend(stop.assistant.map(|assistant| (c"assistant_id", Condition::Uuid(assistant))));
    of_scope(stop.scope, &conditions).into_iter().next()
}

fn write(stop: &Stop, reason: &str) {
    let (who, policy) = (person::present(), person::policy(stop.tenant));
    let human = who.human.as_ref();
    let arguments = [
        uuid(stop.id),
        text(stop.scope.name()),
        stop.tenant.and_then(uuid),
        stop.assistant.and_then(uuid),
        text(reason),
        human.and_then(|human| uuid(human.user)),
        human.and_then(|human| human.issuer.as_deref()).and_then(text),
        human.and_then(|human| human.subject.as_deref()).and_then(text),
        text(&who.login),
        policy.resume_by_other.into_datum(),
        policy.least_role(stop.scope).and_then(|role| text(role.name())),
    ];
    as_owner_past_row_security(TABLE, || STOP.count(&arguments));
}

fn say(said: Said, stop: &Stop, tenants: Option<&[Uuid]>, reason: &str) {
    match tenants {
        Some(tenants) => heads::say(said, stop, tenants, reason),
        None => {
            let everybody = family::everybody();
            heads::say_of_installation(said, stop, &everybody, reason);
            heads::say(said, stop, &everybody, reason);
        }
    }
    joining::look_again();
}

/// Lifts a stop: from the commit on something may begin again, unless another stop covers it.
#[pg_extern(volatile, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn resume(stop_id: Option<pgrx::Uuid>, reason: Option<Text>) -> JsonB {
    refuse_read_only(c"awgp.resume()");
    let id = from_sql(&argument::needed("stop_id", stop_id));
    let reason = stated(reason, "the end of a stop");
    let stored = Stored::seen(id);
    person::check_may(stored.least, "resume");
    let who = person::present();
    if stored.by_other && stored.stopper.is(&who) {
        raise(&own(id));
    }
    let tenants = locking::take_exclusively(&stored.stop);
    let arguments =
        [uuid(id), who.human.as_ref().and_then(|human| uuid(human.user)), text(&who.login), text(&reason)];
    if as_owner_past_row_security(TABLE, || RESUME.count(&arguments)) == 0 {
        raise(&ended(id));
    }
    say(Said::Ended, &stored.stop, tenants.as_deref(), &reason);
    let stored = Stored::find(id).unwrap_or_else(|| raise(&unknown(id)));
    JsonB(stored.told(&running::of(&stored.stop, tenants.as_deref())))
}

/// A stop, and what runs in its scope now.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
fn stop_details(stop_id: Option<pgrx::Uuid>) -> JsonB {
    let id = from_sql(&argument::needed("stop_id", stop_id));
    let stored = Stored::read(id);
    let tenants = match (stored.stop.scope, stored.stop.tenant) {
        (Scope::Holding, Some(tenant)) => Some(family::with_descendants(tenant)),
        (_, tenant) => tenant.map(|tenant| vec![tenant]),
    };
    JsonB(stored.told(&running::of(&stored.stop, tenants.as_deref())))
}

/// The stops in force that cover the tenant in context or, where one is named, an assistant that the caller
/// may read.
#[pg_extern(stable, parallel_unsafe)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::type_complexity, reason = "pgrx reads the columns from the type")]
fn stops_in_force(
    assistant_id: default!(Option<pgrx::Uuid>, "NULL"),
) -> TableIterator<
    'static,
    (
        name!(stop_id, pgrx::Uuid),
        name!(scope, String),
        name!(tenant_id, Option<pgrx::Uuid>),
        name!(assistant_id, Option<pgrx::Uuid>),
        name!(reason, String),
        name!(stopped_at, TimestampWithTimeZone),
    ),
> {
    let assistant = assistant_id.as_ref().map(from_sql);
    let visible = context::visible();
    let tenant = match assistant {
        None => visible.first().copied(),
        Some(assistant) => person::tenant_of(assistant).filter(|tenant| visible.contains(tenant)),
    };
    let stops = tenant.map(|tenant| covering(tenant, assistant)).unwrap_or_default();
    TableIterator::new(stops.into_iter().filter_map(|stop| {
        let stored = Stored::find(stop.id)?;
        Some((
            to_sql(stop.id),
            stop.scope.name().to_owned(),
            stop.tenant.map(to_sql),
            stop.assistant.map(to_sql),
            stored.reason,
            TimestampWithTimeZone::try_from(stored.stopped_at).ok()?,
        ))
    }))
}

fn stated(reason: Option<Text>, what: &str) -> String {
    let reason = reason.map(|reason| reason.0.trim().to_owned()).filter(|reason| !reason.is_empty());
    reason.unwrap_or_else(|| raise(&reason_required(what)))
}
