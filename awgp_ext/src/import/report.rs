//! What an import reports: counts of every rule, and a bounded number of the rows it is about.

use awgp_core::seed::TABLES;
use std::collections::BTreeMap;

/// How grave it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It does not fit; nothing is imported.
    Error,
    /// It is imported in another form, or says that the old trail is not whole.
    Warning,
    /// It is counted.
    Info,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }

    /// The severity of this name; an error for any other.
    pub fn named(name: &str) -> Self {
        [Self::Warning, Self::Info].into_iter().find(|known| known.name() == name).unwrap_or(Self::Error)
    }
}

/// One line: severity, table, row, column, rule, number of such rows, detail.
pub type Line = (String, String, Option<String>, Option<String>, String, i64, Option<String>);

/// What a row breaks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    severity: Severity,
    /// The place of the table among those of the report, so that the report is in their order.
    table: usize,
    column: Option<String>,
    reason: String,
}

#[derive(Default)]
struct Broken {
    rows: i64,
    sample: Vec<(Option<String>, Option<String>)>,
}

/// A report.
pub struct Report {
    sample: usize,
    tables: Vec<String>,
    rules: BTreeMap<Rule, Broken>,
}

impl Report {
    /// An empty report that lists `sample` rows of each rule.
    pub fn new(sample: usize) -> Self {
        let tables = TABLES.iter().map(|table| table.name.to_owned()).collect();
        Self { sample, tables, rules: BTreeMap::new() }
    }

    /// Adds a row.
    pub fn add(
        &mut self,
        severity: Severity,
        table: &str,
        row: Option<String>,
        column: Option<String>,
        reason: &str,
        detail: Option<String>,
    ) {
        let limit = self.sample;
        let broken = self.broken(severity, table, column, reason);
        broken.rows += 1;
        if broken.sample.len() < limit {
            broken.sample.push((row, detail));
        }
    }

    /// Adds a number of rows.
    pub fn total(&mut self, severity: Severity, table: &str, reason: &str, rows: i64) {
        let broken = self.broken(severity, table, None, reason);
        broken.rows += rows;
        if broken.sample.is_empty() {
            broken.sample.push((None, None));
        }
    }

    fn broken(
        &mut self,
        severity: Severity,
        table: &str,
        column: Option<String>,
        reason: &str,
    ) -> &mut Broken {
        let place = self.tables.iter().position(|known| known == table).unwrap_or_else(|| {
            self.tables.push(table.to_owned());
            self.tables.len() - 1
        });
        self.rules.entry(Rule { severity, table: place, column, reason: reason.to_owned() }).or_default()
    }

    /// The number of values that do not fit.
    pub fn errors(&self) -> u64 {
        let errors = self.rules.iter().filter(|(rule, _)| rule.severity == Severity::Error);
        errors.map(|(_, broken)| broken.rows.unsigned_abs()).sum()
    }

    /// Table, column and rule of the first error.
    pub fn first_error(&self) -> Option<(&str, &str, &str)> {
        let (rule, _) = self.rules.iter().find(|(rule, _)| rule.severity == Severity::Error)?;
        Some((&self.tables[rule.table], rule.column.as_deref().unwrap_or_default(), &rule.reason))
    }

    /// The lines, errors first.
    pub fn into_rows(self) -> Vec<Line> {
        let Self { tables, rules, .. } = self;
        let mut lines = Vec::new();
        for (rule, broken) in rules {
            // A rule without a sample still has a line.
            let sample = if broken.sample.is_empty() { vec![(None, None)] } else { broken.sample };
            for (row, detail) in sample {
                lines.push((
                    rule.severity.name().to_owned(),
                    tables[rule.table].clone(),
                    row,
                    rule.column.clone(),
                    rule.reason.clone(),
                    broken.rows,
                    detail,
                ));
            }
        }
        lines
    }
}
