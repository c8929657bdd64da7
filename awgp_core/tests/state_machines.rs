//! docs/state_machines.md draws the machines as they are.

use awgp_core::approval::{self, delegation};
use awgp_core::records::review;
use awgp_core::{action, assistant, work};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../docs/state_machines.md");

/// The arrows below a heading: from, to, verb; [*] has no verb.
fn drawn(heading: &str) -> BTreeSet<String> {
    let section = PAGE.split("\n## ").find(|section| section.starts_with(heading)).expect(heading);
    let diagram = section.split("```").nth(1).expect("a diagram");
    diagram.lines().map(str::trim).filter(|line| line.contains("-->")).map(str::to_owned).collect()
}

macro_rules! arrows {
    ($machine:ident, $begins:expr) => {{
        use $machine::{Status, Verb, transition};
        let mut arrows = BTreeSet::new();
        let mut last: BTreeSet<&str> = Status::ALL.iter().map(|status| status.name()).collect();
        for from in Status::ALL {
            for verb in Verb::ALL {
                if let Some(to) = transition(*from, *verb) {
                    arrows.insert(format!("{} --> {}: {}", from.name(), to.name(), verb.name()));
                    last.remove(from.name());
                }
            }
        }
        arrows.extend(last.iter().map(|status| format!("{status} --> [*]")));
        let begins: &[Status] = &$begins;
        arrows.extend(begins.iter().map(|status| format!("[*] --> {}", status.name())));
        arrows
    }};
}

#[test]
fn the_page_draws_the_machines_as_they_are() {
    let work_begins: Vec<_> =
        work::Status::ALL.iter().copied().filter(|at| work::begin(*at).is_ok()).collect();
    let approval_begins: Vec<_> =
        approval::Status::ALL.iter().copied().filter(|at| approval::begin(*at).is_ok()).collect();
    let assistant_begins: Vec<_> =
        assistant::Status::ALL.iter().copied().filter(|at| assistant::begin(*at).is_ok()).collect();
    assert_eq!(drawn("Work items"), arrows!(work, work_begins));
    assert_eq!(drawn("Approvals"), arrows!(approval, approval_begins));
    assert_eq!(drawn("Delegations"), arrows!(delegation, [Status::Scheduled]));
    assert_eq!(drawn("Assistants"), arrows!(assistant, assistant_begins));
    assert_eq!(drawn("Governed actions"), arrows!(action, [Status::Begun]));
}

/// A flag has no last state: a conclusion may be overturned, and overturned again.
#[test]
fn the_page_draws_the_flags_as_they_are() {
    let mut arrows = BTreeSet::from(["[*] --> pending".to_owned()]);
    for from in review::Status::ALL {
        for to in review::Status::ALL {
            if let Some(step) = review::transition(from, to) {
                arrows.insert(format!("{from} --> {to}: {}", step.name()));
            }
        }
    }
    assert_eq!(drawn("Hallucination flags"), arrows);
}
