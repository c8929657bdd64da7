//! The months of the audit trail: one partition each, bounds in explicit UTC.
//!
//! A partition is made beside the table and then attached: attaching lets readers and writers of the other
//! months go on, where `CREATE TABLE … PARTITION OF` would lock the parent against all of them.

pub mod drain;
mod hold;
pub mod restore;
mod retire;
pub mod waiting;

use crate::lock::{self, Subject};
use crate::query;
use crate::raise::raise;
use crate::relation;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::datum::{Timestamp, TimestampWithTimeZone};
use pgrx::pg_sys;
use pgrx::prelude::*;

/// How many months after the current one are kept ready.
pub const MONTHS_AHEAD: i32 = 3;

/// No installation needs more than ten years of empty partitions.
const MONTHS_AHEAD_MAX: i32 = 120;

/// Makes the partitions of the month of `at` and of the next `months_ahead` months, where they are missing,
/// and returns the names of those it made.
///
/// SECURITY DEFINER, because maintainers own no table; it makes empty partitions of awgp.audit_logs and
/// nothing else.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn ensure_partitions(
    months_ahead: default!(i32, 3),
    at: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> SetOfIterator<'static, String> {
    refuse_taken_names(months_ahead, at);
    SetOfIterator::new(ensure(months_ahead, at))
}

/// A month's name that something else has, or its own partition that nobody attached, is not passed over in silence. A retired
/// month stands detached lawfully.
fn refuse_taken_names(months_ahead: i32, at: Option<TimestampWithTimeZone>) {
    let arguments = [months_ahead.clamp(0, MONTHS_AHEAD_MAX).into(), at.into()];
    // As the owner of the extension: who maintains owns no table.
    let taken = relation::as_installer_past_row_security(|| query::one::<String>(TAKEN_NAME, &arguments));
    if let Ok(Some(name)) = taken {
        raise(
            &Refusal::new(
                Reason::PartitionNameTaken,
                "what has the name of a month's partition is not attached to the audit trail",
                "SELECT hint FROM awgp.doctor() WHERE code = 'partition_missing';",
            )
            .with("partition_name", name),
        );
    }
}

/// What `ensure_partitions()` does; without `at`, from now.
pub fn ensure(months_ahead: i32, at: Option<TimestampWithTimeZone>) -> Vec<String> {
    if !(0..=MONTHS_AHEAD_MAX).contains(&months_ahead) {
        raise(
            &Refusal::new(
                Reason::OutOfRange,
                format!("months_ahead must be between 0 and {MONTHS_AHEAD_MAX}"),
                "Three months ahead are enough where maintenance runs daily.",
            )
            .with("months_ahead", months_ahead),
        );
    }
    lock::lock_until_commit(Subject::Partitions);
    let arguments = [months_ahead.into(), at.into()];
    let missing = Spi::connect(|client| {
        client
            .select(MISSING_MONTHS, None, &arguments)?
            .map(|row| row.get::<Timestamp>(1))
            .collect::<spi::Result<Vec<_>>>()
    });
    match missing {
        Ok(months) => make(&months.into_iter().flatten().map(Month::of).collect::<Vec<_>>()),
        Err(error) => error!("the partitions could not be read: {error}"),
    }
}

/// Makes empty partitions and returns their names.
fn make(months: &[Month]) -> Vec<String> {
    if months.is_empty() {
        return Vec::new();
    }
    // Attaching looks whether the default partition holds rows of the month, under a lock that nobody reads it with.
    waiting::lock(&[(c"audit_logs_default", pg_sys::AccessExclusiveLock)]);
    let made = Spi::connect_mut(|client| {
        for month in months {
            let statements = create(month).into_iter().chain(protect(&month.name)).chain([attach(month)]);
            for statement in statements {
                client.update(&statement, None, &[])?;
            }
        }
        Ok::<_, spi::Error>(months.iter().map(|month| month.name.clone()).collect())
    });
    made.unwrap_or_else(|error| error!("partitions could not be made: {error}"))
}

/// A month's partition: its name, and its bounds as text in UTC, whatever the session's time zone.
#[derive(Clone, Debug)]
struct Month {
    name: String,
    from: String,
    to: String,
}

impl Month {
    /// The month that begins at this time of UTC.
    fn of(first: Timestamp) -> Self {
        let us = timestamp_from_postgres(first.into_inner());
        let month = us.and_then(awgp_core::month::Month::of_timestamp);
        let month = month.unwrap_or_else(|| error!("a month outside of the years 1 to 9999"));
        Self::from_month(month)
    }

    /// The month of a partition's name.
    fn named(name: &str) -> Self {
        let month = awgp_core::month::Month::of_partition(name);
        Self::from_month(month.unwrap_or_else(|| error!("{name} is no month")))
    }

    fn from_month(month: awgp_core::month::Month) -> Self {
        let (from, to) = month.bounds();
        Self { name: month.partition_name(), from, to }
    }
}

/// Months that have no partition and whose rows, if any, do not lie in the default partition: those are
/// moved by [`drain`]. As the month's first moment, in UTC.
const MISSING_MONTHS: &str = "
    SELECT month
    FROM generate_series(
             date_trunc('month', COALESCE($2, clock_timestamp()) AT TIME ZONE 'UTC'),
             date_trunc('month', COALESCE($2, clock_timestamp()) AT TIME ZONE 'UTC') + make_interval(months => $1),
             interval '1 month') AS month
    WHERE to_regclass(format('awgp.%I', to_char(month, '\"audit_logs_\"YYYY_MM'))) IS NULL
      AND NOT EXISTS (
          SELECT FROM awgp.audit_logs_default
          WHERE \"timestamp\" >= month AT TIME ZONE 'UTC'
            AND \"timestamp\" < (month + interval '1 month') AT TIME ZONE 'UTC')
    ORDER BY month";

/// The first month whose name is taken by what is no partition of the trail; NULL where there is none.
const TAKEN_NAME: &str = "
    SELECT min(relname::text)
    FROM generate_series(
             date_trunc('month', COALESCE($2, clock_timestamp()) AT TIME ZONE 'UTC'),
             date_trunc('month', COALESCE($2, clock_timestamp()) AT TIME ZONE 'UTC') + make_interval(months => $1),
             interval '1 month') AS month
    JOIN pg_class ON relname = to_char(month, '\"audit_logs_\"YYYY_MM') AND relnamespace = 'awgp'::regnamespace
    WHERE NOT EXISTS (SELECT FROM pg_inherits
                      WHERE inhparent = 'awgp.audit_logs'::regclass AND inhrelid = pg_class.oid AND NOT inhdetachpending)
      AND NOT EXISTS (SELECT FROM awgp.audit_retired_partitions
                      WHERE partition_name = relname AND restored_at IS NULL)";

/// What makes the table of one month, beside the trail. The name is an identifier by construction; it is quoted all
/// the same.
fn create(month: &Month) -> [String; 4] {
    let table = spi::quote_qualified_identifier("awgp", &month.name);
    let (from, to) = (spi::quote_literal(&month.from), spi::quote_literal(&month.to));
    let key = format!("{}_chain_key", month.name);
    let (key, path) = (spi::quote_identifier(&key), spi::quote_qualified_identifier("awgp", &key));
    let comment = spi::quote_literal(format!("Audit rows of one month, from {from} to {to}."));
    [
        format!("CREATE TABLE {table} (LIKE awgp.audit_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"),
        format!("COMMENT ON TABLE {table} IS {comment}"),
        format!("CREATE UNIQUE INDEX {key} ON {table} (tenant_id, chain_lane, chain_seq)"),
        format!("COMMENT ON INDEX {path} IS 'No place in a lane is taken twice.'"),
    ]
}

/// What makes it a partition of the trail.
fn attach(month: &Month) -> String {
    let table = spi::quote_qualified_identifier("awgp", &month.name);
    let (from, to) = (spi::quote_literal(&month.from), spi::quote_literal(&month.to));
    format!("ALTER TABLE awgp.audit_logs ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to})")
}

/// The trail's columns, those included that an operator has added. Not by `query::one`: whoever waited for the lock under
/// which rows are moved must see a column that came meanwhile, or its values are lost on the way.
fn columns() -> String {
    let columns = Spi::get_one::<String>(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
         WHERE attrelid = 'awgp.audit_logs'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
    );
    match columns {
        Ok(Some(columns)) => columns,
        _ => error!("the columns of the audit trail could not be read"),
    }
}

/// What closes a partition, new or old: no grants, forced row-level security, no TRUNCATE. Row triggers come
/// from the parent.
fn protect(name: &str) -> [String; 5] {
    let table = spi::quote_qualified_identifier("awgp", name);
    let literal = spi::quote_literal(name);
    [
        // Default privileges that an operator has set would open a partition behind the parent's policies.
        format!(
            "DO $$ DECLARE grantee text; BEGIN
                 FOR grantee IN SELECT DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
                     FROM pg_class, aclexplode(relacl) AS acl
                     WHERE pg_class.oid = {}::regclass AND acl.grantee <> relowner
                 LOOP EXECUTE format('REVOKE ALL ON {table} FROM %s', grantee); END LOOP;
             END $$",
            spi::quote_literal(&table)
        ),
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"),
        format!(
            "CREATE OR REPLACE TRIGGER guard_truncate BEFORE TRUNCATE ON {table}
                 FOR EACH STATEMENT EXECUTE FUNCTION awgp.guard_audit({literal})"
        ),
        format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_truncate"),
        format!(
            "COMMENT ON TRIGGER guard_truncate ON {table} IS 'Append-only, and appended by the chain alone.'"
        ),
    ]
}

/// Closes the partitions that exist: DROP EXTENSION … CASCADE takes their triggers, an operator may have
/// granted on them. Part of applying the scripts.
pub fn protect_existing() {
    let protected = Spi::connect_mut(|client| {
        let partitions: Vec<Option<String>> = client
            .select(
                "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                 WHERE inhparent = 'awgp.audit_logs'::regclass ORDER BY relname",
                None,
                &[],
            )?
            .map(|row| row.get(1))
            .collect::<spi::Result<_>>()?;
        for statement in partitions.iter().flatten().flat_map(|name| protect(name)) {
            client.update(&statement, None, &[])?;
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = protected {
        error!("partitions could not be closed: {error}");
    }
}
