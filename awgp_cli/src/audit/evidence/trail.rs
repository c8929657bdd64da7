//! The trail of a pack, and the records that follow from it.

use super::pack::Pack;
use crate::audit::export;
use crate::audit::spool;
use crate::audit::verify::plan::{parse, text};
use awgp_client::{Exit, Failure, Trouble, Work};
use awgp_core::audit::evidence::TRAIL;
use awgp_core::audit::evidence::mapping::Mapping;
use awgp_core::audit::evidence::reading::{Read, Reading};
use awgp_core::audit::export::Line;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::ops::Range;
use uuid::Uuid;

/// In each lane the rows of the time, the row before them and the row after them. Where a lane has none in
/// the time, the last before it and the first after it.
const LANES: &str = "
    SELECT chain_lane,
           COALESCE(first_seq - 1, before_seq, 0) AS first_seq,
           COALESCE(last_seq, before_seq, 0) + 1 AS last_seq
    FROM (SELECT chain_lane,
                 min(chain_seq) FILTER (WHERE \"timestamp\" >= $2::text::timestamptz AND \"timestamp\" < $3::text::timestamptz)
                     AS first_seq,
                 max(chain_seq) FILTER (WHERE \"timestamp\" >= $2::text::timestamptz AND \"timestamp\" < $3::text::timestamptz)
                     AS last_seq,
                 max(chain_seq) FILTER (WHERE \"timestamp\" < $2::text::timestamptz) AS before_seq
          FROM awgp.audit_logs WHERE tenant_id = $1::text::uuid GROUP BY chain_lane) AS lane
    ORDER BY chain_lane";

/// The time of a pack: as texts, and in microseconds.
pub struct Time {
    /// The first moment.
    pub from: String,
    /// The moment at which it is over.
    pub to: String,
    /// Both.
    pub span: Range<i64>,
}

/// Writes the trail and the records, and returns what was read.
pub async fn write(
    work: &Work<'_>,
    pack: &mut Pack,
    mapping: &Mapping,
    (tenant_id, install_id): (Uuid, Uuid),
    time: &Time,
) -> Result<Read, Trouble> {
    let mut lanes = Vec::new();
    for row in work.select(LANES, &[&tenant_id.to_string(), &time.from, &time.to]).await? {
        let number = |name| parse::<i64>(&text(&row, name));
        let (lane, first, last) = (number("chain_lane")?, number("first_seq")?, number("last_seq")?);
        lanes.push(format!("chain_lane = {lane} AND chain_seq BETWEEN {first} AND {last}"));
    }
    let lanes = if lanes.is_empty() { "false".to_owned() } else { lanes.join(" OR ") };
    let condition = format!("tenant_id = '{tenant_id}'::uuid AND ({lanes})");
    let mut tee = Tee {
        pack,
        reading: Reading::new(mapping, tenant_id, time.span.clone()),
        line: Vec::new(),
        records: mapping
            .records
            .iter()
            .map(|_| spool::unnamed().map(BufWriter::new))
            .collect::<Result<_, _>>()?,
    };
    tee.pack.file(TRAIL)?;
    // What is set for reading in the order of the heap ends here.
    work.batch("SAVEPOINT reading").await?;
    export::write_log(work, &condition, install_id, &mut |bytes| tee.put(bytes)).await?;
    work.batch("ROLLBACK TO SAVEPOINT reading; RELEASE SAVEPOINT reading").await?;
    let Tee { pack, reading, records, .. } = tee;
    for (record, spool) in mapping.records.iter().zip(records) {
        let mut file: File = spool.into_inner().map_err(|error| spool::unusable(error.error()))?;
        file.rewind().map_err(|error| spool::unusable(&error))?;
        pack.copy(&record.file, file)?;
    }
    Ok(reading.finish())
}

/// Writes the lines of the trail, and reads each event.
struct Tee<'a> {
    pack: &'a mut Pack,
    reading: Reading<'a>,
    line: Vec<u8>,
    records: Vec<BufWriter<File>>,
}

impl Tee<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.pack.put(bytes)?;
        self.line.extend_from_slice(bytes);
        if self.line.pop_if(|byte| *byte == b'\n').is_none() {
            return Ok(());
        }
        let unreadable = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Unexpected, format!("an event cannot be read: {error}"))
        };
        let text = std::str::from_utf8(&self.line).map_err(|error| unreadable(&error))?;
        if let Line::Row(row) = Line::parse(text).map_err(|error| unreadable(&error))? {
            let records = &mut self.records;
            self.reading.row(&row, |file, line| {
                records[file].write_all(line.as_bytes()).map_err(|error| spool::unusable(&error))
            })?;
        }
        self.line.clear();
        Ok(())
    }
}
