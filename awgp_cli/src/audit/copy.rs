//! Rows of audit_logs as the server's binary COPY sends them: nothing is copied, nothing is converted.
//!
//! The bytes of a jsonb in binary COPY are its own text after a version byte, so what is hashed here is what the
//! server stores, whatever its settings.

use super::large;
use super::spool::Spool;
use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::session::Work;
use awgp_core::audit::row::{RowRef, Spooled, timestamp_from_postgres};
use futures_util::StreamExt;
use std::pin::pin;
use std::rc::Rc;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// What a tuple holds, in this order. The casts cost nothing where the type is the seed's, and keep a column that
/// was given another type readable.
pub const COLUMNS: &str = "tableoid, id::bigint, \"timestamp\"::timestamptz, tenant_id::uuid, actor_type::text, \
    actor_id::uuid, action::text, entity_type::text, entity_id::uuid, before_state::jsonb, after_state::jsonb, \
    metadata::jsonb, chain_lane::smallint, chain_seq::bigint, integrity_hash::text";

/// The columns whose texts may be long.
pub const STATES: [&str; 3] = ["before_state", "after_state", "metadata"];

const COLUMN_COUNT: i16 = 15;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
const TRAILER: [u8; 2] = [0xff; 2];

/// One row, and the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Tuple<'a> {
    /// The partition's oid.
    pub partition: u32,
    /// The row.
    pub row: RowRef<'a>,
    /// The bytes, for [`Tuple::parse`].
    pub bytes: &'a [u8],
    /// The states that are too long to be sent as they are.
    pub spool: Option<&'a Rc<Spool>>,
}

/// A tuple that is kept for later.
#[derive(Debug)]
pub struct Kept {
    /// Its bytes.
    pub bytes: Box<[u8]>,
    spool: Option<Rc<Spool>>,
}

impl Kept {
    /// The tuple again.
    pub fn tuple(&self) -> Option<Tuple<'_>> {
        Some(Tuple::parse(&self.bytes)?.with(self.spool.as_ref()))
    }
}

impl<'a> Tuple<'a> {
    /// Reads a tuple; None where the bytes are none of [`COLUMNS`].
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        if fields.take::<2>().map(i16::from_be_bytes) != Some(COLUMN_COUNT) {
            return None;
        }
        let partition = fields.fixed()?.map_or(0, u32::from_be_bytes);
        // What cannot be NULL is NULL only where somebody took the constraint away. The row is then read with a
        // value that it was not chained with.
        let row = RowRef {
            id: fields.fixed()?.map_or(0, i64::from_be_bytes),
            timestamp_us: fields
                .fixed()?
                .and_then(|bytes| timestamp_from_postgres(i64::from_be_bytes(bytes)))
                .unwrap_or(i64::MAX),
            tenant_id: fields.uuid()?.unwrap_or_default(),
            actor_type: fields.bytes()?.unwrap_or_default(),
            actor_id: fields.uuid()?,
            action: fields.bytes()?.unwrap_or_default(),
            entity_type: fields.bytes()?.unwrap_or_default(),
            entity_id: fields.uuid()?,
            before_state: fields.jsonb()?,
            after_state: fields.jsonb()?,
            metadata: fields.jsonb()?,
            chain_lane: fields.fixed()?.map_or(-1, i16::from_be_bytes),
            chain_seq: fields.fixed()?.map_or(0, i64::from_be_bytes),
            integrity_hash: fields.bytes()?.unwrap_or_default(),
            updated: false,
            spooled: None,
        };
        fields.0.is_empty().then_some(Self { partition, row, bytes, spool: None })
    }

    fn with(mut self, spool: Option<&'a Rc<Spool>>) -> Self {
        self.spool = spool;
        self.row.spooled = spool.map(|spool| &**spool as &dyn Spooled);
        self
    }

    /// A copy for later.
    pub fn keep(&self) -> Kept {
        Kept { bytes: self.bytes.into(), spool: self.spool.cloned() }
    }
}

/// The rest of a tuple. Every reader: None where it is malformed, then None for NULL.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*head)
    }

    fn bytes(&mut self) -> Option<Option<&'a [u8]>> {
        match i32::from_be_bytes(self.take()?) {
            -1 => Some(None),
            length => {
                let (head, rest) = self.0.split_at_checked(usize::try_from(length).ok()?)?;
                self.0 = rest;
                Some(Some(head))
            }
        }
    }

    fn fixed<const N: usize>(&mut self) -> Option<Option<[u8; N]>> {
        match self.bytes()? {
            None => Some(None),
            Some(bytes) => Some(Some(bytes.try_into().ok()?)),
        }
    }

    fn uuid(&mut self) -> Option<Option<Uuid>> {
        Some(self.fixed()?.map(Uuid::from_bytes))
    }

    fn jsonb(&mut self) -> Option<Option<&'a [u8]>> {
        match self.bytes()? {
            None => Some(None),
            Some([1, text @ ..]) => Some(Some(text)),
            Some(_) => None,
        }
    }
}

/// Hands over row after row of `awgp.audit_logs`, of those that a condition names and in the order that may follow it.
///
/// A state whose text is beyond what the server sends ends a COPY. All rows before it have come by then: it is fetched
/// by itself, in pieces, and another COPY goes on after it.
pub async fn each(
    work: &Work<'_>,
    condition: &str,
    mut take: impl FnMut(&Tuple<'_>) -> Result<(), Failure>,
) -> Result<(), Trouble> {
    let mut rows = 0_u64;
    loop {
        work.batch("SAVEPOINT rows").await?;
        let sql = format!(
            "COPY (SELECT {COLUMNS} FROM awgp.audit_logs WHERE {condition} OFFSET {rows}) TO STDOUT (FORMAT binary)"
        );
        let copied = copy(work, &sql, |tuple| {
            rows += 1;
            take(tuple)
        });
        match copied.await {
            Err(Trouble::Sql(error)) if is_too_large(&error) => {
                work.batch("ROLLBACK TO SAVEPOINT rows; RELEASE SAVEPOINT rows").await?;
                let row = large::fetch(work, condition, rows).await?;
                rows += 1;
                take(&row.tuple().ok_or_else(unreadable)?)?;
                row.checked()?;
            }
            Err(trouble) => return Err(trouble),
            Ok(()) => return work.batch("RELEASE SAVEPOINT rows").await,
        }
    }
}

/// One row of [`COLUMNS`], without the states: they are in the spool.
pub async fn without_states(
    work: &Work<'_>,
    condition: &str,
    skipped: u64,
    spool: Rc<Spool>,
) -> Result<Kept, Trouble> {
    let mut columns = COLUMNS.to_owned();
    for state in STATES {
        columns = columns.replace(&format!("{state}::jsonb"), "NULL::jsonb");
    }
    let sql = format!(
        "COPY (SELECT {columns} FROM awgp.audit_logs WHERE {condition} OFFSET {skipped} LIMIT 1)
         TO STDOUT (FORMAT binary)"
    );
    let mut found = None;
    copy(work, &sql, |tuple| {
        found = Some(Kept { bytes: tuple.bytes.into(), spool: Some(Rc::clone(&spool)) });
        Ok(())
    })
    .await?;
    Ok(found.ok_or_else(unreadable)?)
}

impl Kept {
    /// Whether all of the spool could be read again.
    fn checked(&self) -> Result<(), Failure> {
        self.spool.as_ref().map_or(Ok(()), |spool| spool.checked())
    }
}

/// Whether the server could not send a row because of its length.
pub fn is_too_large(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        matches!(*said.code(), SqlState::PROGRAM_LIMIT_EXCEEDED | SqlState::OUT_OF_MEMORY)
            || said.message().starts_with("invalid memory alloc request size")
    })
}

async fn copy(
    work: &Work<'_>,
    sql: &str,
    mut take: impl FnMut(&Tuple<'_>) -> Result<(), Failure>,
) -> Result<(), Trouble> {
    let mut stream = pin!(work.copy_out(sql).await?);
    let mut begun = false;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk?;
        let mut bytes: &[u8] = &chunk;
        if !begun {
            bytes = after_header(bytes).ok_or_else(unreadable)?;
            begun = true;
        }
        if bytes.is_empty() || bytes == TRAILER {
            continue;
        }
        // A message of the server holds exactly one row.
        take(&Tuple::parse(bytes).ok_or_else(unreadable)?)?;
    }
    Ok(())
}

fn after_header(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(SIGNATURE)?;
    let (_flags, rest) = rest.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.get(usize::try_from(u32::from_be_bytes(*length)).ok()?..)
}

fn unreadable() -> Failure {
    Failure::new(Exit::Unexpected, "the server's COPY of audit_logs cannot be read")
        .hint("use the client of the extension's version: `awgp version`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
        match value {
            None => bytes.extend((-1_i32).to_be_bytes()),
            Some(value) => {
                bytes.extend(i32::try_from(value.len()).expect("short").to_be_bytes());
                bytes.extend(value);
            }
        }
    }

    fn tuple() -> Vec<u8> {
        let mut bytes = 15_i16.to_be_bytes().to_vec();
        field(&mut bytes, Some(&77_u32.to_be_bytes()));
        field(&mut bytes, Some(&5_i64.to_be_bytes()));
        field(&mut bytes, Some(&1_i64.to_be_bytes()));
        field(&mut bytes, Some(&[7; 16]));
        field(&mut bytes, Some(b"user"));
        field(&mut bytes, None);
        field(&mut bytes, Some(b"update"));
        field(&mut bytes, Some(b"users"));
        field(&mut bytes, Some(&[9; 16]));
        field(&mut bytes, None);
        field(&mut bytes, Some(b"\x01{\"a\": 1.10}"));
        field(&mut bytes, Some(b"\x01{}"));
        field(&mut bytes, Some(&3_i16.to_be_bytes()));
        field(&mut bytes, Some(&8_i64.to_be_bytes()));
        field(&mut bytes, Some(b"ab"));
        bytes
    }

    #[test]
    fn a_tuple_is_read_column_by_column() {
        let bytes = tuple();
        let Tuple { partition, row, .. } = Tuple::parse(&bytes).expect("a tuple");
        assert_eq!((partition, row.id, row.timestamp_us), (77, 5, 946_684_800_000_001));
        assert_eq!((row.tenant_id, row.actor_id), (Uuid::from_bytes([7; 16]), None));
        assert_eq!((row.before_state, row.after_state), (None, Some(b"{\"a\": 1.10}".as_slice())));
        assert_eq!((row.chain_lane, row.chain_seq, row.integrity_hash), (3, 8, b"ab".as_slice()));
    }

    #[test]
    fn a_tuple_that_is_cut_or_too_long_is_refused() {
        let bytes = tuple();
        for end in 0..bytes.len() {
            assert!(Tuple::parse(&bytes[..end]).is_none(), "{end}");
        }
        assert!(Tuple::parse(&[bytes.as_slice(), &[0]].concat()).is_none());
    }

    #[test]
    fn the_header_may_have_an_extension() {
        let header = [SIGNATURE, &[0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 42]].concat();
        assert_eq!(after_header(&header), Some([42].as_slice()));
        assert_eq!(after_header(b"PGCOPY"), None);
    }
}
