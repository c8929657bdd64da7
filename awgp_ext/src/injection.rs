//! Points of a commit at which a test may kill the process that runs it, and a fault that a test may plant.
//!
//! The development build alone has them. `die_at` is a C function of the library that no script declares; the
//! crash harness (`tests/src/crash`) declares it, as the superuser. In a release a point is nothing at all.

/// A point of a commit that writes the trail, in the order in which they are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// An event's lane is locked and its tail is read.
    LaneTaken,
    /// An event is chained, and its row is stored.
    RowAppended,
    /// Every event is stored; the server has not written that the transaction commits.
    Written,
    /// The server has written that the transaction is prepared; the client has no answer.
    Prepared,
    /// The server has written that the transaction is committed; the client has no answer.
    Committed,
}

#[cfg(not(feature = "server_tests"))]
pub use absent::{ignores_stops, reached};
#[cfg(feature = "server_tests")]
pub use present::{ignores_stops, reached};

#[cfg(not(feature = "server_tests"))]
mod absent {
    /// Nothing.
    #[inline]
    pub fn reached(_point: crate::injection::Point) {}

    /// Never.
    #[inline]
    pub fn ignores_stops() -> bool {
        false
    }
}

#[cfg(feature = "server_tests")]
mod present {
    use crate::injection::Point;
    use pgrx::prelude::*;
    use std::cell::Cell;

    thread_local! {
        /// Where this process dies, and how many times it comes there before.
        static ARMED: Cell<Option<(Point, i32)>> = const { Cell::new(None) };
    }

    thread_local! {
        static IGNORES_STOPS: Cell<bool> = const { Cell::new(false) };
    }

    /// True where a test has planted the fault that nothing looks at stops.
    pub fn ignores_stops() -> bool {
        IGNORES_STOPS.get()
    }

    /// From now on this process does not look at stops, or does again.
    #[pg_extern(sql = false)]
    fn ignore_stops(ignored: bool) {
        IGNORES_STOPS.set(ignored);
    }

    /// Kills this process, as the kernel would, where a test has asked for it.
    pub fn reached(point: Point) {
        let Some((armed, left)) = ARMED.get().filter(|(armed, _)| *armed == point) else { return };
        ARMED.set(Some((armed, left - 1)));
        if left <= 0 {
            kill_this_process();
        }
    }

    fn kill_this_process() {
        const SIGKILL: i32 = 9;
        unsafe extern "C" {
            fn kill(process: i32, signal: i32) -> i32;
        }
        // SAFETY: the signal ends this process before the call returns.
        unsafe { kill(pg_sys::MyProcPid, SIGKILL) };
    }

    /// From now on this process dies at the point, when it has come there this often before.
    #[pg_extern(sql = false)]
    fn die_at(point: &str, before: i32) {
        let point = match point {
            "lane_taken" => Point::LaneTaken,
            "row_appended" => Point::RowAppended,
            "written" => Point::Written,
            "prepared" => Point::Prepared,
            "committed" => Point::Committed,
            other => pgrx::error!("there is no point {other}"),
        };
        ARMED.set(Some((point, before)));
    }
}
