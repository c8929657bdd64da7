//! Governed actions of the model.

use super::calls::{Call, Cents, OUTCOMES, Who};
use super::world::{ALWAYS_ASKED, Action, Outcome, World, no, place};
use uuid::Uuid;

/// What is to begin.
struct Wanted {
    action: usize,
    cents: Cents,
    key: Option<usize>,
    arguments: Option<usize>,
    approval: Option<usize>,
}

/// The reason without the SQLSTATE that a raised refusal has.
#[expect(clippy::unnecessary_wraps, reason = "a denial is an answer")]
fn denied(refusal: &str) -> Outcome {
    Ok(format!("denied {}", refusal.split_once(' ').map_or(refusal, |(_, reason)| reason)))
}

impl World {
    pub fn act(&mut self, who: Who, call: &Call) -> Outcome {
        match call {
            Call::Begin { item, action, cents, key, arguments, approval } => {
                let (action, cents, key, arguments) = (*action, *cents, *key, *arguments);
                self.begin(who, *item, &Wanted { action, cents, key, arguments, approval: *approval })
            }
            Call::Finish { action, outcome, cents } => self.finish(who, *action, *outcome, *cents),
            Call::Reconcile { action, outcome, cents } => self.reconcile(who, *action, *outcome, *cents),
            _ => no("no call of actions"),
        }
    }

    fn begin(&mut self, who: Who, item: usize, wanted: &Wanted) -> Outcome {
        let Some(item) = place(item, self.items.len()) else { return no("P0002 unknown_work_item") };
        let assistant = self.items[item].assistant;
        if who.assistant.is_some_and(|speaker| speaker != assistant) {
            return denied("not_own_work");
        }
        let asked = (wanted.action, wanted.cents, wanted.arguments);
        let under = wanted.key.map(|key| (key, asked));
        let is_before = |before: &&Action| {
            before.item == item && wanted.key.is_some() && before.key.map(|(key, _)| key) == wanted.key
        };
        if let Some(before) = self.actions.iter().find(is_before) {
            let same = before.key == under;
            return if same {
                Ok(format!("allowed {}", before.status))
            } else {
                no("22023 idempotency_conflict")
            };
        }
        if let Err(refusal) = self.active(assistant) {
            return denied(&refusal);
        }
        if !self.can(assistant, wanted.action) {
            return denied("capability_missing");
        }
        let (starts, gate) = match self.items[item].status {
            "backlog" | "awaiting_approval" => (true, self.gate(item)),
            "in_progress" => (false, self.goes_on(item).map(|()| None)),
            _ => return denied("illegal_transition"),
        };
        let approval = match self.approved(item, wanted, gate.as_ref().err())? {
            Ok(approval) => approval,
            Err(reason) => return denied(&reason),
        };
        let reservation = match wanted.cents {
            0 => None,
            cents => match self.money.reserve(assistant, cents, None) {
                Ok(reservation) => Some(reservation),
                Err(refusal) => return denied(&refusal),
            },
        };
        if let Some(approval) = approval {
            self.approvals[approval].used = true;
        }
        if starts {
            // Under an approval of its own the action lets the item begin without one.
            self.begin_item(item, if approval.is_some() { None } else { gate.ok().flatten() });
        }
        self.actions.push(Action {
            id: Uuid::nil(),
            item,
            status: "begun",
            key: under,
            reservation,
            report: None,
            entry: None,
        });
        Ok("allowed begun".to_owned())
    }

    /// Whether an item that has begun goes on.
    fn goes_on(&self, item: usize) -> Result<(), String> {
        match &self.items[item].pinned {
            _ if self.is_within_tier(item) => Ok(()),
            Some(pinned) if *pinned == self.says(item) => Ok(()),
            Some(_) => Err("55000 digest_mismatch".to_owned()),
            None => Err("55000 approval_required".to_owned()),
        }
    }

    /// The approval of this very action; the inner error is a denial.
    fn approved(
        &self,
        item: usize,
        wanted: &Wanted,
        gate: Option<&String>,
    ) -> Result<Result<Option<usize>, String>, String> {
        let always = wanted.action == ALWAYS_ASKED;
        let must = gate.is_some() || always || wanted.approval.is_some();
        if !must && wanted.arguments.is_none() {
            return Ok(Ok(None));
        }
        let named = wanted.approval.map(|number| place(number, self.approvals.len()));
        let is_of = |number: &usize| {
            let approval = &self.approvals[*number];
            approval.item == item
                && match named {
                    Some(named) => named == Some(*number) && approval.of.is_some(),
                    None => approval.of.is_some_and(|of| of.0 == wanted.action),
                }
        };
        let those: Vec<usize> = (0..self.approvals.len()).rev().filter(is_of).collect();
        if named.is_some() && those.is_empty() {
            return Err("P0002 unknown_approval".to_owned());
        }
        let is_same = |number: &&usize| {
            wanted.arguments.is_some_and(|with| self.approvals[**number].of == Some((wanted.action, with)))
        };
        let mut newest = None;
        for number in those.iter().filter(is_same) {
            match self.obstacle(&self.approvals[*number]) {
                None => return Ok(Ok(Some(*number))),
                Some(reason) => newest = newest.or(Some(reason)),
            }
        }
        let waits = |number: &usize| {
            matches!(self.obstacle(&self.approvals[*number]), None | Some("approval_pending"))
        };
        Ok(match newest {
            Some(reason) if must || ["approval_pending", "approval_rejected"].contains(&reason) => {
                Err(reason.to_owned())
            }
            None if must && those.iter().any(waits) => Err("arguments_mismatch".to_owned()),
            // Nobody was asked about this action: what the gate says helps more.
            None if must => {
                Err(gate.filter(|_| !always).cloned().unwrap_or_else(|| "approval_required".to_owned()))
            }
            _ => Ok(None),
        })
    }

    fn finish(&mut self, who: Who, action: usize, outcome: usize, cents: Option<Cents>) -> Outcome {
        if OUTCOMES[outcome] == "unknown" && cents.is_some() {
            return no("22023 out_of_range");
        }
        let Some(at) = place(action, self.actions.len()) else { return no("P0002 unknown_action") };
        self.own(who, self.actions[at].item)?;
        self.report(at, outcome, cents)
    }

    fn reconcile(&mut self, who: Who, action: usize, outcome: usize, cents: Option<Cents>) -> Outcome {
        if who.user.is_none() || who.assistant.is_some() {
            return no("42501 no_user_context");
        }
        if OUTCOMES[outcome] == "unknown" {
            return no("22023 out_of_range");
        }
        let Some(at) = place(action, self.actions.len()) else { return no("P0002 unknown_action") };
        if self.actions[at].status != "unknown" {
            return no("55000 action_not_unknown");
        }
        self.report(at, outcome, cents)
    }

    /// How the action ended, told the first time, or again.
    fn report(&mut self, action: usize, outcome: usize, cents: Option<Cents>) -> Outcome {
        let told = OUTCOMES[outcome];
        let report = (outcome, cents);
        let before = &self.actions[action];
        let may: &[&str] = match before.status {
            "begun" => &OUTCOMES,
            "unknown" => &["succeeded", "failed", "abandoned"],
            "abandoned" => &["succeeded", "failed"],
            _ => &[],
        };
        if before.status == told {
            let same = before.report.is_none() || before.report == Some(report);
            return if same { Ok(format!("ended {told} again")) } else { no("55000 action_finished") };
        }
        if !may.contains(&told) {
            return no("55000 illegal_transition");
        }
        if told != "unknown" {
            self.actions[action].entry = self.pay(action, cents)?;
            self.actions[action].report = Some(report);
        }
        self.actions[action].status = told;
        Ok(format!("ended {told}"))
    }

    fn pay(&mut self, action: usize, cents: Option<Cents>) -> Result<Option<usize>, String> {
        let Action { item, reservation, report, entry, .. } = self.actions[action].clone();
        let Some(cents) = cents else {
            if let Some(reservation) = reservation {
                self.money.release(reservation)?;
            }
            return Ok(entry);
        };
        // A report that it was abandoned, and cost nothing, has given the money back.
        let given_back = report.is_some() && entry.is_none();
        match reservation.filter(|_| !given_back) {
            Some(reservation) => self.money.settle(reservation, cents).map(Some),
            None => Ok(Some(self.money.incur(self.items[item].assistant, true, cents))),
        }
    }
}
