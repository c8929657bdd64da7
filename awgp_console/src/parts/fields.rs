//! Fields of forms, each with its label. The id is that of the page, the name that of the form.

use maud::{Markup, html};

/// A field of one line.
pub fn line(id: &str, name: &str, label: &str, value: &str) -> Markup {
    html! { div { label for=(id) { (label) } input id=(id) name=(name) value=(value); } }
}

/// A field of several lines.
pub fn text(id: &str, name: &str, label: &str, value: &str, is_required: bool) -> Markup {
    html! {
        div {
            label for=(id) { (label) @if is_required { " (required)" } }
            // HTML drops a line break right after the tag.
            textarea id=(id) name=(name) required[is_required] { "\n" (value) }
        }
    }
}

/// A choice: values with what they are called.
pub fn choice(id: &str, name: &str, label: &str, options: &[(&str, &str)], chosen: &str) -> Markup {
    html! {
        div {
            label for=(id) { (label) }
            select id=(id) name=(name) {
                @for (value, called) in options {
                    option value=(value) selected[*value == chosen] { (called) }
                }
            }
        }
    }
}

/// The end of a form that narrows a list: its button, and a link to the whole list.
pub fn narrow(path: &str, is_narrowed: bool) -> Markup {
    html! {
        div { button.plain { "Show" } @if is_narrowed { " " a href=(path) { "All" } } }
    }
}
