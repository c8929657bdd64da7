//! Bars, one a day or a period, as inline SVG without styles of its own. Beside each chart stand its
//! numbers, for screen readers and for whoever wants them exactly.

use super::table::{Head, table};
use super::{meter, money, shown};
use maud::{Markup, html};

/// The width of a bar with its gaps.
const STEP: usize = 10;
const HEIGHT: f64 = 100.0;

/// A bar.
pub struct Bar {
    /// The day or the period.
    pub label: String,
    /// The amount, as the server wrote it.
    pub amount: String,
}

/// What a chart is of.
pub struct Chart<'a> {
    /// What it shows, in one line.
    pub title: &'a str,
    /// What a label is: `day` or `period`.
    pub of: &'static str,
    /// The limit of each bar, where there is one.
    pub limit: Option<String>,
}

/// The bars with their numbers.
pub fn bars(chart: &Chart<'_>, bars: &[Bar]) -> Markup {
    let drawn: Vec<f64> = bars.iter().map(|bar| meter::number(&bar.amount)).collect();
    let highest = drawn.iter().copied().fold(0.0, f64::max);
    let limit = chart.limit.as_deref().map(meter::number).filter(|limit| *limit > 0.0);
    // A limit far above the bars would flatten them: then it is said and not drawn.
    let drawn_limit = limit.filter(|limit| *limit <= highest * 4.0);
    let top = drawn_limit.unwrap_or(0.0).max(highest);
    let most = bars.iter().zip(&drawn).max_by(|one, other| one.1.total_cmp(other.1));
    html! {
        figure.chart {
            figcaption {
                (chart.title)
                @if let Some((bar, _)) = most.filter(|_| highest > 0.0) {
                    span.soft { " · most: " (meter::about(&bar.amount)) " (" (shown(&bar.label)) ")" }
                }
                @if let Some(limit) = &chart.limit {
                    span.soft { @if drawn_limit.is_some() { " · dashed: " } @else { " · limit: " } (money(limit)) }
                }
            }
            @if highest > 0.0 {
                (drawing(chart.title, bars, &drawn, top, drawn_limit))
                div.ends.soft aria-hidden="true" {
                    span { (bars.first().map(|bar| shown(&bar.label)).unwrap_or_default()) }
                    span { (bars.last().map(|bar| shown(&bar.label)).unwrap_or_default()) }
                }
                details {
                    summary { "The numbers" }
                    (numbers(chart, bars))
                }
            } @else {
                p.soft { "Nothing was spent." }
            }
        }
    }
}

fn drawing(title: &str, bars: &[Bar], drawn: &[f64], top: f64, limit: Option<f64>) -> Markup {
    let width = bars.len().max(1) * STEP;
    let height = |value: f64| (value / top * HEIGHT).clamp(0.0, HEIGHT);
    // Anything above nothing is visible.
    let seen = |value: f64| if value > 0.0 { height(value).max(1.0) } else { 0.0 };
    html! {
        svg role="img" viewBox={ "0 0 " (width) " 101" } preserveAspectRatio="none" width="100%" height="140" {
            title { (title) }
            desc { "Bars from " (bars.first().map(|bar| shown(&bar.label)).unwrap_or_default()) " to "
                (bars.last().map(|bar| shown(&bar.label)).unwrap_or_default()) "; the numbers are in the table below." }
            @for (at, (bar, value)) in bars.iter().zip(drawn).enumerate() {
                @let tall = seen(*value);
                rect x=(at * STEP + 1) y=(format!("{:.2}", HEIGHT - tall)) width=(STEP - 2) height=(format!("{tall:.2}"))
                    class=[limit.filter(|limit| value > limit).map(|_| "over")] {
                    title { (shown(&bar.label)) ": " (money(&bar.amount)) }
                }
            }
            line x1="0" y1="100.5" x2=(width) y2="100.5" vector-effect="non-scaling-stroke" {}
            @if let Some(limit) = limit {
                @let at = format!("{:.2}", HEIGHT - height(limit));
                line.limit x1="0" y1=(at) x2=(width) y2=(at) stroke-dasharray="6 4" vector-effect="non-scaling-stroke" {}
            }
        }
    }
}

fn numbers(chart: &Chart<'_>, bars: &[Bar]) -> Markup {
    let of = if chart.of == "day" { "Day" } else { "Period" };
    table(
        chart.title,
        &[Head::Text(of), Head::Number("Spent")],
        &html! {
            @for bar in bars {
                tr { th scope="row" { (shown(&bar.label)) } td.n { (money(&bar.amount)) } }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(amounts: &[&str], limit: Option<&str>) -> String {
        let given: Vec<Bar> = amounts
            .iter()
            .enumerate()
            .map(|(at, amount)| Bar { label: format!("2026-03-0{}", at + 1), amount: (*amount).to_owned() })
            .collect();
        bars(&Chart { title: "Spent", of: "day", limit: limit.map(str::to_owned) }, &given).into_string()
    }

    #[test]
    fn a_bar_is_as_high_as_its_part_and_its_number_is_exact() {
        let html = drawn(&["1.000001", "2.000000", "0"], None);
        assert!(html.contains("height=\"100.00\"") && html.contains("height=\"50.00\""), "{html}");
        assert!(html.contains("height=\"0.00\"") && html.contains("1.000001"), "{html}");
    }

    #[test]
    fn a_limit_that_would_flatten_the_bars_is_only_said() {
        assert!(drawn(&["1", "2"], Some("3.00")).contains("dashed: 3.00"));
        let far = drawn(&["1", "2"], Some("500.00"));
        assert!(far.contains("limit: 500.00") && !far.contains("stroke-dasharray"), "{far}");
    }

    #[test]
    fn nothing_spent_is_said() {
        assert!(drawn(&["0", "0"], None).contains("Nothing was spent."));
    }
}
