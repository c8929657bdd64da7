//! docs/state_machines.md draws the state machines as they are.

use awgp_core::approval::{self, delegation};
use awgp_core::records::review;
use awgp_core::state_machine::{Machine, Named};
use awgp_core::{action, assistant, work};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/state_machines.md");

/// The transitions below a heading: from, to, verb; [*] has no verb.
fn drawn(heading: &str) -> BTreeSet<String> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
    let diagram = section.split("```").nth(1).expect("a diagram");
    let lines: Vec<&str> = diagram.lines().map(str::trim).filter(|line| line.contains("-->")).collect();
    let arrows: BTreeSet<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    assert_eq!(arrows.len(), lines.len(), "{heading}: an arrow is drawn twice");
    arrows
}

/// The transitions of a state machine, as they are drawn. A final state is last.
fn arrows<S: Named, V: Named>(machine: &Machine<S, V>) -> BTreeSet<String> {
    let begins = machine.begins.iter().map(|state| format!("[*] --> {}", state.name()));
    let moves = machine
        .arrows
        .iter()
        .map(|(from, verb, to)| format!("{} --> {}: {}", from.name(), to.name(), verb.name()));
    let last = S::EVERY.iter().filter(|state| machine.is_final(**state));
    begins.chain(moves).chain(last.map(|state| format!("{} --> [*]", state.name()))).collect()
}

#[test]
fn the_page_draws_the_machines_as_they_are() {
    let machines = [
        ("Work items", arrows(&work::MACHINE)),
        ("Approvals", arrows(&approval::MACHINE)),
        ("Delegations", arrows(&delegation::MACHINE)),
        ("Assistants", arrows(&assistant::MACHINE)),
        ("Governed actions", arrows(&action::MACHINE)),
        ("Hallucination flags", arrows(&review::MACHINE)),
    ];
    assert_eq!(PAGE.matches("stateDiagram").count(), machines.len(), "a diagram of something else");
    for (heading, arrows) in machines {
        assert_eq!(drawn(heading), arrows, "{heading}");
    }
}
