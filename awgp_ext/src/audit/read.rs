//! Reads audit rows from the heap, in its order or in that of their chains.
//!
//! A query finds the rows' tuple ids; then each row is fetched by its tuple id. In the order of the chains
//! the tuple ids, which are small, are sorted by tenant, lane and number, which takes the memory of the sort
//! (work_mem). Indexes are not used, because an index may have been tampered with. The query runs under
//! row-level security, so nobody reads a row here that they could not read themselves.

use super::addresses::{self, Address};
use super::columns;
use crate::pg::datum;
use crate::pg::descriptor;
use crate::pg::guc::Setting;
use crate::pg::jsonb;
use crate::pg::statement::statements;
use awgp_core::audit::chain::Lane;
use awgp_core::audit::row::{AuditRow, RowRef, timestamp_from_postgres};
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use std::ffi::CStr;
use std::num::NonZeroUsize;
use uuid::Uuid;

statements! {
    /// The rows of a lane after a number.
    AFTER(UUIDOID, INT2OID, INT8OID) = "
        SELECT tableoid, ctid FROM awgp.audit_logs
        WHERE tenant_id OPERATOR(pg_catalog.=) $1 AND chain_lane OPERATOR(pg_catalog.=) $2
          AND chain_seq OPERATOR(pg_catalog.>) $3 ORDER BY chain_seq USING OPERATOR(pg_catalog.<)";
}

/// The rows to read.
#[derive(Clone, Copy, Default)]
pub struct Scope<'a> {
    /// One tenant's rows.
    pub tenant: Option<Uuid>,
    /// One partition's rows, by its name without the schema.
    pub partition: Option<&'a str>,
}

/// Calls `visit` with the partition's oid and each row, in the order of tenant, lane, number and id.
pub fn for_each_row(scope: Scope<'_>, mut visit: impl FnMut(pg_sys::Oid, &RowRef<'_>)) {
    let partition = scope.partition.map(|name| format!("awgp.{}", spi::quote_identifier(name)));
    let arguments = [scope.tenant.map(datum::to_sql).into(), partition.into()];
    let query = "SELECT tableoid, ctid FROM awgp.audit_logs
                 WHERE ($1::uuid IS NULL OR tenant_id = $1)
                   AND ($2::text IS NULL OR tableoid = $2::regclass)
                 ORDER BY tenant_id, chain_lane, chain_seq, id";
    let _planning = heap_only();
    fetch_each(query, &arguments, &mut visit);
}

/// Calls `visit` with each row and its address in the order of the heap, one partition after the other, until
/// it answers false.
pub fn for_each_row_in_heap_order(scope: Scope<'_>, mut visit: impl FnMut(Address, &RowRef<'_>) -> bool) {
    let partition = scope.partition.map(|name| format!("awgp.{}", spi::quote_identifier(name)));
    let arguments = [scope.tenant.map(datum::to_sql).into(), partition.into()];
    let query = "SELECT tableoid, ctid FROM awgp.audit_logs
                 WHERE ($1::uuid IS NULL OR tenant_id = $1)
                   AND ($2::text IS NULL OR tableoid = $2::regclass)";
    let _planning = heap_only();
    fetch_until(query, &arguments, &mut visit);
}

/// The same for the rows of these lanes, in the order of tenant, lane, number and id.
pub fn for_each_row_of(scope: Scope<'_>, lanes: &[Lane], mut visit: impl FnMut(&RowRef<'_>)) {
    if lanes.is_empty() {
        return;
    }
    let partition = scope.partition.map(|name| format!("awgp.{}", spi::quote_identifier(name)));
    let tenants: Vec<_> = lanes.iter().map(|lane| datum::to_sql(lane.tenant_id)).collect();
    let numbers: Vec<_> = lanes.iter().map(|lane| lane.chain_lane).collect();
    let arguments = [tenants.into(), numbers.into(), partition.into()];
    let query = "SELECT tableoid, ctid FROM awgp.audit_logs
                 WHERE (tenant_id, chain_lane) IN (SELECT * FROM unnest($1::uuid[], $2::smallint[]))
                   AND ($3::text IS NULL OR tableoid = $3::regclass)
                 ORDER BY tenant_id, chain_lane, chain_seq, id";
    let _planning = heap_only();
    fetch_each(query, &arguments, &mut |_, row: &RowRef<'_>| visit(row));
}

/// The same for the rows of a detached month, for a caller who may read its table.
pub fn for_each_row_beside(name: &str, mut visit: impl FnMut(&RowRef<'_>)) {
    let table = spi::quote_qualified_identifier("awgp", name);
    let query = format!("SELECT tableoid, ctid FROM {table} ORDER BY tenant_id, chain_lane, chain_seq, id");
    let _planning = heap_only();
    fetch_each(&query, &[], &mut |_, row: &RowRef<'_>| visit(row));
}

/// Calls `visit` with each row of a lane after the number `after`, in the order of the numbers. Uses the
/// index: the caller checks that each row follows the one before it.
pub fn for_each_row_after(lane: Lane, after: i64, mut visit: impl FnMut(&RowRef<'_>)) {
    let arguments = [datum::uuid(lane.tenant_id), Some(lane.chain_lane.into()), Some(after.into())];
    let _planning = by_index_as_planned_once();
    fetch(|take| addresses::each_of(&AFTER, &arguments, take), &mut |_, row| {
        visit(row);
        true
    });
}

/// The rows with this id that the caller may read, of this tenant where one is given. Where a family has come
/// from another installation, rows of several tenants may have the same id.
pub fn rows_of(id: i64, tenant: Option<Uuid>) -> Vec<AuditRow> {
    let query = "SELECT tableoid, ctid FROM awgp.audit_logs
                 WHERE id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) ORDER BY tenant_id";
    let mut found = Vec::new();
    let arguments = [id.into(), tenant.map(datum::to_sql).into()];
    fetch_each(query, &arguments, &mut |_, row: &RowRef<'_>| found.push(AuditRow::from(row)));
    found
}

/// Calls `visit` with each row whose partition and tuple id the query returns.
fn fetch_each(query: &str, arguments: &[DatumWithOid<'_>], visit: &mut impl FnMut(pg_sys::Oid, &RowRef<'_>)) {
    fetch_until(query, arguments, &mut |address, row| {
        visit(address.partition, row);
        true
    });
}

/// The same, until `visit` answers false.
fn fetch_until(
    query: &str,
    arguments: &[DatumWithOid<'_>],
    visit: &mut impl FnMut(Address, &RowRef<'_>) -> bool,
) {
    fetch(|take| addresses::each(query, arguments, take), visit);
}

/// Calls `visit` with the row at each address that `find` finds, until it answers false.
fn fetch(
    find: impl FnOnce(&mut dyn FnMut(Address) -> bool),
    visit: &mut impl FnMut(Address, &RowRef<'_>) -> bool,
) {
    let mut reader = Reader::new();
    find(&mut |address| {
        let mut goes_on = true;
        reader.fetch(address, &mut |row| goes_on = visit(address, row));
        goes_on
    });
    reader.close();
}

/// While it lives, plans use sequential scans only.
fn heap_only() -> Setting {
    Setting::of(&[
        (c"enable_indexscan", c"off"),
        (c"enable_indexonlyscan", c"off"),
        (c"enable_bitmapscan", c"off"),
        // In the order of the heap, from its beginning.
        (c"synchronize_seqscans", c"off"),
        (c"jit", c"off"),
    ])
}

/// While it lives, plans are made once, whatever is looked for, and read indexes even where tables are small
/// still. Planning over all partitions takes longer than looking into them.
fn by_index_as_planned_once() -> Setting {
    Setting::of(&[(c"plan_cache_mode", c"force_generic_plan"), (c"enable_seqscan", c"off"), (c"jit", c"off")])
}

const COLUMNS: [&CStr; 14] = columns::COLUMNS;

struct Source {
    oid: pg_sys::Oid,
    relation: pg_sys::Relation,
    slot: *mut pg_sys::TupleTableSlot,
    numbers: [usize; COLUMNS.len()],
}

/// Fetches rows by their addresses, in the snapshot of the query that found them.
pub struct Reader {
    sources: Vec<Source>,
    memory: pg_sys::MemoryContext,
    /// Text of before_state, after_state and metadata.
    texts: [Vec<u8>; 3],
    is_utf8: bool,
}

impl Reader {
    /// Begins.
    pub fn new() -> Self {
        // SAFETY: allocated in the caller's memory context.
        unsafe {
            let memory = pg_sys::AllocSetContextCreateInternal(
                pg_sys::CurrentMemoryContext,
                c"awgp audit row".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            let texts = std::array::from_fn(|_| Vec::new());
            let is_utf8 = pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_UTF8 as i32;
            Self { sources: Vec::new(), memory, texts, is_utf8 }
        }
    }

    fn source(&mut self, oid: pg_sys::Oid) -> usize {
        if let Some(place) = self.sources.iter().position(|source| source.oid == oid) {
            return place;
        }
        // SAFETY: closed in close(), or by the resource owner after an error.
        unsafe {
            let relation = pg_sys::table_open(oid, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
            // In the caller's context: SPI's context ends before the slot is dropped.
            let outer = pg_sys::MemoryContextSwitchTo((*self.memory).parent);
            let slot = pg_sys::table_slot_create(relation, std::ptr::null_mut());
            pg_sys::MemoryContextSwitchTo(outer);
            columns::refuse_changed_columns(relation);
            let numbers = COLUMNS
                .map(|column| descriptor::column((*relation).rd_att, column).map_or(0, NonZeroUsize::get));
            self.sources.push(Source { oid, relation, slot, numbers });
        }
        self.sources.len() - 1
    }

    /// Passes on the row at this address.
    pub fn fetch(&mut self, address: Address, visit: &mut dyn FnMut(&RowRef<'_>)) {
        let Address { partition, mut tuple } = address;
        let place = self.source(partition);
        let source = &self.sources[place];
        let [before, after, metadata] = &mut self.texts;
        // SAFETY: a query has found the tuple id; the slot pins the row until the next fetch, and detoasted
        // or converted values live in the per-row context until then.
        unsafe {
            // The query has seen that the row is visible; while its transaction lives, nothing removes it.
            let any = &raw mut pg_sys::SnapshotAnyData;
            if !pg_sys::table_tuple_fetch_row_version(source.relation, &raw mut tuple, any, source.slot) {
                return;
            }
            if !(*self.memory).isReset {
                pg_sys::MemoryContextReset(self.memory);
            }
            let outer = pg_sys::MemoryContextSwitchTo(self.memory);
            let mut must_free = false;
            let tuple = pg_sys::ExecFetchSlotHeapTuple(source.slot, false, &raw mut must_free);
            let updated = u32::from((*(*tuple).t_data).t_infomask) & pg_sys::HEAP_UPDATED != 0;
            pg_sys::slot_getallattrs(source.slot);
            let values = std::slice::from_raw_parts(
                (*source.slot).tts_values,
                usize::from((*source.slot).tts_nvalid.unsigned_abs()),
            );
            let nulls = std::slice::from_raw_parts((*source.slot).tts_isnull, values.len());
            let datum = |column: usize| {
                let at = source.numbers[column] - 1;
                (!nulls[at]).then(|| values[at])
            };
            let bigint = |column| datum(column).map_or(0, bigint_of);
            let uuid = |column| datum(column).map(|datum| datum::uuid_of(datum));
            let text = |column| datum(column).map_or(&b""[..], |datum| text_of(datum, self.is_utf8));
            let is_utf8 = self.is_utf8;
            let json = |column, buffer| datum(column).map(|datum| json_of(datum, buffer, is_utf8));
            let row = RowRef {
                id: bigint(0),
                timestamp_us: timestamp_from_postgres(bigint(1)).unwrap_or(i64::MAX),
                tenant_id: uuid(2).unwrap_or_default(),
                actor_type: text(3),
                actor_id: uuid(4),
                action: text(5),
                entity_type: text(6),
                entity_id: uuid(7),
                before_state: json(8, before),
                after_state: json(9, after),
                metadata: json(10, metadata),
                integrity_hash: text(11),
                #[expect(clippy::cast_possible_truncation, reason = "a by-value smallint")]
                chain_lane: bigint(12) as i16,
                chain_seq: bigint(13),
                updated,
                spooled: None,
            };
            pg_sys::MemoryContextSwitchTo(outer);
            visit(&row);
        }
    }

    /// Closes what it has opened.
    pub fn close(self) {
        // SAFETY: each was opened once.
        unsafe {
            for source in self.sources {
                pg_sys::ExecDropSingleTupleTableSlot(source.slot);
                pg_sys::table_close(source.relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
            }
            pg_sys::MemoryContextDelete(self.memory);
        }
    }
}

fn bigint_of(datum: Datum) -> i64 {
    datum.value().cast_signed() as i64
}

/// The data of a value: where it stands in the row, or detoasted into the per-row context.
unsafe fn data_of<'row>(datum: Datum) -> &'row [u8] {
    // SAFETY: a non-null varlena.
    unsafe {
        let mut varlena = datum.cast_mut_ptr();
        if pgrx::varatt_is_1b_e(varlena) || pgrx::varatt_is_4b_c(varlena) {
            varlena = pg_sys::pg_detoast_datum_packed(varlena);
        }
        let data = pgrx::vardata_any(varlena).cast::<u8>();
        std::slice::from_raw_parts(data, pgrx::varsize_any_exhdr(varlena))
    }
}

/// The bytes of a text in UTF-8.
unsafe fn text_of<'row>(datum: Datum, is_utf8: bool) -> &'row [u8] {
    // SAFETY: a non-null text.
    unsafe { in_utf8(data_of(datum), is_utf8) }
}

/// The bytes of a jsonb's text in UTF-8, written into `buffer`.
unsafe fn json_of(datum: Datum, buffer: &mut Vec<u8>, is_utf8: bool) -> &[u8] {
    // SAFETY: a non-null jsonb.
    unsafe {
        buffer.clear();
        jsonb::text::write_data(data_of(datum), buffer);
        in_utf8(buffer, is_utf8)
    }
}

unsafe fn in_utf8(bytes: &[u8], is_utf8: bool) -> &[u8] {
    if is_utf8 {
        return bytes;
    }
    // SAFETY: returns the same pointer, or a converted C string in the per-row context.
    unsafe {
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        let utf8 = pg_sys::pg_enc::PG_UTF8 as i32;
        let converted = pg_sys::pg_server_to_any(bytes.as_ptr().cast(), length, utf8);
        if converted.cast_const().cast::<u8>() == bytes.as_ptr() {
            bytes
        } else {
            CStr::from_ptr(converted).to_bytes()
        }
    }
}
