//! `awgp import`: an application's own tables, made from the same schema as AWGP.

use crate::confirm;
use crate::invocation::{self, Invocation};
use crate::opt::{Format, Import};
use crate::render;
use awgp_client::{Call, Context, Exit, Failure, Notices, Row, Session, Target, Trouble, shown};
use indicatif::{ProgressBar, ProgressDrawTarget};
use std::io::IsTerminal;
use std::pin::pin;
use std::time::Duration;

const COLUMNS: [&str; 7] = ["severity", "table_name", "column_name", "reason", "rows", "row_id", "detail"];

/// How often the progress is shown.
const TICK: Duration = Duration::from_millis(200);

/// Runs the command.
pub async fn run(options: &Import, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let target = invocation.target()?;
    if options.dry_run {
        let rows = call(&target, options, true).await?;
        return invocation::print(&printed(&rows, invocation.format), verdict(&rows));
    }
    if confirm::IMPORT.is_asked(&options.sure)? {
        let rows = call(&target, options, true).await?;
        if verdict(&rows) != Exit::Success {
            return invocation::print(&printed(&rows, invocation.format), Exit::Findings);
        }
        confirm::IMPORT.ask(&printed(&rows, Format::Table))?;
    }
    let rows = call(&target, options, false).await?;
    invocation::print(&printed(&rows, invocation.format), Exit::Success)
}

/// Calls the function in a transaction of its own, and shows how far it is.
async fn call(target: &Target, options: &Import, dry_run: bool) -> Result<Vec<Row>, Failure> {
    let call = Call::new("import_seed")
        .arg("from_schema", "text", Some(&options.from_schema))
        .arg("dry_run", "boolean", Some(dry_run))
        .arg("sample", "bigint", Some(options.sample));
    let work = Session::within(target, async |session| {
        let work = session.begin(Context::default()).await?;
        let rows = work.call(&call).await?;
        work.commit().await?;
        Ok::<_, Trouble>(rows)
    });
    // The future of a connection is large.
    Box::pin(watched(target.notices(), work)).await
}

/// Waits, and shows the server's last notice on a terminal.
async fn watched<T>(notices: &Notices, work: impl Future<Output = T>) -> T {
    let bar = ProgressBar::new_spinner();
    let is_terminal = std::io::stderr().is_terminal();
    bar.set_draw_target(if is_terminal {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    });
    bar.enable_steady_tick(TICK);
    let mut work = pin!(work);
    loop {
        if let Ok(done) = tokio::time::timeout(TICK, work.as_mut()).await {
            bar.finish_and_clear();
            return done;
        }
        if let Some(notice) = notices.take().last() {
            bar.set_message(shown::line(notice.message()));
        }
    }
}

/// Whether everything fits.
fn verdict(rows: &[Row]) -> Exit {
    let is_error = |row: &Row| row.text("severity").as_deref() == Some("error");
    if rows.iter().any(is_error) { Exit::Findings } else { Exit::Success }
}

fn printed(rows: &[Row], format: Format) -> String {
    render::rows(rows, &COLUMNS, format)
}
