//! Tables with a caption, whose header cells say what they head. Where a table is wider than the screen, it
//! alone scrolls, by the keyboard too.

use maud::{Markup, html};

/// The head of a column.
#[derive(Clone, Copy, Debug)]
pub enum Head {
    /// Of text.
    Text(&'static str),
    /// Of numbers, which stand at the right.
    Number(&'static str),
}

/// The same, whose rows are cards on a narrow screen: each `td` names its column in `data-label`.
pub fn cards(caption: &str, heads: &[Head], rows: &Markup) -> Markup {
    html! { div.stack { (table(caption, heads, rows)) } }
}

/// A table; `rows` are its `tr`. What stands above it heads it for the eye, the caption for the ear.
pub fn table(caption: &str, heads: &[Head], rows: &Markup) -> Markup {
    html! {
        div.table tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.hidden { (caption) }
                thead { tr {
                    @for head in heads {
                        @match head {
                            Head::Text(name) => { th scope="col" { (name) } }
                            Head::Number(name) => { th.n scope="col" { (name) } }
                        }
                    }
                } }
                tbody { (rows) }
            }
        }
    }
}
