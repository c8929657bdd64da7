//! What a tenant of AWGP is, in plain Rust: the rows, and what each call does to them. It is written from the
//! documents, and shares no code with AWGP.

use super::calls::{ACTIONS, CHANNELS, Call, Cents, NOBODY, STATUSES, Who};
use super::money::Money;
use uuid::Uuid;

/// What comes of a call: what is answered, or SQLSTATE and reason.
pub type Outcome = Result<String, String>;

/// The kinds of rows that a call may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    Item,
    Approval,
    Delegation,
    Action,
    Reservation,
    Entry,
}

#[derive(Clone, Debug)]
pub struct Assistant {
    pub id: Uuid,
    pub status: &'static str,
    pub tier: u8,
    pub less: bool,
}

#[derive(Clone, Debug)]
pub struct Item {
    pub id: Uuid,
    pub assistant: usize,
    pub risk: Option<u8>,
    pub title: bool,
    pub status: &'static str,
    pub asked: Option<u8>,
    pub pinned: Option<Says>,
    pub creator: Option<usize>,
}

/// What an approval is pinned to: title, risk, and what the assistant may do.
pub type Says = (bool, Option<u8>, bool);

#[derive(Clone, Debug)]
pub struct Approval {
    pub id: Uuid,
    pub item: usize,
    /// Of one action: its name and its arguments.
    pub of: Option<(usize, usize)>,
    pub risk: u8,
    pub requester: usize,
    pub approver: Option<usize>,
    pub status: &'static str,
    pub used: bool,
    pub is_over: bool,
    pub says: Says,
    /// Who voted, and for whom.
    pub votes: Vec<(usize, Option<usize>)>,
}

#[derive(Clone, Debug)]
pub struct Delegation {
    pub id: Uuid,
    pub from: usize,
    pub to: usize,
    pub risk: Option<u8>,
    pub active: bool,
}

#[derive(Clone, Debug)]
pub struct Action {
    pub id: Uuid,
    pub item: usize,
    pub status: &'static str,
    pub key: Option<(usize, Asked)>,
    pub reservation: Option<usize>,
    /// The report that ended it, and the entry of its cost.
    pub report: Option<(usize, Option<Cents>)>,
    pub entry: Option<usize>,
}

/// What tells a repetition from another call under the same key.
pub type Asked = (usize, Cents, Option<usize>);

#[derive(Clone, Debug)]
pub struct World {
    pub users: Vec<Uuid>,
    pub assistants: Vec<Assistant>,
    pub items: Vec<Item>,
    pub approvals: Vec<Approval>,
    pub delegations: Vec<Delegation>,
    pub actions: Vec<Action>,
    pub money: Money,
    pub messages: u32,
}

pub const OPEN: [&str; 2] = ["pending", "escalated"];
pub const ENDED: [&str; 3] = ["completed", "failed", "cancelled"];
/// The tenant's policy: how many votes each risk needs, and the action that always needs an approval.
pub const QUORUM: [usize; 6] = [1, 1, 1, 1, 2, 1];
pub const ALWAYS_ASKED: usize = 1;
/// Messages in an hour, and characters in one.
pub const MESSAGES: u32 = 3;
pub const CHARACTERS: u32 = 6;

/// The number of no row.
const NOWHERE: usize = usize::MAX;

pub fn no(told: &str) -> Outcome {
    Err(told.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "the outcome of a call")]
pub fn done() -> Outcome {
    Ok("done".to_owned())
}

/// Weakest first: viewer, operator, manager, admin, super_admin; the sixth user is a manager too.
pub fn rank(user: usize) -> usize {
    if user == 5 { 2 } else { user }
}

pub fn least_rank(risk: u8) -> usize {
    [1, 1, 2, 2, 3, 4][usize::from(risk)]
}

impl World {
    /// The id of the row with this number, counted round.
    pub fn id(&self, row: Row, number: usize) -> Uuid {
        let ids: Vec<Uuid> = match row {
            Row::Item => self.items.iter().map(|row| row.id).collect(),
            Row::Approval => self.approvals.iter().map(|row| row.id).collect(),
            Row::Delegation => self.delegations.iter().map(|row| row.id).collect(),
            Row::Action => self.actions.iter().map(|row| row.id).collect(),
            Row::Reservation => self.money.reservations.iter().map(|row| row.id).collect(),
            Row::Entry => self.money.entries.iter().map(|row| row.id).collect(),
        };
        place(number, ids.len()).map_or(NOBODY, |at| ids[at])
    }

    /// The number under which the same row is found when there are more.
    pub fn settled(&self, row: Row, number: usize) -> usize {
        let rows = match row {
            Row::Item => self.items.len(),
            Row::Approval => self.approvals.len(),
            Row::Delegation => self.delegations.len(),
            Row::Action => self.actions.len(),
            Row::Reservation => self.money.reservations.len(),
            Row::Entry => self.money.entries.len(),
        };
        place(number, rows).unwrap_or(NOWHERE)
    }

    /// The rows that a call has made are given the ids that it answers.
    pub fn name(&mut self, first: Option<Uuid>, second: Option<Uuid>) {
        let unnamed = |id: &mut Uuid, name: Option<Uuid>| {
            if id.is_nil() {
                *id = name.unwrap_or(NOBODY);
            }
        };
        self.items.iter_mut().for_each(|row| unnamed(&mut row.id, first));
        self.approvals.iter_mut().for_each(|row| unnamed(&mut row.id, first));
        self.delegations.iter_mut().for_each(|row| unnamed(&mut row.id, first));
        self.money.entries.iter_mut().for_each(|row| unnamed(&mut row.id, first));
        let held = if self.actions.iter().any(|row| row.id.is_nil()) { second } else { first };
        self.actions.iter_mut().for_each(|row| unnamed(&mut row.id, first));
        self.money.reservations.iter_mut().for_each(|row| unnamed(&mut row.id, held));
    }

    /// Does what the call does, and says what it answers.
    pub fn call(&mut self, who: Who, call: &Call) -> Outcome {
        let least = match call {
            Call::Delegate { .. } | Call::Revoke { .. } | Call::Status { .. } | Call::Capable { .. } => 2,
            Call::Outlive { .. } => 0,
            _ => 1,
        };
        if who.user.is_some_and(|user| rank(user) < least) {
            return no("42501 role_not_sufficient");
        }
        match call {
            Call::Create { assistant, risk } => {
                self.items.push(Item {
                    id: Uuid::nil(),
                    assistant: *assistant,
                    risk: *risk,
                    title: false,
                    status: "backlog",
                    asked: None,
                    pinned: None,
                    creator: who.user,
                });
                done()
            }
            Call::Retitle { item, title } => self.retitle(*item, *title),
            Call::Start { item } => self.start(who, *item),
            Call::Complete { item } => self.end(Some(who), *item, "completed", &["in_progress"]),
            Call::Fail { item } => self.end(Some(who), *item, "failed", &["in_progress"]),
            // Anybody's work may be cancelled.
            Call::Cancel { item } => {
                self.end(None, *item, "cancelled", &["backlog", "in_progress", "awaiting_approval"])
            }
            Call::Request { item, risk, approver } => self.request(who, *item, *risk, *approver),
            Call::RequestAction { item, action, arguments } => {
                self.request_action(who, *item, (*action, *arguments))
            }
            Call::Approve { approval } => self.vote(who, *approval, true),
            Call::Reject { approval } => self.vote(who, *approval, false),
            Call::Outlive { approval } => {
                let Some(at) = place(*approval, self.approvals.len()) else { return no("nothing") };
                self.approvals[at].is_over = true;
                done()
            }
            Call::Delegate { to, risk } => self.delegate(who, *to, *risk),
            Call::Revoke { delegation } => self.revoke(who, *delegation),
            Call::Status { assistant, status } => {
                self.assistants[*assistant].status = STATUSES[*status];
                done()
            }
            Call::Capable { assistant, less } => {
                self.assistants[*assistant].less = *less;
                done()
            }
            Call::Cost { .. }
            | Call::Reverse { .. }
            | Call::Reserve { .. }
            | Call::Settle { .. }
            | Call::Release { .. } => {
                let is_active = |assistant: usize| self.assistants[assistant].status == "active";
                let active = [is_active(0), is_active(1)];
                self.money.call(call, active)
            }
            Call::Begin { .. } | Call::Finish { .. } | Call::Reconcile { .. } => self.act(who, call),
            Call::Message { from, channel, long } => {
                Ok(format!("message {}", self.message(who, *from, *channel, *long)))
            }
        }
    }

    pub fn can(&self, assistant: usize, action: usize) -> bool {
        ["pay", "wire"][..if self.assistants[assistant].less { 1 } else { 2 }].contains(&ACTIONS[action])
    }

    pub fn risk_of(&self, item: usize) -> u8 {
        self.items[item].risk.unwrap_or(5).max(self.items[item].asked.unwrap_or(0))
    }

    pub fn says(&self, item: usize) -> Says {
        let of = &self.items[item];
        (of.title, of.risk, self.assistants[of.assistant].less)
    }

    pub fn is_within_tier(&self, item: usize) -> bool {
        self.risk_of(item) <= self.assistants[self.items[item].assistant].tier
    }

    pub fn active(&self, assistant: usize) -> Result<(), String> {
        match self.assistants[assistant].status {
            "active" => Ok(()),
            other => Err(format!("55000 assistant_{other}")),
        }
    }

    fn retitle(&mut self, item: usize, title: bool) -> Outcome {
        let Some(at) = place(item, self.items.len()) else { return no("P0002 unknown_work_item") };
        let item = &mut self.items[at];
        if item.status == "in_progress" && item.pinned.is_some() && item.title != title {
            return no("55000 work_item_pinned");
        }
        item.title = title;
        done()
    }

    /// An assistant acts only for itself.
    pub fn own(&self, who: Who, item: usize) -> Result<(), String> {
        if who.assistant.is_none_or(|speaker| speaker == self.items[item].assistant) {
            return Ok(());
        }
        Err("42501 not_own_work".to_owned())
    }

    fn start(&mut self, who: Who, item: usize) -> Outcome {
        let Some(at) = place(item, self.items.len()) else { return no("P0002 unknown_work_item") };
        if !["backlog", "awaiting_approval"].contains(&self.items[at].status) {
            return no("55000 illegal_transition");
        }
        self.own(who, at)?;
        let under = self.gate(at)?;
        self.begin_item(at, under);
        done()
    }

    /// The item begins, and what still waits for it is withdrawn.
    pub fn begin_item(&mut self, item: usize, under: Option<usize>) {
        if let Some(approval) = under {
            self.approvals[approval].used = true;
            self.items[item].pinned = Some(self.says(item));
        }
        self.items[item].status = "in_progress";
        if self.items[item].asked.is_some() {
            self.withdraw(item, |approval| approval.of.is_none());
        }
    }

    /// The approval under which an item may begin; None where it needs none.
    pub fn gate(&self, item: usize) -> Result<Option<usize>, String> {
        self.active(self.items[item].assistant)?;
        if self.is_within_tier(item) {
            return Ok(None);
        }
        let mut newest = None;
        for (number, approval) in self.approvals.iter().enumerate().rev() {
            if approval.item != item || approval.of.is_some() {
                continue;
            }
            match self.obstacle(approval) {
                None => return Ok(Some(number)),
                Some(reason) => newest = newest.or(Some(reason)),
            }
        }
        Err(format!("55000 {}", newest.unwrap_or("approval_required")))
    }

    /// Why nothing may begin under an approval.
    pub fn obstacle(&self, approval: &Approval) -> Option<&'static str> {
        if approval.used {
            Some("approval_used")
        } else if approval.status == "rejected" {
            Some("approval_rejected")
        } else if approval.status == "expired" || approval.is_over {
            Some("approval_expired")
        } else if approval.says != self.says(approval.item) || approval.risk < self.risk_of(approval.item) {
            Some("digest_mismatch")
        } else if approval.status == "approved" {
            None
        } else {
            Some("approval_pending")
        }
    }

    fn end(&mut self, who: Option<Who>, item: usize, status: &'static str, from: &[&str]) -> Outcome {
        let Some(at) = place(item, self.items.len()) else { return no("P0002 unknown_work_item") };
        if !from.contains(&self.items[at].status) {
            return no("55000 illegal_transition");
        }
        who.map_or(Ok(()), |who| self.own(who, at))?;
        self.items[at].status = status;
        self.withdraw(at, |_| true);
        done()
    }

    pub fn withdraw(&mut self, item: usize, which: impl Fn(&Approval) -> bool) {
        let open = |approval: &&mut Approval| {
            approval.item == item && OPEN.contains(&approval.status) && which(approval)
        };
        self.approvals.iter_mut().filter(open).for_each(|approval| approval.status = "expired");
    }

    fn message(&mut self, who: Who, from: usize, channel: usize, long: bool) -> &'static str {
        let is_active = |assistant: usize| self.assistants[assistant].status == "active";
        if who.assistant.is_some_and(|assistant| assistant != from) {
            "sender_not_in_context"
        } else if !is_active(from) {
            "sender_not_active"
        } else if !is_active(1 - from) {
            "receiver_not_active"
        } else if CHANNELS[channel] == "fax" {
            "channel_not_allowed"
        } else if CHANNELS[channel] == "email" {
            "channel_not_in_policy"
        } else if long {
            "too_long"
        } else if self.messages >= MESSAGES {
            "rate_limited"
        } else {
            self.messages += 1;
            "policy_allows"
        }
    }
}

/// The place of the row with this number, counted round; None where there is no row, or none is meant.
pub fn place(number: usize, of: usize) -> Option<usize> {
    (of > 0 && number != NOWHERE).then(|| number % of)
}
