//! `awgp init`: the extension in this database.

use crate::invocation::Invocation;
use crate::opt::Output;
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble};

const EXTENSION: &str = "
    SELECT current_database() AS database, extversion AS version FROM pg_catalog.pg_extension
    WHERE extname = 'awgp'";

/// Runs the command.
pub async fn run(invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    invocation.answer(async |session| init(session, invocation.output).await).await
}

/// Creates the extension where it does not exist, and prints what is installed.
async fn init(session: &mut Session, output: Output) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let before = work.select(EXTENSION, &[]).await?;
    work.run("CREATE EXTENSION IF NOT EXISTS awgp", &[]).await?;
    let sql = format!("SELECT *, {} AS created FROM ({EXTENSION}) AS extension", before.is_empty());
    let rows = work.select(&sql, &[]).await?;
    work.commit().await?;
    let row = rows.first().cloned().unwrap_or_default();
    let mut text = render::single(&row, output);
    if output == Output::Table {
        text.push_str(
            "next: awgp doctor, then awgp tenant create \"My Holding\" --slug my-holding --type holding\n",
        );
    }
    Ok(text)
}
