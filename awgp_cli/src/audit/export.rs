//! `awgp audit export`: JSON Lines as in docs/audit_format.md, row by row, in constant memory except for the
//! lanes.

use super::lineage;
use super::order::{self, There};
use super::rows;
use super::scope::{self, Scope};
use super::spool::STATES;
use super::spool::Spool;
use super::tuple::Tuple;
use super::verify::job;
use super::verify::plan::{named, parse, partitions, read_install_id, text, within};
use crate::opt::{AuditExport, Output};
use crate::when::{self, Edge};
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use awgp_core::audit::chain::{Digest, Lane, genesis};
use awgp_core::audit::escape::text_of_jsonb;
use awgp_core::audit::export::{FORMAT_WITH_ORDER, Mark};
use awgp_core::audit::lineage::Lineage;
use awgp_core::audit::row::{AuditRow, Spooled};
use awgp_core::counted::counted;
use serde_json::json;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use uuid::Uuid;

const WRITE_BYTES: usize = 1 << 20;

/// The ranges of each lane among the exported rows: the link before a range, and its last link. A lane is in
/// one range unless a month between was retired, or the lane was adopted.
const LANES: &str = "
    WITH away AS (
        SELECT a.tenant_id, a.chain_lane, a.last_seq, a.last_hash
        FROM awgp.audit_chain_anchors a JOIN awgp.audit_retired_partitions r USING (partition_name)
        WHERE r.restored_at IS NULL {adopted}
    ), month AS (
        SELECT tenant_id, chain_lane, min(chain_seq) AS first_seq, max(chain_seq) AS last_seq
        FROM awgp.audit_logs WHERE {rows}
        GROUP BY tenant_id, chain_lane, date_trunc('month', \"timestamp\" AT TIME ZONE 'UTC'), {part}
    ), stretch AS (
        SELECT m.tenant_id, m.chain_lane, min(m.first_seq) AS first_seq, max(m.last_seq) AS last_seq
        FROM month m
        CROSS JOIN LATERAL (
            SELECT coalesce(max(a.last_seq), 0) FROM away a
            WHERE a.tenant_id = m.tenant_id AND a.chain_lane = m.chain_lane AND a.last_seq < m.first_seq) AS gap (seq)
        GROUP BY m.tenant_id, m.chain_lane, gap.seq
    )
    SELECT s.tenant_id, s.chain_lane, s.first_seq, p.chain_seq AS after_seq, p.integrity_hash AS after_hash,
           s.last_seq AS head_seq, h.integrity_hash AS head_hash
    FROM stretch s
    LEFT JOIN LATERAL (
        (SELECT a.chain_seq, a.integrity_hash FROM awgp.audit_logs a
         WHERE a.tenant_id = s.tenant_id AND a.chain_lane = s.chain_lane AND a.chain_seq < s.first_seq
         ORDER BY a.chain_seq DESC LIMIT 1)
        UNION ALL
        SELECT a.last_seq, a.last_hash FROM away a
        WHERE a.tenant_id = s.tenant_id AND a.chain_lane = s.chain_lane AND a.last_seq < s.first_seq
        ORDER BY chain_seq DESC LIMIT 1) AS p ON s.first_seq > 1
    LEFT JOIN LATERAL (
        SELECT a.integrity_hash FROM awgp.audit_logs a
        WHERE a.tenant_id = s.tenant_id AND a.chain_lane = s.chain_lane AND a.chain_seq = s.last_seq
        ORDER BY a.id LIMIT 1) AS h ON true
    ORDER BY s.tenant_id, s.chain_lane, s.first_seq";

/// The links of adoptions, which have no row.
const ADOPTED: &str =
    "UNION ALL SELECT tenant_id, chain_lane, adopted_seq, adopted_hash FROM awgp.audit_adopted_lanes";

/// How many adoptions of its lane a row comes after.
const PART: &str = "
    (SELECT count(*) FROM awgp.audit_adopted_lanes p WHERE p.tenant_id = audit_logs.tenant_id
       AND p.chain_lane = audit_logs.chain_lane AND p.last_seq < audit_logs.chain_seq)";

/// A range of a lane: where it begins, and its line.
type Stretch = (Lane, i64, Mark);

/// Exports. The summary goes to stderr, since stdout may be the export.
pub async fn export(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditExport,
    output: Output,
) -> Result<(), Trouble> {
    session.client().batch_execute(job::SESSION).await?;
    let work = session.begin(Context::default()).await?;
    let scope = scope::enter(&work, context).await?;
    let install_id = match options.install_id {
        Some(id) => id,
        None => read_install_id(&work).await?,
    };
    let mut condition = scope.condition();
    if let Some(name) = &options.partition {
        let _ = write!(condition, " AND {}", within(&named(&partitions(&work).await?, name)?));
    }
    for (time, comparison) in [(&options.since, ">="), (&options.until, "<")] {
        if let Some(time) = time {
            // COPY has no parameters: the server reads the time, and writes it as a literal.
            let sql = "SELECT quote_literal($1::text::timestamptz::text)";
            let (option, edge) =
                if comparison == "<" { ("--until", Edge::End) } else { ("--since", Edge::Begin) };
            let time = when::moment(&work, option, Some(time), edge).await?;
            let literal = work.text(sql, &[&time]).await?;
            let _ = write!(condition, " AND \"timestamp\" {comparison} {literal}::timestamptz");
        }
    }
    let mut file = Destination::open(options.out.as_deref())?;
    let rows = match write_log(&work, &condition, install_id, &mut |bytes| file.put(bytes)).await {
        Ok(rows) => rows,
        Err(trouble) => return file.give_up(trouble),
    };
    work.commit().await?;
    file.finish()?;
    if let Some(out) = &options.out {
        let place = out.display().to_string();
        match output {
            Output::Table => {
                eprintln!("exported {} to {}", counted(rows, "row"), crate::render::cell(&place));
            }
            Output::Json => {
                eprintln!(
                    "{}",
                    awgp_client::shown::json(&json!({"exported_rows": rows, "file": place}).to_string())
                );
            }
        }
    }
    Ok(())
}

async fn lanes(work: &Work<'_>, condition: &str, lineage: &Lineage) -> Result<Vec<Stretch>, Trouble> {
    // Most trails were never adopted, and need not be asked row by row.
    let (adopted, part) = if lineage.was_adopted() { (ADOPTED, PART) } else { ("", "()") };
    let sql = LANES.replace("{rows}", condition).replace("{adopted}", adopted).replace("{part}", part);
    let rows = work.select(&sql, &[]).await?;
    rows.iter()
        .map(|row| {
            let tenant_id = parse(&text(row, "tenant_id"))?;
            let chain_lane = parse(&text(row, "chain_lane"))?;
            let digest = |name| Digest::from_hex(text(row, name).as_bytes());
            let number = |name| match text(row, name) {
                empty if empty.is_empty() => Ok(None),
                number => parse::<i64>(&number).map(Some),
            };
            let (mut after_hash, head_hash) = (digest("after_hash"), digest("head_hash"));
            let lane = Lane { tenant_id, chain_lane };
            let (start, first_seq) = (lineage.start(lane).hash, parse::<i64>(&text(row, "first_seq"))?);
            if first_seq == 1 && start != genesis(lineage.install_id(), lane) {
                // It began in an earlier install.
                after_hash = Some(start);
            }
            let mark = Mark::Lane {
                tenant_id,
                chain_lane,
                // Without its hash verification cannot begin at the row before.
                after_seq: number("after_seq")?.filter(|_| after_hash.is_some()).unwrap_or(0),
                after_hash,
                head_seq: number("head_seq")?.filter(|_| head_hash.is_some()),
                head_hash,
            };
            Ok((lane, first_seq, mark))
        })
        .collect()
}

/// Writes the rows of a condition as an exported log, piece by piece, and returns their number.
pub async fn write_log(
    work: &Work<'_>,
    condition: &str,
    install_id: Uuid,
    put: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<u64, Trouble> {
    let lineage = lineage::read(work, &Scope::All, install_id).await?;
    let lanes = lanes(work, condition, &lineage).await?;
    let mut orders = order::lines(work, &there(&lanes)).await?;
    work.batch(job::FROM_THE_HEAP).await?;
    put_line(put, &Mark::Header { format: FORMAT_WITH_ORDER, install_id }.to_line())?;
    let mut lanes = lanes.into_iter().peekable();
    let mut rows = 0;
    let sorted = format!("{condition} ORDER BY tenant_id, chain_lane, chain_seq, id");
    rows::each(work, &sorted, |tuple| {
        let here = (tuple.row.position().lane(), tuple.row.chain_seq);
        // Both are sorted, and read in one snapshot.
        while let Some((lane, _, mark)) = lanes.next_if(|(lane, first_seq, _)| (*lane, *first_seq) <= here) {
            for line in orders.remove(&lane.tenant_id).unwrap_or_default() {
                put_line(put, &line.to_line())?;
            }
            put_line(put, &mark.to_line())?;
        }
        rows += 1;
        let text = owned(tuple)?.to_line();
        match tuple.spool {
            None => put_line(put, &text),
            Some(spool) => put_spooled(put, &text, spool),
        }
    })
    .await?;
    put_line(put, &Mark::End { rows }.to_line())?;
    Ok(rows)
}

/// The numbers that the ranges have.
fn there(lanes: &[Stretch]) -> There {
    let mut there = There::new();
    for (lane, first_seq, mark) in lanes {
        let Mark::Lane { head_seq: Some(last_seq), .. } = mark else { continue };
        let ranges = there.entry(lane.tenant_id).or_default().entry(lane.chain_lane).or_default();
        ranges.push((*first_seq, *last_seq));
    }
    there
}

fn put_line(put: &mut impl FnMut(&[u8]) -> Result<(), Failure>, line: &str) -> Result<(), Failure> {
    put(line.as_bytes())?;
    put(b"\n")
}

/// Writes the line of a row whose states are in a spool; in `line` they are null.
fn put_spooled(
    put: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
    line: &str,
    spool: &Spool,
) -> Result<(), Failure> {
    let mut rest = line;
    for (column, name) in STATES.into_iter().enumerate() {
        if spool.length(column).is_none() {
            continue;
        }
        // Within a string the quotes would be escaped.
        let key = format!("\"{name}\":");
        let Some((before, after)) = rest.split_once(&format!("{key}null")) else { continue };
        put(before.as_bytes())?;
        put(key.as_bytes())?;
        put(b"\"")?;
        let (mut written, mut escaped) = (Ok(()), Vec::new());
        spool.read(column, &mut |piece| {
            escaped.clear();
            text_of_jsonb(piece, &mut escaped);
            if written.is_ok() {
                written = put(&escaped);
            }
        });
        written?;
        put(b"\"")?;
        rest = after;
    }
    put_line(put, rest)
}

/// The row of a tuple, in the shape of its line. States that are in a spool are null.
pub fn owned(tuple: &Tuple<'_>) -> Result<AuditRow, Failure> {
    let row = &tuple.row;
    let text = |bytes: &[u8]| {
        // The connection's encoding is UTF-8, which the server ensures.
        String::from_utf8(bytes.to_vec())
            .map_err(|error| Failure::new(Exit::Unexpected, format!("row {}: {error}", row.id)))
    };
    Ok(AuditRow {
        id: row.id,
        timestamp_us: row.timestamp_us,
        tenant_id: row.tenant_id,
        actor_type: text(row.actor_type)?,
        actor_id: row.actor_id,
        action: text(row.action)?,
        entity_type: text(row.entity_type)?,
        entity_id: row.entity_id,
        before_state: row.before_state.map(text).transpose()?,
        after_state: row.after_state.map(text).transpose()?,
        metadata: row.metadata.map(text).transpose()?,
        chain_lane: row.chain_lane,
        chain_seq: row.chain_seq,
        integrity_hash: text(row.integrity_hash)?,
    })
}

/// The export's destination: standard output, or a file that gets its name when it is complete.
pub struct Destination {
    writer: BufWriter<Box<dyn Write>>,
    /// The temporary name, and the name.
    names: Option<(PathBuf, PathBuf)>,
}

impl Destination {
    /// Opens it.
    pub fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            let writer: Box<dyn Write> = Box::new(io::stdout());
            return Ok(Self { writer: BufWriter::with_capacity(WRITE_BYTES, writer), names: None });
        };
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|error| {
            Failure::new(Exit::BadArgument, format!("{}: {error}", partial.display()))
                .hint("name a file in a writable directory")
        })?;
        let writer: Box<dyn Write> = Box::new(file);
        Ok(Self {
            writer: BufWriter::with_capacity(WRITE_BYTES, writer),
            names: Some((partial, path.to_owned())),
        })
    }

    /// Writes the next bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.writer.write_all(bytes).map_err(|error| unwritable(&error))
    }

    /// Writes a line and its end.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        put_line(&mut |bytes| self.put(bytes), line)
    }

    /// Renames the file.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.writer.flush().map_err(|error| unwritable(&error))?;
        match &self.names {
            Some((partial, path)) => fs::rename(partial, path).map_err(|error| unwritable(&error)),
            None => Ok(()),
        }
    }

    /// Removes the unfinished file. A reader that closes stdout early is not an error.
    pub fn give_up(self, trouble: Trouble) -> Result<(), Trouble> {
        if let Some((partial, _)) = &self.names {
            let _ = fs::remove_file(partial);
        }
        match trouble {
            Trouble::Told(failure) if failure.noted("broken_pipe").is_some() => Ok(()),
            other => Err(other),
        }
    }
}

fn unwritable(error: &io::Error) -> Failure {
    let failure = Failure::new(Exit::Unexpected, format!("the export cannot be written: {error}"));
    if error.kind() == io::ErrorKind::BrokenPipe { failure.note("broken_pipe", "true") } else { failure }
}
