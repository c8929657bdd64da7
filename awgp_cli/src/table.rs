//! A table that fits its screen. Ids are printed as short as they are unique, times are the reader's, long
//! texts wrap, and columns that have no room are named below the table.

use crate::look::Look;
use crate::times;
use awgp_client::{Row, shown};
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use unicode_width::UnicodeWidthStr;

/// Aligned columns and one line below the header: readable, and easy to process.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The fewest digits of an id that are printed, as git does.
const SHORTEST_ID: usize = 8;

/// Columns of this width or less never wrap.
const SHORT_TEXT: usize = 20;

/// Wider ones wrap, to no less than this.
const NARROWEST: usize = 14;

/// The blanks around a column, and with the one that separates it from the next.
const PADDING: usize = 2;
const GAP: usize = 3;

/// Columns and how wide each is, for the parts of a long list.
#[derive(Clone, Debug)]
pub struct Layout {
    shown: Vec<usize>,
    widths: Option<Vec<usize>>,
    left_out: Vec<String>,
    room: usize,
}

impl Layout {
    /// For these columns and cells.
    pub fn of(columns: &[&str], cells: &[Vec<String>], look: &Look) -> Self {
        let Some(room) = look.columns else {
            return Self {
                shown: (0..columns.len()).collect(),
                widths: None,
                left_out: Vec::new(),
                room: usize::MAX,
            };
        };
        let natural: Vec<usize> =
            (0..columns.len()).map(|column| natural(columns[column], cells, column)).collect();
        let least: Vec<usize> =
            (0..columns.len()).map(|column| least(columns[column], natural[column])).collect();
        let mut shown: Vec<usize> = (0..columns.len()).collect();
        let taken = |shown: &[usize]| shown.iter().map(|column| least[*column] + GAP).sum::<usize>();
        let mut left_out = Vec::new();
        while taken(&shown) > room && shown.len() > 2 {
            // What a person needs for the next command stays: the first columns, and the id.
            let Some(last) = shown.iter().rposition(|column| columns[*column] != "id") else { break };
            left_out.insert(0, columns[shown.remove(last)].to_owned());
        }
        let mut spare = room.saturating_sub(taken(&shown));
        let mut widths = Vec::new();
        for (place, column) in shown.iter().enumerate() {
            // The texts that follow get their share.
            let flexible = shown[place..].iter().filter(|column| natural[**column] > least[**column]).count();
            let more = (natural[*column] - least[*column]).min(if flexible > 0 {
                spare.div_ceil(flexible)
            } else {
                0
            });
            spare -= more.min(spare);
            widths.push(least[*column] + more);
        }
        Self { shown, widths: Some(widths), left_out, room }
    }

    /// The rows below a header.
    pub fn table(&self, columns: &[&str], cells: &[Vec<String>]) -> String {
        let mut table = Table::new();
        table.load_style(STYLE).set_content_arrangement(ContentArrangement::Disabled);
        if self.widths.is_some() {
            // The widths below are of the whole screen.
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(u16::MAX);
        }
        let header = self.shown.iter().map(|column| self.head(columns[*column]));
        table.set_header(header.collect::<Vec<_>>());
        table.add_rows(
            cells.iter().map(|row| self.shown.iter().map(|column| row[*column].clone()).collect::<Vec<_>>()),
        );
        for (column, width) in table.column_iter_mut().zip(self.widths.iter().flatten()) {
            let width = u16::try_from(width + PADDING).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width)));
        }
        let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n") + "\n"
    }

    /// The same without the header, for what follows a first part.
    pub fn rest(&self, columns: &[&str], cells: &[Vec<String>]) -> String {
        let text = self.table(columns, cells);
        let header = text.lines().position(|line| line.starts_with('─')).map_or(0, |line| line + 1);
        text.lines().skip(header).flat_map(|line| [line, "\n"]).collect()
    }

    /// Which columns have no room; empty where all have.
    pub fn left_out(&self) -> String {
        if self.left_out.is_empty() {
            return String::new();
        }
        let mut said = "not shown, for want of room:".to_owned();
        let mut taken = said.len();
        for (place, name) in self.left_out.iter().enumerate() {
            let name = if place + 1 < self.left_out.len() { format!("{name},") } else { name.clone() };
            let is_full = taken + 1 + name.len() > self.room;
            said += if is_full { "\n  " } else { " " };
            taken = if is_full { 2 } else { taken + 1 } + name.len();
            said += &name;
        }
        said + "\n"
    }

    fn head(&self, column: &str) -> String {
        // With blanks it may wrap.
        if self.widths.is_some() { column.replace('_', " ") } else { column.to_owned() }
    }
}

/// How wide a column would be without a limit.
fn natural(column: &str, cells: &[Vec<String>], place: usize) -> usize {
    let content = cells.iter().map(|row| row[place].width()).max().unwrap_or(0);
    content.max(longest_word(column))
}

/// How narrow it may be.
fn least(column: &str, natural: usize) -> usize {
    let is_rigid = column == "id" || times::is_moment(column) || natural <= SHORT_TEXT;
    if is_rigid { natural } else { NARROWEST }
}

fn longest_word(column: &str) -> usize {
    column.split('_').map(|word| word.width()).max().unwrap_or(0)
}

/// The cells of rows. `digits` is how many digits of ids are printed; see [`digits`].
pub fn cells(rows: &[Row], columns: &[&str], look: &Look, digits: usize) -> Vec<Vec<String>> {
    let cell = |row: &Row, column: &str| {
        let text = row.text(column).unwrap_or_default();
        let told = times::shown(column, &text, look).unwrap_or(text);
        let is_id = column == "id" || column.ends_with("_id");
        let short =
            if is_id && look.columns.is_some() && is_uuid(&told) { told[..digits].to_owned() } else { told };
        shown::line(&short)
    };
    rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect()
}

/// How many digits make the ids of these rows unique.
pub fn digits(rows: &[Row]) -> usize {
    let mut ids: Vec<String> =
        rows.iter().filter_map(|row| row.text("id")).filter(|id| is_uuid(id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let common = |pair: &[String]| pair[0].bytes().zip(pair[1].bytes()).take_while(|(a, b)| a == b).count();
    let needed = ids.windows(2).map(|pair| common(pair) + 1).max().unwrap_or(0);
    needed.clamp(SHORTEST_ID, 36)
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()
}

/// A whole list.
pub fn of(rows: &[Row], columns: &[&str], look: &Look) -> String {
    if rows.is_empty() {
        return "no rows\n".to_owned();
    }
    let cells = cells(rows, columns, look, digits(rows));
    let layout = Layout::of(columns, &cells, look);
    layout.table(columns, &cells) + &layout.left_out()
}

/// One row: a line for each column.
pub fn single(row: &Row, look: &Look) -> String {
    let told = |name: &str, value: &str| {
        let text = awgp_client::readable(value);
        shown::line(&times::shown_in_full(name, &text, look).unwrap_or(text))
    };
    let lines: Vec<_> = row.columns().map(|(name, value)| vec![name.to_owned(), told(name, value)]).collect();
    grid(&["column", "value"], lines)
}

/// Rows of cells below a header. On a terminal, long cells wrap to its width.
#[expect(clippy::needless_pass_by_value, reason = "callers make the rows for this")]
pub fn grid(header: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic).set_header(header.to_vec());
    if let Some(columns) = crate::look::look().columns {
        table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    }
    table.add_rows(rows.iter().map(|cells| cells.iter().map(|text| shown::line(text))));
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    const COLUMNS: [&str; 6] = ["title", "status", "created_at", "assistant_slug", "tenant_slug", "id"];

    fn rows() -> Vec<Row> {
        let row = |id: &str| {
            Row::from_json(&format!(
                r#"{{"id":"{id}","title":"Pay the invoice of a supplier whose name is long, and then some more",
                     "status":"awaiting_approval","created_at":"2026-11-29T05:00:00+00:00",
                     "assistant_slug":"ledger-keeper","tenant_slug":"north-of-the-river"}}"#
            ))
            .expect("a row")
        };
        vec![row("3f2a91c4-5d6e-4f70-8a1b-2c3d4e5f6071"), row("3f2a91c4-aaaa-4f70-8a1b-2c3d4e5f6071")]
    }

    fn look(columns: Option<usize>) -> Look {
        Look { zone: TimeZone::UTC, iso: false, columns }
    }

    #[test]
    fn a_table_fits_its_screen_and_names_what_does_not() {
        let text = of(&rows(), &COLUMNS, &look(Some(80)));
        assert!(text.lines().all(|line| line.width() <= 80), "{text}");
        assert!(text.contains("3f2a91c4-5") && !text.contains("3f2a91c4-5d"), "{text}");
        assert!(text.contains("2026-11-29 05:00"), "{text}");
        assert!(text.contains("not shown, for want of room: ") && text.ends_with("tenant_slug\n"), "{text}");
        let whole: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(["supplier", "some more"].iter().all(|words| whole.contains(words)), "{text}");
    }

    #[test]
    fn without_a_screen_nothing_is_cut_or_wrapped() {
        let text = of(&rows(), &COLUMNS, &look(None));
        assert_eq!(text.lines().count(), 4, "{text}");
        assert!(
            text.contains("3f2a91c4-5d6e-4f70-8a1b-2c3d4e5f6071") && text.contains("tenant_slug"),
            "{text}"
        );
    }

    #[test]
    fn the_parts_of_a_list_stand_below_each_other() {
        let cells = cells(&rows(), &COLUMNS, &look(Some(100)), 10);
        let layout = Layout::of(&COLUMNS, &cells, &look(Some(100)));
        let whole = layout.table(&COLUMNS, &cells);
        let parts = layout.table(&COLUMNS, &cells[..1]) + &layout.rest(&COLUMNS, &cells[1..]);
        assert_eq!(whole, parts);
    }
}
