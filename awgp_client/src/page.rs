//! A page of rows in an order that is certain, and the cursor of the next one.
//!
//! The cursor holds the values that order the last row of a page, so that rows that come or go between two
//! pages neither hide nor repeat another one.

use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::row::Row;
use crate::work::Work;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::borrow::Cow;
use tokio_postgres::types::ToSql;

/// Counting stops here, and after this time: it must not take longer than the page.
const COUNTED: i64 = 100_000;
const COUNTING: &str = "SAVEPOINT counting; SET LOCAL statement_timeout = '2s'";

/// A column, or an expression on the row `r`, that orders rows. It is never NULL.
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

/// Rows in their order.
pub struct Ordered<'a> {
    query: Cow<'a, str>,
    given: Vec<&'a (dyn ToSql + Sync)>,
    order: &'a [Key],
    conditions: Vec<String>,
    values: Vec<Option<String>>,
    columns: Option<&'static str>,
}

/// The rows of a page.
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// The cursor of the last row; None if there is no row.
    pub cursor: Option<String>,
    /// What follows; None if nothing follows.
    pub more: Option<More>,
}

/// How many rows follow a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// As many.
    Exactly(i64),
    /// More than were counted.
    Over(i64),
    /// They were not counted, or counting took too long.
    Some,
}

impl std::fmt::Display for More {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exactly(1) => f.write_str("1 more row"),
            Self::Exactly(number) => write!(f, "{number} more rows"),
            Self::Over(number) => write!(f, "more than {number} more rows"),
            Self::Some => f.write_str("more rows"),
        }
    }
}

impl<'a> Ordered<'a> {
    /// The rows of a query without order and limit, with the query's own parameters. The last key makes the
    /// order certain.
    pub fn new(
        query: impl Into<Cow<'a, str>>,
        parameters: Vec<&'a (dyn ToSql + Sync)>,
        order: &'a [Key],
    ) -> Self {
        let conditions = vec!["true".to_owned()];
        Self { query: query.into(), given: parameters, order, conditions, values: Vec::new(), columns: None }
    }

    /// Shows only these columns; conditions and order may be on others, which are not read for a row that is
    /// not in question.
    #[must_use]
    pub fn showing(self, columns: &'static str) -> Self {
        Self { columns: Some(columns), ..self }
    }

    /// Only rows that fulfil a condition on the row `r`; `condition` is given the number of the parameter
    /// that holds the value, as text.
    pub fn only(&mut self, value: String, condition: impl FnOnce(usize) -> String) {
        let place = self.value(value);
        self.conditions.push(condition(place));
    }

    /// Only rows whose columns contain this text, in any case of its letters.
    pub fn matching(&mut self, columns: &[&str], words: String) {
        let columns: Vec<String> = columns.iter().map(|column| format!("r.{column}")).collect();
        let text = format!("concat_ws(' ', {})", columns.join(", "));
        self.only(words, |place| format!("strpos(lower({text}), lower(${place}::text)) > 0"));
    }

    /// Only rows after the one whose cursor this is; None if it is no cursor of these rows.
    #[must_use]
    pub fn after(&mut self, cursor: &str) -> Option<()> {
        let values = read_cursor(cursor, self.order.len())?;
        let places = values.into_iter().map(|value| self.value(value)).collect::<Vec<_>>();
        self.conditions.push(after(self.order, &places));
        Some(())
    }

    fn value(&mut self, value: String) -> usize {
        self.values.push(Some(value));
        self.given.len() + self.values.len()
    }

    fn from(&self) -> String {
        format!("FROM ({}) AS r WHERE {}", self.query, self.conditions.join(" AND "))
    }

    /// The statement: each row as JSON, and the values of its cursor.
    pub fn sql(&self) -> String {
        let keys = self.order;
        let cursor: Vec<String> = keys.iter().map(|key| format!("({})::text", key.expression)).collect();
        let order: Vec<String> =
            keys.iter().map(|key| format!("{} {}", key.expression, key.direction)).collect();
        let row = match self.columns {
            Some(columns) => format!("(SELECT row_to_json(s) FROM (SELECT {columns}) AS s)"),
            None => "row_to_json(r)".to_owned(),
        };
        format!(
            "SELECT {row}::text, json_build_array({})::text {} ORDER BY {}",
            cursor.join(", "),
            self.from(),
            order.join(", ")
        )
    }

    /// Its parameters.
    pub fn parameters(&self) -> Vec<&(dyn ToSql + Sync)> {
        let own = self.values.iter().map(|value| value as &(dyn ToSql + Sync));
        self.given.iter().copied().chain(own).collect()
    }

    /// A page of so many rows, and how many follow.
    pub async fn page(&self, work: &Work<'_>, wanted: usize) -> Result<Page, Trouble> {
        let mut page = self.part(work, wanted).await?;
        if page.more.is_some() {
            page.more = Some(self.count(work, wanted).await?);
        }
        Ok(page)
    }

    /// The same; rows that follow are not counted.
    pub async fn part(&self, work: &Work<'_>, wanted: usize) -> Result<Page, Trouble> {
        let sql = format!("{} LIMIT {}", self.sql(), wanted + 1);
        let found = work.rows(&sql, &self.parameters()).await?;
        let mut rows = Vec::new();
        let mut cursor = None;
        for row in found.iter().take(wanted) {
            rows.push(Row::of_answer(row.try_get(0)?)?);
            cursor = Some(URL_SAFE_NO_PAD.encode(row.try_get::<_, String>(1)?));
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
}

/// The failure of a cursor that does not fit; `option` is what the user calls it.
pub fn bad_cursor(option: &str, cursor: &str) -> Failure {
    Failure::new(Exit::BadArgument, format!("{option}: \"{cursor}\" is no cursor of this list"))
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

fn read_cursor(cursor: &str, keys: usize) -> Option<Vec<String>> {
    let values = URL_SAFE_NO_PAD.decode(cursor.trim()).ok()?;
    let values = serde_json::from_slice::<Vec<String>>(&values).ok()?;
    (values.len() == keys).then_some(values)
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
        let cursor = URL_SAFE_NO_PAD.encode(r#"["north","łucja@north.example"]"#);
        assert_eq!(read_cursor(&cursor, 2).expect("a cursor"), ["north", "łucja@north.example"]);
        for text in [&*cursor, "x", "", "W10"] {
            assert_eq!(read_cursor(text, 3), None, "{text}");
        }
    }
}
