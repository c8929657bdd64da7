//! The decision about one message, with its explanation.
//!
//! Two steps, because a window is locked only for a message that every other rule allows: [`decide`] checks
//! everything but the limits, [`Decision::limit`] checks those.

use super::content::{Breach, is_oversized};
use super::denial::Denial;
use super::policy::Policy;
use super::settings::MessagingSettings;
use super::window::{Admission, seconds_until};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// An assistant that sends or receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant: Uuid,
    /// `assistants.type`.
    pub kind: String,
    /// `assistants.status`.
    pub status: String,
    /// A stop covers it.
    pub is_stopped: bool,
}

/// The relation of the receiver's tenant to the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It is the same tenant.
    Within,
    /// One is the holding of the other. `receiver_seen`: the sender's tenant can read the receiver's rows.
    Across {
        /// True from a holding to its subsidiary.
        receiver_seen: bool,
    },
    /// Anything else; nothing is sent there.
    Unrelated,
}

/// A message to be sent.
pub struct Question<'a> {
    /// The sender, where it is an assistant of the tenant in context.
    pub from: Option<&'a Party>,
    /// The receiver, where an assistant has this id.
    pub to: Option<&'a Party>,
    /// The relation of their tenants.
    pub relation: Relation,
    /// The assistant in context, if any.
    pub speaker: Option<Uuid>,
    /// The channel.
    pub channel: &'a str,
    /// The text.
    pub text: &'a str,
    /// The metadata.
    pub fields: &'a Map<String, Value>,
}

/// One side: a tenant's active policies and its settings.
pub struct Side<'a> {
    /// Its active policies, in a stable order.
    pub policies: &'a [Policy],
    /// Its settings.
    pub settings: &'a MessagingSettings,
}

/// A policy that applies to the message.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// The policy.
    pub policy: Policy,
    /// It is the receiver's tenant's, so that only its effect is shown.
    pub other_side: bool,
    /// Those of its rules that the message breaks.
    pub breaches: Vec<Breach>,
    /// The state of its window, where it was checked.
    pub admission: Option<Admission>,
}

/// Yes or no, and why.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Why not; None where it may be sent.
    pub denial: Option<Denial>,
    /// The policies that apply, the sender's side first.
    pub spoken: Vec<Spoken>,
    /// The one that decided; None where no policy did.
    pub decided_by: Option<usize>,
    /// How many active policies of the sender's side were looked at.
    pub considered: usize,
    /// When it may be tried again, in microseconds since 1970.
    pub retry_at_us: Option<i64>,
    /// Until then, in seconds, rounded up.
    pub retry_after_seconds: Option<i64>,
}

impl Decision {
    fn denied(denial: Denial, considered: usize) -> Self {
        Self {
            denial: Some(denial),
            spoken: Vec::new(),
            decided_by: None,
            considered,
            retry_at_us: None,
            retry_after_seconds: None,
        }
    }

    /// Whether the message may be sent.
    pub fn is_allowed(&self) -> bool {
        self.denial.is_none()
    }

    /// Adds the state of the windows of [`Self::spoken`], in the same order. The one that opens last decides.
    #[must_use]
    pub fn limit(mut self, admissions: &[Admission], now_us: i64) -> Self {
        for (spoken, admission) in self.spoken.iter_mut().zip(admissions) {
            spoken.admission = Some(*admission);
        }
        // A window that never opens is later than any moment.
        let opens = |spoken: &Spoken| match spoken.admission {
            Some(Admission::Full { free_at_us }) => Some(free_at_us.unwrap_or(i64::MAX)),
            _ => None,
        };
        let full = self.spoken.iter().enumerate().filter_map(|(index, spoken)| Some((index, opens(spoken)?)));
        // The first of equals, so that the sender's side is named.
        let last = full.rev().max_by_key(|(_, opens)| *opens);
        if let Some((index, opens)) = last {
            self.denial = Some(Denial::RateLimited);
            self.decided_by = Some(index);
            self.retry_at_us = Some(opens).filter(|opens| *opens != i64::MAX);
            self.retry_after_seconds = self.retry_at_us.map(|then| seconds_until(then, now_us));
        }
        self
    }

    /// The stable name of what decided.
    pub fn reason(&self) -> &'static str {
        match (self.denial, self.spoken.is_empty()) {
            (Some(denial), _) => denial.name(),
            (None, false) => "policy_allows",
            (None, true) => "tenant_allows",
        }
    }

    /// The decision as `awgp.authorize_message()` returns it. It has neither id, name nor rule of the other
    /// side's policies.
    pub fn to_json(&self) -> Value {
        let own =
            self.decided_by.and_then(|index| self.spoken.get(index)).filter(|spoken| !spoken.other_side);
        let rule = own.and_then(|spoken| match self.denial {
            Some(Denial::RateLimited) => Some("rate_limit_per_hour".to_owned()),
            Some(_) => spoken.breaches.first().map(|breach| breach.rule.clone()),
            None => None,
        });
        let side =
            self.decided_by.and_then(|index| self.spoken.get(index)).map(|spoken| match spoken.other_side {
                true => "receiver",
                false => "sender",
            });
        json!({
            "allowed": self.is_allowed(),
            "policy_id": own.map(|spoken| spoken.policy.id.to_string()),
            "reason": self.reason(),
            "retry_after_seconds": self.retry_after_seconds,
            "rule": rule,
            "side": side.or(self.denial.filter(|denial| *denial == Denial::OtherSideDenies).map(|_| "receiver")),
            "hint": self.denial.map(Denial::hint),
            "considered": self.considered,
            "policies": self.spoken.iter().filter(|spoken| !spoken.other_side).map(explained).collect::<Vec<_>>(),
        })
    }
}

/// The part of one policy.
fn explained(spoken: &Spoken) -> Value {
    let mut broken: Vec<&str> = spoken.breaches.iter().map(|breach| breach.rule.as_str()).collect();
    if matches!(spoken.admission, Some(Admission::Full { .. })) {
        broken.push("rate_limit_per_hour");
    }
    json!({
        "policy_id": spoken.policy.id.to_string(),
        "name": spoken.policy.name,
        "allows": broken.is_empty(),
        "broken_rules": broken,
        "rate_limit_per_hour": spoken.policy.limit,
    })
}

/// Everything but the limits. `other` is the receiver's tenant, where that is another tenant.
pub fn decide(question: &Question<'_>, own: &Side<'_>, other: Option<&Side<'_>>) -> Decision {
    let considered = own.policies.len();
    match parties(question, other) {
        Err(denial) => Decision::denied(denial, considered),
        Ok((from, to)) => policies(question, from, to, own, other),
    }
}

/// Sender and receiver, where both may exchange messages at all.
fn parties<'a>(question: &Question<'a>, other: Option<&Side<'_>>) -> Result<(&'a Party, &'a Party), Denial> {
    let from = question.from.ok_or(Denial::UnknownSender)?;
    if question.speaker.is_some_and(|speaker| speaker != from.id) {
        return Err(Denial::SenderNotInContext);
    }
    if from.is_stopped {
        return Err(Denial::SenderStopped);
    }
    if from.status != "active" {
        return Err(Denial::SenderNotActive);
    }
    let to = question.to.ok_or(Denial::UnknownReceiver)?;
    match (question.relation, other) {
        (Relation::Within, _) | (Relation::Across { receiver_seen: true }, Some(_)) => {}
        // A tenant that the sender cannot see is treated as missing until it allows the sender to write.
        (Relation::Across { receiver_seen: false }, Some(side)) => {
            let speaks = |policy: &Policy| {
                policy.fits_types(&from.kind, &to.kind) && policy.fits_channel(question.channel)
            };
            if !side.settings.has_channel(question.channel) || !side.policies.iter().any(speaks) {
                return Err(Denial::UnknownReceiver);
            }
        }
        (Relation::Across { .. }, None) | (Relation::Unrelated, _) => return Err(Denial::UnknownReceiver),
    }
    if to.is_stopped {
        return Err(Denial::ReceiverStopped);
    }
    if to.status != "active" {
        return Err(Denial::ReceiverNotActive);
    }
    Ok((from, to))
}

fn policies(
    question: &Question<'_>,
    from: &Party,
    to: &Party,
    own: &Side<'_>,
    other: Option<&Side<'_>>,
) -> Decision {
    let considered = own.policies.len();
    let denied = |denial| Decision::denied(denial, considered);
    if !own.settings.has_channel(question.channel) {
        return denied(Denial::ChannelNotAllowed);
    }
    if is_oversized(question.text) {
        return denied(Denial::TooLong);
    }
    let about: Vec<&Policy> =
        own.policies.iter().filter(|policy| policy.fits_types(&from.kind, &to.kind)).collect();
    let mut spoken: Vec<Spoken> = about
        .iter()
        .filter(|policy| policy.fits_channel(question.channel))
        .map(|p| ask(p, question, false))
        .collect();
    let within = question.relation == Relation::Within;
    if spoken.is_empty() {
        match (about.is_empty(), within && own.settings.allow_within_tenant) {
            (true, true) => {}
            (true, false) => return denied(Denial::NoPolicy),
            (false, _) => return denied(Denial::ChannelNotInPolicy),
        }
    }
    if let Some(other) = other.filter(|_| !within) {
        let fits = |policy: &&Policy| {
            policy.fits_types(&from.kind, &to.kind) && policy.fits_channel(question.channel)
        };
        let theirs: Vec<Spoken> =
            other.policies.iter().filter(fits).map(|policy| ask(policy, question, true)).collect();
        if theirs.is_empty() || !other.settings.has_channel(question.channel) {
            return denied(Denial::OtherSideDenies);
        }
        spoken.extend(theirs);
    }
    let first = spoken.iter().position(|spoken| !spoken.breaches.is_empty());
    let denial = first.and_then(|index| match spoken.get(index) {
        Some(spoken) if spoken.other_side => Some(Denial::OtherSideDenies),
        Some(spoken) => spoken.breaches.first().map(|breach| breach.denial),
        None => None,
    });
    // Of those that allow it, the one with the lowest limit is the most restrictive.
    let strictest = || {
        let own = spoken.iter().enumerate().filter(|(_, spoken)| !spoken.other_side);
        own.min_by_key(|(_, spoken)| spoken.policy.limit).map(|(index, _)| index)
    };
    let decided_by = first.or_else(strictest);
    Decision { denial, spoken, decided_by, considered, retry_at_us: None, retry_after_seconds: None }
}

fn ask(policy: &Policy, question: &Question<'_>, other_side: bool) -> Spoken {
    let breaches = policy.content.breaches(question.text, question.fields);
    Spoken { policy: policy.clone(), other_side, breaches, admission: None }
}
