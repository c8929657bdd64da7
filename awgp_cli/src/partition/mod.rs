//! `awgp partition`: the months of the audit trail.
//!
//! | file | concept |
//! |---|---|
//! | [`export`] | a sealed month as a file with its manifest |
//! | [`restore`] | a retired month restored |

pub mod export;
pub mod restore;

use crate::confirm;
use crate::ids;
use crate::invocation::Invocation;
use crate::list::{self, List, up};
use crate::opt::{
    Format, Limit, Narrow, Output, Partition, PartitionEnsure, PartitionHold, PartitionNamed,
    PartitionRelease, PartitionRetire,
};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Context, Exit, Failure, Session, Trouble};

const COLUMNS: [&str; 9] = [
    "partition_name",
    "state",
    "estimated_rows",
    "total_bytes",
    "verified_at",
    "is_checkpointed",
    "holds",
    "retired_at",
    "retirement_blocked_by",
];

/// Runs one command of the noun.
pub async fn run(noun: &Partition, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Partition::List(options) => list(session, options, invocation.format).await,
            Partition::Ensure(options) => ensure(session, options, output).await,
            Partition::Seal(options) => seal(session, options, output).await,
            Partition::Export(options) => export::export(session, options, output).await,
            Partition::Retire(options) => retire(session, options, output).await,
            Partition::Restore(options) => restore::restore(session, options, output).await,
            Partition::Hold(options) => hold(session, context, options, output).await,
            Partition::Holds(options) => holds(session, options, invocation.format).await,
            Partition::Release(options) => release(session, options, output).await,
        })
        .await
}

/// Lists the months.
async fn list(session: &mut Session, limit: &Limit, format: Format) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let list = List {
        query: "SELECT * FROM awgp.partition_status".into(),
        parameters: Vec::new(),
        order: &[up("r.partition_name", "text")],
        columns: &COLUMNS,
        whole: &COLUMNS,
        words: &["partition_name", "state"],
        moment: "month_begins",
    };
    let text = list::show(&work, &list, limit, &Narrow::default(), format).await?;
    work.commit().await?;
    Ok(text)
}

/// Creates months.
async fn ensure(session: &mut Session, options: &PartitionEnsure, output: Output) -> Result<String, Trouble> {
    let sql = "SELECT name AS partition_name FROM awgp.ensure_partitions(
                   coalesce($1::text::integer, 3), $2::text::timestamptz) AS name";
    let ahead = options.ahead.map(|months| months.to_string());
    let work = session.begin(Context::default()).await?;
    let at = when::moment(&work, "--at", options.at.as_ref(), Edge::Begin).await?;
    let rows = work.select(sql, &[&ahead, &at]).await?;
    work.commit().await?;
    Ok(render::list(&rows, &["partition_name"], output))
}

/// Seals a month.
pub async fn seal(
    session: &mut Session,
    options: &PartitionNamed,
    output: Output,
) -> Result<String, Trouble> {
    answer(
        session,
        "SELECT * FROM jsonb_to_record(awgp.seal_partition($1)) AS sealed (partition_name text,
        last_sequence_number bigint, cumulative_hash text, lanes bigint)",
        &options.name,
        output,
    )
    .await
}

/// Retires a month.
async fn retire(session: &mut Session, options: &PartitionRetire, output: Output) -> Result<String, Trouble> {
    if confirm::RETIRE.is_asked(&options.sure)? {
        confirm::RETIRE.ask(&format!("the month {}\n", render::cell(&options.name)))?;
    }
    answer(
        session,
        "SELECT * FROM jsonb_to_record(awgp.retire_partition($1)) AS retired (partition_name text,
        retention_days integer, at text)",
        &options.name,
        output,
    )
    .await
}

async fn answer(session: &mut Session, sql: &str, name: &str, output: Output) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let row = work.select(sql, &[&name]).await?.pop();
    let row = row.ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row"))?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// Places a legal hold.
async fn hold(
    session: &mut Session,
    context: Context<'_>,
    options: &PartitionHold,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let reason = &options.reason;
    let mut rows = match (&options.name, context.tenant) {
        (Some(name), _) => {
            work.select("SELECT awgp.hold_partition($1, $2) AS hold_id", &[name, reason]).await?
        }
        (None, Some(tenant)) => {
            let sql = "SELECT awgp.hold_tenant_trail(awgp.find_tenant($1::text), $2) AS hold_id";
            work.select(sql, &[&tenant, reason]).await?
        }
        (None, None) => {
            return Err(Failure::new(Exit::Usage, "no month and no tenant is named")
                .hint("awgp partition hold audit_logs_2026_03 --reason 'matter 17', or --tenant SLUG")
                .into());
        }
    };
    let row = rows.pop().ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row"))?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// Lists the holds in force.
async fn holds(session: &mut Session, limit: &Limit, format: Format) -> Result<String, Trouble> {
    let sql = "SELECT id, partition_name, held_tenant_id, reason, placed_at, placed_by
               FROM awgp.audit_legal_holds WHERE released_at IS NULL";
    let work = session.begin(Context::default()).await?;
    let columns = ["id", "partition_name", "held_tenant_id", "reason", "placed_at", "placed_by"];
    let list = List {
        query: sql.into(),
        parameters: Vec::new(),
        order: &[up("r.placed_at", "timestamptz"), up("r.id", "uuid")],
        columns: &columns,
        whole: &columns,
        words: &["reason", "partition_name", "placed_by"],
        moment: "placed_at",
    };
    let text = list::show(&work, &list, limit, &Narrow::default(), format).await?;
    work.commit().await?;
    Ok(text)
}

/// Releases a hold.
async fn release(
    session: &mut Session,
    options: &PartitionRelease,
    output: Output,
) -> Result<String, Trouble> {
    let work = session.begin(Context::default()).await?;
    let id = ids::find(&work, ids::HOLD, &options.hold_id).await?;
    let sql = "SELECT awgp.release_hold($1::text::uuid, $2)::text";
    if work.text(sql, &[&id, &options.reason]).await? != "true" {
        return Err(ids::HOLD.unknown(&id).into());
    }
    work.commit().await?;
    Ok(match output {
        Output::Json => render::pretty(&serde_json::json!({"released": id})),
        Output::Table => format!("released {id}\n"),
    })
}
