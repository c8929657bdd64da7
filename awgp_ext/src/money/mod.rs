//! Money: what calls cost, what may be spent, and the ledger of what was.
//!
//! Model: `cost_transactions` is the ledger, one row an entry, never changed. What is spent and held of each
//! limit is summed up in `budget_periods`, a row a period, in the transaction of the entry, so a sum is never
//! behind. `provider_credit_pools` shows its pool's current period, in the seed's columns. docs/money.md says it at length.
//!
//! Failure handling: whatever does not fit, or fails, fails the statement: nothing has moved then, in any limit.

pub mod accounting_time;
pub mod accounts;
pub mod alert;
pub mod book;
pub mod carrying;
pub mod charge;
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
