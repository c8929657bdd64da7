//! `awgp audit erase-subject`: the values of somebody who is no user are erased from the trail.

use crate::confirm;
use crate::opt::{AuditEraseSubject, Format};
use crate::render;
use crate::user::ERASED;
use awgp_client::{Context, Session, Trouble};

const ERASE: &str = "SELECT * FROM awgp.erase_subject($1::text::regclass, $2, $3, $4)";

/// Erases the values. On a terminal it shows what that is, and asks.
pub async fn erase(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditEraseSubject,
    format: Format,
) -> Result<String, Trouble> {
    let AuditEraseSubject { subject, table, reason, dry_run, sure } = options;
    if !dry_run && confirm::ERASE_SUBJECT.is_asked(sure)? {
        // No transaction waits for a human.
        let work = session.begin_in_tenant(context).await?;
        let rows = work.select(ERASE, &[table, subject, reason, &true]).await?;
        work.commit().await?;
        confirm::ERASE_SUBJECT
            .ask(&format!("subject {subject}\n{}\n", render::rows(&rows, &ERASED, Format::Table)))?;
    }
    let work = session.begin_in_tenant(context).await?;
    let rows = work.select(ERASE, &[table, subject, reason, dry_run]).await?;
    work.commit().await?;
    Ok(render::rows(&rows, &ERASED, format))
}
