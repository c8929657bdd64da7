//! `awgp audit record`, `track`, `untrack`, `erasable` and `tracked`: an application's own events and tables.

use crate::list::{self, List, up};
use crate::opt::{AuditErasable, AuditRecord, AuditTrack, AuditUntrack, Format, Limit, Narrow, Output};
use crate::render;
use awgp_client::{Context, Session, Trouble, input};

const COLUMNS: [&str; 6] = ["table_name", "excluded", "masked", "erasable", "subject", "owner"];

const RECORD: &str = "
    SELECT awgp.log_event(action => $1, entity_type => $2, entity_id => $3::text::uuid, before => $4::text::jsonb,
                          after => $5::text::jsonb, metadata => $6::text::jsonb, erasable => $7, subject => $8) AS id";

const TRACK: &str = "SELECT awgp.track_table($1::text::regclass, $2, $3, $4, $5) AS table_name";
const ERASABLE: &str =
    "SELECT $1::text AS table_name, awgp.set_erasable(('awgp.' || $1)::regclass, $2) AS columns";
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
        .select(
            RECORD,
            &[
                &options.action,
                &options.entity,
                &options.entity_id,
                &before,
                &after,
                &metadata,
                &options.erasable,
                &options.subject,
            ],
        )
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
    let AuditTrack { table, exclude, mask, erasable, subject } = options;
    let rows = work.select(TRACK, &[table, exclude, mask, erasable, subject]).await?;
    work.commit().await?;
    Ok(rows.first().map(|row| render::single(row, output)).unwrap_or_default())
}

/// Declares the erasable columns of a table of AWGP's own.
pub async fn erasable(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditErasable,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let rows = work.select(ERASABLE, &[&options.table, &options.columns]).await?;
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
