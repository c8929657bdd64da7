//! Builds a jsonb object of known keys as the server stores it, in one pass.
//!
//! The server's own `pushJsonbValue` collects a tree and then writes it out; for the image of a row that was
//! nine tenths of the work. The layout is that of PostgreSQL's `utils/jsonb.h`, unchanged since 9.4: the
//! number of pairs, an entry for each key and each value, the keys, the values. A test compares the bytes
//! with the server's (`server_tests`).

use super::Jsonb;
use super::text::{only_member, only_value};
use pgrx::pg_sys;

/// An object being written: its values are added in the order of its keys.
pub struct Object {
    /// The varlena: its length, which is set at last, and everything after it.
    bytes: Vec<u8>,
    pairs: usize,
    /// How many entries are written, of keys and values.
    written: usize,
    /// Where the data of the entries begins.
    data: usize,
}

const LENGTH: usize = size_of::<u32>();
const ENTRY: usize = size_of::<u32>();

/// The order of keys in an object: shorter ones first.
pub fn key_order(left: &[u8], right: &[u8]) -> std::cmp::Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

impl Object {
    /// An object with these keys, which are in [`key_order`] and differ from each other.
    pub fn new(keys: &[&[u8]]) -> Self {
        debug_assert!(keys.is_sorted_by(|left, right| key_order(left, right).is_lt()), "keys in order");
        let pairs = keys.len();
        let data = LENGTH + ENTRY * (1 + 2 * pairs);
        let mut bytes = Vec::with_capacity(data + 64 * pairs);
        bytes.resize(data, 0);
        let mut object = Self { bytes, pairs, written: 0, data };
        let header = u32::try_from(pairs).unwrap_or(u32::MAX) | pg_sys::JB_FOBJECT;
        object.put(LENGTH, header);
        for key in keys {
            object.add(pg_sys::JENTRY_ISSTRING, key);
        }
        object
    }

    /// Adds JSON null.
    pub fn null(&mut self) {
        self.add(pg_sys::JENTRY_ISNULL, b"");
    }

    /// Adds true or false.
    pub fn boolean(&mut self, value: bool) {
        self.add(if value { pg_sys::JENTRY_ISBOOL_TRUE } else { pg_sys::JENTRY_ISBOOL_FALSE }, b"");
    }

    /// Adds a string, in the server's encoding.
    pub fn string(&mut self, text: &[u8]) {
        self.add(pg_sys::JENTRY_ISSTRING, text);
    }

    /// Adds a number: a numeric with its four-byte header, neither NaN nor infinite.
    pub fn number(&mut self, numeric: &[u8]) {
        self.add(pg_sys::JENTRY_ISNUMERIC, numeric);
    }

    /// Adds a whole jsonb, scalar or not, with its four-byte header.
    pub fn jsonb(&mut self, jsonb: &[u8]) {
        match only_value(jsonb) {
            Some((kind, scalar)) => self.add(kind, scalar),
            None => self.add(pg_sys::JENTRY_ISCONTAINER, jsonb.get(LENGTH..).unwrap_or_default()),
        }
    }

    /// Adds the value of the only member of another object.
    pub fn member_of(&mut self, object: &Jsonb) {
        match only_member(object.bytes()) {
            Some((kind, value)) => self.add(kind, value),
            None => pgrx::error!("a value could not be converted to jsonb"),
        }
    }

    fn add(&mut self, kind: u32, value: &[u8]) {
        let before = self.bytes.len();
        // Numbers and containers are aligned, by bytes that count as theirs.
        if matches!(kind, pg_sys::JENTRY_ISNUMERIC | pg_sys::JENTRY_ISCONTAINER) {
            self.bytes.resize(before.next_multiple_of(4), 0);
        }
        self.bytes.extend_from_slice(value);
        // Every entry has its length, and each 32nd, counted from the first, the end of its data.
        let is_stride = self.written.is_multiple_of(pg_sys::JB_OFFSET_STRIDE as usize);
        let from = if is_stride { self.data } else { before };
        let length = u32::try_from(self.bytes.len() - from).unwrap_or(u32::MAX);
        if self.bytes.len() - self.data > pg_sys::JENTRY_OFFLENMASK as usize {
            pgrx::error!("a row is too large for a jsonb");
        }
        let offset = if is_stride { pg_sys::JENTRY_HAS_OFF } else { 0 };
        self.put(LENGTH + ENTRY * (1 + self.written), kind | length | offset);
        self.written += 1;
    }

    fn put(&mut self, place: usize, word: u32) {
        self.bytes[place..place + ENTRY].copy_from_slice(&word.to_ne_bytes());
    }

    /// The jsonb. Every key has its value.
    pub fn finish(mut self) -> Jsonb {
        assert_eq!(self.written, 2 * self.pairs, "a value for each key");
        let length = i32::try_from(self.bytes.len()).unwrap_or(i32::MAX);
        // SAFETY: the first four bytes of the buffer are the header.
        unsafe {
            pgrx::set_varsize_4b(self.bytes.as_mut_ptr().cast(), length);
            Jsonb::from_varlena(self.bytes.as_ptr().cast())
        }
    }
}
