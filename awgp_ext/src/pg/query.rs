//! Queries that only read.
//!
//! pgrx's `Spi::get_one` runs every query as a write: it assigns a transaction id, which a standby cannot do
//! and a reader does not need.

use super::encoding::to_server;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::TEXTOID;
use pgrx::prelude::*;
use pgrx::spi::Result;

/// The first column of the first row; an error where there is no row.
pub fn one<T: FromDatum + IntoDatum>(query: &str, arguments: &[DatumWithOid]) -> Result<Option<T>> {
    Spi::connect(|client| client.select(query, Some(1), arguments)?.first().get_one())
}

/// A text argument of such a query, in the server's encoding; NULL for None.
pub fn text(text: Option<&str>) -> DatumWithOid<'static> {
    let datum = text.and_then(to_server);
    // SAFETY: NULL, or a text datum.
    datum.map_or(DatumWithOid::null_oid(TEXTOID), |datum| unsafe { DatumWithOid::new(datum, TEXTOID) })
}
