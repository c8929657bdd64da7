//! Calls as an application makes them, legal and illegal, and how they are drawn.
//!
//! A call names rows by numbers: the row is the one with that number, counted round the rows that are there.
//! So a call means something whatever came before it, and fewer calls still mean something while proptest
//! shrinks.

use super::world::{Row, World};
use proptest::prelude::*;
use uuid::Uuid;

/// Users of the tenant, weakest role first; 5 is a second manager.
pub const USERS: usize = 6;

/// Who is in context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Who {
    pub user: Option<usize>,
    pub assistant: Option<usize>,
}

/// What it costs, in cents.
pub type Cents = i64;

/// One call.
#[derive(Clone, Debug)]
pub enum Call {
    Create {
        assistant: usize,
        risk: Option<u8>,
    },
    Retitle {
        item: usize,
        title: bool,
    },
    Start {
        item: usize,
    },
    Complete {
        item: usize,
    },
    Fail {
        item: usize,
    },
    Cancel {
        item: usize,
    },
    Request {
        item: usize,
        risk: Option<u8>,
        approver: Option<usize>,
    },
    RequestAction {
        item: usize,
        action: usize,
        arguments: usize,
    },
    Approve {
        approval: usize,
    },
    Reject {
        approval: usize,
    },
    /// A superuser moves its expiry into the past, and no maintenance runs.
    Outlive {
        approval: usize,
    },
    Delegate {
        to: usize,
        risk: Option<u8>,
    },
    Revoke {
        delegation: usize,
    },
    Status {
        assistant: usize,
        status: usize,
    },
    Capable {
        assistant: usize,
        less: bool,
    },
    Cost {
        assistant: usize,
        pool: bool,
        cents: Cents,
        incurred: bool,
        key: Option<usize>,
    },
    Reverse {
        entry: usize,
    },
    Reserve {
        assistant: usize,
        pool: bool,
        cents: Cents,
        key: Option<usize>,
    },
    Settle {
        reservation: usize,
        cents: Cents,
    },
    Release {
        reservation: usize,
    },
    Begin {
        item: usize,
        action: usize,
        cents: Cents,
        key: Option<usize>,
        arguments: Option<usize>,
        approval: Option<usize>,
    },
    Finish {
        action: usize,
        outcome: usize,
        cents: Option<Cents>,
    },
    Reconcile {
        action: usize,
        outcome: usize,
        cents: Option<Cents>,
    },
    Message {
        from: usize,
        channel: usize,
        long: bool,
    },
}

/// A transaction of a session.
#[derive(Clone, Debug)]
pub struct Step {
    pub session: usize,
    pub who: Who,
    pub calls: Vec<Call>,
    pub commits: bool,
}

pub const ACTIONS: [&str; 3] = ["pay", "wire", "fly"];
pub const OUTCOMES: [&str; 4] = ["succeeded", "failed", "unknown", "abandoned"];
pub const STATUSES: [&str; 3] = ["active", "suspended", "inactive"];
pub const CHANNELS: [&str; 3] = ["slack", "email", "fax"];

/// A person mostly, of a role that may; sometimes an assistant, both, or nobody.
pub fn who() -> impl Strategy<Value = Who> {
    let user = prop_oneof![1 => Just(0), 19 => 1..USERS];
    prop_oneof![
        20 => user.clone().prop_map(|user| Who { user: Some(user), assistant: None }),
        2 => (user, 0..2_usize).prop_map(|(user, assistant)| Who { user: Some(user), assistant: Some(assistant) }),
        1 => (0..2_usize).prop_map(|assistant| Who { user: None, assistant: Some(assistant) }),
        2 => Just(Who { user: None, assistant: None }),
    ]
}

fn some<T: Clone + std::fmt::Debug + 'static>(
    of: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop_oneof![of.prop_map(Some), Just(None)].boxed()
}

/// Any call.
pub fn call() -> BoxedStrategy<Call> {
    let row = || 0..8_usize;
    let risk = || prop_oneof![4 => (0..3_u8).prop_map(Some), 3 => (3..6_u8).prop_map(Some), 2 => Just(None)];
    let action = || prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => Just(2)];
    let cents = || prop_oneof![1 => Just(0), 8 => 1..150_i64, 1 => 150..1_200_i64];
    let key = || some(0..3_usize);
    let work = prop_oneof![
        3 => (0..2_usize, risk()).prop_map(|(assistant, risk)| Call::Create { assistant, risk }),
        1 => (row(), any::<bool>()).prop_map(|(item, title)| Call::Retitle { item, title }),
        3 => row().prop_map(|item| Call::Start { item }),
        1 => row().prop_map(|item| Call::Complete { item }),
        1 => row().prop_map(|item| Call::Fail { item }),
        1 => row().prop_map(|item| Call::Cancel { item }),
        1 => (0..2_usize, 0..3_usize).prop_map(|(assistant, status)| Call::Status { assistant, status }),
        1 => (0..2_usize, any::<bool>()).prop_map(|(assistant, less)| Call::Capable { assistant, less }),
    ];
    let approvals = prop_oneof![
        4 => (row(), risk(), prop_oneof![4 => Just(None), 1 => (1..USERS).prop_map(Some)])
            .prop_map(|(item, risk, approver)| Call::Request { item, risk, approver }),
        3 => (row(), action(), 0..2_usize)
            .prop_map(|(item, action, arguments)| Call::RequestAction { item, action, arguments }),
        8 => row().prop_map(|approval| Call::Approve { approval }),
        1 => row().prop_map(|approval| Call::Reject { approval }),
        1 => row().prop_map(|approval| Call::Outlive { approval }),
        2 => (0..USERS, risk()).prop_map(|(to, risk)| Call::Delegate { to, risk }),
        1 => row().prop_map(|delegation| Call::Revoke { delegation }),
    ];
    let money = prop_oneof![
        3 => (0..2_usize, any::<bool>(), cents(), prop::bool::weighted(0.2), key())
            .prop_map(|(assistant, pool, cents, incurred, key)| {
                // Under a key the rest of a call is compared as it is.
                Call::Cost { assistant, pool, cents, incurred: incurred && key.is_none(), key }
            }),
        1 => row().prop_map(|entry| Call::Reverse { entry }),
        3 => (0..2_usize, prop::bool::weighted(0.9), cents(), key())
            .prop_map(|(assistant, pool, cents, key)| Call::Reserve { assistant, pool, cents: cents.max(1), key }),
        2 => (row(), cents()).prop_map(|(reservation, cents)| Call::Settle { reservation, cents }),
        1 => row().prop_map(|reservation| Call::Release { reservation }),
    ];
    let actions = prop_oneof![
        6 => (row(), action(), cents(), key(), some(0..2_usize), prop_oneof![5 => Just(None), 1 => row().prop_map(Some)])
            .prop_map(|(item, action, cents, key, arguments, approval)| Call::Begin {
                item, action, cents, key, arguments, approval,
            }),
        3 => (row(), 0..4_usize, some(cents())).prop_map(|(action, outcome, cents)| Call::Finish { action, outcome, cents }),
        1 => (row(), 0..4_usize, some(cents()))
            .prop_map(|(action, outcome, cents)| Call::Reconcile { action, outcome, cents }),
        1 => (0..2_usize, 0..3_usize, any::<bool>())
            .prop_map(|(from, channel, long)| Call::Message { from, channel, long }),
    ];
    prop_oneof![3 => work, 4 => approvals, 2 => money, 3 => actions].boxed()
}

/// A transaction of one of the sessions.
pub fn step(sessions: usize) -> impl Strategy<Value = Step> {
    (0..sessions, who(), prop::collection::vec(call(), 1..4), prop::bool::weighted(0.9))
        .prop_map(|(session, who, calls, commits)| Step { session, who, calls, commits })
}

/// An amount as SQL.
pub fn amount(cents: Cents) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// A text in quotes, or NULL.
fn quoted(text: Option<String>) -> String {
    text.map_or("NULL".to_owned(), |text| format!("'{text}'"))
}

/// Arguments of an action, in one of two spellings.
fn arguments(which: usize, spelling: usize) -> &'static str {
    match (which % 2, spelling % 2) {
        (0, 0) => r#"'{"to": "ada", "sum": 1.5}'"#,
        (0, _) => r#"'{"sum": 1.50, "to": "\u0061da"}'"#,
        (_, 0) => r#"'{"to": "eve"}'"#,
        (_, _) => r#"'{ "to" : "eve" }'"#,
    }
}

impl Call {
    /// The statement: it returns what came of the call, and the ids of the rows that it made. `spelling` is
    /// for values that have several.
    pub fn sql(&self, world: &World, spelling: usize) -> String {
        let id = |row: Row, number: usize| world.id(row, number);
        let assistant = |number: usize| world.assistants[number].id;
        let done = |call: String| format!("SELECT 'done', id, NULL::uuid FROM {call}");
        match self {
            Self::Create { assistant: of, risk } => {
                let risk = quoted(risk.map(|risk| risk.to_string()));
                done(format!(
                    "awgp.create_work_item('{}', 'a', risk_level => {risk}::bigint)",
                    assistant(*of)
                ))
            }
            Self::Retitle { item, title } => done(format!(
                "awgp.update_work_item('{}', title => '{}')",
                id(Row::Item, *item),
                if *title { "b" } else { "a" }
            )),
            Self::Start { item } => done(format!("awgp.start_work_item('{}')", id(Row::Item, *item))),
            Self::Complete { item } => done(format!("awgp.complete_work_item('{}')", id(Row::Item, *item))),
            Self::Fail { item } => done(format!("awgp.fail_work_item('{}')", id(Row::Item, *item))),
            Self::Cancel { item } => done(format!("awgp.cancel_work_item('{}')", id(Row::Item, *item))),
            Self::Request { item, risk, approver } => {
                let approvers = quoted(approver.map(|user| format!("{{{}}}", world.users[user])));
                let risk = quoted(risk.map(|risk| risk.to_string()));
                done(format!(
                    "awgp.request_approval('{}', risk_level => {risk}::bigint, approver_ids => {approvers}::uuid[])",
                    id(Row::Item, *item)
                ))
            }
            Self::RequestAction { item, action, arguments: with } => done(format!(
                "awgp.request_action_approval('{}', '{}', {})",
                id(Row::Item, *item),
                ACTIONS[*action],
                arguments(*with, spelling)
            )),
            Self::Approve { approval } => done(format!("awgp.approve('{}')", id(Row::Approval, *approval))),
            Self::Reject { approval } => {
                done(format!("awgp.reject('{}', 'no')", id(Row::Approval, *approval)))
            }
            Self::Outlive { approval } => format!(
                "UPDATE awgp.approvals SET expires_at = created_at + interval '1 microsecond' WHERE id = '{}'
                 RETURNING 'done', id, NULL::uuid",
                id(Row::Approval, *approval)
            ),
            Self::Delegate { to, risk } => done(format!(
                "awgp.delegate_approvals('{}', ends_at => 'infinity', risk_levels => {}::bigint[])",
                world.users[*to],
                quoted(risk.map(|risk| format!("{{{risk}}}")))
            )),
            Self::Revoke { delegation } => {
                done(format!("awgp.revoke_delegation('{}')", id(Row::Delegation, *delegation)))
            }
            Self::Status { assistant: of, status } => {
                done(format!("awgp.set_assistant_status('{}', '{}')", assistant(*of), STATUSES[*status]))
            }
            Self::Capable { assistant: of, less } => done(format!(
                "awgp.update_assistant('{}', capabilities => '{}')",
                assistant(*of),
                capabilities(*less)
            )),
            _ => self.sql_of_money_and_actions(world, spelling),
        }
    }

    fn sql_of_money_and_actions(&self, world: &World, spelling: usize) -> String {
        let id = |row: Row, number: usize| world.id(row, number);
        let assistant = |number: usize| world.assistants[number].id;
        let done = |call: String| format!("SELECT 'done', id, NULL::uuid FROM {call}");
        let key = |key: &Option<usize>| quoted(key.map(|key| format!("key-{key}")));
        let cost = |cents: &Option<Cents>| {
            cents.map_or(String::new(), |cents| format!(", model => 'm', cost_amount => {}", amount(cents)))
        };
        match self {
            Self::Cost { assistant: of, pool, cents, incurred, key: under } => done(format!(
                "awgp.record_cost('{}', '{}', 'm', cost_amount => {}, metadata => '{}', idempotency_key => {})",
                assistant(*of),
                provider(*pool),
                amount(*cents),
                if *incurred { r#"{"incurred": true}"# } else { "{}" },
                key(under)
            )),
            Self::Reverse { entry } => done(format!("awgp.reverse_cost('{}')", id(Row::Entry, *entry))),
            Self::Reserve { assistant: of, pool, cents, key: under } => done(format!(
                "awgp.reserve_credit('{}', '{}', {}, idempotency_key => {}, expires_in => '1 day')",
                assistant(*of),
                provider(*pool),
                amount(*cents),
                key(under)
            )),
            Self::Settle { reservation, cents } => done(format!(
                "awgp.settle_credit('{}', 'm', cost_amount => {})",
                id(Row::Reservation, *reservation),
                amount(*cents)
            )),
            Self::Release { reservation } => {
                done(format!("awgp.release_credit('{}')", id(Row::Reservation, *reservation)))
            }
            Self::Begin { item, action, cents, key: under, arguments: with, approval } => format!(
                "SELECT CASE WHEN (b ->> 'allowed')::boolean THEN 'allowed ' || (b ->> 'status')
                             ELSE 'denied ' || (b ->> 'reason') END,
                        (b ->> 'action_id')::uuid, (b ->> 'reservation_id')::uuid
                 FROM awgp.begin_action('{}', '{}', 'openai', {}, idempotency_key => {}, arguments => {}::jsonb,
                                        approval_id => {}::uuid, expires_in => '1 day') AS b",
                id(Row::Item, *item),
                ACTIONS[*action],
                amount(*cents),
                key(under),
                with.map_or("NULL", |with| arguments(with, spelling)),
                quoted(approval.map(|approval| id(Row::Approval, approval).to_string()))
            ),
            Self::Finish { action, outcome, cents } => format!(
                "SELECT 'ended ' || (e ->> 'status') || CASE WHEN (e ->> 'repeated')::boolean THEN ' again' ELSE '' END,
                        (e ->> 'cost_transaction_id')::uuid, NULL::uuid
                 FROM awgp.finish_action('{}', '{}'{}) AS e",
                id(Row::Action, *action),
                OUTCOMES[*outcome],
                cost(cents)
            ),
            Self::Reconcile { action, outcome, cents } => format!(
                "SELECT 'ended ' || (e ->> 'status') || CASE WHEN (e ->> 'repeated')::boolean THEN ' again' ELSE '' END,
                        (e ->> 'cost_transaction_id')::uuid, NULL::uuid
                 FROM awgp.reconcile_action('{}', '{}', 'asked'{}) AS e",
                id(Row::Action, *action),
                OUTCOMES[*outcome],
                cost(cents)
            ),
            Self::Message { from, channel, long } => format!(
                "SELECT 'message ' || (m ->> 'reason'), NULL::uuid, NULL::uuid
                 FROM awgp.authorize_message('{}', '{}', '{}', '{}') AS m",
                assistant(*from),
                assistant(1 - *from),
                CHANNELS[*channel],
                if *long { "too long" } else { "short" }
            ),
            _ => String::new(),
        }
    }

    /// The same call, of the same rows when there are more.
    pub fn settled(mut self, world: &World) -> Self {
        let (row, number) = match &mut self {
            Self::Retitle { item, .. }
            | Self::Start { item }
            | Self::Complete { item }
            | Self::Fail { item }
            | Self::Cancel { item }
            | Self::Request { item, .. }
            | Self::RequestAction { item, .. } => (Row::Item, item),
            Self::Approve { approval } | Self::Reject { approval } | Self::Outlive { approval } => {
                (Row::Approval, approval)
            }
            Self::Revoke { delegation } => (Row::Delegation, delegation),
            Self::Reverse { entry } => (Row::Entry, entry),
            Self::Settle { reservation, .. } | Self::Release { reservation } => {
                (Row::Reservation, reservation)
            }
            Self::Finish { action, .. } | Self::Reconcile { action, .. } => (Row::Action, action),
            Self::Begin { item, approval, .. } => {
                *approval = approval.map(|approval| world.settled(Row::Approval, approval));
                (Row::Item, item)
            }
            Self::Create { .. }
            | Self::Delegate { .. }
            | Self::Status { .. }
            | Self::Capable { .. }
            | Self::Cost { .. }
            | Self::Reserve { .. }
            | Self::Message { .. } => return self,
        };
        *number = world.settled(row, *number);
        self
    }

    /// Whether a superuser does it.
    pub fn is_superusers(&self) -> bool {
        matches!(self, Self::Outlive { .. })
    }
}

pub fn provider(pool: bool) -> &'static str {
    if pool { "openai" } else { "azure" }
}

pub fn capabilities(less: bool) -> &'static str {
    if less { "{pay}" } else { "{pay,wire}" }
}

/// The id that no row has.
pub const NOBODY: Uuid = Uuid::from_u128(0xdead);
