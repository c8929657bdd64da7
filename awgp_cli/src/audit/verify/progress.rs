//! The progress bar, on stderr and only on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A bar, or nothing.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar over rows. The length is the server's estimate; it grows when there are more.
    pub fn of_rows(estimate: u64) -> Self {
        Self::new(estimate, "{bar:32} {human_pos}/{human_len} rows  {per_sec}  {eta} left")
    }

    /// A bar over a file.
    pub fn of_bytes(length: u64) -> Self {
        Self::new(length, "{bar:32} {bytes}/{total_bytes}  {binary_bytes_per_sec}  {eta} left")
    }

    fn new(length: u64, template: &str) -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(length), target);
        // The template is constant; the default style replaces it if it cannot be read.
        bar.set_style(
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()),
        );
        Self(bar)
    }

    /// The progress so far.
    pub fn set(&self, position: u64) {
        if self.0.length().is_some_and(|length| length < position) {
            self.0.set_length(position);
        }
        self.0.set_position(position);
    }

    /// Removes it from the screen.
    pub fn clear(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_drawn_by_a_template_that_can_be_read() {
        let template = "{bar:32} {human_pos}/{human_len} rows  {per_sec}  {eta} left";
        assert!(ProgressStyle::with_template(template).is_ok());
        let progress = Progress::of_rows(10);
        progress.set(12);
        assert_eq!(progress.0.length(), Some(12));
    }
}
