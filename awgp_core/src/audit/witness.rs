//! Exported files and signed notes together: what each note proves of the rows, and what is the files' own
//! word (docs/audit_format.md, "Files and notes").
//!
//! A note proves rows in two ways. It names the last link of each lane, and so every row from there back
//! through rows that follow each other. And it signs a root: a file whose order of leaves yields it has the
//! rows of that order, also where rows between are in no file, and where the note is a group's.

use super::chain::{Digest, Lane, Link};
use super::checkpoint::Checkpoint;
use super::export::{Asked, Contents};
use super::finding::{Finding, Findings, Kind};
use super::group::Member;
use super::note::{self, Statement};
use super::order::Yielded;
use super::ranges::{Ranges, lacking, merged};
use super::stretch::Stretch;
use crate::counted::counted;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Whether a file yields the root that a note signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Root {
    /// A file has the order of the leaves so far, and yields the root.
    Yielded,
    /// A file has an order so far, and yields another root.
    Mismatch,
    /// No file has the order so far: it is older than the note, or of format 1.
    Unknown,
}

/// Rows of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Range {
    /// The lane.
    pub chain_lane: i16,
    /// The first row.
    pub first_seq: i64,
    /// The last row.
    pub last_seq: i64,
}

/// What one note proves of one tenant's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proved {
    /// The note's name.
    pub note: String,
    /// The tenant.
    pub tenant_id: Uuid,
    /// How many rows the note signs.
    pub tree_size: u64,
    /// Whether a file yields the signed root.
    pub root: Root,
    /// How many rows it proves.
    pub rows: u64,
    /// The rows that it proves.
    pub proves: Vec<Range>,
    /// Rows that it signs and that are in none of the files. Not known for a group's note.
    pub absent: Vec<Range>,
    /// Links that it signs and that are other ones in a file: lane and number.
    pub contradicts: Vec<(i16, i64)>,
}

/// What the files say by themselves, and no note confirms.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct OwnWord {
    /// The tenant.
    pub tenant_id: Uuid,
    /// The lane; None for which lanes there are.
    pub chain_lane: Option<i16>,
    /// What it is about.
    pub what: Said,
    /// The first row that it is about; 0 for a genesis value.
    pub first_seq: i64,
    /// The last row that it is about.
    pub last_seq: i64,
}

/// What the files say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Which lanes the tenant has: a lane that is cut off as a whole does not show.
    Lanes,
    /// That these rows before the first one do not belong to the files, or that the lane begins at another
    /// genesis value.
    Start,
    /// That these rows between others do not belong to the files.
    Gap,
    /// That these rows, the last, are all that there are.
    End,
}

/// What the notes prove of the files.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// For each note and tenant.
    pub proved: Vec<Proved>,
    /// What no note confirms, in the order of tenants and lanes.
    pub own_word: Vec<OwnWord>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// A note: its name and its content.
pub type Named<'a> = (String, &'a Statement);

/// What must be read from files for a comparison with notes.
pub fn asked<'a>(statements: impl IntoIterator<Item = &'a Statement>) -> Asked {
    let mut asked = Asked::default();
    for statement in statements {
        asked.trees.extend(statement.trees().iter().map(|tree| tree.tenant_id));
        if let Statement::Tree(Checkpoint { tenant_id, lanes, .. }) = statement {
            let lane = |chain_lane| Lane { tenant_id: *tenant_id, chain_lane };
            asked.links.extend(lanes.iter().map(|(chain_lane, link)| (lane(*chain_lane), link.seq)));
        }
    }
    asked
}

/// Compares files with notes. `found` are the findings of the files by themselves. Rows that a note signs and
/// no file has are findings, unless the files are said to be a part of the trail.
pub fn witness(files: &[Contents], notes: &[Named<'_>], is_part: bool, found: Vec<Finding>) -> Witness {
    let view = View::of(files);
    let (mut proved, mut findings) = (Vec::new(), Findings::of(found));
    view.meeting(&mut findings);
    for (name, statement) in notes {
        if let Some(file) = files.iter().find(|file| file.install_id != statement.install_id()) {
            let detail =
                format!("{name} is of install {}, a file of {}", statement.install_id(), file.install_id);
            findings.add(Finding::about_log(Kind::BadGenesis, detail));
            continue;
        }
        for member in statement.trees() {
            // A group's note names no lanes. The note of the same tree does: one root is one tree.
            let mut signed = notes.iter().filter_map(|(_, statement)| match statement {
                Statement::Tree(checkpoint) => Some(checkpoint),
                Statement::Group(_) | Statement::Rekey(_) => None,
            });
            let same = |tree: &&Checkpoint| {
                (tree.tenant_id, tree.size, tree.root) == (member.tenant_id, member.size, member.root)
            };
            proved.push(view.prove(name, signed.find(same), member));
        }
    }
    for split in note::split_views(notes.iter().map(|(_, statement)| *statement)) {
        findings.add(split);
    }
    let mut largest: Vec<&Proved> = proved.iter().collect();
    largest.sort_by_key(|proved| std::cmp::Reverse(proved.tree_size));
    for proved in largest {
        accuse(proved, is_part, &mut findings);
    }
    let own_word = view.own_word(&proved);
    Witness { proved, own_word, findings: findings.all }
}

/// The files as one.
struct View<'a> {
    files: &'a [Contents],
    held: BTreeMap<Lane, Vec<Stretch>>,
    there: BTreeMap<Lane, Ranges>,
    adopted: BTreeSet<(Lane, i64)>,
}

impl<'a> View<'a> {
    fn of(files: &'a [Contents]) -> Self {
        let mut there: BTreeMap<Lane, Ranges> = BTreeMap::new();
        for (lane, ranges) in files.iter().flat_map(|file| &file.rows.there) {
            there.entry(*lane).or_default().extend(ranges);
        }
        let mut held: BTreeMap<Lane, Vec<Stretch>> = BTreeMap::new();
        for stretch in files.iter().flat_map(|file| &file.rows.held) {
            held.entry(stretch.lane).or_default().push(*stretch);
        }
        let adopted = files.iter().flat_map(|file| file.rows.adopted.iter().copied()).collect();
        let there = there.into_iter().map(|(lane, ranges)| (lane, merged(ranges))).collect();
        Self { files, held, there, adopted }
    }

    /// Two files that say different hashes of one number.
    fn meeting(&self, findings: &mut Findings) {
        let mut known: BTreeMap<(Lane, i64), Digest> = BTreeMap::new();
        for Stretch { lane, after, last } in self.held.values().flatten() {
            for link in [after, last] {
                if *known.entry((*lane, link.seq)).or_insert(link.hash) != link.hash {
                    let detail = "the files have different hashes for this number";
                    findings.add(Finding::at(Kind::RewrittenChain, lane.at(link.seq), None, detail));
                }
            }
        }
    }

    /// What a note proves of one of its trees. The checkpoint of this tree, if there is one, names its lanes.
    fn prove(
        &self,
        name: &str,
        lanes: Option<&Checkpoint>,
        Member { tenant_id, size, root }: Member,
    ) -> Proved {
        let mut proves: BTreeMap<i16, Ranges> = BTreeMap::new();
        let (mut found, mut is_whole) = (Root::Unknown, false);
        for file in self.files {
            let yielded = file.orders.get(&tenant_id).map(|order| order.yields(&BTreeSet::from([size])));
            let Some(Yielded::Root { root: actual, runs }) = yielded.and_then(|mut of| of.remove(&size))
            else {
                continue;
            };
            if actual != root {
                found = Root::Mismatch;
                continue;
            }
            if found == Root::Unknown {
                found = Root::Yielded;
            }
            let rows = runs.iter().map(|(_, first, last)| last.abs_diff(*first) + 1).sum::<u64>();
            is_whole |= rows == size;
            for (chain_lane, first, last) in runs {
                proves.entry(chain_lane).or_default().push((first, last));
            }
        }
        let (mut absent, mut contradicts) = (Vec::new(), Vec::new());
        if let Some(checkpoint) = lanes {
            for (chain_lane, link) in &checkpoint.lanes {
                let lane = Lane { tenant_id, chain_lane: *chain_lane };
                match self.chained(lane, *link) {
                    Some(ranges) => proves.entry(*chain_lane).or_default().extend(ranges),
                    None => contradicts.push((*chain_lane, link.seq)),
                }
                if !is_whole {
                    let there = self.there.get(&lane).map_or(&[][..], Vec::as_slice);
                    absent.extend(
                        lacking(there, 1, link.seq).into_iter().map(|range| in_lane(*chain_lane, range)),
                    );
                }
            }
        }
        let mut ranges: Vec<Range> = Vec::new();
        for (chain_lane, found) in proves {
            ranges.extend(merged(found).into_iter().map(|range| in_lane(chain_lane, range)));
        }
        let rows = ranges.iter().map(|range| self.rows(tenant_id, range)).sum();
        let note = name.to_owned();
        Proved { note, tenant_id, tree_size: size, root: found, rows, proves: ranges, absent, contradicts }
    }

    /// The rows that follow from a lane's link, back through rows that follow each other. None where a file
    /// has another hash there.
    fn chained(&self, lane: Lane, link: Link) -> Option<Ranges> {
        let other =
            |file: &Contents| file.rows.at.get(&(lane, link.seq)).is_some_and(|hash| *hash != link.hash);
        if self.files.iter().any(other) {
            return None;
        }
        let held = self.held.get(&lane).map_or(&[][..], Vec::as_slice);
        let mut ranges: Ranges = Vec::new();
        let mut from: Vec<Link> = vec![link];
        for held in held.iter().filter(|held| held.after.seq < link.seq && link.seq <= held.last.seq) {
            ranges.push((held.after.seq + 1, link.seq));
            from.push(held.after);
        }
        while let Some(link) = from.pop() {
            for held in held.iter().filter(|held| held.last == link) {
                let range = (held.after.seq + 1, held.last.seq);
                if !ranges.contains(&range) {
                    ranges.push(range);
                    from.push(held.after);
                }
            }
        }
        Some(ranges)
    }

    /// How many rows a range has: the number of an adoption has none.
    fn rows(&self, tenant_id: Uuid, range: &Range) -> u64 {
        let lane = Lane { tenant_id, chain_lane: range.chain_lane };
        let adopted = self.adopted.range((lane, range.first_seq)..=(lane, range.last_seq)).count() as u64;
        (range.last_seq.abs_diff(range.first_seq) + 1).saturating_sub(adopted)
    }

    /// What no note confirms.
    fn own_word(&self, proved: &[Proved]) -> Vec<OwnWord> {
        // Up to the last number of which a note speaks, the notes say what there is.
        let mut known: BTreeMap<Lane, i64> = BTreeMap::new();
        for Proved { tenant_id, proves, absent, .. } in proved {
            for Range { chain_lane, last_seq, .. } in proves.iter().chain(absent) {
                let lane = Lane { tenant_id: *tenant_id, chain_lane: *chain_lane };
                let known_to = known.entry(lane).or_default();
                *known_to = (*known_to).max(*last_seq);
            }
        }
        let mut tenants: BTreeSet<Uuid> = proved.iter().map(|proved| proved.tenant_id).collect();
        let mut said = Vec::new();
        for (lane, there) in &self.there {
            let mut say = |chain_lane, what, first_seq, last_seq| {
                said.push(OwnWord { tenant_id: lane.tenant_id, chain_lane, what, first_seq, last_seq });
            };
            if tenants.insert(lane.tenant_id) {
                say(None, Said::Lanes, 0, 0);
            }
            let known_to = known.get(lane).copied().unwrap_or(0);
            let chain_lane = Some(lane.chain_lane);
            if known_to == 0 && self.files.iter().any(|file| file.rows.foreign.contains(lane)) {
                say(chain_lane, Said::Start, 0, 0);
            }
            let last = there.last().map_or(0, |(_, last)| *last);
            for (first, end) in lacking(there, 1, last).into_iter().filter(|(_, end)| *end > known_to) {
                let what = if first <= 1 { Said::Start } else { Said::Gap };
                say(chain_lane, what, first.max(known_to.saturating_add(1)), end);
            }
            if last > known_to {
                say(chain_lane, Said::End, known_to.saturating_add(1), last);
            }
        }
        said
    }
}

fn in_lane(chain_lane: i16, (first_seq, last_seq): (i64, i64)) -> Range {
    Range { chain_lane, first_seq, last_seq }
}

/// What a note shows to be wrong with the files.
fn accuse(proved: &Proved, is_part: bool, findings: &mut Findings) {
    let Proved { note, tenant_id, tree_size, .. } = proved;
    let at = |chain_lane, seq| Lane { tenant_id: *tenant_id, chain_lane }.at(seq);
    for (chain_lane, seq) in &proved.contradicts {
        let detail = format!("{note} signs another hash of this row: it, or one before it, was rewritten");
        findings.add(Finding::at(Kind::RewrittenChain, at(*chain_lane, *seq), None, detail));
    }
    for range in proved.absent.iter().filter(|_| !is_part) {
        let is_end =
            !proved.proves.iter().any(|of| of.chain_lane == range.chain_lane && of.last_seq > range.last_seq);
        let kind = if is_end { Kind::CutTail } else { Kind::MissingRow };
        let detail =
            format!("{note} signs rows {} to {}, which no file has", range.first_seq, range.last_seq);
        findings.add(Finding::at(kind, at(range.chain_lane, range.first_seq), None, detail));
    }
    if findings.has_error_of(*tenant_id) {
        return;
    }
    let of_tenant =
        |kind, detail| Finding { tenant_id: Some(*tenant_id), ..Finding::about_log(kind, detail) };
    if proved.root == Root::Mismatch {
        let detail = format!("the file's order of leaves does not yield the root that {note} signs");
        findings.add(of_tenant(Kind::RootMismatch, detail));
    } else if proved.rows < *tree_size && proved.absent.is_empty() && !is_part {
        let unproved = counted(tree_size.saturating_sub(proved.rows), "row");
        let detail = format!(
            "{note} signs {unproved} that it does not prove here: they are in no file, or their \
                              chain or order cannot be followed to what is signed"
        );
        findings.add(of_tenant(Kind::MissingRow, detail));
    }
}
