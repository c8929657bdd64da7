//! `awgp audit record`, `track`, `untrack` and `tracked`: an application's own events and tables.

use crate::list::{self, List, up};
use crate::opt::{AuditRecord, AuditTrack, AuditUntrack, Format, Limit, Narrow, Output};
use crate::render;
use awgp_client::{Context, Session, Trouble, input};

const COLUMNS: [&str; 4] = ["table_name", "excluded", "masked", "owner"];

const RECORD: &str = "
    SELECT awgp.log_event(action => $1, entity_type => $2, entity_id => $3::text::uuid, before => $4::text::jsonb,
                          after => $5::text::jsonb, metadata => $6::text::jsonb) AS id";

const TRACK: &str = "SELECT awgp.track_table($1::text::regclass, $2, $3) AS table_name";
const UNTRACK: &str = "SELECT awgp.untrack_table($1::text::regclass) AS table_name";
const TRACKED: &str = "SELECT * FROM awgp.tracked_tables";

/// Records an event of the application's own.
pub async fn record(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditRecord,
    output: Output,
) -> Result<String, Trouble> {
    let json =
        |name: &str, value: &Option<String>| value.as_ref().map(|value| input::json(name, value)).transpose();
    let before = json("--before", &options.before)?;
    let after = json("--after", &options.after)?;
    let metadata = json("--metadata", &options.metadata)?;
    let work = session.begin_in_tenant(context).await?;
    let rows = work
        .select(RECORD, &[&options.action, &options.entity, &options.entity_id, &before, &after, &metadata])
        .await?;
    work.commit().await?;
    Ok(rows.first().map(|row| render::single(row, output)).unwrap_or_default())
}

/// Records the changes of a table from now on.
pub async fn track(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditTrack,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let rows = work.select(TRACK, &[&options.table, &options.exclude, &options.mask]).await?;
    work.commit().await?;
    Ok(rows.first().map(|row| render::single(row, output)).unwrap_or_default())
}

/// Stops recording the changes of a table.
pub async fn untrack(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditUntrack,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let rows = work.select(UNTRACK, &[&options.table]).await?;
    work.commit().await?;
    Ok(rows.first().map(|row| render::single(row, output)).unwrap_or_default())
}

/// Lists the tables whose changes are recorded.
pub async fn tracked(
    session: &mut Session,
    context: Context<'_>,
    limit: &Limit,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let list = List {
        query: TRACKED.into(),
        parameters: Vec::new(),
        order: &[up("r.table_name::text", "text")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["table_name"],
        moment: "",
    };
    let text = list::show(&work, &list, limit, &Narrow::default(), format).await?;
    work.commit().await?;
    Ok(text)
}
