//! The edge between PostgreSQL's trigger manager and AWGP's trigger functions.
//!
//! The name of a trigger function begins or ends with what it does:
//!
//! | verb | does |
//! |---|---|
//! | `guard_` | refuses what breaks a rule |
//! | `keep_` | BEFORE: sets the columns that the system maintains, whatever a caller gives; may refuse |
//! | `post_` | AFTER: applies what follows from the row, such as a booking |
//! | `…_machine` | BEFORE: checks and applies a transition of a state machine |
//! | `…_effects` | AFTER: applies what follows from a transition |
//! | `forget_`, `refresh_` | drops what is cached of the row |
//!
//! PostgreSQL fires the triggers of one kind in alphabetical order. Each file in `sql/triggers/` states its
//! order, and a test checks it.

use crate::pg::datum::{text_array_of, text_of, texts_of, uuid_array_of, uuid_of};
use crate::pg::descriptor;
use crate::pg::jsonb::Jsonb;
use crate::pg::tuple::{self, Row};
use pgrx::FromDatum;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;
use std::num::NonZeroUsize;
use uuid::Uuid;

/// One call of a trigger.
pub struct TriggerCall {
    data: *mut pg_sys::TriggerData,
}

impl TriggerCall {
    /// Reads the call from the function's arguments.
    ///
    /// # Safety
    /// `fcinfo` is what PostgreSQL passed.
    pub unsafe fn new(fcinfo: pg_sys::FunctionCallInfo) -> Self {
        // SAFETY: context is null or a node; its tag says whether it is trigger data.
        unsafe {
            let node = (*fcinfo).context;
            if node.is_null() || (*node).type_ != pg_sys::NodeTag::T_TriggerData {
                pgrx::ereport!(
                    pgrx::PgLogLevel::ERROR,
                    pgrx::PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                    "this function can only be called as a trigger"
                );
            }
            Self { data: node.cast() }
        }
    }

    /// The table.
    pub fn relation_oid(&self) -> pg_sys::Oid {
        // SAFETY: valid for the duration of the call.
        unsafe { (*(*self.data).tg_relation).rd_id }
    }

    /// The table, open for the duration of the call.
    pub fn relation(&self) -> pg_sys::Relation {
        // SAFETY: valid for the duration of the call.
        unsafe { (*self.data).tg_relation }
    }

    /// The trigger itself.
    pub fn trigger(&self) -> *const pg_sys::Trigger {
        // SAFETY: valid for the duration of the call.
        unsafe { (*self.data).tg_trigger }
    }

    /// The trigger's oid.
    pub fn trigger_oid(&self) -> pg_sys::Oid {
        // SAFETY: valid for the duration of the call.
        unsafe { (*(*self.data).tg_trigger).tgoid }
    }

    /// How many columns the table has, dropped ones included.
    pub fn column_count(&self) -> usize {
        // SAFETY: valid for the duration of the call.
        usize::try_from(unsafe { (*(*(*self.data).tg_relation).rd_att).natts }).unwrap_or(0)
    }

    /// True for AFTER INSERT, UPDATE or DELETE … FOR EACH ROW.
    pub fn is_after_row(&self) -> bool {
        // SAFETY: valid for the duration of the call.
        let event = unsafe { (*self.data).tg_event };
        event & pg_sys::TRIGGER_EVENT_ROW != 0
            && event & (pg_sys::TRIGGER_EVENT_BEFORE | pg_sys::TRIGGER_EVENT_INSTEAD) == 0
    }

    /// The trigger's argument, counted from 0; the first is the table's name.
    pub fn argument(&self, number: usize) -> &str {
        // SAFETY: tg_trigger holds tgnargs C strings for the duration of the call.
        unsafe {
            let trigger = (*self.data).tg_trigger;
            if number >= usize::try_from((*trigger).tgnargs).unwrap_or(0) {
                return "";
            }
            CStr::from_ptr(*(*trigger).tgargs.add(number)).to_str().unwrap_or("")
        }
    }

    /// True for UPDATE.
    pub fn is_update(&self) -> bool {
        // SAFETY: valid for the duration of the call.
        let event = unsafe { (*self.data).tg_event };
        event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_UPDATE
    }

    /// True for INSERT … FOR EACH ROW.
    pub fn is_row_insert(&self) -> bool {
        // SAFETY: valid for the duration of the call.
        let event = unsafe { (*self.data).tg_event };
        event & pg_sys::TRIGGER_EVENT_OPMASK == pg_sys::TRIGGER_EVENT_INSERT
            && event & pg_sys::TRIGGER_EVENT_ROW != 0
    }

    /// insert, update, delete or truncate.
    pub fn operation(&self) -> &'static str {
        // SAFETY: valid for the duration of the call.
        match unsafe { (*self.data).tg_event } & pg_sys::TRIGGER_EVENT_OPMASK {
            pg_sys::TRIGGER_EVENT_INSERT => "insert",
            pg_sys::TRIGGER_EVENT_UPDATE => "update",
            pg_sys::TRIGGER_EVENT_DELETE => "delete",
            _ => "truncate",
        }
    }

    /// The new row: NEW for INSERT and UPDATE. Null for a statement trigger.
    fn new_tuple(&self) -> pg_sys::HeapTuple {
        // SAFETY: valid for the duration of the call.
        unsafe { if self.is_update() { (*self.data).tg_newtuple } else { (*self.data).tg_trigtuple } }
    }

    /// NEW, for reading columns; in a row trigger for INSERT or UPDATE.
    pub fn new_row(&self) -> Row {
        // SAFETY: valid for the duration of the call.
        Row::new(self.new_tuple(), unsafe { (*(*self.data).tg_relation).rd_att })
    }

    /// OLD, for reading columns; only for UPDATE and DELETE.
    pub fn old_row(&self) -> Row {
        // SAFETY: valid for the duration of the call.
        unsafe { Row::new((*self.data).tg_trigtuple, (*(*self.data).tg_relation).rd_att) }
    }

    /// Returns the row with these columns replaced; None is NULL. The values are in the memory context that
    /// the trigger was called in.
    pub fn with_columns(&self, columns: &[(&CStr, Option<Datum>)]) -> Datum {
        self.replaced(self.new_tuple(), columns)
    }

    /// A column of a row of the trigger's table, by its number, counted from 1.
    pub fn column_of(&self, row: pg_sys::HeapTuple, number: i16) -> Option<Datum> {
        let number = NonZeroUsize::new(usize::try_from(number).unwrap_or(0))?;
        // SAFETY: the tuple belongs to the trigger's table; callers take numbers from its descriptor.
        unsafe { pgrx::htup::heap_getattr_raw(row, number, (*(*self.data).tg_relation).rd_att) }
    }

    fn column(&self, tuple: pg_sys::HeapTuple, name: &CStr) -> Option<Datum> {
        // SAFETY: the tuple belongs to the trigger's table, whose descriptor numbers the column.
        unsafe {
            let descriptor = (*(*self.data).tg_relation).rd_att;
            let number = descriptor::column(descriptor, name)?;
            pgrx::htup::heap_getattr_raw(tuple, number, descriptor)
        }
    }

    /// A uuid column of NEW.
    pub fn new_uuid(&self, name: &CStr) -> Option<Uuid> {
        // SAFETY: callers name uuid columns.
        self.column(self.new_tuple(), name).map(|datum| unsafe { uuid_of(datum) })
    }

    /// A uuid column of OLD; only for UPDATE and DELETE.
    pub fn old_uuid(&self, name: &CStr) -> Option<Uuid> {
        // SAFETY: as above.
        let tuple = unsafe { (*self.data).tg_trigtuple };
        // SAFETY: callers name uuid columns.
        self.column(tuple, name).map(|datum| unsafe { uuid_of(datum) })
    }

    /// A uuid[] column of NEW.
    pub fn new_uuid_array(&self, name: &CStr) -> Option<Vec<Option<Uuid>>> {
        // SAFETY: callers name columns of type uuid[].
        self.column(self.new_tuple(), name).and_then(|datum| unsafe { uuid_array_of(datum) })
    }

    /// A uuid[] column of OLD; only for UPDATE and DELETE.
    pub fn old_uuid_array(&self, name: &CStr) -> Option<Vec<Option<Uuid>>> {
        // SAFETY: as above.
        let tuple = unsafe { (*self.data).tg_trigtuple };
        // SAFETY: callers name uuid[] columns.
        self.column(tuple, name).and_then(|datum| unsafe { uuid_array_of(datum) })
    }

    /// An integer column of NEW.
    pub fn new_integer(&self, name: &CStr) -> Option<i32> {
        self.column(self.new_tuple(), name).map(|datum| datum.value() as i32)
    }

    /// An integer column of OLD; only for UPDATE and DELETE.
    pub fn old_integer(&self, name: &CStr) -> Option<i32> {
        // SAFETY: as above.
        let tuple = unsafe { (*self.data).tg_trigtuple };
        self.column(tuple, name).map(|datum| datum.value() as i32)
    }

    /// Makes the transition tables visible to queries of the open SPI connection.
    pub fn register_transition_tables(&self) {
        // SAFETY: valid for the duration of the call; the connection does not outlive it.
        let answer = unsafe { pg_sys::SPI_register_trigger_data(self.data) };
        if answer < 0 {
            pgrx::error!("the transition tables of {} cannot be read: {answer}", self.argument(0));
        }
    }

    /// A text column of NEW.
    pub fn new_text(&self, name: &CStr) -> Option<String> {
        // SAFETY: callers name text columns.
        self.column(self.new_tuple(), name).and_then(|datum| unsafe { text_of(datum) })
    }

    /// A text column of OLD; only for UPDATE and DELETE.
    pub fn old_text(&self, name: &CStr) -> Option<String> {
        // SAFETY: as above.
        let tuple = unsafe { (*self.data).tg_trigtuple };
        // SAFETY: callers name text columns.
        self.column(tuple, name).and_then(|datum| unsafe { text_of(datum) })
    }

    /// The elements of a text[] column of NEW that are not NULL.
    pub fn new_texts(&self, name: &CStr) -> Vec<String> {
        // SAFETY: callers name text[] columns.
        self.column(self.new_tuple(), name).map(|datum| unsafe { texts_of(datum) }).unwrap_or_default()
    }

    /// A text[] column of NEW; None for the elements that are NULL.
    pub fn new_text_array(&self, name: &CStr) -> Option<Vec<Option<String>>> {
        // SAFETY: callers name text[] columns.
        self.column(self.new_tuple(), name).and_then(|datum| unsafe { text_array_of(datum) })
    }

    /// A jsonb column of NEW.
    pub fn new_jsonb(&self, name: &CStr) -> Option<Jsonb> {
        // SAFETY: callers name jsonb columns.
        self.column(self.new_tuple(), name).and_then(|datum| unsafe { Jsonb::from_datum(datum, false) })
    }

    /// Returns the row unchanged; for DELETE, the old row.
    pub fn keep(&self) -> Datum {
        Datum::from(self.new_tuple())
    }

    /// Returns the row with one timestamptz column replaced.
    pub fn with_timestamp(&self, name: &CStr, value: pg_sys::TimestampTz) -> Datum {
        self.with_columns(&[(name, Some(Datum::from(value)))])
    }
}

impl TriggerCall {
    /// Returns the row as it was before the UPDATE, with these columns replaced.
    pub fn old_with_columns(&self, columns: &[(&CStr, Option<Datum>)]) -> Datum {
        // SAFETY: valid for the duration of the call.
        self.replaced(unsafe { (*self.data).tg_trigtuple }, columns)
    }

    fn replaced(&self, tuple: pg_sys::HeapTuple, columns: &[(&CStr, Option<Datum>)]) -> Datum {
        // SAFETY: columns of the trigger's own table with datums of their types; the tuple is palloc'd in the
        // caller's context, as trigger functions return it.
        unsafe {
            let descriptor = (*(*self.data).tg_relation).rd_att;
            let mut numbers: Vec<i32> = columns
                .iter()
                .map(|(name, _)| i32::from(descriptor::attribute_number(descriptor, name)))
                .collect();
            if let Some(missing) = numbers.iter().position(|number| *number <= 0) {
                pgrx::error!(
                    "{} has no column {}; call awgp.migrate()",
                    self.argument(0),
                    columns[missing].0.to_string_lossy()
                );
            }
            let mut datums: Vec<Datum> =
                columns.iter().map(|(_, value)| value.unwrap_or(Datum::from(0_usize))).collect();
            let mut nulls: Vec<bool> = columns.iter().map(|(_, value)| value.is_none()).collect();
            Datum::from(pg_sys::heap_modify_tuple_by_cols(
                tuple,
                descriptor,
                i32::try_from(columns.len()).unwrap_or(0),
                numbers.as_mut_ptr(),
                datums.as_mut_ptr(),
                nulls.as_mut_ptr(),
            ))
        }
    }

    /// True where an UPDATE changes the column.
    pub fn differs(&self, column: &CStr) -> bool {
        let change = self.change();
        let (Some(old), Some(new)) = (change.old, change.new) else { return true };
        // SAFETY: both are rows of the trigger's table.
        unsafe { tuple::column_differs(old, new, change.descriptor, column) }
    }
}

/// A change of one row.
pub struct Change {
    /// insert, update or delete.
    pub action: &'static str,
    /// OLD, for UPDATE and DELETE.
    pub old: Option<pg_sys::HeapTuple>,
    /// NEW, for INSERT and UPDATE.
    pub new: Option<pg_sys::HeapTuple>,
    /// The table's descriptor.
    pub descriptor: pg_sys::TupleDesc,
}

impl TriggerCall {
    /// What changed; for a row trigger.
    pub fn change(&self) -> Change {
        // SAFETY: valid for the duration of the call.
        let (event, first, second, descriptor) = unsafe {
            let data = &*self.data;
            (data.tg_event, data.tg_trigtuple, data.tg_newtuple, (*data.tg_relation).rd_att)
        };
        let (action, old, new) = match event & pg_sys::TRIGGER_EVENT_OPMASK {
            pg_sys::TRIGGER_EVENT_INSERT => ("insert", None, Some(first)),
            pg_sys::TRIGGER_EVENT_DELETE => ("delete", Some(first), None),
            _ => ("update", Some(first), Some(second)),
        };
        Change { action, old, new, descriptor }
    }

    /// A uuid column of a row of the trigger's table; None where the table has no uuid column of that name.
    pub fn uuid_of_row(&self, row: pg_sys::HeapTuple, name: &CStr) -> Option<Uuid> {
        // SAFETY: the number comes from the descriptor, and the type is checked before the datum is read.
        let is_uuid = unsafe {
            let descriptor = (*(*self.data).tg_relation).rd_att;
            let number = i32::from(descriptor::attribute_number(descriptor, name));
            number > 0 && pg_sys::SPI_gettypeid(descriptor, number) == pg_sys::UUIDOID
        };
        if !is_uuid {
            return None;
        }
        // SAFETY: a uuid column.
        self.column(row, name).map(|datum| unsafe { uuid_of(datum) })
    }
}

/// The return value of a statement-level or AFTER trigger.
pub fn nothing() -> Datum {
    Datum::from(0usize)
}

/// The body, which rows that a move carries pass by.
pub fn unless_carried(body: impl Fn(&TriggerCall) -> Datum) -> impl Fn(&TriggerCall) -> Datum {
    move |call| if crate::moving::carries(call.relation_oid()) { call.keep() } else { body(call) }
}

/// Declares a C function that PostgreSQL can call as a trigger: `trigger_function!(symbol, finfo, body)`.
/// Rows that a move carries pass it as they are.
macro_rules! trigger_function {
    ($symbol:ident, $finfo:ident, $body:expr) => {
        $crate::pg::c_function::c_function!(
            $symbol,
            $finfo,
            $crate::pg::trigger::TriggerCall,
            $crate::pg::trigger::unless_carried($body)
        );
    };
}
pub(crate) use trigger_function;
