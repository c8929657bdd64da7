//! The one way in which commands list rows: in an order that is certain, a page at a time, and never cut
//! without a word.
//!
//! A page ends with how many rows follow and the cursor of the next page ([`awgp_client::page`]).
//! `--all` prints rows as they arrive and keeps only a part of them in memory.

use crate::look::look;
use crate::opt::{Format, Limit, Narrow};
use crate::table::{self, Layout};
use crate::{render, when};
use awgp_client::page::{self, More, Ordered, Page};
use awgp_client::{Exit, Failure, Row, Trouble, Work, shown};
use futures_util::TryStreamExt;
use serde_json::json;
use std::borrow::Cow;
use std::pin::pin;
use tokio_postgres::types::ToSql;

pub use awgp_client::page::{Key, down, up};

/// How many rows of a long list are laid out and printed at once.
const PART: usize = 1_000;
const PART_ROWS: u32 = 1_000;

/// A list.
pub struct List<'a> {
    /// The rows, with the noun's own filters, without order and limit.
    pub query: Cow<'a, str>,
    /// The parameters of the query.
    pub parameters: Vec<&'a (dyn ToSql + Sync)>,
    /// The order; the last key makes it certain.
    pub order: &'a [Key],
    /// The columns of the table, the more important ones first, and the id last.
    pub columns: &'a [&'a str],
    /// The columns of CSV.
    pub whole: &'a [&'a str],
    /// The columns in which --match looks; empty where there are no names.
    pub words: &'a [&'a str],
    /// The column of which --older-than and --newer-than speak; empty where there is no time.
    pub moment: &'a str,
}

/// A list with its conditions.
struct Asked<'a> {
    list: &'a List<'a>,
    rows: Ordered<'a>,
}

/// The text of a page. With --all the rows are printed here, and the rest of the text is returned.
pub async fn show(
    work: &Work<'_>,
    list: &List<'_>,
    limit: &Limit,
    narrow: &Narrow,
    format: Format,
) -> Result<String, Trouble> {
    let asked = Asked::new(list, limit, narrow)?;
    if limit.all {
        return asked.print_all(work, format).await;
    }
    let page = asked.page(work, limit).await?;
    Ok(told(list, &page, limit, format))
}

/// The rows of a page for a command that shows them in its own way, and the last line about what follows.
pub async fn rows(
    work: &Work<'_>,
    list: &List<'_>,
    limit: &Limit,
    narrow: &Narrow,
    format: Format,
) -> Result<(Vec<Row>, String), Trouble> {
    // A report is drawn as a whole: all of it is one page.
    let whole = Limit { rows: u32::MAX - 1, after: None, all: false };
    let limit = if limit.all { &whole } else { limit };
    let page = Asked::new(list, limit, narrow)?.page(work, limit).await?;
    let last = last_line(&page, limit, format);
    Ok((page.rows, last))
}

/// The same for rows that stand for larger ones: `whole` exchanges the rows of a part.
pub async fn show_exchanged(
    work: &Work<'_>,
    list: &List<'_>,
    limit: &Limit,
    narrow: &Narrow,
    format: Format,
    whole: impl AsyncFn(Vec<Row>) -> Result<Vec<Row>, Trouble>,
) -> Result<String, Trouble> {
    if !limit.all {
        let mut page = Asked::new(list, limit, narrow)?.page(work, limit).await?;
        page.rows = whole(page.rows).await?;
        return Ok(told(list, &page, limit, format));
    }
    let mut printer = Printer { list, format, layout: None, printed: 0, digits: 0 };
    let mut part = Limit { rows: PART_ROWS, after: None, all: false };
    loop {
        let page = Asked::new(list, &part, narrow)?.rows.part(work, PART).await?;
        let is_last = page.rows.len() < PART;
        if let Some(rest) = printer.print(&whole(page.rows).await?, is_last)? {
            return Ok(rest);
        }
        part.after = page.cursor;
    }
}

impl<'a> Asked<'a> {
    fn new(list: &'a List<'a>, limit: &Limit, narrow: &Narrow) -> Result<Self, Failure> {
        let mut rows = Ordered::new(&*list.query, list.parameters.clone(), list.order);
        if let Some(words) = &narrow.matching {
            if list.words.is_empty() {
                return Err(unfit("--match", "a name"));
            }
            rows.matching(list.words, words.clone());
        }
        for (option, age, operator) in
            [("--older-than", &narrow.older_than, "<"), ("--newer-than", &narrow.newer_than, ">")]
        {
            let Some(age) = age else { continue };
            if list.moment.is_empty() {
                return Err(unfit(option, "a time"));
            }
            rows.only(when::ago(option, age)?, |place| {
                format!("r.{} {operator} ${place}::text::timestamptz", list.moment)
            });
        }
        if let Some(cursor) = &limit.after {
            rows.after(cursor).ok_or_else(|| {
                page::bad_cursor("--after", cursor)
                    .hint("copy the cursor from the last line of the page before, of the same list")
            })?;
        }
        Ok(Self { list, rows })
    }

    async fn page(&self, work: &Work<'_>, limit: &Limit) -> Result<Page, Trouble> {
        self.rows.page(work, limit.rows as usize).await
    }

    /// Prints every row as it arrives.
    async fn print_all(&self, work: &Work<'_>, format: Format) -> Result<String, Trouble> {
        let mut stream = pin!(work.stream(&self.rows.sql(), &self.rows.parameters()).await?);
        let mut printer = Printer { list: self.list, format, layout: None, printed: 0, digits: 0 };
        loop {
            let mut part = Vec::new();
            while part.len() < PART
                && let Some(row) = stream.try_next().await?
            {
                part.push(Row::of_answer(row.try_get(0)?)?);
            }
            let is_last = part.len() < PART;
            if let Some(rest) = printer.print(&part, is_last)? {
                return Ok(rest);
            }
        }
    }
}

/// What was printed of a long list.
struct Printer<'a> {
    list: &'a List<'a>,
    format: Format,
    layout: Option<Layout>,
    printed: usize,
    digits: usize,
}

impl Printer<'_> {
    /// Prints a part. Answers what is still to be printed where this is the end: all of a list that is one
    /// part, which may be paged; nothing of a longer one.
    fn print(&mut self, rows: &[Row], is_last: bool) -> Result<Option<String>, Failure> {
        let is_first = self.printed == 0;
        let mut text = self.part(rows);
        if is_last {
            text += &self.end();
        }
        if is_first && is_last {
            return Ok(Some(text));
        }
        let is_read = render::print_part(&text)
            .map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))?;
        Ok((is_last || !is_read).then(String::new))
    }

    fn part(&mut self, rows: &[Row]) -> String {
        let is_first = self.printed == 0;
        self.printed += rows.len();
        match self.format {
            Format::Json => {
                let written = rows.iter().map(|row| {
                    let text = render::pretty(row);
                    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
                });
                let before = if is_first { "[\n" } else { ",\n" };
                before.to_owned() + &written.collect::<Vec<_>>().join(",\n")
            }
            Format::Csv => {
                let text = render::csv(rows, self.list.whole);
                if is_first {
                    text
                } else {
                    text.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
                }
            }
            Format::Table if rows.is_empty() => String::new(),
            Format::Table => {
                let columns = self.list.columns;
                if is_first {
                    self.digits = table::digits(rows);
                }
                let cells = table::cells(rows, columns, look(), self.digits);
                match &self.layout {
                    None => self.layout.insert(Layout::of(columns, &cells, look())).table(columns, &cells),
                    Some(layout) => layout.rest(columns, &cells),
                }
            }
        }
    }

    fn end(&self) -> String {
        match self.format {
            Format::Json if self.printed == 0 => "[]\n".to_owned(),
            Format::Json => "\n]\n".to_owned(),
            Format::Csv => String::new(),
            Format::Table if self.printed == 0 => "no rows\n".to_owned(),
            Format::Table => self.layout.as_ref().map(Layout::left_out).unwrap_or_default(),
        }
    }
}

fn unfit(option: &str, what: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{option} does not fit this list: its rows do not have {what}"))
        .hint(format!("leave {option} out"))
}

fn told(list: &List<'_>, page: &Page, limit: &Limit, format: Format) -> String {
    let text = match format {
        Format::Json => render::pretty(&page.rows),
        Format::Csv => render::csv(&page.rows, list.whole),
        Format::Table => table::of(&page.rows, list.columns, look()),
    };
    text + &last_line(page, limit, format)
}

/// What follows a page: below a table, on stderr for programs.
fn last_line(page: &Page, limit: &Limit, format: Format) -> String {
    let (Some(more), Some(cursor)) = (page.more, &page.cursor) else { return String::new() };
    let said = more.to_string();
    match format {
        Format::Table => {
            format!("{said}. The next {}: --after {cursor}\nAll of them: --all\n", limit.rows)
        }
        Format::Csv => {
            eprintln!("notice: {said}; the next {}: --after {cursor}; all of them: --all", limit.rows);
            String::new()
        }
        Format::Json => {
            let number = if let More::Exactly(number) = more { Some(number) } else { None };
            let notice = json!({"notice": said, "more": number, "after": cursor});
            eprintln!("{}", shown::json(&notice.to_string()));
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_json_list_are_the_list() {
        let rows = [r#"{"a":1}"#, r#"{"a":[1,{"b":2}]}"#].map(|text| Row::from_json(text).expect("a row"));
        let list = List {
            query: "".into(),
            parameters: Vec::new(),
            order: &[],
            columns: &[],
            whole: &[],
            words: &[],
            moment: "",
        };
        let mut printer = Printer { list: &list, format: Format::Json, layout: None, printed: 0, digits: 0 };
        let text = printer.part(&rows[..1]) + &printer.part(&rows[1..]) + &printer.end();
        assert_eq!(text, render::pretty(&rows));
    }
}
