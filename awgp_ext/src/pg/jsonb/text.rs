//! The text of a jsonb, byte by byte what `jsonb_out` prints, written from the stored bytes.
//!
//! The trail hashes this text, of every row twice: when it is chained and whenever it is verified. The server's own
//! `JsonbToCString` copies each string and looks at it character by character, which took half of a verification's time. Here runs
//! of plain bytes are copied whole. The layout is that of PostgreSQL's `utils/jsonb.h`, the same since 9.4; numbers are printed by
//! the server. A test holds both texts against each other (`pg_tests`).

use pgrx::pg_sys::{self, Datum};
use std::ffi::CStr;

/// Where the text goes.
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);

    /// Takes a string, quoted and escaped.
    fn put_string(&mut self, bytes: &[u8])
    where
        Self: Sized,
    {
        string(bytes, self);
    }

    /// True where the rest is not wanted.
    fn is_full(&self) -> bool {
        false
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Appends the text, in the server's encoding, to `text`. `jsonb` is a whole value, its four-byte header included. Raises where it
/// is no jsonb.
pub fn write(jsonb: &[u8], text: &mut impl Sink) {
    if try_write(jsonb, text).is_none() {
        pgrx::ereport!(
            pgrx::PgLogLevel::ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_DATA_CORRUPTED,
            "a jsonb value is damaged"
        );
    }
}

/// The same; None where it is no jsonb.
pub fn try_write(jsonb: &[u8], text: &mut impl Sink) -> Option<()> {
    Writer { text, hide: None, open: Vec::new() }.root(jsonb.get(size_of::<u32>()..)?)
}

/// The same with the values of some keys hidden, but for null: `hidden` stands in their place.
pub fn write_hiding(jsonb: &[u8], hide: Hide<'_>, text: &mut impl Sink) -> Option<()> {
    Writer { text, hide: Some(hide), open: Vec::new() }.root(jsonb.get(size_of::<u32>()..)?)
}

/// Which keys' values are hidden.
pub type Hide<'a> = &'a dyn Fn(&[u8]) -> bool;

/// What stands in the place of a hidden value: a text of JSON.
const HIDDEN: &[u8] = awgp_core::audit::mask::MARKER.as_bytes();

/// True where a key of it, at any depth, is one that `ask` says yes to. No text is made.
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

/// One member of an object.
#[derive(Clone, Copy)]
pub struct Member<'a> {
    /// Its key.
    pub key: &'a [u8],
    kind: u32,
    value: &'a [u8],
}

/// The members of an object, in its order; None for what is none, or has more of them.
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

impl Member<'_> {
    /// Appends the text of its value, as [`write_hiding`] does.
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

/// What an array or object is made of, and how far it is written.
struct Container<'a> {
    kind: Kind,
    /// An entry of four bytes for each key and value.
    entries: &'a [u8],
    /// What the entries speak of, one after the other.
    data: &'a [u8],
    count: usize,
    written: usize,
    /// Where in `data` the next key begins.
    key: usize,
    /// Where in `data` the next value begins.
    value: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    /// A value that is neither is stored as an array of one, without brackets.
    Scalar,
}

/// Where an entry's value ends: how long it is, or, in every 32nd entry, its end itself.
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

    /// Type and bytes of the next value. Those of a number or a container begin at a multiple of four.
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
    /// What is begun and not ended, outermost first: a document may be nested deeper than a stack of calls.
    open: Vec<Container<'a>>,
}

impl<'a, S: Sink> Writer<'a, S> {
    fn root(mut self, root: &'a [u8]) -> Option<()> {
        self.begin(root)?;
        self.rest()
    }

    /// Writes what is begun to its end.
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
                string(key, self.text);
                self.text.put(b": ");
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

/// How many bytes there are before the first that needs an escape. Sixteen at a time, which the compiler makes one comparison.
fn plain_length(bytes: &[u8]) -> usize {
    const STEP: usize = 16;
    let is_plain = |chunk: &[u8]| !chunk.iter().fold(false, |any, byte| any | needs_escape(*byte));
    let skipped = bytes.chunks_exact(STEP).take_while(|chunk| is_plain(chunk)).count() * STEP;
    let rest = &bytes[skipped..];
    skipped + rest.iter().position(|byte| needs_escape(*byte)).unwrap_or(rest.len())
}

/// How long [`string`] makes it.
pub fn string_length(bytes: &[u8]) -> u64 {
    const SHORT: &[u8] = b"\x08\x0c\n\r\t\"\\";
    let mut widths = [1_u64; 256];
    widths[..usize::from(b' ')].fill(6);
    SHORT.iter().for_each(|byte| widths[usize::from(*byte)] = 2);
    bytes.iter().fold(2, |length, byte| length + widths[usize::from(*byte)])
}

/// A string in quotes, with the escapes of the server's `escape_json`.
pub fn string(bytes: &[u8], text: &mut impl Sink) {
    text.put(b"\"");
    let mut rest = bytes;
    loop {
        let (plain, escaped) = rest.split_at(plain_length(rest));
        text.put(plain);
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
    }
    text.put(b"\"");
}

/// A number as the server prints it.
fn number(bytes: &[u8], text: &mut impl Sink) -> Option<()> {
    // The header says how long the number is, which must not be longer than what is there.
    // SAFETY: four bytes are there, of which a header has one or four. One that says that the number is elsewhere is
    // refused: it has two.
    let length = unsafe {
        let varlena = bytes.first_chunk::<4>()?.as_ptr().cast();
        (!pgrx::varatt_is_1b_e(varlena)).then(|| pgrx::varsize_any(varlena))?
    };
    if length > bytes.len() {
        return None;
    }
    // SAFETY: a number of the server's own, whole; the answer is a palloc'd C string, copied at once.
    unsafe {
        let printed =
            pgrx::direct_function_call_as_datum(pg_sys::numeric_out, &[Some(Datum::from(bytes.as_ptr()))])?;
        let printed = printed.cast_mut_ptr::<std::ffi::c_char>();
        text.put(CStr::from_ptr(printed).to_bytes());
        pg_sys::pfree(printed.cast());
    }
    Some(())
}
