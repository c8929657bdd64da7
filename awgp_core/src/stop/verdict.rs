//! What a trail proves of one stop, and what does not fit.

use super::Scope;
use crate::audit::finding::{Finding, Severity};
use crate::audit::witness::Proved;
use crate::civil::format_timestamp;
use crate::counted::counted;
use crate::named::named;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use uuid::Uuid;

named! {
    /// Why a trail does not prove it.
    Kind {
        /// Something began between the stop and its end.
        Begun = "begun",
        /// A row that an event names as a head has another hash, or the two events contradict each other.
        HeadDiffers = "head_differs",
        /// A row that is the head of a lane in an event is not there.
        HeadMissing = "head_missing",
        /// Rows between the stop and its end are not there.
        RowsMissing = "rows_missing",
        /// A tenant that the stop covers has rows and no event of the stop.
        NotSaid = "not_said",
        /// An event of the stop is there twice.
        SaidTwice = "said_twice",
        /// A row that may begin something, or an event of the stop, cannot be read.
        Unreadable = "unreadable",
    }
}

impl Kind {
    /// Whether only something is lacking for the proof, and nothing contradicts the stop.
    fn is_lack(self) -> bool {
        matches!(self, Self::HeadMissing | Self::RowsMissing | Self::Unreadable)
    }
}

named! {
    /// How it stands with a stop.
    State {
        /// Nothing began.
        Holds = "holds",
        /// Rows are lacking or cannot be read, or their chain does not hold.
        Open = "open",
        /// Something began, or the events do not fit the rows.
        Contradicted = "contradicted",
    }
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The tenant of the trail.
    pub tenant: Uuid,
    /// The lane.
    pub lane: Option<i16>,
    /// The number in the lane.
    pub seq: Option<i64>,
    /// What.
    pub kind: Kind,
    /// The row.
    pub audit_id: Option<i64>,
    /// In words.
    pub detail: String,
}

/// What the rows say of one stop.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The stop.
    pub stop: Uuid,
    /// What it covers; None where no event of it can be read, as the next three.
    pub scope: Option<Scope>,
    /// The tenant, the holding, or the tenant of the assistant.
    pub tenant: Option<Uuid>,
    /// The assistant.
    pub assistant: Option<Uuid>,
    /// Why it was stopped.
    pub reason: Option<String>,
    /// When the first of its events was written.
    pub began_us: Option<i64>,
    /// When the last event of its end was written, where it is lifted.
    pub ended_us: Option<i64>,
    /// What does not fit; nothing where it holds.
    pub found: Vec<Found>,
    /// The tenants in whose trails the stop's event is.
    pub said: Vec<Uuid>,
    /// Those of them whose trail has only one of the two events.
    pub half: BTreeSet<Uuid>,
    /// True where every trail shown that has the stop also has its end.
    pub is_ended: bool,
    /// The tenants that the stop covered and of whom no row was shown.
    pub not_shown: Vec<Uuid>,
    /// How many beginnings the rows of these trails have in all, before and after included.
    pub begun: u64,
    /// Where its events are: tenant, lane and number.
    pub events: Vec<(Uuid, i16, i64)>,
}

impl Verdict {
    /// The errors of the rows by themselves that touch this proof: of these trails, and of no trail in
    /// particular.
    pub fn touched_by<'a>(&self, findings: &'a [Finding]) -> Vec<&'a Finding> {
        let touches = |finding: &&Finding| finding.tenant_id.is_none_or(|tenant| self.said.contains(&tenant));
        findings.iter().filter(|finding| finding.severity == Severity::Error).filter(touches).collect()
    }

    /// How it stands with the stop, given whether the chains of its trails hold.
    pub fn state(&self, chains_hold: bool) -> State {
        // Where rows are lacking, the event that is not there may be among them.
        let lacks: BTreeSet<Uuid> = self
            .found
            .iter()
            .filter(|found| found.kind.is_lack() && self.half.contains(&found.tenant))
            .map(|found| found.tenant)
            .collect();
        let is_unsure = |found: &Found| found.kind == Kind::Begun && lacks.contains(&found.tenant);
        let contradicts = |found: &Found| !(found.kind.is_lack() || is_unsure(found));
        if self.found.iter().any(contradicts) {
            State::Contradicted
        } else if self.found.is_empty() && chains_hold {
            State::Holds
        } else {
            State::Open
        }
    }

    /// Whether notes sign every event of the stop, and with it its heads and the rows up to them.
    pub fn is_signed(&self, proved: &[Proved]) -> bool {
        let signs =
            |(tenant, lane, seq): &(Uuid, i16, i64)| {
                proved.iter().filter(|note| note.tenant_id == *tenant).flat_map(|note| &note.proves).any(
                    |range| range.chain_lane == *lane && (range.first_seq..=range.last_seq).contains(seq),
                )
            };
        !self.events.is_empty() && self.events.iter().all(signs)
    }

    /// As JSON: the members of the answer of `verify_stop()` and of the command. `signed` is None without
    /// notes.
    pub fn to_json(&self, chains_hold: bool, signed: Option<bool>) -> Value {
        let found = |found: &Found| {
            json!({
                "kind": found.kind.name(),
                "tenant_id": found.tenant,
                "chain_lane": found.lane,
                "chain_seq": found.seq,
                "audit_id": found.audit_id,
                "detail": found.detail,
            })
        };
        let state = self.state(chains_hold);
        json!({
            "stop_id": self.stop,
            "scope": self.scope.map(Scope::name),
            "tenant_id": self.tenant,
            "assistant_id": self.assistant,
            "reason": self.reason,
            "began_at": self.began_us.map(format_timestamp),
            "ended_at": self.ended_us.map(format_timestamp),
            "is_ended": self.is_ended,
            "state": state.name(),
            "holds": state == State::Holds,
            "signed": signed,
            "beginnings": self.begun,
            "tenants": self.said,
            "not_shown": self.not_shown,
            "findings": self.found.iter().map(found).collect::<Vec<Value>>(),
        })
    }

    /// As a sentence.
    pub fn sentence(&self, chains_hold: bool, signed: Option<bool>) -> String {
        let mut text = format!("stop {}", self.stop);
        if let Some(scope) = self.scope {
            let _ = write!(text, " of {}", scope.name());
        }
        if let Some(id) = self.assistant.or(self.tenant) {
            let _ = write!(text, " {id}");
        }
        if let Some(began) = self.began_us {
            let _ = write!(text, " from {}", format_timestamp(began));
        }
        if let Some(ended) = self.ended_us {
            let _ = write!(text, " to {}", format_timestamp(ended));
        }
        text.push_str(": ");
        let found = counted(self.found.len(), "finding");
        match self.state(chains_hold) {
            State::Holds if self.is_ended => text.push_str("nothing began until it was lifted"),
            State::Holds => text.push_str("nothing began, and it is in force"),
            State::Contradicted => {
                let _ = write!(text, "contradicted: {found}");
            }
            State::Open if self.found.is_empty() => text.push_str("not proved: the chain does not hold"),
            State::Open => {
                let _ = write!(text, "not proved: {found}");
            }
        }
        match signed {
            Some(true) => text.push_str("; the notes sign it"),
            Some(false) => text.push_str("; no note signs it"),
            None => {}
        }
        if !self.not_shown.is_empty() {
            let _ = write!(text, "; not shown: the trails of {}", counted(self.not_shown.len(), "tenant"));
        }
        text
    }
}
