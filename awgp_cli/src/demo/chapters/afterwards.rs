//! Afterwards: none of the attempts left a trace.

use super::ground::doctor_errors;
use crate::demo::stage::{Stage, counts_of};
use awgp_client::Trouble;

/// Proves that everything is as it was loaded.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter("Afterwards", "What was refused left nothing behind.")?;
    let expected: i64 = stage.scenario.tenants().flat_map(counts_of).sum();
    let holding = stage.made[0].clone();
    let seen = stage.seen(holding.context()).await?;
    stage.narrator.equal(
        "rows that the holding sees, as many as were loaded",
        expected,
        seen.iter().sum(),
    )?;
    let work = stage.sessions.app.begin(holding.context()).await?;
    let sql = "SELECT count(*) FROM awgp.work_items WHERE title IN ('Not yours', 'From above', 'Changed from above', 'Risky')";
    let traces = work.number(sql, &[]).await?;
    drop(work);
    stage.narrator.equal("titles that the attempts would have written", 0, traces)?;
    let errors = doctor_errors(&mut stage.sessions.admin).await?;
    Ok(stage.narrator.equal("awgp.doctor() finds no error", 0, errors)?)
}
