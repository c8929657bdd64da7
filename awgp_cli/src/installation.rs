//! `awgp installation`: the identity of the installation in this database, and where it is at home.

use crate::confirm;
use crate::invocation::Invocation;
use crate::opt::{Installation, InstallationAdopt, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble};

const STATE: &str = "
    SELECT install_id, restored, promoted, is_copy,
           remembered ->> 'cluster_id' AS remembered_cluster_id, remembered ->> 'database_oid' AS remembered_database_oid,
           remembered ->> 'timeline' AS remembered_timeline,
           here ->> 'cluster_id' AS cluster_id, here ->> 'database_oid' AS database_oid, here ->> 'timeline' AS timeline
    FROM jsonb_to_record(awgp.restored()) AS state
         (install_id uuid, restored boolean, promoted boolean, is_copy boolean, remembered jsonb, here jsonb)";

/// What is about to be adopted, and whether the server knows of a move.
const ASKED: &str = "
    SELECT pg_catalog.format('the database %I on port %s is of install %s%s', pg_catalog.current_database(),
                             pg_catalog.current_setting('port'), state ->> 'install_id',
                             CASE WHEN (state -> 'restored')::boolean OR (state -> 'promoted')::boolean THEN ''
                                  ELSE ', and looks like the original: the server knows of no restore' END)
    FROM awgp.restored() AS state";

/// Runs one command of the noun.
pub async fn run(noun: &Installation, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let output = invocation.output;
    invocation
        .answer(async |session| match noun {
            Installation::Show => one(session, STATE, &[], output).await,
            Installation::Keep => one(session, "SELECT awgp.keep_identity() AS had_moved", &[], output).await,
            Installation::Adopt(options) => adopt(session, options, output).await,
        })
        .await
}

/// The one row of a statement, in a transaction of its own.
async fn one(
    session: &mut Session,
    sql: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let row = work.select(sql, parameters).await?.pop();
    let row = row.ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row"))?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

async fn adopt(
    session: &mut Session,
    options: &InstallationAdopt,
    output: Output,
) -> Result<String, Trouble> {
    if !options.sure.yes {
        let work = session.begin(Context::default()).await?;
        let before = work.text(ASKED, &[]).await?;
        work.commit().await?;
        // A script that lacks --yes is told too which database this is.
        confirm::ADOPT
            .is_asked(&options.sure)
            .map_err(|failure| failure.rephrased(|hint| format!("{before}; {hint}")))?;
        confirm::ADOPT.ask(&format!("{before}.\n"))?;
    }
    one(session, "SELECT awgp.adopt($1::text) AS install_id", &[&options.reason], output).await
}
