//! The report of a verification: findings as a table or as JSON Lines, and a summary line.

use super::names::Names;
use crate::audit::cosigning::Cosigned;
use crate::audit::timestamp::Stamped;
use crate::opt::Output;
use crate::render;
use awgp_client::Exit;
use awgp_core::audit::finding::{Finding, Severity};
use awgp_core::audit::witness::{OwnWord, Proved, Range, Root, Said};
use awgp_core::counted::counted;
use awgp_core::stop::verdict::{State, Verdict};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

const COLUMNS: [&str; 10] = [
    "severity",
    "kind",
    "tenant_slug",
    "tenant_id",
    "partition_name",
    "chain_lane",
    "chain_seq",
    "audit_id",
    "event",
    "detail",
];

/// The columns of what contradicts a stop.
pub const OF_STOPS: [&str; 6] = ["kind", "tenant_id", "chain_lane", "chain_seq", "audit_id", "detail"];

/// So much of what is the files' own word is told to people.
const SAID_MAX: usize = 20;

/// What a file says by itself, as a sentence.
pub fn own(said: &OwnWord) -> String {
    let OwnWord { tenant_id, chain_lane, what, first_seq, last_seq } = said;
    let lane = chain_lane.map_or(String::new(), |lane| format!(" lane {lane}"));
    let says = match what {
        Said::Lanes => "which lanes there are".to_owned(),
        Said::Start if *last_seq == 0 => "at which genesis value it begins".to_owned(),
        Said::Start => {
            format!("that it begins at row {}, without rows {first_seq} to {last_seq}", last_seq + 1)
        }
        Said::Gap => format!("that rows {first_seq} to {last_seq} do not belong to it"),
        Said::End => format!("rows {first_seq} to {last_seq}, and that it ends there"),
    };
    format!("tenant {tenant_id}{lane}: {says}")
}

/// What a note proves of files, as a sentence.
pub fn proved(note: &Proved) -> String {
    let ranges = |ranges: &[Range]| {
        let range =
            |range: &Range| format!("lane {} {} to {}", range.chain_lane, range.first_seq, range.last_seq);
        ranges.iter().map(range).collect::<Vec<_>>().join(", ")
    };
    let Proved { note: name, tenant_id, tree_size, rows, proves, absent, .. } = note;
    let mut text = format!(
        "{name} proves {rows} of the {} that it signs of tenant {tenant_id}",
        counted(*tree_size, "row")
    );
    if !proves.is_empty() {
        let _ = write!(text, ": {}", ranges(proves));
    }
    if !absent.is_empty() {
        let _ = write!(text, "; in no file: {}", ranges(absent));
    }
    text.push_str(match note.root {
        Root::Yielded => "; the signed root follows from the file",
        Root::Mismatch => "; the file yields another root",
        Root::Unknown => "; the file does not have the order of the leaves for the root",
    });
    text
}

/// Stops whose events are in files.
#[derive(Debug, Default)]
pub struct Stops {
    /// What the files prove of each.
    pub verdicts: Vec<Verdict>,
    /// Whether notes were given.
    pub has_notes: bool,
}

/// A verification that has ended.
#[derive(Debug)]
pub struct Report {
    /// All of them.
    pub findings: Vec<Finding>,
    /// The names that belong to their ids; none where they are of a file.
    pub names: Names,
    /// Rows verified.
    pub rows: u64,
    /// Lanes verified; None for a file.
    pub lanes: Option<usize>,
    /// How long it took.
    pub took: Duration,
    /// What was proved against signed notes, and on what it rests, one sentence per tenant.
    pub proved: Vec<String>,
    /// What files prove of the stops in them; none for a database.
    pub stops: Stops,
    /// What was proved of files, note by note, and what is their own word. None for a database.
    pub witness: Option<(Vec<Proved>, Vec<OwnWord>)>,
    /// The keys of the notes in the order of their time; none without notes.
    pub keys: Vec<String>,
    /// From when the notes are, where that was asked.
    pub timestamps: Option<Vec<Stamped>>,
    /// Who has cosigned the notes, where that was asked.
    pub cosigned: Option<Vec<Cosigned>>,
}

impl Report {
    /// The exit code: 12 for a finding of severity error.
    pub fn exit(&self) -> Exit {
        let error = self.findings.iter().any(|finding| finding.severity == Severity::Error);
        let contradicted = self.stops.verdicts.iter().any(|stop| self.state(stop) == State::Contradicted);
        if error || contradicted { Exit::Findings } else { Exit::Success }
    }

    /// How it stands with a stop.
    pub fn state(&self, stop: &Verdict) -> State {
        stop.state(stop.touched_by(&self.findings).is_empty())
    }

    /// Whether notes sign the events of a stop; None where none was given.
    fn signed(&self, stop: &Verdict) -> Option<bool> {
        self.stops.has_notes.then(|| {
            let proved = self.witness.as_ref().map_or(&[][..], |(proved, _)| proved.as_slice());
            stop.is_signed(proved)
        })
    }

    /// What is proved of a stop, as JSON.
    pub fn stop(&self, stop: &Verdict) -> Value {
        stop.to_json(stop.touched_by(&self.findings).is_empty(), self.signed(stop))
    }

    /// What is proved of a stop, as a sentence, and its findings.
    pub fn told(&self, stop: &Verdict) -> String {
        let mut text = String::new();
        let holds = stop.touched_by(&self.findings).is_empty();
        let _ = writeln!(text, "{}", render::cell(&stop.sentence(holds, self.signed(stop))));
        if !stop.found.is_empty() {
            let cell = |value: Option<String>| value.unwrap_or_default();
            let rows = stop.found.iter().map(|found| {
                vec![
                    found.kind.name().to_owned(),
                    found.tenant.to_string(),
                    cell(found.lane.map(|lane| lane.to_string())),
                    cell(found.seq.map(|seq| seq.to_string())),
                    cell(found.audit_id.map(|id| id.to_string())),
                    render::cell(&found.detail),
                ]
            });
            text.push_str(&render::grid(&OF_STOPS, rows.collect()));
        }
        text
    }

    /// The text for stdout.
    pub fn render(&self, output: Output) -> String {
        match output {
            Output::Json => self.lines(),
            Output::Table => self.table(),
        }
    }

    fn lines(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let mut finding_with_names = json!(finding);
            if let Some(members) = finding_with_names.as_object_mut() {
                self.names.add_to(finding, members);
            }
            let _ = writeln!(text, "{}", awgp_client::shown::json(&finding_with_names.to_string()));
        }
        let mut summary = json!({
            "verified_rows": self.rows, "lanes": self.lanes, "seconds": self.took.as_secs_f64(),
            "rows_per_second": self.rows_per_second(), "findings": self.findings.len(),
            "proved": self.proved,
        });
        if let (Some((notes, own_word)), Some(members)) = (&self.witness, summary.as_object_mut()) {
            members.insert("notes".to_owned(), json!(notes));
            members.insert("own_word".to_owned(), json!(own_word));
            let stops: Vec<Value> = self.stops.verdicts.iter().map(|stop| self.stop(stop)).collect();
            members.insert("stops".to_owned(), json!(stops));
        }
        if let (false, Some(members)) = (self.keys.is_empty(), summary.as_object_mut()) {
            members.insert("keys".to_owned(), json!(self.keys));
        }
        if let (Some(cosigned), Some(members)) = (&self.cosigned, summary.as_object_mut()) {
            members.insert("cosigned".to_owned(), json!(cosigned));
        }
        if let (Some(timestamps), Some(members)) = (&self.timestamps, summary.as_object_mut()) {
            members.insert("timestamps".to_owned(), json!(timestamps));
        }
        let _ = writeln!(text, "{}", awgp_client::shown::json(&summary.to_string()));
        text
    }

    fn table(&self) -> String {
        let mut text = String::new();
        if !self.findings.is_empty() {
            text = render::grid(&COLUMNS, self.findings.iter().map(|finding| self.cells(finding)).collect());
        }
        for sentence in &self.proved {
            let _ = writeln!(text, "{}", render::cell(sentence));
        }
        for stop in &self.stops.verdicts {
            text.push_str(&self.told(stop));
        }
        if let Some((_, own_word)) = &self.witness {
            for said in own_word.iter().take(SAID_MAX) {
                let _ = writeln!(text, "the file's own word: {}", own(said));
            }
            if own_word.len() > SAID_MAX {
                let _ = writeln!(text, "and {} more; --output json has all", own_word.len() - SAID_MAX);
            }
        }
        for Stamped { note, at } in self.timestamps.iter().flatten() {
            let _ = writeln!(text, "{} was there at {at}", render::cell(note));
        }
        for Cosigned { note, witnesses, .. } in self.cosigned.iter().flatten() {
            for (name, at) in witnesses {
                let _ =
                    writeln!(text, "{} was cosigned by {} at {at}", render::cell(note), render::cell(name));
            }
        }
        for pair in self.keys.windows(2) {
            let _ = writeln!(
                text,
                "the key {} is followed by {}, as both have signed",
                render::cell(&pair[0]),
                render::cell(&pair[1])
            );
        }
        let lanes = self.lanes.map_or(String::new(), |lanes| format!(" in {}", counted(lanes, "lane")));
        let _ = writeln!(
            text,
            "verified {}{lanes} in {:.1} s, {} rows/s: {}",
            counted(self.rows, "row"),
            self.took.as_secs_f64(),
            self.rows_per_second(),
            match self.findings.len() + self.stops.verdicts.iter().map(|stop| stop.found.len()).sum::<usize>()
            {
                0 => "no findings".to_owned(),
                count => counted(count, "finding"),
            }
        );
        text
    }

    fn cells(&self, finding: &Finding) -> Vec<String> {
        fn text(value: Option<impl ToString>) -> String {
            value.map_or(String::new(), |value| value.to_string())
        }
        vec![
            finding.severity.name().to_owned(),
            finding.kind.name().to_owned(),
            render::cell(self.names.tenant(finding)),
            text(finding.tenant_id),
            text(finding.partition_name.as_ref()),
            text(finding.chain_lane),
            text(finding.chain_seq),
            text(finding.audit_id),
            render::cell(&self.names.event(finding)),
            render::cell(&finding.detail),
        ]
    }

    fn rows_per_second(&self) -> u64 {
        let milliseconds = self.took.as_millis().max(1);
        u64::try_from(u128::from(self.rows) * 1000 / milliseconds).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use awgp_core::audit::finding::Kind;

    fn report(kinds: &[Kind]) -> Report {
        Report {
            findings: kinds.iter().map(|kind| Finding::about_log(*kind, "x\u{1b}")).collect(),
            names: Names::default(),
            rows: 1000,
            lanes: Some(2),
            took: Duration::from_millis(500),
            proved: Vec::new(),
            stops: Stops::default(),
            witness: None,
            keys: Vec::new(),
            timestamps: None,
            cosigned: None,
        }
    }

    #[test]
    fn a_warning_alone_is_no_failure() {
        assert_eq!(report(&[]).exit(), Exit::Success);
        assert_eq!(report(&[Kind::BackDated]).exit(), Exit::Success);
        assert_eq!(report(&[Kind::BackDated, Kind::ChangedRow]).exit(), Exit::Findings);
    }

    #[test]
    fn json_lines_are_the_findings_and_a_line_that_sums_up() {
        let text = report(&[Kind::ChangedRow, Kind::CutTail]).render(Output::Json);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!((&lines[0]["kind"], &lines[1]["severity"]), (&json!("changed_row"), &json!("error")));
        assert_eq!((&lines[2]["verified_rows"], &lines[2]["findings"]), (&json!(1000), &json!(2)));
        assert_eq!(lines[2]["rows_per_second"], 2000);
        assert_eq!(lines.len(), 3);
    }

    #[test]
    fn people_read_a_table_and_a_sentence() {
        let text = report(&[Kind::ChangedRow]).render(Output::Table);
        assert!(text.contains("changed_row") && !text.contains('\u{1b}'), "{text}");
        assert!(text.ends_with("verified 1000 rows in 2 lanes in 0.5 s, 2000 rows/s: 1 finding\n"), "{text}");
        let one = Report { rows: 1, lanes: Some(1), ..report(&[]) }.render(Output::Table);
        assert_eq!(one, "verified 1 row in 1 lane in 0.5 s, 2 rows/s: no findings\n");
    }
}
