//! Reads AWGP's own tables by index, below SQL.
//!
//! The context is looked up on behalf of roles that must not see the rows themselves. Reading here passes no
//! privilege check, no row-level security and no search_path, so there is nothing to switch and nothing to
//! plant; only fixed table, index and column names ever come in. The snapshot is a fresh one at every
//! isolation level: a tenant deactivated a moment ago is inactive.

use crate::pg::catalog;
use crate::pg::encoding::{Text, from_server, to_server};
use crate::pg::jsonb::Jsonb;
use crate::pg::query;
use crate::pg::raise::raise;
use awgp_core::structure::incomplete;
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use uuid::Uuid;

/// One row under the scan; valid inside the callback alone.
pub struct Row {
    tuple: pg_sys::HeapTuple,
    descriptor: pg_sys::TupleDesc,
}

impl Row {
    /// A row that a scan has open.
    pub fn new(tuple: pg_sys::HeapTuple, descriptor: pg_sys::TupleDesc) -> Self {
        Self { tuple, descriptor }
    }

    /// A column's value as it is stored; none for NULL.
    pub fn datum(&self, column: &CStr) -> Option<Datum> {
        // SAFETY: tuple and descriptor belong to the scan that is open around the callback, and the number is of a
        // column of this very descriptor.
        unsafe {
            let number = catalog::column(self.descriptor, column)?;
            pgrx::htup::heap_getattr_raw(self.tuple, number, self.descriptor)
        }
    }

    /// A uuid column.
    pub fn uuid(&self, column: &CStr) -> Option<Uuid> {
        // SAFETY: callers name uuid columns.
        self.datum(column).map(|datum| unsafe { uuid_of(datum) })
    }

    /// A column that holds an array of uuids.
    pub fn uuid_array(&self, column: &CStr) -> Option<Vec<Option<Uuid>>> {
        // SAFETY: callers name columns of type uuid[].
        self.datum(column).and_then(|datum| unsafe { uuid_array_of(datum) })
    }

    /// A column of any type as its type prints it.
    pub fn printed(&self, column: &CStr) -> Option<String> {
        // SAFETY: tuple and descriptor belong together; the answer is null or a palloc'd C string.
        unsafe {
            let number = i32::from(catalog::attribute_number(self.descriptor, column));
            let text = pg_sys::SPI_getvalue(self.tuple, self.descriptor, number);
            (!text.is_null()).then(|| from_server(CStr::from_ptr(text)).into_owned())
        }
    }

    /// A text[] column, with the elements that are NULL.
    pub fn text_array(&self, column: &CStr) -> Option<Vec<Option<String>>> {
        // SAFETY: callers name text[] columns.
        self.datum(column).and_then(|datum| unsafe { text_array_of(datum) })
    }

    /// A boolean column; NULL counts as false.
    pub fn flag(&self, column: &CStr) -> bool {
        self.datum(column).is_some_and(|datum| datum.value() & 0xff != 0)
    }

    /// A bigint or timestamptz column.
    pub fn bigint(&self, column: &CStr) -> Option<i64> {
        #[expect(clippy::cast_possible_wrap, reason = "by-value 64-bit integers")]
        self.datum(column).map(|datum| datum.value() as i64)
    }

    /// An integer column.
    pub fn integer(&self, column: &CStr) -> Option<i32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "by-value 32-bit integers"
        )]
        self.datum(column).map(|datum| datum.value() as i32)
    }

    /// A jsonb column.
    pub fn jsonb(&self, column: &CStr) -> Option<Jsonb> {
        // SAFETY: callers name jsonb columns.
        self.datum(column).and_then(|datum| unsafe { Jsonb::from_datum(datum, false) })
    }

    /// An integer[] column; NULL elements are left out.
    pub fn integers(&self, column: &CStr) -> Option<Vec<i32>> {
        // SAFETY: callers name integer[] columns.
        let read = |datum| unsafe { <Vec<Option<i32>>>::from_datum(datum, false) };
        self.datum(column).and_then(read).map(|numbers| numbers.into_iter().flatten().collect())
    }

    /// The column's value as it is, for handing it on.
    pub fn raw(&self, column: &CStr) -> Option<Datum> {
        self.datum(column)
    }

    /// The elements of a text[] column that are not NULL; empty also for NULL.
    pub fn texts(&self, column: &CStr) -> Vec<String> {
        // SAFETY: callers name text[] columns.
        self.datum(column).map(|datum| unsafe { texts_of(datum) }).unwrap_or_default()
    }

    /// A numeric column as the server prints it: every digit.
    pub fn numeric(&self, column: &CStr) -> Option<String> {
        self.datum(column).map(|datum| {
            // SAFETY: callers name numeric columns; the answer is a palloc'd C string of ASCII, copied at once.
            unsafe {
                let text = pg_sys::OidOutputFunctionCall(pg_sys::Oid::from(pg_sys::F_NUMERIC_OUT), datum);
                CStr::from_ptr(text).to_string_lossy().into_owned()
            }
        })
    }

    /// True for NULL.
    pub fn is_null(&self, column: &CStr) -> bool {
        self.datum(column).is_none()
    }

    /// A bytea column.
    pub fn bytes(&self, column: &CStr) -> Option<Vec<u8>> {
        // SAFETY: callers name bytea columns.
        self.datum(column).and_then(|datum| unsafe { Vec::<u8>::from_datum(datum, false) })
    }

    /// A text column.
    pub fn text(&self, column: &CStr) -> Option<String> {
        // SAFETY: callers name text columns.
        self.datum(column).and_then(|datum| unsafe { text_of(datum) })
    }
}

pub use crate::pg::catalog::relation_oid as oid;

/// Opens a table of AWGP's.
///
/// # Safety
/// The caller closes it, or leaves it to the resource owner after an error.
pub unsafe fn open(name: &CStr, mode: u32) -> pg_sys::Relation {
    // SAFETY: the relation exists.
    unsafe { pg_sys::table_open(existing(name), mode.cast_signed()) }
}

/// The oid of a relation that must be there; raises where it is not.
pub fn existing(name: &CStr) -> pg_sys::Oid {
    let oid = oid(name);
    if oid == pg_sys::InvalidOid {
        raise(&incomplete(&format!("awgp.{}", name.to_string_lossy())));
    }
    oid
}

/// The name of a relation, without its schema; empty where there is none.
pub fn name_of(oid: pg_sys::Oid) -> String {
    // SAFETY: a syscache look-up; null for a relation that is not there.
    unsafe {
        let name = pg_sys::get_rel_name(oid);
        if name.is_null() { String::new() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
    }
}

/// The uuid column of a table that has one row.
pub fn only_uuid(table: &CStr, column: &CStr) -> Option<Uuid> {
    // SAFETY: a sequential scan as catalog code does it.
    unsafe {
        let relation = open(table, pg_sys::AccessShareLock);
        let scan = pg_sys::systable_beginscan(
            relation,
            pg_sys::InvalidOid,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        let tuple = pg_sys::systable_getnext(scan);
        let found = (!tuple.is_null()).then(|| Row::new(tuple, (*relation).rd_att).uuid(column)).flatten();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        found
    }
}

/// True where `awgp.table` exists and has a row that a fresh snapshot sees.
pub fn has_rows(table: &CStr) -> bool {
    let oid = oid(table);
    if oid == pg_sys::InvalidOid {
        return false;
    }
    // SAFETY: a scan of the heap without keys, opened and closed here; see for_each_by_uuid().
    unsafe {
        let relation = pg_sys::table_open(oid, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        let scan = pg_sys::systable_beginscan(
            relation,
            pg_sys::InvalidOid,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        let found = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        found
    }
}

/// Calls `visit` with every row of `awgp.table` whose uuid `column` equals `key`, through `index`.
pub fn for_each_by_uuid(table: &CStr, index: &CStr, column: &CStr, key: Uuid, visit: impl FnMut(&Row)) {
    for_each_by_uuids(table, index, &[(column, key)], visit);
}

/// The same for several columns, the first of the index.
pub fn for_each_by_uuids(table: &CStr, index: &CStr, keys: &[(&CStr, Uuid)], visit: impl FnMut(&Row)) {
    let values: Vec<[u8; 16]> = keys.iter().map(|(_, key)| *key.as_bytes()).collect();
    let keys: Vec<Key<'_>> = keys
        .iter()
        .zip(&values)
        .map(|((column, _), value)| Key {
            column,
            equals: pg_sys::F_UUID_EQ,
            value: Datum::from(value.as_ptr().cast_mut()),
        })
        .collect();
    scan(table, Some(index), &keys, visit);
}

/// Calls `visit` with every row of `awgp.table` whose text `column` equals `key`, through `index`.
pub fn for_each_by_text(table: &CStr, index: &CStr, column: &CStr, key: &str, visit: impl FnMut(&Row)) {
    let Some(value) = to_server(key) else { return };
    scan(table, Some(index), &[Key { column, equals: pg_sys::F_TEXTEQ, value }], visit);
}

/// The same by a uuid and texts, the first columns of the index.
pub fn for_each_by_uuid_and_texts(
    table: &CStr,
    index: &CStr,
    uuid: (&CStr, Uuid),
    texts: &[(&CStr, &str)],
    visit: impl FnMut(&Row),
) {
    let value = *uuid.1.as_bytes();
    let mut keys = vec![Key {
        column: uuid.0,
        equals: pg_sys::F_UUID_EQ,
        value: Datum::from(value.as_ptr().cast_mut()),
    }];
    for (column, text) in texts {
        let Some(value) = to_server(text) else { return };
        keys.push(Key { column, equals: pg_sys::F_TEXTEQ, value });
    }
    scan(table, Some(index), &keys, visit);
}

/// Calls `visit` with every row of `awgp.table`; for small tables.
pub fn for_each(table: &CStr, visit: impl FnMut(&Row)) {
    scan(table, None, &[], visit);
}

/// What a scan looks for.
struct Key<'a> {
    column: &'a CStr,
    /// The function behind the operator =.
    equals: u32,
    value: Datum,
}

/// Calls `visit` with the rows that meet all keys, through the index whose first columns they are of.
fn scan(table: &CStr, index: Option<&CStr>, keys: &[Key<'_>], mut visit: impl FnMut(&Row)) {
    // SAFETY: plain use of the access-method interface, as catalog code does. Locks, scan and relation are
    // released by the resource owner if anything in between raises an error.
    unsafe {
        let table_oid = oid(table);
        let index_oid = index.map_or(pg_sys::InvalidOid, oid);
        if table_oid == pg_sys::InvalidOid || (index.is_some() && index_oid == pg_sys::InvalidOid) {
            return;
        }
        let relation = pg_sys::table_open(table_oid, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        let descriptor = (*relation).rd_att;
        let mut scan_keys: Vec<pg_sys::ScanKeyData> =
            keys.iter().map(|key| scan_key(descriptor, key)).collect();
        let scan = pg_sys::systable_beginscan(
            relation,
            index_oid,
            index.is_some(),
            std::ptr::null_mut(),
            i32::try_from(scan_keys.len()).unwrap_or(0),
            scan_keys.as_mut_ptr(),
        );
        loop {
            let tuple = pg_sys::systable_getnext(scan);
            if tuple.is_null() {
                break;
            }
            visit(&Row { tuple, descriptor });
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
    }
}

/// # Safety
/// The descriptor is the table's.
unsafe fn scan_key(descriptor: pg_sys::TupleDesc, key: &Key<'_>) -> pg_sys::ScanKeyData {
    let mut scan_key = pg_sys::ScanKeyData::default();
    // The column's own collation: the index is ordered by it. uuid has none.
    let is_text = key.equals == pg_sys::F_TEXTEQ;
    // SAFETY: fills what it is given.
    unsafe {
        pg_sys::ScanKeyEntryInitialize(
            &raw mut scan_key,
            0,
            catalog::attribute_number(descriptor, key.column),
            pg_sys::BTEqualStrategyNumber as pg_sys::StrategyNumber,
            pg_sys::InvalidOid,
            if is_text { pg_sys::DEFAULT_COLLATION_OID } else { pg_sys::InvalidOid },
            pg_sys::Oid::from(key.equals),
            key.value,
        );
    }
    scan_key
}

/// Runs `body` as the owner of the extension, past row-level security: what looks after the installation must go on where a table
/// of it has another owner, who may not read the others.
pub fn as_installer_past_row_security<T>(body: impl FnOnce() -> T) -> T {
    let owner = query::one::<pg_sys::Oid>(
        "SELECT extowner FROM pg_catalog.pg_extension WHERE extname OPERATOR(pg_catalog.=) 'awgp'",
        &[],
    );
    match owner {
        Ok(Some(owner)) => as_role_past_row_security(owner, body),
        _ => body(),
    }
}

/// Runs `body` as the owner of `awgp.table`, past row-level security, as the server's own checks of foreign
/// keys run. The role is put back afterwards; after an error the server does it.
pub fn as_owner_past_row_security<T>(table: &CStr, body: impl FnOnce() -> T) -> T {
    // SAFETY: reads a relation's owner under a lock.
    unsafe {
        let relation = open(table, pg_sys::AccessShareLock);
        let owner = (*(*relation).rd_rel).relowner;
        pg_sys::table_close(relation, pg_sys::NoLock as pg_sys::LOCKMODE);
        as_role_past_row_security(owner, body)
    }
}

fn as_role_past_row_security<T>(owner: pg_sys::Oid, body: impl FnOnce() -> T) -> T {
    // SAFETY: switches the role the way ri_triggers.c does; the end of the (sub)transaction restores it when `body`
    // raises.
    unsafe {
        let (mut role, mut security) = (pg_sys::InvalidOid, 0);
        pg_sys::GetUserIdAndSecContext(&raw mut role, &raw mut security);
        let switched = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_NOFORCE_RLS;
        pg_sys::SetUserIdAndSecContext(owner, security | switched.cast_signed());
        let result = body();
        pg_sys::SetUserIdAndSecContext(role, security);
        result
    }
}

/// An array of uuids from its datum.
///
/// # Safety
/// The datum is a non-null uuid[].
pub unsafe fn uuid_array_of(datum: Datum) -> Option<Vec<Option<Uuid>>> {
    // SAFETY: the caller's promise.
    let ids: Option<Vec<Option<pgrx::Uuid>>> = unsafe { FromDatum::from_datum(datum, false) };
    ids.map(|ids| ids.iter().map(|id| id.as_ref().map(from_sql)).collect())
}

/// The varlena of a uuid[], as the server lays it out: size, dimensions, no NULL bitmap, type, length, lower bound,
/// elements. An empty array has no dimension.
pub fn uuid_array(ids: &[Uuid]) -> Box<[u8]> {
    let dimensions = usize::from(!ids.is_empty());
    let size = size_of::<pg_sys::ArrayType>() + dimensions * 2 * size_of::<i32>() + size_of_val(ids);
    let mut array = vec![0; size].into_boxed_slice();
    // SAFETY: the header is as large as the array at least; set_varsize writes its first four bytes.
    unsafe { pgrx::set_varsize_4b(array.as_mut_ptr().cast(), i32::try_from(size).unwrap_or(i32::MAX)) };
    let mut rest = &mut array[size_of::<i32>()..];
    let mut put = |bytes: &[u8]| {
        let (place, after) = std::mem::take(&mut rest).split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        rest = after;
    };
    put(&i32::try_from(dimensions).unwrap_or(0).to_ne_bytes());
    put(&0_i32.to_ne_bytes());
    put(&pg_sys::UUIDOID.to_u32().to_ne_bytes());
    if dimensions > 0 {
        put(&i32::try_from(ids.len()).unwrap_or(i32::MAX).to_ne_bytes());
        put(&1_i32.to_ne_bytes());
        ids.iter().for_each(|id| put(id.as_bytes()));
    }
    array
}

/// A uuid from its datum.
///
/// # Safety
/// The datum is a non-null uuid.
pub unsafe fn uuid_of(datum: Datum) -> Uuid {
    // SAFETY: a uuid is sixteen bytes behind a pointer.
    Uuid::from_bytes(unsafe { *datum.cast_mut_ptr::<[u8; 16]>() })
}

/// Text from its datum, in UTF-8.
///
/// # Safety
/// The datum is a non-null text.
pub unsafe fn text_of(datum: Datum) -> Option<String> {
    // SAFETY: the caller's promise.
    unsafe { Text::from_datum(datum, false) }.map(|text| text.0)
}

/// The elements of a text[] that are not NULL.
///
/// # Safety
/// The datum is a non-null text[].
pub unsafe fn texts_of(datum: Datum) -> Vec<String> {
    // SAFETY: the caller's promise.
    let texts: Option<Vec<Option<String>>> = unsafe { FromDatum::from_datum(datum, false) };
    texts.unwrap_or_default().into_iter().flatten().collect()
}

/// The elements of a text[], with those that are NULL.
///
/// # Safety
/// The datum is a non-null text[].
pub unsafe fn text_array_of(datum: Datum) -> Option<Vec<Option<String>>> {
    // SAFETY: the caller's promise.
    unsafe { FromDatum::from_datum(datum, false) }
}

/// uuid as pgrx passes it to SQL.
pub fn to_sql(id: Uuid) -> pgrx::Uuid {
    pgrx::Uuid::from_bytes(*id.as_bytes())
}

/// uuid as SQL passes it to us.
pub fn from_sql(id: &pgrx::Uuid) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}
