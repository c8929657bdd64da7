//! How much of a limit is used.

use super::money;
use maud::{Markup, html};

/// A meter of spent and held within a limit; the numbers stand beside it, since a colour says nothing alone.
pub fn meter(label: &str, used: &str, limit: &str) -> Markup {
    let (drawn, full) = (number(used), number(limit));
    html! {
        @if full > 0.0 {
            meter aria-label=(label) min="0" max=(full) low=(full * 0.75) high=(full * 0.9) optimum="0"
                value=(drawn.min(full)) title={ (money(used)) " of " (money(limit)) } {}
        }
    }
}

/// A number that is no more exact than this: a forecast, an average, the top of a chart.
pub fn about(text: &str) -> String {
    let amount = number(text);
    if amount == 0.0 || amount.abs() >= 0.01 { format!("{amount:.2}") } else { money(text) }
}

/// An amount to draw; the exact one is beside it.
pub fn number(text: &str) -> f64 {
    text.parse().ok().filter(|number: &f64| number.is_finite()).unwrap_or(0.0)
}

/// A share of a whole, in per cent: more is neither good nor bad.
pub fn share(label: &str, percent: &str) -> Markup {
    html! { meter.share aria-label=(label) min="0" max="100" value=(number(percent).clamp(0.0, 100.0)) {} }
}
