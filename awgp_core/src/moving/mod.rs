//! Moving a family, a tenant without a parent and all tenants below it, to another installation.
//!
//! Both sides have the move on record, each in its own database, and no transaction spans the two. So the
//! states are made for the moment in between: the source lets go before the target takes over, and each step
//! can be found out again from the two records. [`next`] does that. [`tables`] says what becomes of each
//! table's rows.

mod refusals;
pub mod tables;

pub use refusals::{differs, moved, moving, refused, unclear, unknown_move};

use crate::refusal::Refusal;

/// The side of a move that a record is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where the family leaves.
    Source,
    /// Where it arrives.
    Target,
}

/// How far a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Source: the family works on, its trail is being copied. Target: its trail arrives.
    Preparing,
    /// Source: the family's writes are refused.
    Stopped,
    /// Target: everything is there and verified, and the family does not work yet.
    Verified,
    /// Source: the family works here no more, for good.
    Left,
    /// Target: the family works here.
    Active,
    /// Source: the family's rows are deleted; its trail and this record stay.
    Cleared,
    /// The move was undone.
    Back,
}

impl Side {
    /// The name in `awgp.tenant_moves`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
        }
    }

    /// The side of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Source, Self::Target].into_iter().find(|side| side.name() == name)
    }
}

impl State {
    const ALL: [Self; 7] =
        [Self::Preparing, Self::Stopped, Self::Verified, Self::Left, Self::Active, Self::Cleared, Self::Back];

    /// The name in `awgp.tenant_moves`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Stopped => "stopped",
            Self::Verified => "verified",
            Self::Left => "left",
            Self::Active => "active",
            Self::Cleared => "cleared",
            Self::Back => "back",
        }
    }

    /// The state of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a record means for a tenant of the family in this database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It works here.
    Works,
    /// Nothing of it is written for the moment.
    Moving,
    /// It works elsewhere.
    Moved,
}

/// What the newest record of a tenant means here.
pub fn standing(side: Side, state: State) -> Standing {
    match (side, state) {
        (Side::Source, State::Preparing | State::Back) | (Side::Target, State::Active) => Standing::Works,
        (Side::Source, State::Left | State::Cleared) => Standing::Moved,
        (Side::Source, _) | (Side::Target, State::Preparing | State::Verified) => Standing::Moving,
        // Undone, and never here: whatever of it is written was here before.
        (Side::Target, _) => Standing::Moved,
    }
}

/// The next step of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Begin at the source.
    Begin,
    /// Begin at the target.
    BeginThere,
    /// Copy the trail while the family works, and then stop its writes.
    Copy,
    /// Copy the rest, and verify.
    Rest,
    /// Let go of it at the source.
    Leave,
    /// Take over at the target.
    Arrive,
    /// Delete its rows at the source.
    Clear,
    /// Undo what the target has of it.
    UndoThere,
    /// Let it work on at the source.
    UndoHere,
    /// Nothing is left to do.
    Done,
}

/// The next step, from the two records; None is a side without one.
pub fn next(source: Option<State>, target: Option<State>) -> Result<Step, Refusal> {
    use State::{Active, Back, Cleared, Left, Preparing, Stopped, Verified};
    match (source, target) {
        (None | Some(Back), None | Some(Back)) => Ok(Step::Begin),
        (Some(Preparing), None) => Ok(Step::BeginThere),
        (Some(Preparing), Some(Preparing)) => Ok(Step::Copy),
        (Some(Stopped), Some(Preparing)) => Ok(Step::Rest),
        (Some(Stopped), Some(Verified)) => Ok(Step::Leave),
        // After `cleared` the target has come back from a backup: it has all that the source let go of.
        (Some(Left | Cleared), Some(Verified)) => Ok(Step::Arrive),
        (Some(Left), Some(Active)) => Ok(Step::Clear),
        (Some(Cleared), Some(Active)) => Ok(Step::Done),
        (Some(Preparing | Stopped), Some(Back)) => Ok(Step::UndoHere),
        (Some(Back), Some(Preparing | Verified)) => Ok(Step::UndoThere),
        (source, target) => Err(unclear(source, target)),
    }
}

/// The next step on the way back. Once the source has let go there is none.
pub fn next_back(source: Option<State>, target: Option<State>) -> Result<Step, Refusal> {
    use State::{Back, Preparing, Stopped, Verified};
    match (source, target) {
        (None | Some(Back), None | Some(Back)) => Ok(Step::Done),
        // The target first: it must not take over when the source works on.
        (None | Some(Preparing | Stopped | Back), Some(Preparing | Verified)) => Ok(Step::UndoThere),
        (Some(Preparing | Stopped), None | Some(Back)) => Ok(Step::UndoHere),
        (source, target) => Err(unclear(source, target)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;
    use State::{Active, Back, Cleared, Left, Preparing, Stopped, Verified};

    const OF_SOURCE: [Option<State>; 6] =
        [None, Some(Preparing), Some(Stopped), Some(Left), Some(Cleared), Some(Back)];
    const OF_TARGET: [Option<State>; 5] = [None, Some(Preparing), Some(Verified), Some(Active), Some(Back)];

    /// What the step makes of the two records.
    fn after(step: Step, source: Option<State>, target: Option<State>) -> (Option<State>, Option<State>) {
        match step {
            Step::Begin => (Some(Preparing), None),
            Step::BeginThere => (source, Some(Preparing)),
            Step::Copy => (Some(Stopped), target),
            Step::Rest => (source, Some(Verified)),
            Step::Leave => (Some(Left), target),
            Step::Arrive => (source, Some(Active)),
            Step::Clear => (Some(Cleared), target),
            Step::UndoThere => (source, Some(Back)),
            Step::UndoHere => (Some(Back), target),
            Step::Done => (source, target),
        }
    }

    fn works(side: Side, state: Option<State>) -> bool {
        match state {
            None => side == Side::Source,
            Some(state) => standing(side, state) == Standing::Works,
        }
    }

    #[test]
    fn a_move_ends_in_one_place_wherever_it_was_interrupted() {
        let (mut source, mut target) = (None, None);
        let mut steps = Vec::new();
        loop {
            assert!(!(works(Side::Source, source) && works(Side::Target, target)), "never both");
            let step = next(source, target).expect("a step");
            if step == Step::Done {
                break;
            }
            steps.push(step);
            (source, target) = after(step, source, target);
        }
        let whole =
            [Step::Begin, Step::BeginThere, Step::Copy, Step::Rest, Step::Leave, Step::Arrive, Step::Clear];
        assert_eq!(steps, whole);
        assert!(works(Side::Target, target) && !works(Side::Source, source));
    }

    #[test]
    fn the_way_back_ends_at_the_source_until_it_has_let_go() {
        for source in OF_SOURCE {
            for target in OF_TARGET {
                let (mut here, mut there) = (source, target);
                let outcome = loop {
                    assert!(
                        !(works(Side::Source, here) && works(Side::Target, there))
                            || source.is_none()
                            || source == Some(Preparing)
                            || source == Some(Back),
                        "{source:?} {target:?}"
                    );
                    match next_back(here, there) {
                        Ok(Step::Done) => break Ok(()),
                        Ok(step) => (here, there) = after(step, here, there),
                        Err(refusal) => break Err(refusal.reason),
                    }
                };
                let gone = matches!(source, Some(Left | Cleared)) || target == Some(Active);
                assert_eq!(outcome.is_err(), gone, "{source:?} {target:?}");
                if outcome.is_ok() {
                    assert!(
                        works(Side::Source, here) && !works(Side::Target, there),
                        "{source:?} {target:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn records_that_do_not_belong_together_are_refused() {
        for (source, target) in
            [(None, Some(Active)), (Some(Left), None), (Some(Stopped), None), (Some(Preparing), Some(Active))]
        {
            let refused = next(source, target).expect_err("not a pair");
            assert_eq!(refused.reason, Reason::TenantMoveUnclear);
        }
    }

    #[test]
    fn names_lead_back_to_what_they_name() {
        for state in State::ALL {
            assert_eq!(State::of_name(state.name()), Some(state));
        }
        for side in [Side::Source, Side::Target] {
            assert_eq!(Side::of_name(side.name()), Some(side));
        }
        assert_eq!((State::of_name("x"), Side::of_name("x")), (None, None));
    }
}
