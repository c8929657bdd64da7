//! Verification of an exported log, line by line. Memory grows with lanes, runs and breaks, never with rows.

use super::chain::{Digest, Lane, Link, genesis};
use super::export::{ExportError, FORMAT, FORMAT_WITH_ORDER, Line, Mark};
use super::finding::{Finding, Findings, Kind};
use super::lane_facts::{Head, LaneFacts};
use super::manifest::FileSum;
use super::order::Order;
use super::row::{AuditRow, RowRef};
use super::stretch::{Reader, Stretches};
use super::tree::{self, Leaves};
use super::verify::LogVerifier;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What is wanted of a file besides its findings; see [`super::witness`].
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Numbers whose hashes are compared with notes.
    pub links: BTreeSet<(Lane, i64)>,
    /// Tenants whose leaves are hashed.
    pub trees: BTreeSet<Uuid>,
}

/// What a file has.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The install of the header.
    pub install_id: Uuid,
    /// The seal of its rows.
    pub sum: FileSum,
    /// Its rows by lane.
    pub rows: Stretches,
    /// The order of each tenant's leaves; none in a file of format 1.
    pub orders: BTreeMap<Uuid, Order>,
}

/// Verifies a file line by line.
#[derive(Debug)]
pub struct FileVerifier {
    open: Option<Open>,
    expected_install: Option<Uuid>,
    asked: Asked,
    lines: u64,
}

/// A file whose header was read.
#[derive(Debug)]
struct Open {
    log: LogVerifier,
    reader: Reader,
    has_order: bool,
    /// The install in the header, and that of the lanes.
    stated_install: Uuid,
    install_id: Uuid,
    /// Tenant, lane, number and id of the last row: rows are sorted by them.
    last_row: Option<([u8; 16], i16, i64, i64)>,
    /// The tenant whose order was read last.
    ordering: Option<Uuid>,
    /// An order was read since the last lane line: no row may follow.
    is_between: bool,
    orders: BTreeMap<Uuid, Order>,
    trees: BTreeSet<Uuid>,
    found: Vec<Finding>,
    stated_rows: Option<u64>,
    sum: FileSum,
}

impl FileVerifier {
    /// `install_id`, where given, replaces the header's: an auditor knows it from elsewhere, and the header
    /// may be forged.
    pub fn new(install_id: Option<Uuid>) -> Self {
        Self { open: None, expected_install: install_id, asked: Asked::default(), lines: 0 }
    }

    /// The same, for a comparison with notes.
    #[must_use]
    pub fn asking(self, asked: Asked) -> Self {
        Self { asked, ..self }
    }

    /// Takes the next line.
    pub fn line(&mut self, text: &str) -> Result<(), ExportError> {
        self.line_seen(text, &mut |_| {})
    }

    /// The same, and shows the line's row to `see`.
    pub fn line_seen(&mut self, text: &str, see: &mut dyn FnMut(&RowRef<'_>)) -> Result<(), ExportError> {
        self.lines += 1;
        let line = self.lines;
        let parsed = Line::parse(text).map_err(|source| ExportError::Malformed { line, source })?;
        let Some(open) = &mut self.open else {
            let Line::Mark(Mark::Header { format, install_id }) = parsed else {
                return Err(ExportError::NoHeader);
            };
            if ![FORMAT, FORMAT_WITH_ORDER].contains(&format) {
                return Err(ExportError::UnknownFormat(format));
            }
            let asked = std::mem::take(&mut self.asked);
            self.open = Some(Open::new(format, install_id, self.expected_install, asked));
            return Ok(());
        };
        if open.stated_rows.is_some() {
            return Err(ExportError::Misplaced(line));
        }
        match parsed {
            Line::Row(row) => {
                open.row(&row).ok_or(ExportError::Misplaced(line))?;
                see(&row.borrowed());
                Ok(())
            }
            Line::Mark(Mark::Header { .. }) => Err(ExportError::Misplaced(line)),
            Line::Mark(Mark::End { rows }) => {
                open.stated_rows = Some(rows);
                Ok(())
            }
            Line::Mark(Mark::Lane { tenant_id, chain_lane, after_seq, after_hash, head_seq, head_hash }) => {
                let lane = Lane { tenant_id, chain_lane };
                let (after, head) = links(after_seq, after_hash, head_seq, head_hash)
                    .ok_or(ExportError::Impossible { line, what: "these links cannot be a lane's" })?;
                open.lane(lane, after, head).ok_or(ExportError::Misplaced(line))
            }
            Line::Mark(Mark::Run { tenant_id, first_leaf, chain_lane, first_seq, last_seq }) => {
                let order = open.order(tenant_id).ok_or(ExportError::Misplaced(line))?;
                let follows = order.run(first_leaf, chain_lane, first_seq, last_seq);
                follows.then_some(()).ok_or(ExportError::Impossible { line, what: NO_ORDER })
            }
            Line::Mark(Mark::Absent { tenant_id, first_leaf, leaves, hashes }) => {
                let order = open.order(tenant_id).ok_or(ExportError::Misplaced(line))?;
                let follows = order.absent(first_leaf, leaves, &hashes);
                follows.then_some(()).ok_or(ExportError::Impossible { line, what: NO_ORDER })
            }
        }
    }

    /// Ends the file: the number of rows, and all findings.
    pub fn finish(self) -> Result<(u64, Vec<Finding>), ExportError> {
        self.finish_with_sum().map(|(sum, findings)| (sum.rows, findings))
    }

    /// Ends the file: the seal of its rows, and all findings.
    pub fn finish_with_sum(self) -> Result<(FileSum, Vec<Finding>), ExportError> {
        self.finish_with_contents().map(|(contents, findings)| (contents.sum, findings))
    }

    /// Ends the file: what it has, and all findings.
    pub fn finish_with_contents(self) -> Result<(Contents, Vec<Finding>), ExportError> {
        let expected = self.expected_install;
        let open = self.open.ok_or(ExportError::NoHeader)?;
        let stated = open.stated_rows.ok_or(ExportError::Cut)?;
        let actual = open.log.rows();
        if stated != actual {
            return Err(ExportError::WrongCount { stated, actual });
        }
        Ok(open.finish(expected))
    }
}

const NO_ORDER: &str = "these leaves do not follow those before them";

/// What a lane's rows follow, None for the genesis value, and the lane's last link; None where no lane can
/// have these.
fn links(
    after_seq: i64,
    after_hash: Option<Digest>,
    head_seq: Option<i64>,
    head_hash: Option<Digest>,
) -> Option<(Option<Link>, Option<Link>)> {
    let after = match (after_seq, after_hash) {
        (0, None) => None,
        (0.., Some(hash)) => Some(Link { seq: after_seq, hash }),
        _ => return None,
    };
    let head = match (head_seq, head_hash) {
        (None, None) => None,
        (Some(seq), Some(hash)) if seq >= after_seq => Some(Link { seq, hash }),
        _ => return None,
    };
    Some((after, head))
}

impl Open {
    fn new(format: u32, stated_install: Uuid, expected: Option<Uuid>, asked: Asked) -> Self {
        let install_id = expected.unwrap_or(stated_install);
        Self {
            log: LogVerifier::new(install_id),
            reader: Reader::new(install_id, asked.links),
            has_order: format == FORMAT_WITH_ORDER,
            stated_install,
            install_id,
            last_row: None,
            ordering: None,
            is_between: false,
            orders: BTreeMap::new(),
            trees: asked.trees,
            found: Vec::new(),
            stated_rows: None,
            sum: FileSum::default(),
        }
    }

    /// The order that a tenant's line belongs to; None where it may not stand here.
    fn order(&mut self, tenant_id: Uuid) -> Option<&mut Order> {
        let is_begun = self.ordering == Some(tenant_id);
        let last = self.orders.last_key_value().map(|(last, _)| *last);
        let read = self.reader.lane().map(|lane| lane.tenant_id);
        let follows =
            |before: Option<Uuid>| before.is_none_or(|before| before.as_bytes() < tenant_id.as_bytes());
        if !self.has_order || !(is_begun || follows(last)) || !follows(read) {
            return None;
        }
        (self.ordering, self.is_between) = (Some(tenant_id), true);
        Some(self.orders.entry(tenant_id).or_default())
    }

    /// Begins a lane; None where it may not stand here. `after` is None for the genesis value.
    fn lane(&mut self, lane: Lane, after: Option<Link>, head: Option<Link>) -> Option<()> {
        let start = after.unwrap_or_else(|| Link { seq: 0, hash: genesis(self.install_id, lane) });
        self.enter(lane, Some(start.seq))?;
        self.is_between = false;
        self.reader.begin(lane, start);
        let facts = LaneFacts::after(start);
        self.log.lane(
            lane,
            match head {
                Some(head) => facts.with_head(Head::Exactly(head)),
                None => facts,
            },
        );
        if let Some(head) = head.filter(|head| head.seq == start.seq && head.hash != start.hash) {
            let detail = "the lane has no row here, and its last link is not what its first row would follow";
            self.found.push(Finding::at(Kind::RewrittenChain, lane.at(head.seq), None, detail));
        }
        Some(())
    }

    /// Whether a lane may stand here: lanes are sorted, and a lane comes again only after a gap.
    fn enter(&mut self, lane: Lane, after_seq: Option<i64>) -> Option<()> {
        let place = |lane: Lane| (lane.tenant_id.into_bytes(), lane.chain_lane);
        let ordered = self.ordering.filter(|tenant| tenant.as_bytes() > lane.tenant_id.as_bytes());
        let is_after = self.reader.lane().is_none_or(|last| match place(last).cmp(&place(lane)) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => after_seq.is_some_and(|seq| seq > self.reader.last_seq()),
            std::cmp::Ordering::Greater => false,
        });
        if !is_after || ordered.is_some() {
            return None;
        }
        if self.reader.lane().map(|last| last.tenant_id) != Some(lane.tenant_id)
            && let Some(order) = self.orders.get_mut(&lane.tenant_id)
        {
            order.begin();
        }
        Some(())
    }

    /// Takes a row; None where it may not stand here.
    fn row(&mut self, row: &AuditRow) -> Option<()> {
        let row = row.borrowed();
        let place = Some((row.tenant_id.into_bytes(), row.chain_lane, row.chain_seq, row.id));
        if place < self.last_row || self.is_between {
            return None;
        }
        self.last_row = place;
        let lane = row.position().lane();
        if self.reader.lane() != Some(lane) {
            if self.has_order {
                return None;
            }
            let start = Link { seq: 0, hash: genesis(self.install_id, lane) };
            self.enter(lane, None)?;
            self.reader.begin(lane, start);
        }
        self.reader.row(lane, &row);
        self.log.row_linked(&row, self.reader.plain().linked());
        self.leaf(&row);
        if let Some(hash) = self.reader.plain().last_hash() {
            self.sum.add(lane, row.id, Link { seq: row.chain_seq, hash });
        }
        Some(())
    }

    /// Gives the row's leaf to its tenant's order.
    fn leaf(&mut self, row: &RowRef<'_>) {
        let Some(order) = self.orders.get_mut(&row.tenant_id) else { return };
        let (plain, is_asked) = (self.reader.plain(), self.trees.contains(&row.tenant_id));
        order.row(row.chain_lane, row.chain_seq, || {
            is_asked.then(|| match plain.linked() {
                Some(_) => plain.last_hash().map(|hash| tree::leaf_of(plain.linker(), row, hash)),
                None => Leaves::default().leaf(row),
            })
        });
    }

    fn finish(self, expected: Option<Uuid>) -> (Contents, Vec<Finding>) {
        let actual = self.log.rows();
        let mut findings = self.log.finish();
        findings.extend(self.found);
        let is_told = findings.iter().any(|finding| finding.kind == Kind::BadGenesis);
        // A log that was adopted has its earlier genesis values in its lanes' lines: it fits whatever is
        // expected.
        let other = expected.and(Some(self.stated_install)).filter(|id| Some(*id) != expected);
        if let Some(other) = other.filter(|_| !is_told) {
            let detail = format!("the file is of install {other}, and another one is expected");
            findings.push(Finding::about_log(Kind::BadGenesis, detail));
        }
        let mut findings = Findings::of(findings);
        for (tenant_id, order) in &self.orders {
            for (first, last) in order.lacking(*tenant_id) {
                let detail =
                    format!("the file names rows {} to {last} as leaves and lacks them", first.chain_seq);
                findings.add(Finding::at(Kind::MissingRow, first, None, detail));
            }
        }
        let contents = Contents {
            install_id: self.stated_install,
            sum: FileSum { rows: actual, ..self.sum },
            rows: self.reader.finish(),
            orders: self.orders,
        };
        (contents, findings.all)
    }
}
