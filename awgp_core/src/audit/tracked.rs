//! What is recorded for each column of a tracked table.
//!
//! The options given to `awgp.track_table()` must follow a column, not its name. In the table itself a
//! column's number identifies it, whatever its name. In a table restored from a dump the numbers may be
//! different, because dropped columns leave a gap in the old table and not in the new one: there only the
//! name identifies it. So a trigger stores both, for every column, and the table's oid, which tells which of
//! them to use. A column that cannot be identified is masked: a masked value is missing from the trail, but a
//! secret in it stays for good.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// What the trail records of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    /// Its value.
    #[default]
    Plain,
    /// A commitment; the value itself stands where it can be erased.
    Erasable,
    /// Only that it has one.
    Masked,
    /// Nothing.
    Excluded,
}

/// A column: its number in the table, and its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// From 1; 0 for a dropped one.
    pub number: i16,
    /// Its name.
    pub name: String,
}

/// A column as it was when the table was tracked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedColumn {
    /// Number and name at that time.
    pub column: Column,
    /// What to record.
    pub treatment: Treatment,
}

/// The argument of a tracked table's trigger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The table's oid. Another table with this argument was restored from a dump.
    pub relation: u32,
    /// The table's name at that time.
    pub former_names: Vec<String>,
    /// Its columns.
    pub columns: Vec<PinnedColumn>,
    /// The name of the column that says whose the erasable values of a row are.
    pub subject: Option<String>,
}

#[derive(Deserialize, Serialize)]
struct Written {
    relation: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_names: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exclude: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    mask: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    erasable: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    columns: Vec<(i16, String)>,
}

impl Pinned {
    /// Reads a trigger's argument; None where it is not one of AWGP's.
    pub fn parse(argument: &str) -> Option<Self> {
        let written: Written = serde_json::from_str(argument).ok()?;
        let treatment = |name| match name {
            name if written.exclude.contains(name) => Treatment::Excluded,
            name if written.mask.contains(name) => Treatment::Masked,
            name if written.erasable.contains(name) => Treatment::Erasable,
            _ => Treatment::Plain,
        };
        let columns = written.columns.iter().map(|(number, name)| PinnedColumn {
            column: Column { number: *number, name: name.clone() },
            treatment: treatment(name),
        });
        let columns = columns.collect();
        let (former_names, subject) = (written.former_names, written.subject);
        Some(Self { relation: written.relation, former_names, columns, subject })
    }

    /// The trigger's argument, in ASCII: the same text in a database of any encoding.
    #[must_use]
    pub fn to_argument(&self) -> String {
        let names = |treatment| self.names(treatment);
        let written = Written {
            relation: self.relation,
            former_names: self.former_names.clone(),
            exclude: names(Treatment::Excluded),
            mask: names(Treatment::Masked),
            erasable: names(Treatment::Erasable),
            subject: self.subject.clone(),
            columns: self
                .columns
                .iter()
                .map(|pinned| (pinned.column.number, pinned.column.name.clone()))
                .collect(),
        };
        ascii(&serde_json::to_string(&written).unwrap_or_default())
    }

    /// Pins the columns of a table as they are now.
    pub fn new(
        relation: u32,
        former_names: Vec<String>,
        columns: &[Column],
        treatment: impl Fn(&Column) -> Treatment,
    ) -> Self {
        let pin = |column: &Column| PinnedColumn { column: column.clone(), treatment: treatment(column) };
        Self { relation, former_names, columns: columns.iter().map(pin).collect(), subject: None }
    }

    /// The same, with the column that says whose the erasable values are.
    #[must_use]
    pub fn with_subject(self, subject: Option<String>) -> Self {
        Self { subject, ..self }
    }

    /// The present number of the column that says whose the erasable values are; None where it cannot be
    /// identified.
    pub fn subject_number(&self, relation: u32, columns: &[Column]) -> Option<i16> {
        let subject = self.subject.as_deref()?;
        let pinned = self.by_name(subject).filter(|_| self.relation == relation);
        let by_number = pinned.and_then(|pinned| {
            columns.iter().find(|column| column.number == pinned.column.number && column.number > 0)
        });
        by_number.or_else(|| columns.iter().find(|column| column.name == subject)).map(|column| column.number)
    }

    /// The columns, including dropped ones, for which this was requested.
    pub fn names(&self, treatment: Treatment) -> Vec<String> {
        let those = self.columns.iter().filter(|pinned| pinned.treatment == treatment);
        those.map(|pinned| pinned.column.name.clone()).collect()
    }

    fn by_number(&self, number: i16) -> Option<&PinnedColumn> {
        self.columns.iter().find(|pinned| pinned.column.number == number)
    }

    fn by_name(&self, name: &str) -> Option<&PinnedColumn> {
        self.columns.iter().find(|pinned| pinned.column.name == name)
    }

    /// True where numbers and names are the pinned ones: then the options apply as given.
    pub fn agrees(&self, columns: &[Column]) -> bool {
        let there: Vec<&PinnedColumn> =
            self.columns.iter().filter(|pinned| pinned.column.number > 0).collect();
        there.len() == columns.len()
            && columns.iter().all(|column| there.iter().any(|pinned| pinned.column == *column))
    }

    /// For a table restored from a dump: a column whose value must not be shown was renamed, or is gone.
    fn has_lost(&self, relation: u32, columns: &[Column], is_secret: &impl Fn(&str) -> bool) -> bool {
        self.relation != relation
            && self.columns.iter().any(|PinnedColumn { column, treatment }| {
                (*treatment != Treatment::Plain || is_secret(&column.name))
                    && column.number > 0
                    && !columns.iter().any(|of_today| of_today.name == column.name)
            })
    }

    /// What was requested for a column by its number and by its name, and the pinned name of its number.
    fn asked(&self, relation: u32, column: &Column) -> (Option<Treatment>, Option<&str>) {
        let by_number = if self.relation == relation { self.by_number(column.number) } else { None };
        let both = [self.by_name(&column.name), by_number].into_iter().flatten();
        (both.map(|pinned| pinned.treatment).max(), by_number.map(|pinned| pinned.column.name.as_str()))
    }

    /// What is recorded for each column of the table with this oid. `is_secret` tells which names are masked
    /// by default; a column is also judged by the name that it had.
    pub fn treatments(
        &self,
        relation: u32,
        columns: &[Column],
        is_secret: impl Fn(&str) -> bool,
    ) -> Vec<Treatment> {
        let has_lost = self.has_lost(relation, columns, &is_secret);
        let treat = |column: &Column| {
            let (asked, former) = self.asked(relation, column);
            let is_hidden = is_secret(&column.name)
                || former.is_some_and(&is_secret)
                || has_lost && self.by_name(&column.name).is_none();
            let least = if is_hidden { Treatment::Masked } else { Treatment::Plain };
            asked.unwrap_or_default().max(least)
        };
        let mut treatments: Vec<Treatment> = columns.iter().map(treat).collect();
        // A value of which nobody knows whose it is could never be erased.
        if self.subject_number(relation, columns).is_none() {
            for treatment in treatments.iter_mut().filter(|treatment| **treatment == Treatment::Erasable) {
                *treatment = Treatment::Masked;
            }
        }
        treatments
    }

    /// The same, pinned to the present columns; None where a column that must not be shown cannot be
    /// identified. What was requested for a column that is gone stays, in case one comes under its name.
    pub fn again(&self, relation: u32, columns: &[Column], is_secret: impl Fn(&str) -> bool) -> Option<Self> {
        if self.has_lost(relation, columns, &is_secret) {
            return None;
        }
        let treatment = |column: &Column| {
            let (asked, former) = self.asked(relation, column);
            let had_secret_name = former.is_some_and(|former| former != column.name && is_secret(former));
            asked.unwrap_or_default().max(if had_secret_name { Treatment::Masked } else { Treatment::Plain })
        };
        // Under its present name; a subject that is gone stays requested, in case one comes under its name.
        let subject = self.subject_number(relation, columns);
        let subject = columns.iter().find(|column| Some(column.number) == subject);
        let subject = subject.map(|column| column.name.clone()).or_else(|| self.subject.clone());
        let mut again =
            Self::new(relation, self.former_names.clone(), columns, treatment).with_subject(subject);
        let is_there = |pinned: &PinnedColumn| {
            let is_same = |column: &Column| {
                self.relation == relation && column.number == pinned.column.number
                    || column.name == pinned.column.name
            };
            columns.iter().any(is_same)
        };
        let gone =
            self.columns.iter().filter(|pinned| pinned.treatment != Treatment::Plain && !is_there(pinned));
        again.columns.extend(gone.map(|pinned| PinnedColumn {
            column: Column { number: 0, name: pinned.column.name.clone() },
            treatment: pinned.treatment,
        }));
        Some(again)
    }
}

/// JSON text with every character beyond ASCII escaped.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a String does not fail.
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use Treatment::{Erasable, Excluded, Masked, Plain};

    fn columns(named: &[(i16, &str)]) -> Vec<Column> {
        named.iter().map(|(number, name)| Column { number: *number, name: (*name).to_owned() }).collect()
    }

    /// id, pin (masked), note, left (left out), api_key; the second column was dropped earlier.
    fn pinned() -> Pinned {
        let of = |number, name: &str, treatment| PinnedColumn {
            column: Column { number, name: name.to_owned() },
            treatment,
        };
        Pinned {
            relation: 7,
            former_names: vec!["shop.\"Dinge ü,😀\"".to_owned()],
            columns: vec![
                of(1, "id", Plain),
                of(3, "pin", Masked),
                of(4, "note", Plain),
                of(5, "left", Excluded),
                of(6, "api_key", Plain),
            ],
            subject: None,
        }
    }

    fn done(relation: u32, named: &[(i16, &str)]) -> Vec<Treatment> {
        pinned().treatments(relation, &columns(named), |name| name.ends_with("key"))
    }

    #[test]
    fn an_argument_is_ascii_and_reads_as_it_was_written() {
        let argument = pinned().to_argument();
        assert!(argument.is_ascii());
        assert_eq!(Pinned::parse(&argument), Some(pinned()));
        assert_eq!(Pinned::parse("mask=pin"), None);
    }

    #[test]
    fn in_the_same_table_a_column_is_its_number_whatever_it_is_called() {
        let plain = [(1, "id"), (3, "pin"), (4, "note"), (5, "left"), (6, "api_key")];
        assert_eq!(done(7, &plain), [Plain, Masked, Plain, Excluded, Masked]);
        let renamed = [(1, "id"), (3, "code"), (4, "note"), (5, "other"), (6, "access"), (7, "more")];
        assert_eq!(done(7, &renamed), [Plain, Masked, Plain, Excluded, Masked, Plain]);
        // Two columns that exchange names are both hidden: each is meant by number or by name.
        let swapped = [(1, "id"), (3, "note"), (4, "pin"), (5, "left"), (6, "api_key")];
        assert_eq!(done(7, &swapped), [Plain, Masked, Masked, Excluded, Masked]);
    }

    #[test]
    fn a_column_that_was_dropped_and_made_again_is_meant_by_its_name() {
        let again = [(1, "id"), (4, "note"), (5, "left"), (6, "api_key"), (7, "pin")];
        assert_eq!(done(7, &again), [Plain, Plain, Excluded, Masked, Masked]);
        let gone = [(1, "id"), (4, "note"), (5, "left"), (6, "api_key"), (7, "new")];
        assert_eq!(done(7, &gone), [Plain, Plain, Excluded, Masked, Plain]);
    }

    #[test]
    fn in_a_table_that_was_brought_back_a_column_is_its_name_and_what_is_unknown_is_masked() {
        let back = [(1, "id"), (2, "pin"), (3, "note"), (4, "left"), (5, "api_key")];
        assert_eq!(done(9, &back), [Plain, Masked, Plain, Excluded, Masked]);
        let renamed = [(1, "id"), (2, "code"), (3, "note"), (4, "left"), (5, "api_key")];
        assert_eq!(done(9, &renamed), [Plain, Masked, Plain, Excluded, Masked]);
        let secret_renamed = [(1, "id"), (2, "pin"), (3, "note"), (4, "left"), (5, "access")];
        assert_eq!(done(9, &secret_renamed), [Plain, Masked, Plain, Excluded, Masked]);
        assert_eq!(pinned().again(9, &columns(&renamed), |_| false), None);
        let again = pinned().again(9, &columns(&back), |_| false).expect("each is found by its name");
        assert!(again.agrees(&columns(&back)));
        assert_eq!(again.names(Masked), ["pin"]);
    }

    #[test]
    fn what_is_pinned_again_hides_what_it_hid_and_remembers_what_is_gone() {
        let is_secret = |name: &str| name.ends_with("key");
        let renamed = columns(&[(1, "id"), (3, "code"), (4, "note"), (5, "left"), (6, "access")]);
        let again = pinned().again(7, &renamed, is_secret).expect("numbers tell");
        assert!(again.agrees(&renamed));
        assert_eq!(
            (again.names(Masked), again.names(Excluded)),
            (vec!["code".to_owned(), "access".to_owned()], vec!["left".to_owned()],)
        );
        // One after the other, as ALTER TABLE renames: two columns exchange their names.
        let steps = [[(3, "old"), (4, "note")], [(3, "old"), (4, "pin")], [(3, "note"), (4, "pin")]];
        let swapped = steps
            .iter()
            .fold(pinned(), |pinned, step| pinned.again(7, &columns(step), is_secret).expect("numbers tell"));
        assert_eq!(swapped.names(Masked), ["note"]);
        let without = columns(&[(1, "id"), (4, "note")]);
        let without_pin = pinned().again(7, &without, is_secret).expect("numbers tell");
        assert!(without_pin.agrees(&without));
        let with_new = columns(&[(1, "id"), (4, "note"), (7, "pin")]);
        let with_new_pin = without_pin.again(7, &with_new, is_secret).expect("numbers tell");
        assert_eq!(with_new_pin.treatments(7, &with_new, is_secret), [Plain, Plain, Masked]);
        assert_eq!(with_new_pin.treatments(9, &with_new, is_secret), [Plain, Plain, Masked]);
    }

    #[test]
    fn numbers_and_names_agree_or_not() {
        let same = columns(&[(1, "id"), (3, "pin"), (4, "note"), (5, "left"), (6, "api_key")]);
        assert!(pinned().agrees(&same));
        assert!(!pinned().agrees(&same[1..]));
        assert!(!pinned().agrees(&columns(&[
            (1, "id"),
            (3, "code"),
            (4, "note"),
            (5, "left"),
            (6, "api_key")
        ])));
    }

    #[test]
    fn an_erasable_column_is_erasable_as_long_as_its_subject_is_known() {
        let named = columns(&[(1, "id"), (2, "email"), (3, "person")]);
        let treatment = |column: &Column| if column.name == "email" { Erasable } else { Plain };
        let pinned = Pinned::new(7, Vec::new(), &named, treatment).with_subject(Some("person".to_owned()));
        let argument = pinned.to_argument();
        assert_eq!(Pinned::parse(&argument), Some(pinned.clone()));
        let done = |relation, named: &[(i16, &str)]| {
            let columns = columns(named);
            (pinned.treatments(relation, &columns, |_| false), pinned.subject_number(relation, &columns))
        };
        assert_eq!(done(7, &[(1, "id"), (2, "mail"), (3, "who")]), (vec![Plain, Erasable, Plain], Some(3)));
        assert_eq!(done(9, &[(1, "id"), (2, "email"), (3, "person")]).0, [Plain, Erasable, Plain]);
        assert_eq!(done(7, &[(1, "id"), (2, "email")]), (vec![Plain, Masked], None));
        assert_eq!(done(9, &[(1, "id"), (2, "email"), (3, "who")]).0, [Plain, Masked, Plain]);
        let renamed = columns(&[(1, "id"), (2, "mail"), (3, "who")]);
        let again = pinned.again(7, &renamed, |_| false).expect("numbers tell");
        assert_eq!((again.subject.as_deref(), again.names(Erasable)), (Some("who"), vec!["mail".to_owned()]));
    }
}
