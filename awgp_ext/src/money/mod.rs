//! Money: what calls cost, what may be spent, and the ledger of what was spent.
//!
//! Model: `cost_transactions` is the ledger, one row per entry, never changed. `budget_periods` has the sums
//! of what is spent and held under each limit, one row per period, updated in the entry's transaction, so the
//! sums are always current. `provider_credit_pools` shows each pool's current period in its own columns.
//! docs/money.md has the details.
//!
//! Failure handling: what does not fit a limit, or fails, fails the statement; then no balance of any limit
//! has changed.

pub mod accounting_time;
pub mod accounts;
pub mod alert;
pub mod book;
pub mod carrying;
pub mod charge;
pub mod direct;
pub mod entry;
pub mod functions;
pub mod holding;
pub mod numeric;
pub mod period;
pub mod permit;
pub mod pool;
pub mod price;
pub mod provider;
pub mod reservation;
pub mod status;
pub mod tenant;
pub mod verify;
