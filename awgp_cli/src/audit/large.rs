//! One row whose states are longer than the server can send, read in pieces.
//!
//! The text of a jsonb may exceed a gigabyte where the jsonb does not: six bytes for each control character,
//! a hundred thousand digits for a number of ten bytes. Its parts can always be sent: a string as it is, and
//! a small part as its text. So the text is assembled here, member by member, in a temporary file.

use super::copy;
use super::spool::{STATES, Spooling};
use super::tuple::Kept;
use super::verify::plan::{parse, text};
use awgp_client::{Exit, Failure, Trouble, Work};
use futures_util::StreamExt;
use std::pin::pin;
use std::rc::Rc;

/// A jsonb of at most this size in bytes is sent as its text, whatever it contains.
const SMALL: i64 = 64 << 10;
/// How many bytes of members are read at a time.
const BATCH: i64 = 8 << 20;

/// Reads the row after `skipped` others.
pub async fn fetch(work: &Work<'_>, condition: &str, skipped: u64) -> Result<Kept, Trouble> {
    let place = format!(
        "SELECT tableoid::bigint AS partition, ctid::text AS place, id FROM awgp.audit_logs WHERE {condition}
         OFFSET {skipped} LIMIT 1"
    );
    let found = work.select(&place, &[]).await?;
    let row = found
        .first()
        .ok_or_else(|| Failure::new(Exit::Unexpected, "a row has disappeared while it was read"))?;
    let partition: u32 = parse(&text(row, "partition"))?;
    let source = format!(
        "awgp.audit_logs WHERE tableoid = {partition}::oid AND ctid = '{}'::tid",
        text(row, "place").replace('\'', "")
    );
    let mut spooling = Spooling::begin()?;
    for (column, name) in STATES.into_iter().enumerate() {
        if state(work, &source, name, &mut spooling).await? {
            spooling.end(column);
        }
    }
    copy::without_states(work, condition, skipped, Rc::new(spooling.finish()?)).await
}

/// A part of a document that is still to be written.
enum Step {
    /// The value at this path; of an object or array only the members after this number.
    At(Vec<String>, i64),
    /// These bytes.
    Put(&'static str),
}

/// Writes the text of one state; false for NULL.
async fn state(
    work: &Work<'_>,
    source: &str,
    column: &str,
    spooling: &mut Spooling,
) -> Result<bool, Trouble> {
    let document = Document { work, source, column };
    if document.kind(&[]).await?.is_none() {
        return Ok(false);
    }
    // Without recursion: a document may be nested deeper than the stack allows.
    let mut steps = vec![Step::At(Vec::new(), 0)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Put(bytes) => spooling.put(bytes.as_bytes())?,
            Step::At(path, after) => document.write(path, after, &mut steps, spooling).await?,
        }
    }
    Ok(true)
}

struct Document<'a, 'w> {
    work: &'a Work<'w>,
    source: &'a str,
    column: &'a str,
}

impl Document<'_, '_> {
    /// The type of the value at the path, and its text where it is small; None where there is no value.
    async fn kind(&self, path: &[String]) -> Result<Option<(String, Option<String>)>, Trouble> {
        let sql = format!(
            "SELECT jsonb_typeof(v), CASE WHEN pg_column_size(v) <= {SMALL} THEN v::text END
             FROM (SELECT {} #> $1::text[] AS v FROM {}) AS node WHERE v IS NOT NULL",
            self.column, self.source
        );
        let rows = self.work.rows(&sql, &[&path]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        Ok(Some((row.try_get(0)?, row.try_get(1)?)))
    }

    /// Writes the value at the path, as far as it comes in one batch; the rest is added to the steps.
    async fn write(
        &self,
        path: Vec<String>,
        after: i64,
        steps: &mut Vec<Step>,
        spooling: &mut Spooling,
    ) -> Result<(), Trouble> {
        let Some((kind, small)) = self.kind(&path).await? else { return Ok(()) };
        match (kind.as_str(), small) {
            (_, Some(text)) if after == 0 => Ok(spooling.put(text.as_bytes())?),
            ("object" | "array", _) => self.members(path, after, kind == "object", steps, spooling).await,
            _ => {
                let sql = format!("SELECT {} #>> $1::text[] FROM {}", self.column, self.source);
                Ok(spooling.put_string(&self.work.text(&sql, &[&path]).await?)?)
            }
        }
    }

    async fn members(
        &self,
        path: Vec<String>,
        after: i64,
        is_object: bool,
        steps: &mut Vec<Step>,
        spooling: &mut Spooling,
    ) -> Result<(), Trouble> {
        if after == 0 {
            spooling.put(if is_object { b"{" } else { b"[" })?;
        }
        let members = if is_object {
            "jsonb_each(v) WITH ORDINALITY AS member (key, value, n)"
        } else {
            "LATERAL (SELECT (n - 1)::text, value, n FROM jsonb_array_elements(v) WITH ORDINALITY AS e (value, n)) AS member (key, value, n)"
        };
        let sql = format!(
            "SELECT key, n, CASE WHEN size <= {SMALL} THEN value::text END
             FROM (SELECT key, value, n, size, sum(size) OVER (ORDER BY n) AS total
                   FROM (SELECT key, value, n, pg_column_size(value) AS size
                         FROM (SELECT {} #> $1::text[] AS v FROM {}) AS node, {members} WHERE n > $2::bigint) AS sized) AS summed
             WHERE total <= {BATCH} OR n = $2::bigint + 1 ORDER BY n",
            self.column, self.source
        );
        let mut rows = pin!(self.work.stream(&sql, &[&path, &after]).await?);
        let mut last = after;
        while let Some(row) = rows.next().await {
            let row = row?;
            let (key, number, small): (String, i64, Option<String>) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            last = number;
            if number > 1 {
                spooling.put(b", ")?;
            }
            if is_object {
                spooling.put_string(&key)?;
                spooling.put(b": ")?;
            }
            if let Some(text) = small {
                spooling.put(text.as_bytes())?;
                continue;
            }
            // A long member; then the members after it.
            let member = path.iter().cloned().chain([key]).collect();
            steps.extend([Step::At(path, last), Step::At(member, 0)]);
            return Ok(());
        }
        steps.push(if last == after {
            Step::Put(if is_object { "}" } else { "]" })
        } else {
            Step::At(path, last)
        });
        Ok(())
    }
}
