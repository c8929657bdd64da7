//! State machines: states, verbs and transitions in one table, and the refusal of a missing transition.
//!
//! [`state_machine!`] turns a table into the enum of states, the enum of verbs, and a [`Machine`] as the
//! const `MACHINE`. The state machines are [`crate::work`], [`crate::approval`],
//! [`crate::approval::delegation`], [`crate::assistant`], [`crate::action`] and [`crate::records::review`].
//! docs/state_machines.md draws them; a test compares the drawings with the tables.

use crate::reason::Reason;
use crate::refusal::Refusal;

/// A state or a verb: an enum whose variants have names in SQL.
pub trait Named: Copy + Eq + 'static {
    /// Every variant.
    const EVERY: &'static [Self];

    /// Its name in SQL.
    fn name(self) -> &'static str;
}

/// A state machine over the rows of a table.
#[derive(Debug)]
pub struct Machine<S: 'static, V: 'static> {
    /// The table whose column `status` holds the state.
    pub table: &'static str,
    /// The states in which a row may begin; the first is the default.
    pub begins: &'static [S],
    /// Transitions: state, verb, next state, ordered by verb.
    pub arrows: &'static [(S, V, S)],
}

impl<S: Named, V: Named> Machine<S, V> {
    /// The state after the verb; None where the verb is not possible in this state, or leads to more than
    /// one.
    pub fn transition(&self, from: S, verb: V) -> Option<S> {
        let mut leads =
            self.arrows.iter().filter(|(at, by, _)| (*at, *by) == (from, verb)).map(|(_, _, to)| *to);
        leads.next().filter(|_| leads.next().is_none())
    }

    /// The verb that leads from one state to another.
    pub fn verb(&self, from: S, to: S) -> Option<V> {
        self.arrows.iter().find(|(at, _, next)| (*at, *next) == (from, to)).map(|(_, verb, _)| *verb)
    }

    /// The same; refuses with reason `illegal_transition` where there is no such verb.
    pub fn verb_between(&self, from: S, to: S) -> Result<V, Refusal> {
        self.verb(from, to).ok_or_else(|| self.illegal(from, to.name()))
    }

    /// Refuses a verb that is not possible in this state, with reason `illegal_transition`.
    pub fn check_verb(&self, from: S, verb: V) -> Result<(), Refusal> {
        let mut arrows = self.arrows.iter().filter(|(_, by, _)| *by == verb);
        let first = arrows.clone().next();
        match arrows.any(|(at, _, _)| *at == from) {
            true => Ok(()),
            false => Err(self.illegal(from, first.map_or("", |(_, _, to)| to.name()))),
        }
    }

    /// Refuses a new row whose state is not one of the initial states, with reason `illegal_transition`.
    pub fn begin(&self, state: S) -> Result<(), Refusal> {
        if self.begins.contains(&state) {
            return Ok(());
        }
        let usual = self.begins.first().map_or("", |state| state.name());
        Err(Refusal::new(
            Reason::IllegalTransition,
            format!("the status of a new row cannot be {}", state.name()),
            format!("Insert it as {usual} and change it from there."),
        )
        .with("table", self.table)
        .with("from", None::<String>)
        .with("to", state.name()))
    }

    /// True where no verb leads out of the state.
    pub fn is_final(&self, state: S) -> bool {
        self.arrows.iter().all(|(from, _, _)| *from != state)
    }

    fn illegal(&self, from: S, to: &str) -> Refusal {
        let possible = self.arrows.iter().filter(|(at, _, _)| *at == from).map(|(_, _, next)| next.name());
        illegal_transition(self.table, from.name(), to, possible)
    }
}

/// A transition of a row of `table` that no verb makes.
pub fn illegal_transition<'a>(
    table: &str,
    from: &str,
    to: &str,
    possible: impl IntoIterator<Item = &'a str>,
) -> Refusal {
    let possible: Vec<&str> = possible.into_iter().collect();
    let hint = match possible.as_slice() {
        [] => format!("{from} is final: {}.", anew(table)),
        _ => format!("From {from} the status can change to: {}.", possible.join(", ")),
    };
    Refusal::new(Reason::IllegalTransition, format!("status cannot change from {from} to {to}"), hint)
        .with("table", table)
        .with("from", from)
        .with("to", to)
}

/// What is done where nothing leads out of a state.
fn anew(table: &str) -> &'static str {
    match table {
        "work_items" => "create a new work item",
        "approvals" => "request another approval",
        "approval_delegations" => "delegate again",
        "governed_actions" => "begin a new action",
        "hallucination_flags" => "flag the content again",
        _ => "create a new one",
    }
}

/// Declares a state machine: the table, the enum of states with the initial ones, the enum of verbs with the
/// transitions of each.
///
/// ```text
/// state_machine! {
///     table "work_items";
///     /// The state of a work item.
///     Status {
///         /// Not begun.
///         Backlog = "backlog",
///         /// Running.
///         InProgress = "in_progress",
///     }
///     begins Backlog;
///     /// The verbs that change a work item's state.
///     Verb {
///         /// Begins.
///         Start = "start": Backlog => InProgress;
///     }
/// }
/// ```
macro_rules! state_machine {
    (
        table $table:literal;
        $(#[doc = $state_doc:literal])+
        $State:ident { $($(#[doc = $of_state:literal])+ $state:ident = $state_name:literal,)+ }
        begins $($begin:ident)|+;
        $(#[doc = $verb_doc:literal])+
        $Verb:ident {
            $($(#[doc = $of_verb:literal])+ $verb:ident = $verb_name:literal: $($from:ident => $to:ident),+;)+
        }
    ) => {
        $crate::named::named! {
            $(#[doc = $state_doc])+
            $State { $($(#[doc = $of_state])+ $state = $state_name,)+ }
        }

        $crate::named::named! {
            $(#[doc = $verb_doc])+
            $Verb { $($(#[doc = $of_verb])+ $verb = $verb_name,)+ }
        }

        impl $crate::state_machine::Named for $State {
            const EVERY: &'static [Self] = Self::ALL;

            fn name(self) -> &'static str {
                self.name()
            }
        }

        impl $crate::state_machine::Named for $Verb {
            const EVERY: &'static [Self] = Self::ALL;

            fn name(self) -> &'static str {
                self.name()
            }
        }

        /// The state machine.
        pub const MACHINE: $crate::state_machine::Machine<$State, $Verb> = $crate::state_machine::Machine {
            table: $table,
            begins: &[$($State::$begin,)+],
            arrows: &[$($(($State::$from, $Verb::$verb, $State::$to),)+)+],
        };
    };
}
pub(crate) use state_machine;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{action, approval, assistant, records, work};

    /// Between two states there is a verb or a refusal, and the verb between two states makes that
    /// transition.
    fn holds_together<S: Named + std::fmt::Debug, V: Named + std::fmt::Debug>(machine: &Machine<S, V>) {
        for (place, (from, verb, to)) in machine.arrows.iter().enumerate() {
            assert_eq!(machine.verb(*from, *to), Some(*verb), "two verbs from {from:?} to {to:?}");
            assert!(!machine.arrows[..place].contains(&(*from, *verb, *to)), "an arrow twice");
        }
        for from in S::EVERY {
            for to in S::EVERY {
                match machine.verb_between(*from, *to) {
                    Ok(verb) => assert!(machine.arrows.contains(&(*from, verb, *to))),
                    Err(refusal) => {
                        assert_eq!(refusal.reason, Reason::IllegalTransition);
                        assert_eq!(refusal.hint.contains("is final"), machine.is_final(*from));
                        assert!(!refusal.hint.contains("a new one"), "{}: {}", machine.table, refusal.hint);
                    }
                }
            }
            for verb in V::EVERY {
                let leads = machine.arrows.iter().any(|(at, by, _)| (at, by) == (from, verb));
                assert_eq!(machine.check_verb(*from, *verb).is_ok(), leads);
            }
            assert_eq!(machine.begin(*from).is_ok(), machine.begins.contains(from));
        }
    }

    #[test]
    fn every_machine_holds_together() {
        holds_together(&work::MACHINE);
        holds_together(&approval::MACHINE);
        holds_together(&approval::delegation::MACHINE);
        holds_together(&assistant::MACHINE);
        holds_together(&action::MACHINE);
        holds_together(&records::review::MACHINE);
    }
}
