//! The report of a verification: findings as a table or as JSON Lines, and a summary line.

use crate::opt::Output;
use crate::render;
use awgp_client::Exit;
use awgp_core::audit::finding::{Finding, Severity};
use awgp_core::counted::counted;
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;

const COLUMNS: [&str; 8] =
    ["severity", "kind", "tenant_id", "partition_name", "chain_lane", "chain_seq", "audit_id", "detail"];

/// A verification that has ended.
#[derive(Debug)]
pub struct Report {
    /// All of them.
    pub findings: Vec<Finding>,
    /// Rows verified.
    pub rows: u64,
    /// Lanes verified; None for a file.
    pub lanes: Option<usize>,
    /// How long it took.
    pub took: Duration,
    /// What was proved against signed notes, and on what it rests, one sentence per tenant.
    pub proved: Vec<String>,
}

impl Report {
    /// The exit code: 12 for a finding of severity error.
    pub fn exit(&self) -> Exit {
        let error = self.findings.iter().any(|finding| finding.severity == Severity::Error);
        if error { Exit::Findings } else { Exit::Success }
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
            let _ = writeln!(text, "{}", awgp_client::shown::json(&json!(finding).to_string()));
        }
        let summary = json!({
            "verified_rows": self.rows, "lanes": self.lanes, "seconds": self.took.as_secs_f64(),
            "rows_per_second": self.rows_per_second(), "findings": self.findings.len(),
            "proved": self.proved,
        });
        let _ = writeln!(text, "{}", awgp_client::shown::json(&summary.to_string()));
        text
    }

    fn table(&self) -> String {
        let mut text = String::new();
        if !self.findings.is_empty() {
            text = render::grid(&COLUMNS, self.findings.iter().map(cells).collect());
        }
        for sentence in &self.proved {
            let _ = writeln!(text, "{sentence}");
        }
        let lanes = self.lanes.map_or(String::new(), |lanes| format!(" in {}", counted(lanes, "lane")));
        let _ = writeln!(
            text,
            "verified {}{lanes} in {:.1} s, {} rows/s: {}",
            counted(self.rows, "row"),
            self.took.as_secs_f64(),
            self.rows_per_second(),
            match self.findings.len() {
                0 => "no findings".to_owned(),
                count => counted(count, "finding"),
            }
        );
        text
    }

    fn rows_per_second(&self) -> u64 {
        let milliseconds = self.took.as_millis().max(1);
        u64::try_from(u128::from(self.rows) * 1000 / milliseconds).unwrap_or(u64::MAX)
    }
}

fn cells(finding: &Finding) -> Vec<String> {
    fn text(value: Option<impl ToString>) -> String {
        value.map_or(String::new(), |value| value.to_string())
    }
    vec![
        finding.severity.name().to_owned(),
        finding.kind.name().to_owned(),
        text(finding.tenant_id),
        text(finding.partition_name.as_ref()),
        text(finding.chain_lane),
        text(finding.chain_seq),
        text(finding.audit_id),
        render::cell(&finding.detail),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use awgp_core::audit::finding::Kind;

    fn report(kinds: &[Kind]) -> Report {
        Report {
            findings: kinds.iter().map(|kind| Finding::about_log(*kind, "x\u{1b}")).collect(),
            rows: 1000,
            lanes: Some(2),
            took: Duration::from_millis(500),
            proved: Vec::new(),
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
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
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
