//! Charts as SVG, drawn by plotters. They are drawn from floats; the exact numbers are in the table beside.
//!
//! A chart has the colours below, which stand for roles: the style sheet gives them their real ones, for
//! light and dark. Texts of the installation are not in a chart as markup: plotters escapes them.

use awgp_client::{Exit, Failure, shown};
use plotters::backend::SVGBackend;
use plotters::element::{PathElement, Rectangle, Text};
use plotters::prelude::IntoDrawingArea;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, TextStyle};

/// What a part of a chart means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A number like any other.
    Plain,
    /// What is as it should be.
    Good,
    /// What somebody should look at.
    Bad,
    /// What is not decided.
    Open,
}

impl Tone {
    /// The colour that stands for it in the SVG. `style.css` names the same.
    fn colour(self) -> RGBColor {
        match self {
            Self::Plain => RGBColor(1, 0, 0),
            Self::Good => RGBColor(2, 0, 0),
            Self::Bad => RGBColor(3, 0, 0),
            Self::Open => RGBColor(4, 0, 0),
        }
    }
}

const TEXT: RGBColor = RGBColor(5, 0, 0);
const LINE: RGBColor = RGBColor(6, 0, 0);
const WIDTH: u32 = 720;

/// A bar: its name, its length, how the number is written, and what it means.
pub struct Bar {
    pub name: String,
    pub value: f64,
    pub shown: String,
    pub tone: Tone,
}

/// Bars that stand beside each other, for days. `numbers` says which names are written below.
pub fn columns(bars: &[Bar], highest: &str, is_named: impl Fn(usize) -> bool) -> Result<String, Failure> {
    let (height, top, bottom, left) = (220, 24, 26, 8);
    draw(height, |canvas| {
        let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let step = f64::from(WIDTH - 2 * left) / as_float(bars.len().max(1));
        let base = pixel(f64::from(height - bottom));
        let label = style(12, HPos::Left, VPos::Center);
        canvas.text(highest, (pixel(f64::from(left)), 10), &label)?;
        for (place, bar) in bars.iter().enumerate() {
            let x = f64::from(left) + step * as_float(place);
            let part = if most > 0.0 { bar.value / most } else { 0.0 };
            let room = f64::from(height - bottom - top);
            if bar.value > 0.0 {
                let top = base - pixel((part * room).max(1.0));
                canvas.bar((pixel(x + step * 0.12), top), (pixel(x + step * 0.88), base), bar.tone)?;
            }
            if is_named(place) {
                let middle = (pixel(x + step / 2.0), base + 14);
                canvas.text(&bar.name, middle, &style(12, HPos::Center, VPos::Center))?;
            }
        }
        canvas.line((pixel(f64::from(left)), base), (pixel(f64::from(WIDTH - left)), base))
    })
}

/// Bars that lie below each other, each with its name before it and its number behind it.
pub fn rows(bars: &[Bar]) -> Result<String, Failure> {
    const ROW: u32 = 28;
    let height = ROW * u32::try_from(bars.len()).unwrap_or(1).max(1) + 8;
    draw(height, |canvas| {
        let most = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
        let (from, to) = (220.0, f64::from(WIDTH) - 130.0);
        for (place, bar) in bars.iter().enumerate() {
            let top = pixel(4.0 + f64::from(ROW) * as_float(place));
            let middle = top + pixel(f64::from(ROW) / 2.0);
            canvas.text(
                &shortened(&bar.name),
                (pixel(from - 10.0), middle),
                &style(13, HPos::Right, VPos::Center),
            )?;
            let part = if most > 0.0 { bar.value / most } else { 0.0 };
            let end = if bar.value > 0.0 { from + (part * (to - from)).max(2.0) } else { from };
            if bar.value > 0.0 {
                canvas.bar(
                    (pixel(from), top + 5),
                    (pixel(end), top + pixel(f64::from(ROW)) - 5),
                    bar.tone,
                )?;
            }
            canvas.text(&bar.shown, (pixel(end + 8.0), middle), &style(13, HPos::Left, VPos::Center))?;
        }
        canvas.line((pixel(from), 4), (pixel(from), pixel(f64::from(height)) - 4))
    })
}

/// The longest name of a row that fits before its bar.
const NAME_CHARS: usize = 30;

fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS - 1).chain(['…']).collect()
}

struct Canvas<'a>(plotters::drawing::DrawingArea<SVGBackend<'a>, plotters::coord::Shift>);

type Point = (i32, i32);

impl Canvas<'_> {
    fn text(&self, text: &str, at: Point, style: &TextStyle<'_>) -> Result<(), Failure> {
        self.0.draw(&Text::new(shown::line(text), at, style.clone())).map_err(|error| undrawn(&error))
    }

    fn bar(&self, from: Point, to: Point, tone: Tone) -> Result<(), Failure> {
        self.0.draw(&Rectangle::new([from, to], tone.colour().filled())).map_err(|error| undrawn(&error))
    }

    fn line(&self, from: Point, to: Point) -> Result<(), Failure> {
        self.0.draw(&PathElement::new(vec![from, to], LINE.stroke_width(1))).map_err(|error| undrawn(&error))
    }
}

fn style(size: u32, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).pos(Pos::new(horizontal, vertical))
}

fn draw(height: u32, body: impl FnOnce(&Canvas<'_>) -> Result<(), Failure>) -> Result<String, Failure> {
    let mut svg = String::new();
    let canvas = Canvas(SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area());
    body(&canvas)?;
    canvas.0.present().map_err(|error| undrawn(&error))?;
    drop(canvas);
    // The table beside it has the numbers for those who do not see it, and the style sheet its width.
    Ok(svg.replacen("<svg ", "<svg aria-hidden=\"true\" ", 1))
}

#[expect(clippy::cast_possible_truncation, reason = "within the canvas")]
fn pixel(place: f64) -> i32 {
    place.round() as i32
}

#[expect(clippy::cast_precision_loss, reason = "a chart has few bars")]
fn as_float(number: usize) -> f64 {
    number as f64
}

fn undrawn(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Unexpected, format!("a chart could not be drawn: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, value: f64) -> Bar {
        Bar { name: name.to_owned(), value, shown: value.to_string(), tone: Tone::Good }
    }

    #[test]
    fn a_name_is_text_in_the_chart_and_never_markup() {
        let svg = rows(&[bar("<script>alert(1)</script>", 2.0), bar("a\u{202e}b", 1.0)]).expect("a chart");
        assert!(svg.starts_with("<svg aria-hidden=\"true\" "), "{svg}");
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.contains("\\u{202e}"), "{svg}");
    }

    #[test]
    fn every_bar_above_zero_is_seen_and_nothing_is_drawn_for_zero() {
        let count = |svg: &str| svg.matches("fill=\"#020000\"").count();
        assert_eq!(count(&rows(&[bar("a", 1e9), bar("b", 1e-9), bar("c", 0.0)]).expect("a chart")), 2);
        assert_eq!(count(&columns(&[bar("1", 5.0), bar("2", 0.0)], "5", |_| true).expect("a chart")), 1);
        assert_eq!(count(&columns(&[], "0", |_| true).expect("a chart")), 0);
    }
}
