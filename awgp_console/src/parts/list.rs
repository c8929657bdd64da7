//! A list a page at a time, that never ends silently.

use super::encoded;
use crate::door::Visitor;
use awgp_client::page::{Ordered, Page, bad_cursor};
use awgp_client::{Trouble, Work};
use maud::{Markup, html};

/// How many rows a page has.
pub const ROWS: usize = 50;

/// The rows of a page after a cursor.
pub async fn read(work: &Work<'_>, mut rows: Ordered<'_>, after: Option<&str>) -> Result<Page, Trouble> {
    if let Some(cursor) = after.filter(|cursor| !cursor.is_empty()) {
        rows.after(cursor)
            .ok_or_else(|| bad_cursor("after", cursor).hint("begin again with the first page of the list"))?;
    }
    rows.part(work, ROWS).await
}

/// So many rows a page shows of what it only mentions; it reads one more.
pub const MENTIONED: usize = 50;

/// The rows that a page mentions, and whether there are more.
pub fn mentioned<T>(rows: &[T]) -> (&[T], bool) {
    (rows.get(..MENTIONED).unwrap_or(rows), rows.len() > MENTIONED)
}

/// The path and query of a list: its filters and its page.
pub struct Here(String);

impl Here {
    /// With this part in the query.
    #[must_use]
    pub fn with(&self, part: &str) -> Self {
        let Self(here) = self;
        if here.split(['?', '&']).skip(1).any(|known| known == part) {
            return Self(here.clone());
        }
        Self(format!("{here}{}{part}", if here.contains('?') { '&' } else { '?' }))
    }
}

impl Visitor {
    /// Where the visitor is.
    pub fn here(&self) -> Here {
        Here(self.path.clone())
    }
}

/// What follows a page: a link to the next one, and back to the first.
pub fn turn(Here(here): &Here, page: &Page) -> Markup {
    let (path, query) = here.split_once('?').unwrap_or((here, ""));
    let kept: Vec<&str> =
        query.split('&').filter(|part| !part.is_empty() && !part.starts_with("after=")).collect();
    let link = |more: &[String]| {
        let parts: Vec<String> = kept.iter().map(|part| (*part).to_owned()).chain(more.to_vec()).collect();
        if parts.is_empty() { path.to_owned() } else { format!("{path}?{}", parts.join("&")) }
    };
    let is_first = !query.split('&').any(|part| part.starts_with("after="));
    html! {
        @if page.more.is_some() || !is_first {
            nav.turn aria-label="Pages of the list" {
                @if !is_first { a href=(link(&[])) { "First page" } }
                @if let (Some(_), Some(cursor)) = (page.more, &page.cursor) {
                    a rel="next" href=(link(&[format!("after={}", encoded(cursor))])) { "Next " (ROWS) }
                } @else { span.soft { "The list ends here." } }
            }
        }
    }
}
