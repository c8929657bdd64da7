//! Queries that only read.
//!
//! `Spi::get_one` of pgrx treats every query as a write: it gives the transaction an id, which a standby cannot do
//! and a reader need not pay for.

use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::Result;

/// The first column of the first row; an error where there is no row.
pub fn one<T: FromDatum + IntoDatum>(query: &str, arguments: &[DatumWithOid]) -> Result<Option<T>> {
    Spi::connect(|client| client.select(query, Some(1), arguments)?.first().get_one())
}
