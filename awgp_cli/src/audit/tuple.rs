//! One row of audit_logs in the server's binary COPY.
//!
//! In binary COPY a jsonb is its own text after a version byte, so what is hashed here is what the server
//! stores, whatever its settings.

use super::spool::Spool;
use awgp_client::Failure;
use awgp_core::audit::row::{RowRef, Spooled, timestamp_from_postgres};
use std::rc::Rc;
use uuid::Uuid;

/// The columns of a tuple, in this order. The casts cost nothing where the type is the declared one, and keep
/// a column readable that was given another type.
pub const COLUMNS: &str = "tableoid, id::bigint, \"timestamp\"::timestamptz, tenant_id::uuid, actor_type::text, \
    actor_id::uuid, action::text, entity_type::text, entity_id::uuid, before_state::jsonb, after_state::jsonb, \
    metadata::jsonb, chain_lane::smallint, chain_seq::bigint, integrity_hash::text";

const COLUMN_COUNT: i16 = 15;
/// One row, and the bytes it was read from.
#[derive(Clone, Copy, Debug)]
pub struct Tuple<'a> {
    /// The partition's oid.
    pub partition: u32,
    /// The row.
    pub row: RowRef<'a>,
    /// The bytes, for [`Tuple::parse`].
    pub bytes: &'a [u8],
    /// The states that are too long to be sent.
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
    /// A row whose states are in a spool.
    pub fn spooled(bytes: &[u8], spool: Rc<Spool>) -> Self {
        Self { bytes: bytes.into(), spool: Some(spool) }
    }

    /// Whether the whole spool could be read again.
    pub fn checked(&self) -> Result<(), Failure> {
        self.spool.as_ref().map_or(Ok(()), |spool| spool.checked())
    }

    /// The tuple again.
    pub fn tuple(&self) -> Option<Tuple<'_>> {
        Some(Tuple::parse(&self.bytes)?.with(self.spool.as_ref()))
    }
}

impl<'a> Tuple<'a> {
    /// Reads a tuple; None where the bytes do not have these [`COLUMNS`].
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        if fields.take::<2>().map(i16::from_be_bytes) != Some(COLUMN_COUNT) {
            return None;
        }
        let partition = fields.fixed()?.map_or(0, u32::from_be_bytes);
        // A column that cannot be NULL is NULL only where somebody has removed the constraint. The row is
        // then read with a value that it was not chained with.
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

/// The rest of a tuple. Every reader returns None where it is malformed, and inside it None for NULL.
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
}
