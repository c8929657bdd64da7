//! The edge to PostgreSQL: one mechanism for each job, and nothing of the domain.

pub mod argument;
pub mod c_function;
pub mod catalog;
pub mod clock;
pub mod datum_statement;
pub mod encoding;
pub mod jsonb;
pub mod lock;
pub mod number;
pub mod patience;
pub mod query;
pub mod raise;
pub mod relation;
pub mod row_function;
pub mod server_log;
pub mod statement;
pub mod subtransaction;
pub mod transaction;
pub mod trigger;
