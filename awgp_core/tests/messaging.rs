//! Properties of the decision over messages, and the page that lists its reasons.

#![allow(clippy::type_complexity, reason = "a strategy names what it makes")]

use awgp_core::messaging::{
    Admission, ContentRules, Decision, Denial, MessagingSettings, Party, Policy, Question, Relation, Scope,
    Side, decide,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::sync::Arc;
use uuid::Uuid;

const TYPES: [&str; 3] = ["custom", "shared_hr", "shared_it"];
const CHANNELS: [&str; 3] = ["slack", "email", "internal"];

fn policy(
    id: u128,
    from: Option<&str>,
    to: Option<&str>,
    channel: Option<&str>,
    rules: &Value,
    limit: u32,
) -> Policy {
    let list = |name: Option<&str>| name.map(|name| vec![name.to_owned()]);
    Policy {
        id: Uuid::from_u128(id),
        name: format!("policy {id}"),
        from_types: list(from),
        to_types: list(to),
        channels: list(channel),
        content: Arc::new(ContentRules::parse(rules).expect("good rules")),
        limit,
        scope: Scope::Policy,
    }
}

fn party(id: u128, tenant: u128, kind: &str) -> Party {
    let (id, tenant) = (Uuid::from_u128(id), Uuid::from_u128(tenant));
    Party { id, tenant, kind: kind.to_owned(), status: "active".to_owned(), is_stopped: false }
}

/// Asks with two active assistants.
struct Ask<'a> {
    relation: Relation,
    from: &'a Party,
    to: &'a Party,
    channel: &'a str,
    text: &'a str,
    allow: bool,
}

impl Ask<'_> {
    fn decide(&self, own: &[Policy], other: Option<&[Policy]>) -> Decision {
        let fields = Map::new();
        let question = Question {
            from: Some(self.from),
            to: Some(self.to),
            relation: self.relation,
            speaker: None,
            channel: self.channel,
            text: self.text,
            fields: &fields,
        };
        let settings = MessagingSettings { allow_within_tenant: self.allow, ..Default::default() };
        let side = |policies| Side { policies, settings: &settings };
        decide(&question, &side(own), other.map(side).as_ref())
    }
}

fn any_policies() -> impl Strategy<Value = Vec<Policy>> {
    let pick = |names: [&'static str; 3]| prop::option::of(prop::sample::select(names.to_vec()));
    let one = (pick(TYPES), pick(TYPES), pick(CHANNELS), prop::option::of(0_u64..20), 0_u32..5);
    prop::collection::vec(one, 0..5).prop_map(|drafts| {
        let made = |(index, draft): (usize, (Option<&str>, Option<&str>, Option<&str>, Option<u64>, u32))| {
            let rules = draft.3.map_or(json!({}), |length| json!({"max_length": length}));
            policy(index as u128 + 1, draft.0, draft.1, draft.2, &rules, draft.4)
        };
        drafts.into_iter().enumerate().map(made).collect()
    })
}

proptest! {
    /// The rule in one sentence: a policy applies, and all that apply allow it.
    #[test]
    fn within_a_tenant_it_is_what_all_policies_that_speak_allow(
        policies in any_policies(), from in prop::sample::select(TYPES.to_vec()),
        to in prop::sample::select(TYPES.to_vec()), channel in prop::sample::select(CHANNELS.to_vec()),
        length in 0_usize..20, allow: bool,
    ) {
        let text = "ä".repeat(length);
        let (sender, receiver) = (party(1, 9, from), party(2, 9, to));
        let ask = Ask { relation: Relation::Within, from: &sender, to: &receiver, channel, text: &text, allow };
        let decision = ask.decide(&policies, None);
        let about: Vec<&Policy> = policies.iter().filter(|policy| policy.fits_types(from, to)).collect();
        let speaking: Vec<&&Policy> = about.iter().filter(|policy| policy.fits_channel(channel)).collect();
        let content = speaking.iter().all(|policy| policy.content.breaches(&text, &Map::new()).is_empty());
        let expected = if about.is_empty() { allow } else { !speaking.is_empty() && content };
        prop_assert_eq!(decision.is_allowed(), expected, "{:?}", decision.to_json());
        prop_assert_eq!(decision.spoken.len(), speaking.len());
    }

    /// Another policy that applies never allows what was denied, where a policy applies already.
    #[test]
    fn one_more_policy_never_allows_more(
        policies in any_policies(), more in any_policies(), length in 0_usize..20,
    ) {
        let text = "x".repeat(length);
        let (sender, receiver) = (party(1, 9, "custom"), party(2, 9, "custom"));
        let ask = Ask { relation: Relation::Within, from: &sender, to: &receiver, channel: "slack", text: &text, allow: false };
        let before = ask.decide(&policies, None);
        let all: Vec<Policy> = policies.iter().chain(&more).cloned().collect();
        let after = ask.decide(&all, None);
        if !before.spoken.is_empty() && !before.is_allowed() {
            prop_assert!(!after.is_allowed());
        }
    }

    /// Between tenants a policy of both sides must apply, and nothing of the other side's policies is shown.
    #[test]
    fn across_tenants_both_sides_must_allow_and_the_other_side_is_not_told(
        own in any_policies(), other in any_policies(), receiver_seen: bool, length in 0_usize..20,
    ) {
        let text = "x".repeat(length);
        let other: Vec<Policy> = other.into_iter().map(|mut policy| {
            policy.id = Uuid::from_u128(policy.id.as_u128() + 7000);
            policy.name = format!("secret {}", policy.name);
            policy
        }).collect();
        let (sender, receiver) = (party(1, 8, "custom"), party(2, 9, "shared_hr"));
        let ask = Ask { relation: Relation::Across { receiver_seen }, from: &sender, to: &receiver, channel: "email", text: &text, allow: true };
        let decision = ask.decide(&own, Some(&other));
        let alone = |policies: &[Policy]| {
            let within = Ask { relation: Relation::Within, allow: false, ..ask };
            within.decide(policies, None).is_allowed()
        };
        prop_assert_eq!(decision.is_allowed(), alone(&own) && alone(&other));
        let told = decision.to_json().to_string();
        prop_assert!(!told.contains("secret"), "{}", told);
        for policy in &other {
            prop_assert!(!told.contains(&policy.id.to_string()), "{}", told);
        }
        let mute = other.iter().all(|policy| !(policy.fits_types("custom", "shared_hr") && policy.fits_channel("email")));
        if !receiver_seen && mute {
            prop_assert_eq!(decision.reason(), "unknown_receiver");
        }
    }

    /// Among full windows the one that opens last decides.
    #[test]
    fn the_window_that_opens_last_decides(opens in prop::collection::vec(prop::option::of(prop::option::of(1_i64..5_000_000_000)), 1..5)) {
        let policies: Vec<Policy> = (1..=opens.len() as u128).map(|id| policy(id, None, None, None, &json!({}), 1)).collect();
        let (sender, receiver) = (party(1, 9, "custom"), party(2, 9, "custom"));
        let ask = Ask { relation: Relation::Within, from: &sender, to: &receiver, channel: "slack", text: "x", allow: false };
        let admissions: Vec<Admission> = opens.iter().map(|opens| match opens {
            None => Admission::Free,
            Some(free_at_us) => Admission::Full { free_at_us: *free_at_us },
        }).collect();
        let decision = ask.decide(&policies, None).limit(&admissions, 0);
        let full: Vec<Option<i64>> = opens.iter().flatten().copied().collect();
        prop_assert_eq!(decision.is_allowed(), full.is_empty());
        if full.contains(&None) {
            prop_assert_eq!(decision.retry_at_us, None);
        } else {
            prop_assert_eq!(decision.retry_at_us, full.iter().flatten().max().copied());
        }
    }
}

#[test]
fn whoever_may_not_speak_is_told_why() {
    let (sender, receiver) = (party(1, 9, "custom"), party(2, 9, "custom"));
    let fields = Map::new();
    let settings = MessagingSettings::default();
    let open = [policy(1, None, None, None, &json!({}), 10)];
    let suspended = Party { status: "suspended".to_owned(), ..sender.clone() };
    let asleep = Party { status: "inactive".to_owned(), ..receiver.clone() };
    let base = || Question {
        from: Some(&sender),
        to: Some(&receiver),
        relation: Relation::Within,
        speaker: None,
        channel: "slack",
        text: "x",
        fields: &fields,
    };
    for (question, denial) in [
        (Question { from: None, ..base() }, Denial::UnknownSender),
        (Question { to: None, ..base() }, Denial::UnknownReceiver),
        (Question { speaker: Some(receiver.id), ..base() }, Denial::SenderNotInContext),
        (Question { from: Some(&suspended), ..base() }, Denial::SenderNotActive),
        (Question { to: Some(&asleep), ..base() }, Denial::ReceiverNotActive),
        (Question { relation: Relation::Unrelated, ..base() }, Denial::UnknownReceiver),
        (Question { channel: "fax", ..base() }, Denial::ChannelNotAllowed),
        (Question { text: &"x".repeat((1 << 20) + 1), ..base() }, Denial::TooLong),
    ] {
        let decision = decide(&question, &Side { policies: &open, settings: &settings }, None);
        assert_eq!(decision.denial, Some(denial));
        assert!(decision.to_json()["hint"].is_string());
    }
    assert!(decide(&base(), &Side { policies: &open, settings: &settings }, None).is_allowed());
}

#[test]
fn the_page_lists_every_denial() {
    let page = include_str!("../../docs/messages.md");
    let mut missing = String::new();
    for denial in Denial::ALL {
        let line = format!("| `{}` | {} |", denial.name(), denial.meaning());
        if !page.lines().any(|known| known == line) {
            let _ = writeln!(missing, "{line}");
        }
    }
    assert!(missing.is_empty(), "docs/messages.md lacks:\n{missing}");
}
