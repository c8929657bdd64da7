//! Tables of the page, and how numbers are written for people.

use awgp_client::shown;
use maud::{Markup, html};

/// A column: its header, and what is in it.
pub enum Column {
    /// What the row is about.
    Name(&'static str),
    /// Words.
    Text(&'static str),
    /// A number, to the right.
    Number(&'static str),
}

impl Column {
    fn header(&self) -> &'static str {
        match self {
            Self::Name(header) | Self::Text(header) | Self::Number(header) => header,
        }
    }
}

/// A table with a caption, or a sentence where there is no row.
#[expect(clippy::needless_pass_by_value, reason = "callers make the rows for this")]
pub fn table(caption: &str, columns: &[Column], rows: Vec<Vec<String>>) -> Markup {
    html! {
        @if rows.is_empty() {
            p.soft { (caption) ": nothing in this month." }
        } @else {
            div.table tabindex="0" role="region" aria-label=(caption) {
                table {
                    caption { (caption) }
                    thead { tr { @for column in columns {
                        th scope="col" class=[matches!(column, Column::Number(_)).then_some("n")] { (column.header()) }
                    } } }
                    tbody { @for row in &rows { tr { @for (column, cell) in columns.iter().zip(row) {
                        @match column {
                            Column::Name(_) => th scope="row" { (shown::line(cell)) },
                            Column::Text(_) => td { (shown::line(cell)) },
                            Column::Number(_) => td.n { (shown::line(cell)) },
                        }
                    } } } }
                }
            }
        }
    }
}

/// A whole number with a thin space between thousands.
pub fn number(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(&number.unsigned_abs().to_string()))
}

/// An amount with its currency: two decimals where the others are zeros, else all, so that columns line up.
pub fn amount(text: &str, currency: Option<&str>) -> String {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("−", digits));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let (cents, finer) = decimals.split_at_checked(2).unwrap_or((decimals, ""));
    let finer = if finer.chars().all(|digit| digit == '0') { "" } else { finer };
    let written = format!("{sign}{}.{cents:0<2}{finer}", grouped(whole));
    currency.map_or_else(|| written.clone(), |currency| format!("{written}\u{a0}{currency}"))
}

/// Digits in groups of three, with a narrow space that does not break.
fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A time span in the two largest units that say something.
pub fn duration(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds else { return "–".to_owned() };
    let (days, hours, minutes) = (seconds / 86_400, seconds % 86_400 / 3_600, seconds % 3_600 / 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_keeps_every_decimal_or_has_cents_only() {
        assert_eq!(amount("1234567.500000", Some("EUR")), "1\u{202f}234\u{202f}567.50\u{a0}EUR");
        assert_eq!(amount("0.000001", None), "0.000001");
        assert_eq!(amount("45.411120", None), "45.411120");
        assert_eq!(amount("-3", None), "−3.00");
        assert_eq!(amount("123.000000", None), "123.00");
    }

    #[test]
    fn numbers_and_spans_are_written_for_people() {
        assert_eq!(number(-1_234), "−1\u{202f}234");
        assert_eq!(number(999), "999");
        let spans = [(0, "0 s"), (59, "59 s"), (61, "1 min"), (3_660, "1 h 1 min"), (90_000, "1 d 1 h")];
        for (seconds, text) in spans {
            assert_eq!(duration(Some(seconds)), text);
        }
        assert_eq!(duration(None), "–");
    }

    #[test]
    fn a_cell_is_escaped_and_what_hides_is_shown() {
        let rows = vec![vec!["<img src=x onerror=alert(1)>\u{202e}".to_owned(), "1".to_owned()]];
        let text = table("T", &[Column::Name("a"), Column::Number("b")], rows).into_string();
        assert!(!text.contains("<img"), "{text}");
        assert!(text.contains("&lt;img") && text.contains("\\u{202e}"), "{text}");
    }
}
