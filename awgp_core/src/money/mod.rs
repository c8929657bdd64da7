//! Money: exact amounts, the periods in which they count, limits, thresholds, and the cost of calls by the
//! price list.
//!
//! Four limits bound what an assistant spends: its day, the pool that pays, its tenant's month, and the month
//! of the holding where that has a limit. A movement of money changes all of them or nothing.

pub mod amount;
pub mod exact;
pub mod limit;
pub mod litellm;
pub mod period;
pub mod price;
pub mod provider;
pub mod raise;
pub mod refusals;
pub mod settings;
pub mod threshold;
pub mod usage;
