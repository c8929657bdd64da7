//! `awgp audit stream verify`: what a receiver has kept, compared with itself and with signed notes.
//!
//! The copy is read twice: first for the places of its events, which are sorted; then event by event. So
//! memory holds a few words for each event, never the events.

use crate::audit::notes::Known;
use crate::audit::verify::file::unreadable;
use crate::audit::verify::files::{self, Beside};
use crate::audit::verify::progress::Progress;
use crate::invocation::{Invocation, print};
use crate::opt::StreamVerify;
use awgp_client::{Exit, Failure};
use awgp_core::audit::streamed::copy::{Copy, Verified};
use awgp_core::audit::streamed::{Event, found};
use awgp_core::audit::witness;
use awgp_core::counted::counted;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;
use uuid::Uuid;

const READ_BYTES: usize = 1 << 20;
/// So many lines without an event are named.
const NAMED_MAX: u64 = 10;

/// Where an event stands, and what it is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    tenant: [u8; 16],
    lane: i16,
    seq: i64,
    id: i64,
    file: u32,
    offset: u64,
    length: u32,
    /// Which one of its line.
    index: u32,
}

/// What a copy has, before its events are read in order.
#[derive(Default)]
struct Index {
    places: Vec<Place>,
    /// The install of the newest event.
    newest: Option<(i64, Uuid)>,
    /// Lines without an event that can be read.
    strange: u64,
}

/// Verifies and prints. The exit code is 12 when a finding has severity error.
pub fn run(options: &StreamVerify, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let known = Known::read(&options.checkpoint, options.public_key.as_deref())?;
    let beside = Beside { notes: known.notes.as_ref(), keys: &known.keys, is_part: options.part };
    let named = beside.named();
    let mut index = Index::default();
    for (number, path) in options.copies.iter().enumerate() {
        index.read(u32::try_from(number).unwrap_or(u32::MAX), path)?;
    }
    let Some((_, newest)) = index.newest else {
        return Err(Failure::new(Exit::BadArgument, "the copy has no event of AWGP that can be read")
            .hint("name what a receiver of `awgp audit stream` has kept, as text; docs/stream.md"));
    };
    index.places.sort_unstable();
    let asked = witness::asked(named.iter().map(|(_, statement)| *statement));
    let verified = in_order(&options.copies, &index, newest, options.install_id, asked)?;
    if verified.doubled > 0 {
        eprintln!("note: the copy has {} more than once", counted(verified.doubled, "event"));
    }
    if index.strange > 0 {
        eprintln!("note: {} of the copy have no event that can be read", counted(index.strange, "line"));
    }
    let report = files::concluded(&[verified.contents], verified.findings, &beside, begun);
    print(&report.render(invocation.output), report.exit())
}

impl Index {
    fn read(&mut self, number: u32, path: &Path) -> Result<(), Failure> {
        let cannot = |error: std::io::Error| unreadable(path, &error);
        let mut input = BufReader::with_capacity(READ_BYTES, File::open(path).map_err(cannot)?);
        let progress = Progress::of_bytes(0);
        let (mut line, mut offset, mut lines) = (Vec::new(), 0_u64, 0_u64);
        loop {
            line.clear();
            let read = input.read_until(b'\n', &mut line).map_err(cannot)?;
            if read == 0 {
                break;
            }
            lines += 1;
            let text = String::from_utf8_lossy(&line);
            match found::events(&text) {
                Ok(events) => {
                    for (index, event) in events.iter().enumerate() {
                        self.add(event, (number, offset, read, index));
                    }
                }
                Err(why) => {
                    self.strange += 1;
                    if self.strange <= NAMED_MAX {
                        eprintln!("note: {}, line {lines}: {why}", path.display());
                    }
                }
            }
            offset += read as u64;
            progress.set(offset);
        }
        progress.clear();
        Ok(())
    }

    fn add(&mut self, event: &Event, (file, offset, length, index): (u32, u64, usize, usize)) {
        let row = &event.row;
        if self.newest.is_none_or(|(id, _)| row.id > id) {
            self.newest = Some((row.id, event.install_id));
        }
        self.places.push(Place {
            tenant: row.tenant_id.into_bytes(),
            lane: row.chain_lane,
            seq: row.chain_seq,
            id: row.id,
            file,
            offset,
            length: u32::try_from(length).unwrap_or(u32::MAX),
            index: u32::try_from(index).unwrap_or(u32::MAX),
        });
    }
}

/// Reads the events in the order of the trail.
fn in_order(
    copies: &[PathBuf],
    index: &Index,
    newest: Uuid,
    expected: Option<Uuid>,
    asked: awgp_core::audit::export::Asked,
) -> Result<Verified, Failure> {
    let first = copies.first().map_or(Path::new(""), PathBuf::as_path);
    let mut open = Vec::new();
    for path in copies {
        open.push(Reading::open(path)?);
    }
    let mut copy = Copy::begin(newest, expected, asked).map_err(|error| unreadable(first, &error))?;
    for place in &index.places {
        let file = place.file as usize;
        let event = open[file]
            .event(place)
            .ok_or_else(|| unreadable(&copies[file], &"it has changed while it was read"))?;
        copy.push(event).map_err(|error| unreadable(&copies[file], &error))?;
    }
    copy.finish().map_err(|error| unreadable(first, &error))
}

/// A file of which lines are read where they stand.
struct Reading {
    input: BufReader<File>,
    at: u64,
    line: Vec<u8>,
    /// The events of the line at this place.
    events: (Option<u64>, Vec<Event>),
}

impl Reading {
    fn open(path: &Path) -> Result<Self, Failure> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let input = BufReader::with_capacity(READ_BYTES, file);
        Ok(Self { input, at: 0, line: Vec::new(), events: (None, Vec::new()) })
    }

    fn event(&mut self, place: &Place) -> Option<Event> {
        if self.events.0 != Some(place.offset) {
            // Mostly the next line: what is buffered is kept.
            let distance = i64::try_from(place.offset).ok()?.checked_sub(i64::try_from(self.at).ok()?)?;
            self.input.seek_relative(distance).ok()?;
            self.line.resize(usize::try_from(place.length).ok()?, 0);
            self.input.read_exact(&mut self.line).ok()?;
            self.at = place.offset + u64::from(place.length);
            self.events = (Some(place.offset), found::events(&String::from_utf8_lossy(&self.line)).ok()?);
        }
        self.events.1.get(usize::try_from(place.index).ok()?).cloned()
    }
}
