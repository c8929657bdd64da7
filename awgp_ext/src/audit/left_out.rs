//! What is too large for an event, and what replaces it.
//!
//! `awgp.audit_event_max` limits the texts of an event's states and metadata together, so that every row of
//! the audit trail can be dumped, exported and hashed. Above it, the largest members of a state are left out,
//! or all of the state: `{"left_out": {"bytes": n, "sha256": "…"}}` replaces them, and `metadata.left_out`
//! names them. Nothing too large is ever rendered as a whole: texts are counted and hashed while they are
//! written.

use super::secrets;
use crate::pg::encoding::bytes_from_server;
use crate::pg::jsonb::Jsonb;
use crate::pg::jsonb::text::{self, Member, Sink};
use awgp_core::audit::chain::Digesting;

/// A value up to this size stays: its replacement would hardly be shorter.
const KEPT_BYTES: u64 = 256;
/// How many members of a state can be left out individually; beyond it the whole state is left out.
const NAMES_MAX: usize = 32;
/// The most characters recorded of a name.
const NAME_CHARS: usize = 60;
/// A state with more members than this is left out as a whole.
const MEMBERS_MAX: usize = 10_000;
/// Room reserved for the names of what is left out.
const NAMES_BYTES: usize = 4096;
/// Bytes between two checks for interrupts.
const INTERRUPT_BYTES: u64 = 16 << 20;

/// A text up to a limit; the rest is dropped.
struct UpTo {
    text: Vec<u8>,
    limit: usize,
}

impl Sink for UpTo {
    fn put(&mut self, bytes: &[u8]) {
        if !self.is_full() {
            self.text.extend_from_slice(bytes);
        }
    }

    fn is_full(&self) -> bool {
        self.text.len() > self.limit
    }
}

/// The length and digest of a text.
#[derive(Default)]
pub struct Summed {
    bytes: u64,
    digest: Digesting,
    waiting: Vec<u8>,
}

/// Bytes collected before they are hashed: escapes come one at a time, and hashing is faster in long runs.
const STRIDE_BYTES: usize = 64 << 10;

impl Sink for Summed {
    fn put(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= STRIDE_BYTES {
            self.sum();
            pgrx::check_for_interrupts!();
        }
    }
}

impl Summed {
    fn sum(&mut self) {
        self.bytes += self.waiting.len() as u64;
        self.digest.update(&self.waiting);
        self.waiting.clear();
    }

    /// The replacement of what was summed, as JSON.
    pub fn placeholder(mut self) -> String {
        self.sum();
        let (bytes, digest) = (self.bytes, self.digest.finish());
        format!(r#"{{"left_out": {{"bytes": {bytes}, "sha256": "{digest}"}}}}"#)
    }
}

/// The length of a text.
#[derive(Default)]
struct Counted {
    bytes: u64,
    limit: Option<u64>,
    looked: u64,
}

impl Sink for Counted {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        if self.bytes - self.looked > INTERRUPT_BYTES {
            self.looked = self.bytes;
            pgrx::check_for_interrupts!();
        }
    }

    fn put_string(&mut self, bytes: &[u8]) {
        self.bytes += text::string_length(bytes);
    }

    fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| self.bytes > limit)
    }
}

/// True where the text of a whole jsonb is longer than the limit.
pub fn is_longer(jsonb: &[u8], limit: usize) -> bool {
    let mut counted = Counted { limit: Some(limit as u64), ..Counted::default() };
    text::try_write(jsonb, &mut counted).is_none_or(|()| counted.is_full())
}

/// The text of a jsonb in UTF-8; None where it is longer than the limit.
pub fn text_within(jsonb: &Jsonb, limit: usize) -> Option<String> {
    let capacity = (jsonb.bytes().len() * 3 / 2).min(limit);
    let mut text = UpTo { text: Vec::with_capacity(capacity), limit };
    text::write(jsonb.bytes(), &mut text);
    (!text.is_full()).then(|| bytes_from_server(&text.text).into_owned())
}

/// A jsonb without its secrets.
pub enum Masked {
    /// It has no secrets.
    AsItIs,
    /// The text with the secrets masked.
    Text(String),
    /// It has secrets, and is longer than an event may be.
    TooLong,
}

/// Masks the secrets of a whole jsonb.
pub fn masked(jsonb: &[u8], limit: usize) -> Masked {
    if text::any_key(jsonb, &secrets::is_secret_key) != Some(true) {
        return Masked::AsItIs;
    }
    let mut masked = UpTo { text: Vec::new(), limit };
    let written = text::write_hiding(jsonb, &secrets::is_secret_key, &mut masked);
    if written.is_none() || masked.is_full() {
        return Masked::TooLong;
    }
    Masked::Text(bytes_from_server(&masked.text).into_owned())
}

/// The replacement of a whole jsonb.
pub fn placeholder(jsonb: &[u8]) -> String {
    let mut summed = Summed::default();
    // A damaged jsonb is summed as far as it can be read.
    text::write_hiding(jsonb, &secrets::is_secret_key, &mut summed);
    summed.placeholder()
}

/// The states of an event, fitted into the available room.
#[derive(Default)]
pub struct Fitted {
    /// The states that were changed, in the order given; None for those that were not.
    pub states: Vec<Option<Jsonb>>,
    /// The names of what was left out: a state, or a member of a state.
    pub names: Vec<String>,
}

/// Fits the states together into `room` bytes of text, with their secrets masked. Each state comes with its
/// name.
pub fn fit(states: &[(&'static str, Option<&Jsonb>)], room: usize) -> Fitted {
    let room = room.saturating_sub(NAMES_BYTES) as u64;
    let mut plans: Vec<Plan<'_>> =
        states.iter().filter_map(|(name, state)| state.map(|state| Plan::of(name, state.bytes()))).collect();
    let mut largest: Vec<(usize, usize)> = (0..plans.len())
        .flat_map(|plan| (0..plans[plan].parts.len()).map(move |part| (plan, part)))
        .collect();
    largest.sort_by_key(|(plan, part)| std::cmp::Reverse(plans[*plan].parts[*part].bytes));
    for (plan, part) in largest {
        if plans.iter().map(Plan::bytes).sum::<u64>() <= room {
            break;
        }
        plans[plan].leave_out(part);
    }
    // Still too long: many small members, or long keys.
    while plans.iter().map(Plan::bytes).sum::<u64>() > room {
        match plans.iter_mut().filter(|plan| !plan.is_whole).max_by_key(|plan| plan.bytes()) {
            Some(plan) => plan.is_whole = true,
            None => break,
        }
    }
    let mut plans = plans.iter();
    let mut fitted = Fitted::default();
    for (_, state) in states {
        let plan = state.and_then(|_| plans.next());
        fitted.names.extend(plan.into_iter().flat_map(Plan::names));
        fitted.states.push(plan.and_then(Plan::text).map(|text| Jsonb::from_text(&text)));
    }
    fitted
}

/// The plan for one state.
struct Plan<'a> {
    name: &'static str,
    jsonb: &'a [u8],
    /// Its members; empty where it is not an object or has too many.
    parts: Vec<Part<'a>>,
    /// Bytes of the text besides the values of the members.
    frame: u64,
    left_out: usize,
    is_whole: bool,
}

struct Part<'a> {
    member: Member<'a>,
    bytes: u64,
    is_left_out: bool,
}

impl<'a> Plan<'a> {
    fn of(name: &'static str, jsonb: &'a [u8]) -> Self {
        let members = text::members(jsonb, MEMBERS_MAX).unwrap_or_default();
        let mut frame = Counted::default();
        let mut parts = Vec::with_capacity(members.len());
        for member in members {
            frame.put_string(member.key);
            frame.put(b": , ");
            let mut value = Counted::default();
            member.write_hiding(&secrets::is_secret_key, &mut value);
            parts.push(Part { member, bytes: value.bytes, is_left_out: false });
        }
        if parts.is_empty() {
            text::write_hiding(jsonb, &secrets::is_secret_key, &mut frame);
        }
        Self { name, jsonb, parts, frame: frame.bytes, left_out: 0, is_whole: false }
    }

    fn bytes(&self) -> u64 {
        let of = |part: &Part<'_>| if part.is_left_out { KEPT_BYTES } else { part.bytes };
        if self.is_whole { KEPT_BYTES } else { self.frame + self.parts.iter().map(of).sum::<u64>() }
    }

    fn leave_out(&mut self, part: usize) {
        if self.left_out < NAMES_MAX && self.parts[part].bytes > KEPT_BYTES {
            self.parts[part].is_left_out = true;
            self.left_out += 1;
        }
    }

    fn names(&self) -> Vec<String> {
        if self.is_whole {
            return vec![self.name.to_owned()];
        }
        let left_out = self.parts.iter().filter(|part| part.is_left_out);
        let name = |part: &Part<'_>| {
            let key = bytes_from_server(part.member.key);
            format!("{}.{}", self.name, key.chars().take(NAME_CHARS).collect::<String>())
        };
        left_out.map(name).collect()
    }

    /// The state's text in UTF-8; None where the state is unchanged.
    fn text(&self) -> Option<String> {
        if self.is_whole {
            return Some(placeholder(self.jsonb));
        }
        if self.left_out == 0 {
            return None;
        }
        let mut text = Vec::new();
        for part in &self.parts {
            text.put(if text.is_empty() { b"{" } else { b", " });
            text::string(part.member.key, &mut text);
            text.put(b": ");
            if part.is_left_out {
                let mut summed = Summed::default();
                part.member.write_hiding(&secrets::is_secret_key, &mut summed);
                text.put(summed.placeholder().as_bytes());
            } else {
                part.member.write_hiding(&secrets::is_secret_key, &mut text);
            }
        }
        text.put(b"}");
        Some(bytes_from_server(&text).into_owned())
    }
}
