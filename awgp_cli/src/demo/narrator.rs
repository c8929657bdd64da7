//! The output of the demo: chapters, steps and proofs. A proof compares the actual result with the expected
//! one.

use super::attempt::Attempt;
use crate::opt::Output;
use crate::render;
use awgp_client::{Exit, Failure};
use awgp_core::counted::counted;
use serde::Serialize;
use serde_json::json;
use std::fmt::Write as _;
use std::io::IsTerminal;

/// The width of the outcome before each statement, so that statements are aligned.
const OUTCOME_COLUMNS: usize = 9;

/// The running text and all proofs so far.
pub struct Narrator {
    output: Output,
    colour: bool,
    title: String,
    run: String,
    chapter: String,
    chapters: usize,
    proofs: Vec<Proof>,
}

/// One comparison.
#[derive(Debug, Serialize)]
struct Proof {
    chapter: String,
    statement: String,
    expected: String,
    actual: String,
    holds: bool,
}

impl Narrator {
    /// Begins, with the title.
    pub fn open(output: Output, title: &str, run: &str, place: &str) -> Result<Self, Failure> {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let narrator = Self {
            output,
            colour: std::io::stdout().is_terminal() && !no_colour,
            title: title.to_owned(),
            run: run.to_owned(),
            chapter: String::new(),
            chapters: 0,
            proofs: Vec::new(),
        };
        narrator.print(&format!("{}\nrun {run}, on {place}\n", narrator.bold(title)))?;
        Ok(narrator)
    }

    /// Begins a chapter: its name, and its subject in a sentence.
    pub fn chapter(&mut self, name: &str, about: &str) -> Result<(), Failure> {
        self.chapters += 1;
        name.clone_into(&mut self.chapter);
        self.print(&format!("\n{}\n   {about}\n", self.bold(&format!("{}  {name}", self.chapters))))
    }

    /// Shows a step that proves nothing by itself.
    pub fn step(&self, text: &str) -> Result<(), Failure> {
        self.print(&format!("   · {text}\n"))
    }

    /// Shows a table.
    pub fn table(&self, header: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
        let mut text = String::new();
        for line in render::grid(header, rows).lines() {
            let _ = writeln!(text, "    {line}");
        }
        self.print(&text)
    }

    /// A proof by numbers.
    pub fn equal(&mut self, statement: &str, expected: i64, actual: i64) -> Result<(), Failure> {
        let outcome = format!("{actual} = {expected}");
        self.prove(statement, &outcome, &expected.to_string(), &actual.to_string(), expected == actual)
    }

    /// A proof that a statement is refused with one of these SQLSTATEs.
    pub fn refused(&mut self, statement: &str, sqlstates: &[&str], attempt: &Attempt) -> Result<(), Failure> {
        let expected = format!("refused ({})", sqlstates.join(" or "));
        let holds =
            matches!(attempt, Attempt::Refused { sqlstate, .. } if sqlstates.contains(&sqlstate.as_str()));
        let seen = attempt.to_string();
        self.prove(&format!("{statement} → {seen}"), "refused", &expected, &seen, holds)
    }

    /// A proof that a question has this answer.
    pub fn told(&mut self, statement: &str, expected: &str, actual: &str) -> Result<(), Failure> {
        let statement = format!("{statement} → {actual}");
        self.prove(&statement, "answered", expected, actual, expected == actual)
    }

    /// A proof that a statement changes nothing: it is not allowed, or finds no row it may change.
    pub fn without_effect(&mut self, statement: &str, attempt: &Attempt) -> Result<(), Failure> {
        let holds = match attempt {
            Attempt::Done { rows } => *rows == 0,
            Attempt::Refused { sqlstate, .. } => sqlstate == "42501",
        };
        let outcome = if matches!(attempt, Attempt::Done { .. }) { "0 rows" } else { "refused" };
        self.prove(statement, outcome, "0 rows, or refused (42501)", &attempt.to_string(), holds)
    }

    /// The summary; returns whether every proof held.
    pub fn close(&self) -> Result<bool, Failure> {
        let failed = self.failed();
        let held = self.proofs.len() - failed;
        match self.output {
            Output::Table => {
                let verdict = format!("{} held, {failed} failed", counted(held, "proof"));
                let painted = self.paint(&verdict, failed == 0);
                self.print(&format!(
                    "\n{painted}\nThe tenants of this run have slugs that end in -{}; its three logins are \
                     dropped.\n",
                    self.run
                ))?;
            }
            Output::Json => {
                let summary = json!({
                    "title": self.title, "run": self.run, "held": held, "failed": failed, "proofs": self.proofs,
                });
                render::print(&render::pretty(&summary)).map_err(|error| unprintable(&error))?;
            }
        }
        Ok(failed == 0)
    }

    /// How many proofs did not hold.
    fn failed(&self) -> usize {
        self.proofs.iter().filter(|proof| !proof.holds).count()
    }

    fn prove(
        &mut self,
        statement: &str,
        outcome: &str,
        expected: &str,
        actual: &str,
        holds: bool,
    ) -> Result<(), Failure> {
        let mark = self.paint(if holds { "✓" } else { "✗" }, holds);
        let outcome = if holds { outcome } else { "FAILED" };
        let why = if holds { String::new() } else { format!("\n       expected {expected}, saw {actual}") };
        self.print(&format!("   {mark} {outcome:<OUTCOME_COLUMNS$} {statement}{why}\n"))?;
        self.proofs.push(Proof {
            chapter: self.chapter.clone(),
            statement: statement.to_owned(),
            expected: expected.to_owned(),
            actual: actual.to_owned(),
            holds,
        });
        Ok(())
    }

    /// The text is for people; JSON has the proofs, at the end.
    fn print(&self, text: &str) -> Result<(), Failure> {
        match self.output {
            Output::Table => render::print(text).map_err(|error| unprintable(&error)),
            Output::Json => Ok(()),
        }
    }

    fn bold(&self, text: &str) -> String {
        if self.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn paint(&self, text: &str, good: bool) -> String {
        let code = if good { 32 } else { 31 };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

fn unprintable(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Unexpected, format!("stdout: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrator() -> Narrator {
        let mut narrator = Narrator::open(Output::Json, "t", "r", "p").expect("a narrator");
        narrator.chapter("c", "about").expect("a chapter");
        narrator
    }

    fn refusal(sqlstate: &str) -> Attempt {
        Attempt::Refused { sqlstate: sqlstate.to_owned(), reason: None }
    }

    #[test]
    fn a_proof_holds_only_when_it_is_as_expected() {
        let mut narrator = narrator();
        narrator.equal("same", 3, 3).expect("told");
        narrator.refused("refused", &["42501"], &refusal("42501")).expect("told");
        narrator.without_effect("nothing", &Attempt::Done { rows: 0 }).expect("told");
        assert!(narrator.proofs.iter().all(|proof| proof.holds));
    }

    #[test]
    fn one_failed_proof_fails_the_demo() {
        type Case = fn(&mut Narrator) -> Result<(), Failure>;
        let cases: [Case; 6] = [
            |narrator| narrator.told("else", "no_policy", "policy_allows"),
            |narrator| narrator.equal("more", 3, 4),
            |narrator| narrator.refused("done", &["42501"], &Attempt::Done { rows: 1 }),
            |narrator| narrator.refused("for another cause", &["42501"], &refusal("22P02")),
            |narrator| narrator.without_effect("changed", &Attempt::Done { rows: 1 }),
            |narrator| narrator.without_effect("broken", &refusal("42883")),
        ];
        for case in cases {
            let mut narrator = narrator();
            narrator.equal("same", 1, 1).expect("told");
            case(&mut narrator).expect("told");
            assert!(!narrator.proofs[1].holds, "{:?}", narrator.proofs[1]);
            assert_eq!(narrator.failed(), 1);
        }
    }
}
