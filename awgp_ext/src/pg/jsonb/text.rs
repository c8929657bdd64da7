//! The text of a jsonb, byte for byte what `jsonb_out` prints, written from the stored bytes.
//!
//! The audit trail hashes this text twice for every row: when the row is chained and when it is verified. The
//! server's own `JsonbToCString` copies each string and inspects it character by character, which took half
//! of the time of a verification. This module copies runs of plain bytes whole. The layout is that of
//! PostgreSQL's `utils/jsonb.h`, unchanged since 9.4. A test compares both texts (`server_tests`).

use super::decimal;
use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// Where the text is written.
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes bytes with something before and after them.
    fn put_between(&mut self, before: &[u8], bytes: &[u8], after: &[u8]) {
        self.put(before);
        self.put(bytes);
        self.put(after);
    }

    /// Takes a string, quoted and escaped.
    fn put_string(&mut self, bytes: &[u8])
    where
        Self: Sized,
    {
        string(bytes, self);
    }

    /// True where no more text is wanted.
    fn is_full(&self) -> bool {
        false
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    fn put_between(&mut self, before: &[u8], bytes: &[u8], after: &[u8]) {
        self.reserve(before.len() + bytes.len() + after.len());
        self.extend_from_slice(before);
        self.extend_from_slice(bytes);
        self.extend_from_slice(after);
    }
}

/// Appends the text to `text`, in the server's encoding. `jsonb` is a whole value with its four-byte header.
/// Raises an error where it is not a valid jsonb.
pub fn write(jsonb: &[u8], text: &mut impl Sink) {
    write_data(jsonb.get(size_of::<u32>()..).unwrap_or_default(), text);
}

/// The same for a value without its header, wherever it stands.
pub fn write_data(data: &[u8], text: &mut impl Sink) {
    if try_write_data(data, text).is_none() {
        pgrx::ereport!(
            pgrx::PgLogLevel::ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_DATA_CORRUPTED,
            "a jsonb value is damaged"
        );
    }
}

/// The same, but returns None where it is not a valid jsonb.
pub fn try_write(jsonb: &[u8], text: &mut impl Sink) -> Option<()> {
    try_write_data(jsonb.get(size_of::<u32>()..)?, text)
}

/// The same for a value without its header, wherever it stands.
pub fn try_write_data(data: &[u8], text: &mut impl Sink) -> Option<()> {
    Writer { text, hide: None, open: Vec::new() }.root(data)
}

/// The same with `HIDDEN` in place of the values of some keys; null stays null.
pub fn write_hiding(jsonb: &[u8], hide: Hide<'_>, text: &mut impl Sink) -> Option<()> {
    Writer { text, hide: Some(hide), open: Vec::new() }.root(jsonb.get(size_of::<u32>()..)?)
}

/// Tells which keys have hidden values.
pub type Hide<'a> = &'a dyn Fn(&[u8]) -> bool;

/// The JSON text that takes the place of a hidden value.
const HIDDEN: &[u8] = awgp_core::audit::mask::MARKER.as_bytes();

/// True where `ask` answers yes for any key at any depth. No text is made.
pub fn any_key(jsonb: &[u8], ask: Hide<'_>) -> Option<bool> {
    let mut open = vec![Container::read(jsonb.get(size_of::<u32>()..)?)?];
    while let Some(container) = open.last_mut() {
        if container.written == container.count {
            open.pop();
            continue;
        }
        if container.kind == Kind::Object && ask(container.next_key()?) {
            return Some(true);
        }
        if let (pg_sys::JENTRY_ISCONTAINER, bytes) = container.next_value()? {
            open.push(Container::read(bytes)?);
        }
    }
    Some(false)
}

/// A member of an object.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    /// The key.
    pub key: &'a [u8],
    kind: u32,
    value: &'a [u8],
}

/// The members of an object in stored order; None where it is not an object or has more than `max`.
pub fn members(jsonb: &[u8], max: usize) -> Option<Vec<Member<'_>>> {
    let mut object = Container::read(jsonb.get(size_of::<u32>()..)?)?;
    if object.kind != Kind::Object || object.count > max {
        return None;
    }
    let mut members = Vec::with_capacity(object.count);
    while object.written < object.count {
        let key = object.next_key()?;
        let (kind, value) = object.next_value()?;
        members.push(Member { key, kind, value });
    }
    Some(members)
}

/// Type and bytes of a jsonb that is a bare value; None for an object or array, and for a damaged jsonb.
pub fn only_value(jsonb: &[u8]) -> Option<(u32, &[u8])> {
    let mut container = Container::read(jsonb.get(size_of::<u32>()..)?)?;
    if container.kind == Kind::Scalar { container.next_value() } else { None }
}

/// Type and bytes of the value of an object's only member.
pub fn only_member(jsonb: &[u8]) -> Option<(u32, &[u8])> {
    members(jsonb, 1)?.first().map(|member| (member.kind, member.value))
}

impl Member<'_> {
    /// Appends the text of the value, as [`write_hiding`] does.
    pub fn write_hiding(&self, hide: Hide<'_>, text: &mut impl Sink) -> Option<()> {
        if hide(self.key) && self.kind != pg_sys::JENTRY_ISNULL {
            text.put(HIDDEN);
            return Some(());
        }
        let mut writer = Writer { text, hide: Some(hide), open: Vec::new() };
        writer.value(self.kind, self.value)?;
        writer.rest()
    }
}

/// An array or object, and how much of it is written.
struct Container<'a> {
    kind: Kind,
    /// One entry of four bytes for each key and each value.
    entries: &'a [u8],
    /// The bytes of the keys and values, in the order of the entries.
    data: &'a [u8],
    count: usize,
    written: usize,
    /// Where the next key begins in `data`.
    key: usize,
    /// Where the next value begins in `data`.
    value: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    /// A bare value, which is stored as an array of one; no brackets are written.
    Scalar,
}

/// Where the bytes of an entry end. An entry stores its length or, every 32nd entry, its end.
fn end_of(entry: u32, start: usize) -> Option<usize> {
    let field = usize::try_from(entry & pg_sys::JENTRY_OFFLENMASK).ok()?;
    if entry & pg_sys::JENTRY_HAS_OFF != 0 { Some(field) } else { start.checked_add(field) }
}

fn word(bytes: &[u8], place: usize) -> Option<u32> {
    let bytes = bytes.get(place.checked_mul(4)?..)?.first_chunk::<4>()?;
    Some(u32::from_ne_bytes(*bytes))
}

impl<'a> Container<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let header = word(bytes, 0)?;
        let count = usize::try_from(header & pg_sys::JB_CMASK).ok()?;
        let kind = match header {
            _ if header & pg_sys::JB_FOBJECT != 0 => Kind::Object,
            _ if header & pg_sys::JB_FSCALAR != 0 => Kind::Scalar,
            _ if header & pg_sys::JB_FARRAY != 0 => Kind::Array,
            _ => return None,
        };
        let entries = if kind == Kind::Object { count.checked_mul(2)? } else { count };
        let (entries, data) = bytes.get(4..)?.split_at_checked(entries.checked_mul(4)?)?;
        let mut value = 0;
        if kind == Kind::Object {
            for key in 0..count {
                value = end_of(word(entries, key)?, value)?;
            }
        }
        Some(Self { kind, entries, data, count, written: 0, key: 0, value })
    }

    fn next_key(&mut self) -> Option<&'a [u8]> {
        let start = self.key;
        self.key = end_of(word(self.entries, self.written)?, start)?;
        self.data.get(start..self.key)
    }

    /// Type and bytes of the next value. Numbers and containers are aligned to four bytes.
    fn next_value(&mut self) -> Option<(u32, &'a [u8])> {
        let place = if self.kind == Kind::Object { self.count + self.written } else { self.written };
        let entry = word(self.entries, place)?;
        let start = self.value;
        self.value = end_of(entry, start)?;
        self.written += 1;
        let kind = entry & pg_sys::JENTRY_TYPEMASK;
        let is_aligned = matches!(kind, pg_sys::JENTRY_ISNUMERIC | pg_sys::JENTRY_ISCONTAINER);
        let start = if is_aligned { start.next_multiple_of(4) } else { start };
        Some((kind, self.data.get(start..self.value)?))
    }
}

struct Writer<'a, S> {
    text: &'a mut S,
    hide: Option<Hide<'a>>,
    /// The containers not yet finished, outermost first. Not recursion: a document may be nested deeper than
    /// the stack allows.
    open: Vec<Container<'a>>,
}

impl<'a, S: Sink> Writer<'a, S> {
    fn root(mut self, root: &'a [u8]) -> Option<()> {
        self.begin(root)?;
        self.rest()
    }

    /// Writes the rest of all open containers.
    fn rest(mut self) -> Option<()> {
        while let Some(container) = self.open.last_mut() {
            if self.text.is_full() {
                return Some(());
            }
            if container.written == container.count {
                let close: &[u8] = match container.kind {
                    Kind::Object => b"}",
                    Kind::Array => b"]",
                    Kind::Scalar => b"",
                };
                self.text.put(close);
                self.open.pop();
                continue;
            }
            if container.written > 0 {
                self.text.put(b", ");
            }
            let mut is_hidden = false;
            if container.kind == Kind::Object {
                let key = container.next_key()?;
                if plain_length(key) == key.len() {
                    self.text.put_between(b"\"", key, b"\": ");
                } else {
                    string(key, self.text);
                    self.text.put(b": ");
                }
                is_hidden = self.hide.is_some_and(|hide| hide(key));
            }
            let (kind, bytes) = container.next_value()?;
            if is_hidden && kind != pg_sys::JENTRY_ISNULL {
                self.text.put(HIDDEN);
            } else {
                self.value(kind, bytes)?;
            }
        }
        Some(())
    }

    fn value(&mut self, kind: u32, bytes: &'a [u8]) -> Option<()> {
        match kind {
            pg_sys::JENTRY_ISSTRING => self.text.put_string(bytes),
            pg_sys::JENTRY_ISNUMERIC => number(bytes, self.text)?,
            pg_sys::JENTRY_ISBOOL_FALSE => self.text.put(b"false"),
            pg_sys::JENTRY_ISBOOL_TRUE => self.text.put(b"true"),
            pg_sys::JENTRY_ISNULL => self.text.put(b"null"),
            pg_sys::JENTRY_ISCONTAINER => self.begin(bytes)?,
            _ => return None,
        }
        Some(())
    }

    fn begin(&mut self, bytes: &'a [u8]) -> Option<()> {
        let container = Container::read(bytes)?;
        let open: &[u8] = match container.kind {
            Kind::Object => b"{",
            Kind::Array => b"[",
            Kind::Scalar => b"",
        };
        self.text.put(open);
        self.open.push(container);
        Some(())
    }
}

fn needs_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// The number of bytes before the first one that needs an escape. Checks 16 at a time, which the compiler
/// turns into one comparison, and what is left over, such as most keys, in words.
fn plain_length(bytes: &[u8]) -> usize {
    const STEP: usize = 16;
    let is_plain = |chunk: &[u8]| !chunk.iter().fold(false, |any, byte| any | needs_escape(*byte));
    let skipped = bytes.chunks_exact(STEP).take_while(|chunk| is_plain(chunk)).count() * STEP;
    let rest = &bytes[skipped..];
    if is_short_and_plain(rest) {
        return bytes.len();
    }
    skipped + rest.iter().position(|byte| needs_escape(*byte)).unwrap_or(rest.len())
}

/// Whether these bytes, fewer than 16, need no escape. False for more.
fn is_short_and_plain(bytes: &[u8]) -> bool {
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) => bytes.len() <= 16 && !any_escape(*first) && !any_escape(*last),
        _ => match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                let mut both = [0; 8];
                both[..4].copy_from_slice(first);
                both[4..].copy_from_slice(last);
                !any_escape(both)
            }
            _ => !bytes.iter().any(|byte| needs_escape(*byte)),
        },
    }
}

/// Whether one of the bytes needs an escape: all eight at once.
fn any_escape(bytes: [u8; 8]) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES * 0x80;
    let word = u64::from_ne_bytes(bytes);
    // The highest bit of a byte that is below `limit`, and of some above the first such byte.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word & HIGHS;
    let equals = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, b' ') | equals(b'"') | equals(b'\\') != 0
}

/// The length of what [`string`] writes.
pub fn string_length(bytes: &[u8]) -> u64 {
    const SHORT: &[u8] = b"\x08\x0c\n\r\t\"\\";
    let mut widths = [1_u64; 256];
    widths[..usize::from(b' ')].fill(6);
    SHORT.iter().for_each(|byte| widths[usize::from(*byte)] = 2);
    bytes.iter().fold(2, |length, byte| length + widths[usize::from(*byte)])
}

/// A string in quotes, with the escapes of the server's `escape_json`.
pub fn string(bytes: &[u8], text: &mut impl Sink) {
    let mut plain = plain_length(bytes);
    if plain == bytes.len() {
        text.put_between(b"\"", bytes, b"\"");
        return;
    }
    text.put(b"\"");
    let mut rest = bytes;
    loop {
        let (head, escaped) = rest.split_at(plain);
        text.put(head);
        let Some((first, after)) = escaped.split_first().filter(|_| !text.is_full()) else { break };
        match *first {
            b'\x08' => text.put(b"\\b"),
            b'\x0c' => text.put(b"\\f"),
            b'\n' => text.put(b"\\n"),
            b'\r' => text.put(b"\\r"),
            b'\t' => text.put(b"\\t"),
            quoted @ (b'"' | b'\\') => text.put(&[b'\\', quoted]),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                let digit = |value: u8| DIGITS[usize::from(value & 15)];
                text.put(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control)]);
            }
        }
        rest = after;
        plain = plain_length(rest);
    }
    text.put(b"\"");
}

/// A number as the server prints it. Where it is not an ordinary one, the server does.
fn number(bytes: &[u8], text: &mut impl Sink) -> Option<()> {
    // The header gives the length of the number, which must not exceed the bytes at hand.
    // SAFETY: four bytes are there; a header has one or four. A header of two bytes points elsewhere (TOAST)
    // and is refused.
    let length = unsafe {
        let varlena = bytes.first_chunk::<4>()?.as_ptr().cast();
        (!pgrx::varatt_is_1b_e(varlena)).then(|| pgrx::varsize_any(varlena))?
    };
    if length > bytes.len() {
        return None;
    }
    // SAFETY: a whole numeric, so its data is within the bytes.
    let stored = unsafe {
        let varlena = bytes.as_ptr().cast();
        std::slice::from_raw_parts(pgrx::vardata_any(varlena).cast(), pgrx::varsize_any_exhdr(varlena))
    };
    let mut printed = [0; decimal::TEXT_MAX];
    if let Some(length) = decimal::print(stored, &mut printed) {
        text.put(printed.get(..length)?);
        return Some(());
    }
    // SAFETY: a whole numeric; numeric_out returns a palloc'd C string, which is copied at once.
    unsafe {
        let printed =
            pgrx::direct_function_call_as_datum(pg_sys::numeric_out, &[Some(Datum::from(bytes.as_ptr()))])?;
        let printed = printed.cast_mut_ptr::<std::ffi::c_char>();
        text.put(CStr::from_ptr(printed).to_bytes());
        pg_sys::pfree(printed.cast());
    }
    Some(())
}
