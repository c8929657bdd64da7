//! Audit rows of months that are over, chained by `awgp_core` as the chain would have made them, and loaded
//! as only a superuser can: with the guard off. Clients then go on where they end.

use crate::{Database, Login, trail, turn};
use awgp_core::audit::chain::{Digest, Lane, Linker, genesis};
use awgp_core::audit::row::AuditRow;
use awgp_core::civil::format_timestamp;
use awgp_core::month::Month;
use std::collections::BTreeMap;
use tokio_postgres::Client;
use uuid::Uuid;

/// A trail that grows month by month.
pub struct Past {
    install_id: Uuid,
    /// The tenants whose rows it has.
    pub tenants: Vec<Uuid>,
    /// The assistant of each tenant, once [`Past::found_tenants`] was called.
    pub assistants: Vec<Uuid>,
    lanes: i16,
    heads: BTreeMap<Lane, (i64, Digest)>,
    next_id: i64,
    linker: Linker,
}

/// The month that was this many months before the present one, in UTC.
///
/// # Panics
/// Where the clock stands outside of the years 1 to 9999.
pub fn month_ago(months: i64) -> Month {
    let now = Month::of_timestamp(turn::now()).expect("a month");
    now.plus(-months).expect("a month")
}

/// Whether maintenance seals the month that was this many months before the present one: not yet the last
/// one, in the first hour of a month.
pub fn is_due(months: i64) -> bool {
    turn::is_due(month_ago(months), turn::now())
}

impl Past {
    /// Nothing yet, for this many tenants with this many lanes each.
    pub async fn begin(database: &Database, tenants: u128, lanes: i16) -> Self {
        let install_id = trail::install_id(database).await;
        let id =
            |number: u128, kind: u128| Uuid::from_u128((kind << 112) + 0x4000_8000_0000_0000_0000 + number);
        Self {
            install_id,
            tenants: (1..=tenants).map(|number| id(number, 0x7e00)).collect(),
            assistants: (1..=tenants).map(|number| id(number, 0xa500)).collect(),
            lanes,
            heads: BTreeMap::new(),
            next_id: 1,
            linker: Linker::default(),
        }
    }

    /// The next rows of every lane, spread over the month, its first and last microsecond included.
    pub fn rows(&mut self, month: Month, rows_per_lane: i64) -> Vec<AuditRow> {
        let mut rows = Vec::new();
        for step in 0..rows_per_lane {
            for tenant_id in self.tenants.clone() {
                for chain_lane in 0..self.lanes {
                    rows.push(self.row(month, Lane { tenant_id, chain_lane }, step, rows_per_lane));
                }
            }
        }
        rows
    }

    fn row(&mut self, month: Month, lane: Lane, step: i64, of: i64) -> AuditRow {
        let install_id = self.install_id;
        let (seq, hash) = *self.heads.entry(lane).or_insert_with(|| (0, genesis(install_id, lane)));
        let id = self.next_id;
        self.next_id += 1;
        let length = month.end_us() - 1 - month.start_us();
        let mut row = AuditRow {
            id,
            timestamp_us: month.start_us()
                + i64::try_from(i128::from(length) * i128::from(step) / i128::from((of - 1).max(1)))
                    .unwrap_or(0),
            tenant_id: lane.tenant_id,
            actor_type: "system".to_owned(),
            actor_id: None,
            action: "update".to_owned(),
            entity_type: "work_items".to_owned(),
            entity_id: Some(Uuid::from_u128(u128::from(id.unsigned_abs() % 5_000))),
            before_state: (id % 3 > 0).then(|| format!("{{\"n\": {id}.10, \"title\": \"né 語\"}}")),
            after_state: Some(format!("{{\"n\": {}, \"title\": \"row {id}\"}}", id + 1)),
            metadata: Some("{\"role\": \"importer\"}".to_owned()),
            chain_lane: lane.chain_lane,
            chain_seq: seq + 1,
            integrity_hash: String::new(),
        };
        let hash = self.linker.link(hash, &row.borrowed());
        row.integrity_hash = hash.to_string();
        self.heads.insert(lane, (seq + 1, hash));
        row
    }

    /// Loads the next rows of every lane into a month: into its partition, or,
    /// where it has none, the default one.
    ///
    /// # Panics
    /// Where the superuser cannot.
    pub async fn load(&mut self, superuser: &Client, month: Month, rows_per_lane: i64) {
        load_rows(superuser, &self.rows(month, rows_per_lane)).await;
    }

    /// Makes the tenants themselves and an assistant of each: the lanes go on with what clients write.
    ///
    /// # Panics
    /// Where the superuser cannot.
    pub async fn found_tenants(&self, superuser: &Client) {
        for (tenant, assistant) in self.tenants.iter().zip(&self.assistants) {
            found_tenant(superuser, *tenant, *assistant).await;
        }
    }

    /// Tenants and assistants, for writers.
    pub fn targets(&self) -> Vec<(Uuid, Uuid)> {
        self.tenants.iter().copied().zip(self.assistants.iter().copied()).collect()
    }
}

/// Loads rows that were chained elsewhere; new ones are numbered after them.
///
/// # Panics
/// Where the superuser cannot.
pub async fn load_rows(superuser: &Client, rows: &[AuditRow]) {
    let off = "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit";
    superuser.batch_execute(off).await.expect("a superuser may");
    for batch in rows.chunks(10_000) {
        let values: Vec<String> = batch.iter().map(values).collect();
        let sql = format!("INSERT INTO awgp.audit_logs ({COLUMNS}) VALUES {}", values.join(","));
        superuser.batch_execute(&sql).await.expect("rows are loaded");
    }
    let on = "ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit;
              SELECT setval('awgp.audit_logs_id_seq', max(id)) FROM awgp.audit_logs";
    superuser.batch_execute(on).await.expect("the guard is on again");
}

/// Makes a tenant of the trail and an assistant of it: its lanes go on with what clients write.
///
/// # Panics
/// Where the superuser cannot.
pub async fn found_tenant(superuser: &Client, tenant: Uuid, assistant: Uuid) {
    let sql = format!(
        "INSERT INTO awgp.tenants (id, name, slug, type) VALUES ('{tenant}', 'T', 't-{tenant}', 'holding');
         INSERT INTO awgp.assistants (id, tenant_id, name, slug, type, status)
         VALUES ('{assistant}', '{tenant}', 'A', 'a', 'custom', 'active')"
    );
    superuser.batch_execute(&sql).await.expect("tenants of the trail");
}

/// The columns in the order of [`values`].
pub const COLUMNS: &str = "id, \"timestamp\", tenant_id, actor_type, actor_id, action, entity_type, entity_id, \
                       before_state, after_state, metadata, chain_lane, chain_seq, integrity_hash";

/// A row as SQL; its texts are of the tests' own making and hold no quote.
pub fn values(row: &AuditRow) -> String {
    let text = |text: Option<String>| text.map_or("NULL".to_owned(), |text| format!("'{text}'"));
    let id = |id: Option<Uuid>| text(id.map(|id| id.to_string()));
    format!(
        "({}, '{}', '{}', '{}', {}, '{}', '{}', {}, {}, {}, {}, {}, {}, '{}')",
        row.id,
        format_timestamp(row.timestamp_us),
        row.tenant_id,
        row.actor_type,
        id(row.actor_id),
        row.action,
        row.entity_type,
        id(row.entity_id),
        text(row.before_state.clone()),
        text(row.after_state.clone()),
        text(row.metadata.clone()),
        row.chain_lane,
        row.chain_seq,
        row.integrity_hash
    )
}

/// Makes the partition of a month.
///
/// # Panics
/// Where a maintainer cannot.
pub async fn ensure(client: &Client, month: Month) {
    let sql = format!("SELECT * FROM awgp.ensure_partitions(0, '{}')", month.bounds().0);
    client.query(&sql, &[]).await.expect("a month can be made");
}

/// Three whole months of three tenants with two lanes each, the newest 14 months ago: old enough to be
/// sealed, exported and retired, and one that follows.
///
/// # Panics
/// Where the months cannot be made.
pub async fn old_months(database: &Database) {
    let superuser = database.superuser().await;
    let maintainer = database.connect(Login::Maintainer).await;
    let mut past = Past::begin(database, 3, 2).await;
    for months in [16, 15, 14] {
        ensure(&maintainer, month_ago(months)).await;
        past.load(&superuser, month_ago(months), 50).await;
    }
    past.found_tenants(&superuser).await;
}

/// Takes the present month and those after it away, as if maintenance had not run for months. They are empty.
///
/// # Panics
/// Where the superuser cannot.
pub async fn neglect(superuser: &Client) {
    superuser
        .batch_execute(
            r"DO $$ DECLARE name text; BEGIN
                FOR name IN SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                            WHERE inhparent = 'awgp.audit_logs'::regclass AND relname ~ '[0-9]'
                LOOP EXECUTE format('DROP TABLE awgp.%I', name); END LOOP;
              END $$",
        )
        .await
        .expect("a superuser may");
}
