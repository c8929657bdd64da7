//! Requests, votes and delegations of the model.

use super::calls::Who;
use super::world::{
    Approval, Delegation, ENDED, OPEN, Outcome, QUORUM, World, done, least_rank, no, place, rank,
};
use uuid::Uuid;

impl World {
    /// Who asks: the user in context, or else the creator of the item.
    fn asker(&self, who: Who, item: usize) -> Result<usize, String> {
        who.user.or(self.items[item].creator).ok_or_else(|| "42501 no_user_context".to_owned())
    }

    fn is_asked(&self, item: usize, of: Option<(usize, usize)>) -> bool {
        let same = |approval: &Approval| {
            approval.item == item
                && approval.of == of
                && OPEN.contains(&approval.status)
                && !approval.is_over
                && approval.says == self.says(item)
        };
        self.approvals.iter().any(same)
    }

    fn ask(
        &mut self,
        item: usize,
        of: Option<(usize, usize)>,
        risk: u8,
        requester: usize,
        approver: Option<usize>,
    ) {
        self.withdraw(item, |approval| approval.of == of);
        let says = self.says(item);
        self.approvals.push(Approval {
            id: Uuid::nil(),
            item,
            of,
            risk,
            requester,
            approver,
            status: "pending",
            used: false,
            is_over: false,
            says,
            votes: Vec::new(),
        });
    }

    pub fn request(&mut self, who: Who, item: usize, risk: Option<u8>, approver: Option<usize>) -> Outcome {
        let Some(at) = place(item, self.items.len()) else { return no("P0002 unknown_work_item") };
        let requester = self.asker(who, at)?;
        self.own(who, at)?;
        if ENDED.contains(&self.items[at].status) {
            return no("55000 illegal_transition");
        }
        if self.is_asked(at, None) {
            return no("55000 approval_pending");
        }
        let risk = self.risk_of(at).max(risk.unwrap_or(0));
        self.ask(at, None, risk, requester, approver);
        let item = &mut self.items[at];
        if item.status != "awaiting_approval" {
            (item.status, item.pinned) = ("awaiting_approval", None);
        }
        item.asked = item.asked.max(Some(risk));
        done()
    }

    pub fn request_action(&mut self, who: Who, item: usize, of: (usize, usize)) -> Outcome {
        let Some(at) = place(item, self.items.len()) else { return no("P0002 unknown_work_item") };
        let requester = self.asker(who, at)?;
        self.own(who, at)?;
        if ENDED.contains(&self.items[at].status) {
            return no("55000 illegal_transition");
        }
        if !self.can(self.items[at].assistant, of.0) {
            return no("42501 capability_missing");
        }
        if self.is_asked(at, Some(of)) {
            return no("55000 approval_pending");
        }
        self.ask(at, Some(of), self.risk_of(at), requester, None);
        done()
    }

    pub fn vote(&mut self, who: Who, approval: usize, approves: bool) -> Outcome {
        let Some(at) = place(approval, self.approvals.len()) else { return no("P0002 unknown_approval") };
        let approval = &self.approvals[at];
        if !OPEN.contains(&approval.status) {
            return no("55000 approval_closed");
        }
        if approval.is_over {
            return no("55000 approval_expired");
        }
        if who.assistant.is_some() {
            return no("42501 assistant_decides");
        }
        let Some(user) = who.user else { return no("42501 no_user_context") };
        if approves && approval.says != self.says(approval.item) {
            return no("55000 digest_mismatch");
        }
        let on_behalf_of = self.authority(approval, user)?;
        let approval = &mut self.approvals[at];
        approval.votes.push((user, on_behalf_of));
        if !approves {
            approval.status = "rejected";
        } else if approval.votes.len() >= QUORUM[usize::from(approval.risk)] {
            approval.status = "approved";
        }
        done()
    }

    /// In whose name a user decides: their own (None), or that of somebody who delegated to them.
    fn authority(&self, approval: &Approval, user: usize) -> Result<Option<usize>, String> {
        let Some(obstacle) = in_person(approval, user) else { return Ok(None) };
        if bar(approval, user).is_none() {
            let mut held: Vec<&Delegation> = self.delegations.iter().filter(|held| held.to == user).collect();
            held.sort_by_key(|held| held.id);
            let covers = |held: &&&Delegation| {
                held.active
                    && held.risk.is_none_or(|risk| risk == approval.risk)
                    && in_person(approval, held.from).is_none()
            };
            if let Some(held) = held.iter().find(covers) {
                return Ok(Some(held.from));
            }
        }
        Err(obstacle.to_owned())
    }

    pub fn delegate(&mut self, who: Who, to: usize, risk: Option<u8>) -> Outcome {
        let Some(from) = who.user else { return no("42501 no_user_context") };
        if risk.is_some_and(|risk| rank(from) < least_rank(risk)) {
            return no("42501 beyond_authority");
        }
        if from == to {
            return no("23514");
        }
        self.delegations.push(Delegation { id: Uuid::nil(), from, to, risk, active: true });
        done()
    }

    pub fn revoke(&mut self, who: Who, delegation: usize) -> Outcome {
        let Some(at) = place(delegation, self.delegations.len()) else {
            return no("P0002 unknown_delegation");
        };
        if who.user.is_some_and(|user| rank(user) < 3 && user != self.delegations[at].from) {
            return no("42501 not_own_row");
        }
        self.delegations[at].active = false;
        done()
    }
}

/// Why somebody decides neither in person nor for somebody.
fn bar(approval: &Approval, user: usize) -> Option<&'static str> {
    if approval.requester == user {
        Some("42501 self_approval")
    } else if approval.votes.iter().any(|(by, of)| *by == user || *of == Some(user)) {
        Some("55000 already_voted")
    } else {
        None
    }
}

fn in_person(approval: &Approval, user: usize) -> Option<&'static str> {
    bar(approval, user).or_else(|| {
        if approval.approver.is_some_and(|approver| approver != user) {
            Some("42501 not_an_approver")
        } else if rank(user) < least_rank(approval.risk) {
            Some("42501 approver_role")
        } else {
            None
        }
    })
}
