//! The rows that a query finds, as the executor finds them: their addresses only, and no copy of them.

use crate::pg::statement::Statement;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Datum};
use pgrx::prelude::*;
use std::ffi::CString;

/// Where a row is.
#[derive(Clone, Copy)]
pub struct Address {
    /// The partition.
    pub partition: pg_sys::Oid,
    /// Its tuple id there.
    pub tuple: pg_sys::ItemPointerData,
}

/// The executor's way out of a query. The server knows the first field only.
#[repr(C)]
struct Receiver<'a> {
    base: pg_sys::DestReceiver,
    /// Where the caller allocates: the executor's own memory is kept until the query ends.
    memory: pg_sys::MemoryContext,
    /// Who owns what the caller opens: what the portal owns ends with it.
    owner: pg_sys::ResourceOwner,
    take: &'a mut dyn FnMut(Address) -> bool,
}

/// Calls `take` with each address that the query returns, as tableoid and ctid, until it answers false. The
/// query's snapshot is the active one meanwhile.
pub fn each(query: &str, arguments: &[DatumWithOid<'_>], take: &mut dyn FnMut(Address) -> bool) {
    let opened = Spi::connect(|client| {
        let name = client.try_open_cursor(query, arguments)?.detach_into_name();
        let name = CString::new(name).unwrap_or_default();
        // SAFETY: the portal was opened above, and is closed here, or after an error by the end of the
        // (sub)transaction.
        unsafe {
            let portal = pg_sys::SPI_cursor_find(name.as_ptr());
            run(portal, take);
            pg_sys::SPI_cursor_close(portal);
        }
        Ok::<_, spi::Error>(())
    });
    if let Err(error) = opened {
        error!("the audit trail could not be read: {error}");
    }
}

/// The same for a statement, whose plan is kept.
pub fn each_of(statement: &Statement, arguments: &[Option<Datum>], take: &mut dyn FnMut(Address) -> bool) {
    // SAFETY: the portal is open.
    statement.open(arguments, |portal| unsafe { run(portal, take) });
}

/// Runs a portal to its end.
///
/// # Safety
/// The portal is open, and its query returns tableoid and ctid.
unsafe fn run(portal: pg_sys::Portal, take: &mut dyn FnMut(Address) -> bool) {
    let mut receiver = Receiver {
        base: pg_sys::DestReceiver {
            receiveSlot: Some(receive),
            rStartup: Some(begin),
            rShutdown: Some(end),
            rDestroy: Some(end),
            mydest: pg_sys::CommandDest::DestNone,
        },
        // SAFETY: both are current here, and outlive the query.
        memory: unsafe { pg_sys::CurrentMemoryContext },
        // SAFETY: as above.
        owner: unsafe { pg_sys::CurrentResourceOwner },
        take,
    };
    let all = std::ffi::c_long::MAX;
    let forward = pg_sys::FetchDirection::FETCH_FORWARD;
    // SAFETY: the caller's promise; the receiver outlives the call.
    unsafe { pg_sys::PortalRunFetch(portal, forward, all, &raw mut receiver.base) };
}

#[pg_guard]
unsafe extern "C-unwind" fn receive(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: the executor passes the receiver that it was given, and a slot with the query's two columns, an
    // oid and a tuple id, neither of which is NULL in a table.
    unsafe {
        pg_sys::slot_getsomeattrs(slot, 2);
        let values = std::slice::from_raw_parts((*slot).tts_values, 2);
        let address = Address {
            partition: pg_sys::Oid::from_u32(values[0].value() as u32),
            tuple: *values[1].cast_mut_ptr::<pg_sys::ItemPointerData>(),
        };
        let receiver = &mut *receiver.cast::<Receiver<'_>>();
        let executor = (pg_sys::MemoryContextSwitchTo(receiver.memory), pg_sys::CurrentResourceOwner);
        pg_sys::CurrentResourceOwner = receiver.owner;
        let goes_on = (receiver.take)(address);
        pg_sys::MemoryContextSwitchTo(executor.0);
        pg_sys::CurrentResourceOwner = executor.1;
        goes_on
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn begin(
    _receiver: *mut pg_sys::DestReceiver,
    _operation: std::ffi::c_int,
    _columns: pg_sys::TupleDesc,
) {
}

#[pg_guard]
unsafe extern "C-unwind" fn end(_receiver: *mut pg_sys::DestReceiver) {}
