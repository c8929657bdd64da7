//! The one way in which commands list rows: in an order that is certain, a page at a time, and never cut
//! without a word.
//!
//! A page ends with how many rows follow and the cursor of the next page. The cursor holds the values that
//! order the last row, so that rows that come or go between two pages neither hide nor repeat another one.
//! `--all` prints rows as they arrive and keeps only a part of them in memory.

use crate::look::look;
use crate::opt::{Format, Limit, Narrow};
use crate::table::{self, Layout};
use crate::{render, when};
use awgp_client::{Exit, Failure, Row, Trouble, Work, shown};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::TryStreamExt;
use serde_json::json;
use std::borrow::Cow;
use std::pin::pin;
use tokio_postgres::types::ToSql;

/// How many rows of a long list are laid out and printed at once.
const PART: usize = 1_000;
const PART_ROWS: u32 = 1_000;

/// Counting stops here, and after this time: it must not take longer than the list.
const COUNTED: i64 = 100_000;
const COUNTING: &str = "SAVEPOINT counting; SET LOCAL statement_timeout = '2s'";

/// A column, or an expression on the row `r`, that orders a list. It is never NULL.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    expression: &'static str,
    kind: &'static str,
    operator: &'static str,
    direction: &'static str,
}

/// Orders by this, the least first.
pub const fn up(expression: &'static str, kind: &'static str) -> Key {
    Key { expression, kind, operator: ">", direction: "ASC" }
}

/// Orders by this, the greatest first.
pub const fn down(expression: &'static str, kind: &'static str) -> Key {
    Key { expression, kind, operator: "<", direction: "DESC" }
}

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
    conditions: Vec<String>,
    values: Vec<Option<String>>,
}

/// Rows, and the cursor of the last one.
struct Page {
    rows: Vec<Row>,
    cursor: Option<String>,
    more: Option<More>,
}

/// How many rows follow a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    Exactly(i64),
    /// More than were counted.
    Over(i64),
    /// Counting took too long.
    Some,
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
        let page = Asked::new(list, &part, narrow)?.part(work, PART).await?;
        let is_last = page.rows.len() < PART;
        let text = printer.part(&whole(page.rows).await?);
        if is_last {
            return Ok(text + &printer.end());
        }
        if !printed(&text)? {
            return Ok(String::new());
        }
        part.after = page.cursor.as_deref().map(written_cursor);
    }
}

fn printed(text: &str) -> Result<bool, Failure> {
    render::print_part(text).map_err(|error| Failure::new(Exit::Unexpected, format!("stdout: {error}")))
}

impl<'a> Asked<'a> {
    fn new(list: &'a List<'a>, limit: &Limit, narrow: &Narrow) -> Result<Self, Failure> {
        let mut asked = Self { list, conditions: vec!["true".to_owned()], values: Vec::new() };
        if let Some(words) = &narrow.matching {
            let columns: Vec<String> = list.words.iter().map(|column| format!("r.{column}")).collect();
            if columns.is_empty() {
                return Err(unfit("--match", "a name"));
            }
            let place = asked.value(words.clone());
            let text = format!("concat_ws(' ', {})", columns.join(", "));
            asked.conditions.push(format!("strpos(lower({text}), lower(${place}::text)) > 0"));
        }
        for (option, age, operator) in
            [("--older-than", &narrow.older_than, "<"), ("--newer-than", &narrow.newer_than, ">")]
        {
            let Some(age) = age else { continue };
            if list.moment.is_empty() {
                return Err(unfit(option, "a time"));
            }
            let place = asked.value(when::ago(option, age)?);
            asked.conditions.push(format!("r.{} {operator} ${place}::text::timestamptz", list.moment));
        }
        if let Some(cursor) = &limit.after {
            let values = read_cursor(cursor, list.order.len())?;
            let places = values.into_iter().map(|value| asked.value(value)).collect::<Vec<_>>();
            asked.conditions.push(after(list.order, &places));
        }
        Ok(asked)
    }

    fn value(&mut self, value: String) -> usize {
        self.values.push(Some(value));
        self.list.parameters.len() + self.values.len()
    }

    fn from(&self) -> String {
        format!("FROM ({}) AS r WHERE {}", self.list.query, self.conditions.join(" AND "))
    }

    fn sql(&self) -> String {
        let keys = self.list.order;
        let cursor: Vec<String> = keys.iter().map(|key| format!("({})::text", key.expression)).collect();
        let order: Vec<String> =
            keys.iter().map(|key| format!("{} {}", key.expression, key.direction)).collect();
        format!(
            "SELECT row_to_json(r)::text, json_build_array({})::text {} ORDER BY {}",
            cursor.join(", "),
            self.from(),
            order.join(", ")
        )
    }

    fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        let own = self.values.iter().map(|value| value as &(dyn ToSql + Sync));
        self.list.parameters.iter().copied().chain(own).collect()
    }

    async fn page(&self, work: &Work<'_>, limit: &Limit) -> Result<Page, Trouble> {
        let wanted = limit.rows as usize;
        let mut page = self.part(work, wanted).await?;
        if page.more.is_some() {
            page.more = Some(self.count(work, wanted).await?);
        }
        Ok(page)
    }

    /// A page whose further rows are not counted.
    async fn part(&self, work: &Work<'_>, wanted: usize) -> Result<Page, Trouble> {
        let sql = format!("{} LIMIT {}", self.sql(), wanted + 1);
        let found = work.rows(&sql, &self.parameters()).await?;
        let mut rows = Vec::new();
        let mut cursor = None;
        for row in found.iter().take(wanted) {
            rows.push(Row::of_answer(row.try_get(0)?)?);
            cursor = Some(row.try_get::<_, String>(1)?);
        }
        let more = (found.len() > wanted).then_some(More::Some);
        Ok(Page { rows, cursor, more })
    }

    /// How many rows follow.
    async fn count(&self, work: &Work<'_>, shown: usize) -> Result<More, Trouble> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT {} OFFSET {shown} LIMIT {}) AS more",
            self.from(),
            COUNTED + 1
        );
        work.batch(COUNTING).await?;
        match work.number(&sql, &self.parameters()).await {
            Ok(number) => {
                work.batch("ROLLBACK TO SAVEPOINT counting; RELEASE SAVEPOINT counting").await?;
                Ok(if number > COUNTED { More::Over(COUNTED) } else { More::Exactly(number.max(1)) })
            }
            Err(Trouble::Sql(error)) if error.code().is_some_and(|code| code.code() == "57014") => {
                work.batch("ROLLBACK TO SAVEPOINT counting; RELEASE SAVEPOINT counting").await?;
                Ok(More::Some)
            }
            Err(trouble) => Err(trouble),
        }
    }

    /// Prints every row as it arrives.
    async fn print_all(&self, work: &Work<'_>, format: Format) -> Result<String, Trouble> {
        let mut stream = pin!(work.stream(&self.sql(), &self.parameters()).await?);
        let mut printer = Printer { list: self.list, format, layout: None, printed: 0, digits: 0 };
        loop {
            let mut part = Vec::new();
            while part.len() < PART
                && let Some(row) = stream.try_next().await?
            {
                part.push(Row::of_answer(row.try_get(0)?)?);
            }
            let is_last = part.len() < PART;
            let text = printer.part(&part);
            if is_last {
                return Ok(text + &printer.end());
            }
            if !printed(&text)? {
                return Ok(String::new());
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

/// What comes after a row in this order.
fn after(order: &[Key], places: &[usize]) -> String {
    let value = |key: &Key, place: &usize| format!("${place}::text::{}", key.kind);
    let mut condition = String::new();
    for (key, place) in order.iter().zip(places).rev() {
        let Key { expression, operator, .. } = key;
        let value = value(key, place);
        condition = if condition.is_empty() {
            format!("{expression} {operator} {value}")
        } else {
            // The first half alone lets an index begin there.
            format!(
                "({expression} {operator}= {value} AND ({expression} {operator} {value} OR ({condition})))"
            )
        };
    }
    condition
}

/// The cursor of a row, from the values that order it.
fn written_cursor(values: &str) -> String {
    URL_SAFE_NO_PAD.encode(values)
}

fn read_cursor(cursor: &str, keys: usize) -> Result<Vec<String>, Failure> {
    let values = URL_SAFE_NO_PAD.decode(cursor.trim()).ok();
    let values = values.and_then(|text| serde_json::from_slice::<Vec<String>>(&text).ok());
    values.filter(|values| values.len() == keys).ok_or_else(|| {
        Failure::new(Exit::BadArgument, format!("--after: \"{cursor}\" is no cursor of this list"))
            .hint("copy the cursor from the last line of the page before, of the same list")
    })
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
    let cursor = written_cursor(cursor);
    let said = match more {
        More::Exactly(1) => "1 more row".to_owned(),
        More::Exactly(number) => format!("{number} more rows"),
        More::Over(number) => format!("more than {number} more rows"),
        More::Some => "more rows".to_owned(),
    };
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
    fn a_row_follows_another_in_a_mixed_order() {
        let order = [down("r.risk", "integer"), up("r.id", "uuid")];
        assert_eq!(
            after(&order, &[3, 4]),
            "(r.risk <= $3::text::integer AND (r.risk < $3::text::integer OR (r.id > $4::text::uuid)))"
        );
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_another_text_is_refused() {
        let cursor = written_cursor(r#"["north","łucja@north.example"]"#);
        assert_eq!(read_cursor(&cursor, 2).expect("a cursor"), ["north", "łucja@north.example"]);
        for text in [&*cursor, "x", "", "W10"] {
            assert_eq!(read_cursor(text, 3).expect_err("no cursor").exit, Exit::BadArgument);
        }
    }

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
