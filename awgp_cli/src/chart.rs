//! Bars and sparklines, to compare numbers. They are drawn from floats; the exact number is beside them.
//!
//! On a terminal a bar takes the width that the other columns leave, and has colour unless NO_COLOR is set.
//! In a pipe or a file it is as wide as on a terminal of 140 columns and has no colour, so that output is the
//! same everywhere.

use std::io::IsTerminal;

/// The width where the output is not a terminal.
const COLUMNS_ELSEWHERE: usize = 140;

/// The widest bar, and the narrowest useful one.
const BAR_COLUMNS: std::ops::RangeInclusive<usize> = 5..=30;

const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How wide to draw, and whether in colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canvas {
    /// Columns of the screen.
    pub columns: usize,
    /// Whether to write escape sequences.
    pub colour: bool,
}

impl Canvas {
    /// For stdout.
    pub fn of_stdout() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        let size = if is_terminal { terminal_size::terminal_size() } else { None };
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            columns: size.map_or(COLUMNS_ELSEWHERE, |(width, _)| usize::from(width.0)),
            colour: is_terminal && !no_colour,
        }
    }

    /// How wide a bar may be beside columns that take `used`; None where there is no space for one.
    pub fn bar_columns(self, used: usize) -> Option<usize> {
        let room = self.columns.saturating_sub(used).min(*BAR_COLUMNS.end());
        BAR_COLUMNS.contains(&room).then_some(room)
    }
}

/// A bar for a part of the whole, to an eighth of a column. A part above 1 fills it; anything above zero is
/// visible.
pub fn bar(part: f64, columns: usize) -> String {
    if part.is_nan() || part <= 0.0 {
        return String::new();
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within 1 and eight a column"
    )]
    #[expect(clippy::cast_precision_loss, reason = "a screen is narrower than 2^52 columns")]
    let eighths = ((part.min(1.0) * columns as f64 * 8.0).round() as usize).max(1);
    let mut bar = "█".repeat(eighths / 8);
    if let Some(last) = (eighths % 8).checked_sub(1) {
        bar.push(EIGHTHS[last]);
    }
    bar
}

/// One character per value, its height relative to the highest. Zero is a blank; anything above zero is
/// visible.
pub fn sparkline(values: &[f64]) -> String {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let height = |value: &f64| {
        if value.is_nan() || *value <= 0.0 {
            return ' ';
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 7")]
        let step = ((value / highest * 8.0).ceil() as usize).clamp(1, 8) - 1;
        HEIGHTS[step]
    };
    values.iter().map(height).collect()
}

/// At most this many values: neighbours are added together where there are more.
pub fn condensed(values: &[f64], most: usize) -> Vec<f64> {
    let together = values.len().div_ceil(most.max(1)).max(1);
    values.chunks(together).map(|chunk| chunk.iter().sum()).collect()
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact in binary")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_bar_is_as_long_as_its_part() {
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(1.0, 10), "██████████");
        assert_eq!(bar(0.5, 10), "█████");
        assert_eq!(bar(0.55, 10), "█████▌");
        assert_eq!(bar(0.000_001, 10), "▏");
        assert_eq!(bar(7.0, 3), "███");
        assert_eq!(bar(f64::NAN, 3), "");
        assert_eq!(bar(-1.0, 3), "");
    }

    #[test]
    fn a_sparkline_has_a_character_a_value() {
        assert_eq!(sparkline(&[0.0, 1.0, 4.0, 8.0, 0.001]), " ▁▄█▁");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[0.0, 0.0]), "  ");
        assert_eq!(sparkline(&[5.0]), "█");
    }

    #[test]
    fn many_values_are_added_together() {
        assert_eq!(condensed(&[1.0, 2.0, 3.0, 4.0, 5.0], 3), [3.0, 7.0, 5.0]);
        assert_eq!(condensed(&[1.0, 2.0], 3), [1.0, 2.0]);
        assert!(condensed(&[], 3).is_empty());
    }

    #[test]
    fn a_bar_takes_what_is_left_and_no_more() {
        let canvas = |columns| Canvas { columns, colour: false };
        assert_eq!(canvas(80).bar_columns(60), Some(20));
        assert_eq!(canvas(200).bar_columns(60), Some(30));
        assert_eq!(canvas(64).bar_columns(60), None);
        assert_eq!(canvas(40).bar_columns(60), None);
    }

    proptest! {
        #[test]
        fn a_bar_never_leaves_its_columns(part in prop::num::f64::ANY, columns in 0_usize..200) {
            prop_assert!(bar(part, columns).chars().count() <= columns.max(1));
        }

        #[test]
        fn condensing_loses_nothing(values in prop::collection::vec(0_u32..1000, 0..200), most in 1_usize..60) {
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let condensed = condensed(&values, most);
            prop_assert!(condensed.len() <= most);
            prop_assert_eq!(condensed.iter().sum::<f64>(), values.iter().sum::<f64>());
        }
    }
}
