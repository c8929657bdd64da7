//! The months of the audit trail: one partition each, with bounds in explicit UTC.
//!
//! A partition is created as a separate table and then attached: readers and writers of other months can go
//! on meanwhile, while `CREATE TABLE … PARTITION OF` would lock the parent against all of them.

pub mod drain;
mod hold;
pub mod restore;
mod retire;
mod seal_due;
pub mod waiting;

use crate::locks::Subject;
use crate::pg::argument;
use crate::pg::clock;
use crate::pg::lock;
use crate::pg::query;
use crate::pg::raise::{or_raise, raise};
use crate::pg::role;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::row::timestamp_from_postgres;
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::datum::{Timestamp, TimestampWithTimeZone};
use pgrx::pg_sys;
use pgrx::prelude::*;

/// The number of months after the current one whose partitions are kept ready.
pub const MONTHS_AHEAD: i64 = 3;

/// Creates the missing partitions of the month of `at` and of the next `months_ahead` months, and returns the
/// names of those it created.
///
/// SECURITY DEFINER, because maintainers own no table; it only creates empty partitions of awgp.audit_logs.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn ensure_partitions(
    months_ahead: default!(Option<i64>, 3),
    at: default!(Option<TimestampWithTimeZone>, "NULL"),
) -> SetOfIterator<'static, String> {
    refuse_read_only(c"awgp.ensure_partitions()");
    let months_ahead = argument::needed("months_ahead", months_ahead);
    let at = clock::given("at", at);
    refuse_taken_names(&months(months_ahead, at));
    SetOfIterator::new(ensure(months_ahead, at))
}

/// Refuses where something else has the name of a month's partition, or the month's own table is not
/// attached. A retired month is properly detached and is skipped.
fn refuse_taken_names(months: &[Month]) {
    let names: Vec<String> = months.iter().map(|month| month.name.clone()).collect();
    // As the owner of the extension, because maintainers own no table.
    let taken = role::as_installer_past_row_security(|| query::one::<String>(TAKEN_NAME, &[names.into()]));
    if let Ok(Some(name)) = taken {
        raise(
            &Refusal::new(
                Reason::PartitionNameTaken,
                "a relation with the name of a month's partition is not attached to the audit trail",
                "SELECT hint FROM awgp.doctor() WHERE code = 'partition_missing';",
            )
            .with("partition_name", name),
        );
    }
}

fn months(months_ahead: i64, at: TimestampWithTimeZone) -> Vec<Month> {
    let now = clock::microseconds(clock::now());
    let months = or_raise(awgp_core::month::to_ensure(months_ahead, clock::microseconds(at), now));
    months.into_iter().map(Month::from_month).collect()
}

/// Does the work of `ensure_partitions()`.
pub fn ensure(months_ahead: i64, at: TimestampWithTimeZone) -> Vec<String> {
    make_missing(months(months_ahead, at))
}

/// Creates the missing partitions of these months, from 1970 on, and returns the names of those it created.
pub fn ensure_months(months: impl Iterator<Item = awgp_core::month::Month>) -> Vec<String> {
    let months: Vec<Month> = months.filter(|month| month.start_us() >= 0).map(Month::from_month).collect();
    refuse_taken_names(&months);
    make_missing(months)
}

fn make_missing(months: Vec<Month>) -> Vec<String> {
    lock::lock_until_commit(Subject::Partitions);
    let of = |part: fn(&Month) -> &String| months.iter().map(part).cloned().collect::<Vec<String>>();
    let arguments =
        [of(|month| &month.name).into(), of(|month| &month.from).into(), of(|month| &month.to).into()];
    let missing = Spi::connect(|client| {
        client
            .select(MISSING_MONTHS, None, &arguments)?
            .map(|row| row.get::<String>(1))
            .collect::<spi::Result<Vec<_>>>()
    });
    match missing {
        Ok(names) => make(
            &months.into_iter().filter(|month| names.contains(&Some(month.name.clone()))).collect::<Vec<_>>(),
        ),
        Err(error) => error!("the partitions could not be read: {error}"),
    }
}

/// Creates empty partitions and returns their names.
fn make(months: &[Month]) -> Vec<String> {
    if months.is_empty() {
        return Vec::new();
    }
    // ATTACH PARTITION checks whether the default partition has rows of the month, under a lock that excludes
    // its readers.
    waiting::lock(&[(c"audit_logs_default", pg_sys::AccessExclusiveLock)]);
    let made = Spi::connect_mut(|client| {
        for month in months {
            pgrx::check_for_interrupts!();
            let statements = create(month).into_iter().chain(protect(&month.name)).chain([attach(month)]);
            for statement in statements {
                client.update(&statement, None, &[])?;
            }
        }
        Ok::<_, spi::Error>(months.iter().map(|month| month.name.clone()).collect())
    });
    months.iter().for_each(record);
    made.unwrap_or_else(|error| error!("partitions could not be created: {error}"))
}

/// Records that the month was created, so that the doctor notices when it is missing.
fn record(month: &Month) {
    let arguments = [month.name.as_str().into()];
    let recorded = role::as_owner_past_row_security(c"audit_logs", || {
        let sql = "INSERT INTO awgp.audit_partitions (partition_name) VALUES ($1) ON CONFLICT DO NOTHING";
        Spi::connect_mut(|client| client.update(sql, None, &arguments).map(|_| ()))
    });
    if let Err(error) = recorded {
        error!("a partition could not be recorded: {error}");
    }
}

/// A month's partition: its name, and its bounds as text in UTC, independent of the session's time zone.
#[derive(Clone, Debug)]
struct Month {
    name: String,
    from: String,
    to: String,
}

impl Month {
    /// The month that begins at this UTC time; None outside the years 1 to 9999.
    fn of(first: Timestamp) -> Option<Self> {
        let us = timestamp_from_postgres(first.into_inner())?;
        awgp_core::month::Month::of_timestamp(us).map(Self::from_month)
    }

    /// The month in a partition's name.
    fn named(name: &str) -> Self {
        let month = awgp_core::month::Month::of_partition(name);
        Self::from_month(month.unwrap_or_else(|| error!("{name} is not the name of a month's partition")))
    }

    fn from_month(month: awgp_core::month::Month) -> Self {
        let (from, to) = month.bounds();
        Self { name: month.partition_name(), from, to }
    }
}

/// Of the months named $1, from $2 to $3, those without a partition and without rows in the default
/// partition: such rows are moved by [`drain`].
const MISSING_MONTHS: &str = "
    SELECT name
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) WITH ORDINALITY AS month (name, from_, to_, place)
    WHERE to_regclass(format('awgp.%I', name)) IS NULL
      AND NOT EXISTS (
          SELECT FROM awgp.audit_logs_default WHERE \"timestamp\" >= from_ AND \"timestamp\" < to_)
    ORDER BY place";

/// Of the months named $1, the first whose name belongs to something that is not an attached partition; NULL
/// where there is none.
const TAKEN_NAME: &str = "
    SELECT min(relname::text)
    FROM pg_class
    WHERE relname::text = ANY ($1) AND relnamespace = 'awgp'::regnamespace
      AND NOT EXISTS (SELECT FROM pg_inherits
                      WHERE inhparent = 'awgp.audit_logs'::regclass AND inhrelid = pg_class.oid AND NOT inhdetachpending)
      AND NOT EXISTS (SELECT FROM awgp.audit_retired_partitions
                      WHERE partition_name = relname AND restored_at IS NULL)";

/// The statements that create a month's table, still unattached. The name is a valid identifier by
/// construction, and is quoted nevertheless.
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
        format!("COMMENT ON INDEX {path} IS 'No two rows have the same place in a lane.'"),
    ]
}

/// The statement that attaches it as a partition.
fn attach(month: &Month) -> String {
    let table = spi::quote_qualified_identifier("awgp", &month.name);
    let (from, to) = (spi::quote_literal(&month.from), spi::quote_literal(&month.to));
    format!("ALTER TABLE awgp.audit_logs ATTACH PARTITION {table} FOR VALUES FROM ({from}) TO ({to})")
}

/// The columns of the audit trail, including those that an operator has added. Not read with `query::one`:
/// after waiting for the lock under which rows are moved, a column added meanwhile must be visible, or its
/// values would be lost.
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

/// The statements that close a partition, new or old: no grants, forced row-level security, no TRUNCATE. Row
/// triggers are cloned from the parent.
fn protect(name: &str) -> [String; 5] {
    let table = spi::quote_qualified_identifier("awgp", name);
    let literal = spi::quote_literal(name);
    [
        // An operator's default privileges would open the partition past the parent's policies.
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

/// Closes the existing partitions: DROP EXTENSION … CASCADE drops their triggers, and an operator may have
/// granted privileges on them. Runs when scripts are applied.
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
        error!("partitions could not be protected: {error}");
    }
}
