//! How this run shows things to people: in which zone, how wide, with which colours. It is decided once, from
//! the options and the terminal.

use crate::opt::Global;
use jiff::tz::TimeZone;
use std::io::IsTerminal;
use std::sync::OnceLock;

/// How things are shown.
#[derive(Clone, Debug)]
pub struct Look {
    /// The reader's zone.
    pub zone: TimeZone,
    /// Times in full, as ISO 8601 writes them.
    pub iso: bool,
    /// How many columns a table may take; None in a pipe or a file, where ids are whole and nothing wraps.
    pub columns: Option<usize>,
}

static LOOK: OnceLock<Look> = OnceLock::new();

/// Whether long output may be paged.
static PAGED: OnceLock<bool> = OnceLock::new();

/// What was decided; before that, the usual.
pub fn look() -> &'static Look {
    LOOK.get_or_init(|| Look { zone: TimeZone::system(), iso: false, columns: None })
}

/// Decides, for the whole run. `reads` says whether the command only reads.
pub fn decide(global: &Global, reads: bool) {
    let zone = if global.utc { TimeZone::UTC } else { TimeZone::system() };
    // It is set once: the first command line of a process decides.
    let _ = PAGED.set(reads && !global.no_pager);
    let _ = LOOK.set(Look { zone, iso: global.iso, columns: columns() });
}

/// The width of the terminal; COLUMNS goes before it, as in psql.
fn columns() -> Option<usize> {
    let given = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok()).filter(|n| *n >= 20);
    let measured = || std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten();
    given.or_else(|| measured().map(|(width, _)| usize::from(width.0)))
}

/// The lines and columns of the screen that output is paged on; None where it is not.
pub fn screen() -> Option<(usize, usize)> {
    let is_paged = PAGED.get().is_some_and(|paged| *paged) && std::io::stdout().is_terminal();
    let (width, height) = is_paged.then(terminal_size::terminal_size).flatten()?;
    Some((usize::from(height.0), usize::from(width.0)))
}

/// Whether stdout shows colours: a terminal, without NO_COLOR.
pub fn has_colour() -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !no_colour
}
