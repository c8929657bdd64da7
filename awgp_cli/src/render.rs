//! Rows as a table for people or as JSON for programs.

use crate::chart::{self, Canvas};
use crate::hints;
use crate::look::look;
use crate::opt::{Format, Output};
use crate::table;
pub use crate::table::grid;
use awgp_client::{Row, shown};
use std::io::{self, Write};

/// A list: an array in JSON; in a table these columns, and a note where it is empty.
pub fn list(rows: &[Row], columns: &[&str], output: Output) -> String {
    match output {
        Output::Json => pretty(&rows),
        Output::Table => table::of(rows, columns, look()),
    }
}

/// Rows in the requested format, where there are no pages.
pub fn rows(rows: &[Row], columns: &[&str], format: Format) -> String {
    match format {
        Format::Csv => csv(rows, columns),
        Format::Json => list(rows, columns, Output::Json),
        Format::Table => list(rows, columns, Output::Table),
    }
}

/// A list as CSV (RFC 4180): a header, then a line per row. NULL is empty, and what a spreadsheet would take
/// for a formula is text.
pub fn csv(rows: &[Row], columns: &[&str]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let field = |row: &Row, name: &str| shown::csv_field(&row.text(name).unwrap_or_default());
    let lines = rows.iter().map(|row| columns.iter().map(|name| field(row, name)).collect());
    let header = columns.iter().map(|name| (*name).to_owned()).collect();
    for line in std::iter::once::<Vec<String>>(header).chain(lines) {
        // In memory, and every line has as many fields as the header: it cannot fail.
        let _ = writer.write_record(&line);
    }
    writer.into_inner().map(|text| String::from_utf8_lossy(&text).into_owned()).unwrap_or_default()
}

/// One row, with commands in its hint: an object in JSON; in a table a line per column.
pub fn single(row: &Row, output: Output) -> String {
    let row = hints::in_row(row);
    match output {
        Output::Json => pretty(&*row),
        Output::Table => table::single(&row, look()),
    }
}

/// Rows of cells with a bar after each, for a part of the whole and in a colour (the number of an escape
/// sequence; empty for no colour). There are no bars where the screen is too narrow.
pub fn with_bars(header: &[&str], rows: Vec<Vec<String>>, bars: &[(f64, &str)], canvas: Canvas) -> String {
    let text = grid(header, rows);
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let Some(columns) = canvas.bar_columns(width + 3) else { return text };
    // A wrapped cell takes several lines, and a bar would be beside the wrong one.
    if text.lines().count() != bars.len() + 2 {
        return text;
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (line, (part, colour)) in lines.iter_mut().skip(2).zip(bars) {
        let bar = chart::bar(*part, columns);
        if bar.is_empty() {
            continue;
        }
        let padding = " ".repeat(width - line.chars().count() + 2);
        let bar =
            if canvas.colour && !colour.is_empty() { format!("\u{1b}[{colour}m{bar}\u{1b}[0m") } else { bar };
        line.push_str(&padding);
        line.push_str(&bar);
    }
    lines.join("\n") + "\n"
}

/// Prints to stdout. A reader that stops early (`| head`) is not an error.
pub fn print(text: &str) -> io::Result<()> {
    print_part(text).map(|_| ())
}

/// Prints a part of the output; false where nobody reads any more.
pub fn print_part(text: &str) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        other => other.map(|()| true),
    }
}

/// JSON of several lines, with a final newline.
pub fn pretty(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value);
    shown::json(&text.unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}"))) + "\n"
}

/// A cell: stored text must neither control the reader's terminal nor be read as another text.
pub fn cell(text: &str) -> String {
    shown::line(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        [r#"{"slug":"nord","name":"Nord Ä","cost":1.500000}"#, r#"{"slug":"x","name":null,"cost":2.0}"#]
            .map(|text| Row::from_json(text).expect("a row"))
            .to_vec()
    }

    #[test]
    fn a_list_is_an_array_and_a_row_is_an_object() {
        let parsed: serde_json::Value =
            serde_json::from_str(&list(&rows(), &[], Output::Json)).expect("JSON");
        assert_eq!(parsed.as_array().map(Vec::len), Some(2));
        let parsed: serde_json::Value =
            serde_json::from_str(&single(&rows()[0], Output::Json)).expect("JSON");
        assert_eq!(parsed["slug"], "nord");
        assert!(list(&[], &[], Output::Json).trim() == "[]");
    }

    #[test]
    fn a_table_shows_the_columns_asked_for_and_exact_numbers() {
        let text = list(&rows(), &["slug", "cost"], Output::Table);
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["slug", "cost"]);
        assert_eq!(lines[2].split_whitespace().collect::<Vec<_>>(), ["nord", "1.500000"]);
        assert!(!text.contains("Nord"));
    }

    #[test]
    fn csv_quotes_what_must_be_and_keeps_exact_numbers() {
        let row = Row::from_json(r#"{"name":"a \"b\", c","cost":-0.000001,"none":null,"sum":"=1+1"}"#)
            .expect("a row");
        let text = csv(&[row], &["name", "cost", "none", "absent", "sum"]);
        assert_eq!(text, "name,cost,none,absent,sum\n\"a \"\"b\"\", c\",-0.000001,,,'=1+1\n");
        assert_eq!(csv(&[], &["name", "cost"]), "name,cost\n");
    }

    #[test]
    fn an_escape_sequence_in_a_cell_is_shown_not_obeyed() {
        assert_eq!(cell("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        let row = Row::from_json("{\"title\":\"a\u{202e}b\u{9b}\"}").expect("a row");
        assert!(single(&row, Output::Table).contains("a\\u{202e}b\\u{9b}"));
        assert!(single(&row, Output::Json).contains("a\\u202eb\\u009b"));
        assert!(grid(&["x"], vec![vec!["a\u{200b}b".to_owned()]]).contains("a\\u{200b}b"));
    }
}
