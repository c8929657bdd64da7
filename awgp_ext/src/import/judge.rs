//! What the queries of an import ask AWGP's rules, row by row: the problem as texts, or NULL.

use crate::messaging::load;
use crate::pg::encoding::Text;
use crate::pg::jsonb::Jsonb;
use crate::pg::relation;
use awgp_core::audit::row::timestamp_to_postgres;
use awgp_core::messaging::MessagingSettings;
use awgp_core::messaging::policy::{Draft, check};
use awgp_core::money::period::{Division, Zone};
use awgp_core::money::provider::{KNOWN, is_named};
use awgp_core::records::messages::Messages;
use awgp_core::refusal::Refusal;
use awgp_core::tenant_settings::validate;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

/// Reason and message.
fn told(refusal: Refusal) -> Vec<String> {
    vec![refusal.reason.name().to_owned(), refusal.message]
}

/// What is wrong with a tenant's settings: reason and message.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn import_settings_problem(settings: Option<Jsonb>) -> Option<Vec<String>> {
    let settings = settings.filter(Jsonb::is_object)?;
    validate(&settings.value()).err().map(|error| told(error.into()))
}

/// What is wrong with a communication policy of a tenant with these messaging settings: column, reason and
/// message.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
#[expect(clippy::needless_pass_by_value, reason = "arguments of SQL are passed by value")]
fn import_policy_problem(
    from_types: Option<Vec<Option<String>>>,
    to_types: Option<Vec<Option<String>>>,
    channels: Option<Vec<Option<String>>>,
    rate_limit_per_hour: Option<i32>,
    content_rules: Option<Jsonb>,
    messaging: Option<Jsonb>,
) -> Option<Vec<String>> {
    let messaging = messaging.map(|settings| settings.value()).unwrap_or_default();
    // Settings that cannot be used are reported with their tenant.
    let messaging = MessagingSettings::parse(&messaging).unwrap_or_default();
    let draft = Draft {
        from_types: from_types.as_deref(),
        to_types: to_types.as_deref(),
        channels: channels.as_deref(),
        limit: rate_limit_per_hour.map_or(0, i64::from),
    };
    let parsed = || content_rules.map_or(Ok(()), |rules| rules.with_text(load::parsed).map(|_| ()));
    let refusal = Refusal::from(check(&draft, &messaging).and_then(|()| parsed()).err()?);
    let column = refusal.facts.get("field").and_then(|field| field.as_str()).unwrap_or("content_rules");
    Some([vec![column.to_owned()], told(refusal)].concat())
}

/// What is wrong with the messages of a conversation: reason and message.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn import_messages_problem(messages: Option<Jsonb>) -> Option<Vec<String>> {
    let messages = messages?;
    messages.with_text(|text| Messages::parse(text).err().map(|error| told(error.into())))
}

/// Whether a pool can be made for the provider, in a tenant with this list of providers in its settings.
#[pg_extern(stable, parallel_restricted)]
#[search_path(pg_catalog, pg_temp)]
fn import_knows_provider(provider: Option<Text>, named: Option<Jsonb>) -> bool {
    // A NULL is reported as such.
    let Some(Text(provider)) = provider else { return true };
    let mut is_priced = false;
    relation::for_each_by_text(c"model_prices", c"idx_model_prices_provider", c"provider", &provider, |_| {
        is_priced = true;
    });
    is_priced
        || KNOWN.contains(&provider.as_str())
        || named.is_some_and(|names| is_named(&names.value(), &provider))
}

/// First moment and end of the period that contains a moment, in a time zone; NULL where there is none.
#[pg_extern(immutable, parallel_safe)]
#[search_path(pg_catalog, pg_temp)]
fn import_period(
    division: Option<&str>,
    reset_day: Option<i32>,
    zone: Option<&str>,
    at: Option<TimestampWithTimeZone>,
) -> Option<Vec<TimestampWithTimeZone>> {
    let division = match division? {
        "day" => Division::Day,
        _ => Division::Month { reset_day: u8::try_from(reset_day?).ok()? },
    };
    let at_us = awgp_core::audit::row::timestamp_from_postgres(at?.into_inner())?;
    let period = Zone::named(zone.unwrap_or("UTC")).ok()?.period(division, at_us).ok()?;
    let moment = |us| TimestampWithTimeZone::try_from(timestamp_to_postgres(us)).ok();
    Some(vec![moment(period.starts_us)?, moment(period.ends_us)?])
}
