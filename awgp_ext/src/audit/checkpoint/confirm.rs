//! `confirm_checkpoint()`: an auditor shows that they have signed a checkpoint.

use crate::pg::argument;
use crate::pg::datum::to_sql;
use crate::pg::raise::raise;
use crate::pg::transaction::refuse_read_only;
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::note::{self, Refused};
use awgp_core::reason::Reason;
use awgp_core::refusal::Refusal;
use pgrx::prelude::*;

/// Records that a checkpoint was signed. The note itself is not kept: it is evidence against this database.
///
/// SECURITY DEFINER, because auditors write no table; it only marks a checkpoint whose signed note it is
/// shown.
#[pg_extern(volatile, parallel_unsafe, security_definer)]
#[search_path(pg_catalog, pg_temp)]
fn confirm_checkpoint(note: Option<&str>, public_key: Option<&str>) -> bool {
    refuse_read_only(c"awgp.confirm_checkpoint()");
    let (note, public_key) = (argument::needed("note", note), argument::needed("public_key", public_key));
    let text = note::text_of(note, public_key).unwrap_or_else(|refused| refuse(&refused));
    let checkpoint = Checkpoint::parse(&text).unwrap_or_else(|malformed| refuse(&malformed.into()));
    let size = i64::try_from(checkpoint.size).unwrap_or(i64::MAX);
    let marked = Spi::get_one_with_args::<i64>(
        "WITH signed AS (
             UPDATE awgp.audit_checkpoints
             SET signed_at = COALESCE(signed_at, clock_timestamp()), signed_by = COALESCE(signed_by, $4)
             WHERE tenant_id = $1 AND tree_size = $2 AND body = $3 RETURNING 1)
         SELECT count(*) FROM signed",
        &[to_sql(checkpoint.tenant_id).into(), size.into(), text.into(), public_key.trim().into()],
    );
    match marked {
        Ok(Some(1)) => true,
        Ok(_) => raise(
            &Refusal::new(
                Reason::UnknownCheckpoint,
                "this database has not made this checkpoint",
                "Verify the note against the database: awgp audit verify --checkpoint FILE --public-key KEY",
            )
            .with("tenant_id", checkpoint.tenant_id.to_string())
            .with("tree_size", checkpoint.size),
        ),
        Err(error) => error!("awgp.audit_checkpoints could not be written: {error}"),
    }
}

fn refuse(refused: &Refused) -> ! {
    raise(&Refusal::new(
        refused.reason(),
        refused.to_string(),
        "Pass the signed note, and the public key (name+id+key) that `awgp audit keygen` printed.",
    ));
}
