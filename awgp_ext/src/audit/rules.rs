//! What a capture trigger does with each column of its table, and the name and id under which it records a
//! row.
//!
//! Needed for every row, so computed once per trigger and kept until the catalog reports a change of its
//! table, or of the table whose trigger it was cloned from. A partition's trigger is a clone of its parent's:
//! name and options are those of the table where the trigger was created, whatever the partition's name and
//! the order of its columns.

use super::{declare, image, secrets};
use crate::pg::catalog;
use crate::pg::descriptor;
use crate::pg::encoding::from_server;
use crate::pg::trigger::TriggerCall;
use awgp_core::audit::erasable::own_table;
use awgp_core::audit::tracked::{Column, Pinned, Treatment};
use pgrx::pg_sys;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::CStr;
use std::rc::Rc;

/// The rules of one trigger.
pub struct Rules {
    /// `entity_type`.
    pub entity: String,
    /// True for AWGP's own tables.
    pub is_own: bool,
    /// By column number, from 0.
    pub treatments: Vec<Treatment>,
    /// The numbers of the columns that an event has, in the order in which it has them.
    pub shown: Vec<i16>,
    /// By column number, from 0: true where a change of this column alone is not recorded.
    pub is_ignored: Vec<bool>,
    /// What identifies a row.
    pub key: Key,
    /// The erasable columns; None where there are none.
    pub erasable: Option<Erasable>,
    /// The table, and the table where the trigger was created.
    relations: [pg_sys::Oid; 2],
}

/// The columns of a table whose values can be erased.
pub struct Erasable {
    /// Their names.
    pub columns: Vec<String>,
    /// The number of the column that says whose a row's values are.
    pub subject: i16,
}

/// What identifies a row.
pub enum Key {
    /// The number of the uuid column `id`, or of the only column of a uuid primary key.
    Uuid(i16),
    /// The column numbers of the primary key.
    Columns(Vec<i16>),
    /// Nothing, or only values that must not be shown.
    None,
}

/// Every UPDATE changes this column; a change of it alone is not recorded.
const MOVES_ALWAYS: &str = "updated_at";

thread_local! {
    static RULES: RefCell<HashMap<pg_sys::Oid, Rc<Rules>>> = RefCell::new(HashMap::new());
    /// Counts invalidations: rules computed during one are not kept.
    static FORGOTTEN: Cell<u64> = const { Cell::new(0) };
}

/// The catalog has changed: this relation, or for None any relation.
pub fn forget(relation: Option<pg_sys::Oid>) {
    FORGOTTEN.set(FORGOTTEN.get().wrapping_add(1));
    RULES.with_borrow_mut(|rules| match relation {
        Some(relation) => rules.retain(|_, rules| !rules.relations.contains(&relation)),
        None => rules.clear(),
    });
}

/// The rules of the called trigger.
pub fn of(call: &TriggerCall) -> Rc<Rules> {
    let trigger = call.trigger_oid();
    let columns = call.column_count();
    if let Some(known) = RULES.with_borrow(|rules| rules.get(&trigger).cloned())
        && known.treatments.len() == columns
    {
        return known;
    }
    let before = FORGOTTEN.get();
    let rules = Rc::new(work_out(call));
    if FORGOTTEN.get() == before {
        RULES.with_borrow_mut(|known| known.insert(trigger, Rc::clone(&rules)));
    }
    rules
}

fn work_out(call: &TriggerCall) -> Rules {
    let relation = call.relation();
    // SAFETY: the trigger's table is open during the call, and the source until it is closed here.
    unsafe {
        let is_own = (*(*relation).rd_rel).relnamespace == catalog::namespace();
        let Some(source) = Source::of(relation, call.trigger()) else {
            return work_out_from(relation, relation, call.trigger(), is_own);
        };
        let rules = work_out_from(relation, source.relation, source.trigger, is_own);
        source.close();
        rules
    }
}

/// # Safety
/// Both relations are open, and the trigger belongs to `source`.
unsafe fn work_out_from(
    relation: pg_sys::Relation,
    source: pg_sys::Relation,
    trigger: *const pg_sys::Trigger,
    is_own: bool,
) -> Rules {
    // SAFETY: the caller guarantees both.
    unsafe {
        let arguments = arguments(trigger);
        let entity = match arguments.first() {
            Some(entity) if is_own => entity.clone(),
            _ => name_of(source),
        };
        let columns = columns(source);
        let treated = treatments(&arguments, oid(source), &columns);
        let by_name: HashMap<&str, Treatment> = columns
            .iter()
            .zip(treated)
            .map(|(column, treatment)| (column.name.as_str(), treatment))
            .collect();
        let declared = Declared::of(is_own.then_some(entity.as_str()), &arguments, oid(source), &columns);
        let descriptor = (*relation).rd_att;
        let mut treatments = vec![Treatment::Plain; usize::try_from((*descriptor).natts).unwrap_or(0)];
        let mut is_ignored = vec![false; treatments.len()];
        for attribute in descriptor::attributes(descriptor) {
            let name = from_server(CStr::from_ptr(attribute.attname.data.as_ptr()));
            let place = usize::try_from(attribute.attnum - 1).unwrap_or(0);
            // A partition has the same columns as its parent, by name.
            treatments[place] = by_name.get(&*name).copied().unwrap_or(Treatment::Masked);
            if treatments[place] == Treatment::Plain && declared.columns.iter().any(|own| *own == *name) {
                treatments[place] = Treatment::Erasable;
            }
            is_ignored[place] = treatments[place] == Treatment::Excluded || name == MOVES_ALWAYS;
        }
        let shown = image::order(descriptor, &treatments);
        let key = key(relation, &treatments, is_own);
        let erasable = declared.erasable(descriptor, &treatments);
        let relations = [oid(relation), oid(source)];
        Rules { entity, is_own, treatments, shown, is_ignored, key, erasable, relations }
    }
}

/// What was declared about erasable columns, outside of the trigger or in it.
struct Declared {
    /// The columns of one of AWGP's own tables.
    columns: Vec<String>,
    /// The column that says whose the values are.
    subject: Option<String>,
}

impl Declared {
    /// `own` is the name of one of AWGP's own tables.
    fn of(own: Option<&str>, arguments: &[String], relation: pg_sys::Oid, columns: &[Column]) -> Self {
        let Some(own) = own else {
            let pinned = arguments.get(1).and_then(|argument| Pinned::parse(argument));
            let number = pinned.and_then(|pinned| pinned.subject_number(relation.to_u32(), columns));
            let subject = columns.iter().find(|column| Some(column.number) == number);
            return Self { columns: Vec::new(), subject: subject.map(|column| column.name.clone()) };
        };
        let Some(table) = own_table(own) else { return Self { columns: Vec::new(), subject: None } };
        Self { columns: declare::declared(own), subject: Some(table.subject.to_owned()) }
    }

    /// # Safety
    /// The descriptor is that of an open relation, and `treatments` has an element for each of its columns.
    unsafe fn erasable(&self, descriptor: pg_sys::TupleDesc, treatments: &[Treatment]) -> Option<Erasable> {
        let mut erasable = Erasable { columns: Vec::new(), subject: 0 };
        // SAFETY: the caller guarantees a descriptor.
        for attribute in unsafe { descriptor::attributes(descriptor) } {
            // SAFETY: a name in the descriptor.
            let name = from_server(unsafe { cstr(attribute.attname.data.as_ptr()) });
            if Some(&*name) == self.subject.as_deref() {
                erasable.subject = attribute.attnum;
            }
            let place = usize::try_from(attribute.attnum - 1).unwrap_or(0);
            if treatments.get(place) == Some(&Treatment::Erasable) {
                erasable.columns.push(name.into_owned());
            }
        }
        (!erasable.columns.is_empty()).then_some(erasable)
    }
}

/// The treatment of each column of a table, by its trigger's arguments.
pub fn treatments(arguments: &[String], relation: pg_sys::Oid, columns: &[Column]) -> Vec<Treatment> {
    match arguments.get(1).and_then(|argument| Pinned::parse(argument)) {
        Some(pinned) => pinned.treatments(relation.to_u32(), columns, secrets::is_secret_column),
        None => treatments_by_name(arguments, columns),
    }
}

/// For AWGP's own tables, and for those tracked before columns were pinned: `exclude=a,b` and `mask=c`.
fn treatments_by_name(arguments: &[String], columns: &[Column]) -> Vec<Treatment> {
    let names = |option: &str| -> Vec<&str> {
        let lists = arguments.iter().skip(1).filter_map(|argument| argument.strip_prefix(option));
        lists.flat_map(|names| names.split(',')).collect()
    };
    let (excluded, masked) = (names("exclude="), names("mask="));
    let treat = |column: &Column| {
        if excluded.contains(&column.name.as_str()) {
            Treatment::Excluded
        } else if masked.contains(&column.name.as_str()) || secrets::is_secret_column(&column.name) {
            Treatment::Masked
        } else {
            Treatment::Plain
        }
    };
    columns.iter().map(treat).collect()
}

/// The trigger that a clone was made from, and its table.
struct Source {
    relation: pg_sys::Relation,
    trigger: *const pg_sys::Trigger,
}

impl Source {
    /// The nearest ancestor of the partition whose trigger of this name is not a clone; None where this
    /// trigger is not a clone.
    ///
    /// # Safety
    /// The relation is open and the trigger belongs to it.
    unsafe fn of(relation: pg_sys::Relation, trigger: *const pg_sys::Trigger) -> Option<Self> {
        // SAFETY: ancestors are opened with a lock and closed again; after an error the resource owner closes
        // them.
        unsafe {
            if !(*trigger).tgisclone {
                return None;
            }
            let parents = partition_ancestors((*relation).rd_id);
            for place in 0..pg_sys::list_length(parents) {
                let parent = pg_sys::list_nth_oid(parents, place);
                let source = pg_sys::table_open(parent, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
                if let Some(trigger) = triggers_of(source).find(|of_parent| {
                    cstr((**of_parent).tgname) == cstr((*trigger).tgname) && !(**of_parent).tgisclone
                }) {
                    return Some(Self { relation: source, trigger });
                }
                pg_sys::table_close(source, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
            }
            None
        }
    }

    unsafe fn close(self) {
        // SAFETY: opened once.
        unsafe { pg_sys::table_close(self.relation, pg_sys::AccessShareLock as pg_sys::LOCKMODE) };
    }
}

/// The partitioned tables above a partition, the nearest first.
unsafe fn partition_ancestors(relation: pg_sys::Oid) -> *mut pg_sys::List {
    // pgrx does not bind catalog/partition.h.
    unsafe extern "C-unwind" {
        fn get_partition_ancestors(relation: pg_sys::Oid) -> *mut pg_sys::List;
    }
    // SAFETY: the server's own function; the guard carries an error across Rust frames.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| get_partition_ancestors(relation)) }
}

unsafe fn cstr<'a>(text: *const std::ffi::c_char) -> &'a CStr {
    // SAFETY: names in the relation cache end with a zero byte and live as long as the relation is open.
    unsafe { CStr::from_ptr(text) }
}

/// The triggers of an open relation.
///
/// # Safety
/// The relation stays open while they are used.
pub unsafe fn triggers_of(relation: pg_sys::Relation) -> impl Iterator<Item = *const pg_sys::Trigger> {
    // SAFETY: the description counts its triggers.
    unsafe {
        let description = (*relation).trigdesc;
        let count = if description.is_null() { 0 } else { (*description).numtriggers };
        (0..count)
            .map(move |number| (*description).triggers.add(usize::try_from(number).unwrap_or(0)).cast_const())
    }
}

/// A trigger's arguments.
///
/// # Safety
/// Its relation is open.
pub unsafe fn arguments(trigger: *const pg_sys::Trigger) -> Vec<String> {
    // SAFETY: tgargs holds tgnargs C strings.
    unsafe {
        let count = usize::try_from((*trigger).tgnargs).unwrap_or(0);
        (0..count).map(|number| from_server(cstr(*(*trigger).tgargs.add(number))).into_owned()).collect()
    }
}

/// The columns of an open relation.
///
/// # Safety
/// The relation is open.
pub unsafe fn columns(relation: pg_sys::Relation) -> Vec<Column> {
    // SAFETY: the caller guarantees an open relation.
    unsafe {
        descriptor::attributes((*relation).rd_att)
            .map(|attribute| Column {
                number: attribute.attnum,
                name: from_server(cstr(attribute.attname.data.as_ptr())).into_owned(),
            })
            .collect()
    }
}

/// The name of an open relation, quoted and with its schema.
///
/// # Safety
/// The relation is open.
pub unsafe fn name_of(relation: pg_sys::Relation) -> String {
    // SAFETY: names from the catalog; the results are palloc'd C strings.
    unsafe {
        let row = (*relation).rd_rel;
        let schema = pg_sys::get_namespace_name((*row).relnamespace);
        let name = pg_sys::quote_qualified_identifier(schema, (*row).relname.data.as_ptr());
        from_server(cstr(name)).into_owned()
    }
}

unsafe fn oid(relation: pg_sys::Relation) -> pg_sys::Oid {
    // SAFETY: the relation is open.
    unsafe { (*relation).rd_id }
}

unsafe fn key(relation: pg_sys::Relation, treatments: &[Treatment], is_own: bool) -> Key {
    // SAFETY: the relation is open, and its primary key is opened with a lock.
    unsafe {
        let descriptor = (*relation).rd_att;
        let is_uuid = |number: i16| pg_sys::SPI_gettypeid(descriptor, i32::from(number)) == pg_sys::UUIDOID;
        let id = descriptor::attribute_number(descriptor, c"id");
        if id > 0 && is_uuid(id) {
            return Key::Uuid(id);
        }
        if is_own {
            return Key::None;
        }
        let columns = primary_key(relation);
        let is_shown = |number: &i16| {
            let place = usize::try_from(number - 1).ok();
            place.and_then(|place| treatments.get(place)) == Some(&Treatment::Plain)
        };
        match columns.as_slice() {
            // A digest of the key would reveal a hidden value to anyone who tries all candidates.
            [] => Key::None,
            columns if !columns.iter().all(is_shown) => Key::None,
            [only] if is_uuid(*only) => Key::Uuid(*only),
            _ => Key::Columns(columns),
        }
    }
}

unsafe fn primary_key(relation: pg_sys::Relation) -> Vec<i16> {
    // SAFETY: reading the list of indexes sets rd_pkindex; an index has as many key columns as it counts.
    unsafe {
        pg_sys::list_free(pg_sys::RelationGetIndexList(relation));
        let index = (*relation).rd_pkindex;
        if index == pg_sys::InvalidOid {
            return Vec::new();
        }
        let index = pg_sys::index_open(index, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        let row = (*index).rd_index;
        let count = usize::try_from((*row).indnkeyatts).unwrap_or(0);
        let columns = (*row).indkey.values.as_slice(count).to_vec();
        pg_sys::index_close(index, pg_sys::AccessShareLock as pg_sys::LOCKMODE);
        columns
    }
}
