//! Who asks whether they may decide: the user, their tenant's policy and the delegations that they hold.
//!
//! An inbox asks the same for each of thousands of requests, so it is read once and kept for as long as
//! reading it again would find the same: until a transaction has completed, a command of this one has
//! written, or another snapshot is in use. A decision itself never uses it: it reads under locks.

use super::deciding::Case;
use super::people::{self, Keep};
use super::{Approval, policy};
use crate::context;
use crate::pg::clock;
use crate::pg::transaction::Moment;
use crate::state_machine::user_of;
use awgp_core::approval::decide::{Authority, Person, Question, WhyNot, may_decide};
use awgp_core::approval::delegation::Delegation;
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::human::Human;
use awgp_core::permissions::Role;
use awgp_core::refusal::Refusal;
use pgrx::pg_sys::TimestampTz;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use uuid::Uuid;

/// Who asks.
pub struct Asker {
    tenant: Uuid,
    /// The user, as their row has them; None where there is none.
    row: Option<Person>,
    /// The policy of the tenant.
    pub policy: Result<ApprovalPolicy, Refusal>,
    delegations: OnceCell<Vec<Delegation>>,
}

/// Those who have asked at a moment, by tenant and user.
type Asked = (Option<Moment>, HashMap<(Uuid, Uuid), Rc<Asker>>);

thread_local! {
    static ASKED: RefCell<Asked> = RefCell::new((None, HashMap::new()));
}

/// So many are kept: one inbox asks for one, a list of who may decide for each user of a tenant.
const KEPT: usize = 4096;

/// A user of a tenant, as of now.
pub fn asker(tenant: Uuid, user: Uuid) -> Rc<Asker> {
    let moment = Moment::now();
    let known = ASKED.with_borrow_mut(|(then, askers)| {
        if moment.is_none() || *then != moment || askers.len() >= KEPT {
            askers.clear();
            *then = moment;
        }
        askers.get(&(tenant, user)).map(Rc::clone)
    });
    known.unwrap_or_else(|| {
        let row = people::user(tenant, user, Keep::Seen);
        let asker = Rc::new(Asker { tenant, row, policy: policy::of(tenant), delegations: OnceCell::new() });
        ASKED.with_borrow_mut(|(_, askers)| askers.insert((tenant, user), Rc::clone(&asker)));
        asker
    })
}

impl Asker {
    /// The user; the one in context with the token that they presented.
    pub fn person(&self) -> Option<Person> {
        let person = self.row.clone()?;
        let user = person.human.user;
        let human = match user_of(self.tenant) == Some(user) {
            true => people::identified(context::human(user), &person.human),
            false => person.human,
        };
        Some(Person { human, ..person })
    }

    /// The person's authority, or why they have none, and the time at which that holds. Delegations are read
    /// only where they could help.
    pub fn authority<'a>(
        &self,
        person: &Person,
        question: impl Fn(TimestampTz) -> Question<'a>,
    ) -> (Result<Authority, WhyNot>, TimestampTz) {
        let now = clock::timestamp();
        let in_person = may_decide(&question(now), person, &[]);
        if in_person.is_ok() {
            return (in_person, now);
        }
        let held =
            self.delegations.get_or_init(|| people::delegations(self.tenant, person.human.user, Keep::Seen));
        let now = clock::timestamp();
        (may_decide(&question(now), person, held), now)
    }

    /// False where they may not decide such a request, whatever else is known of it.
    pub fn could_decide(
        &self,
        risk_level: u8,
        escalated_to: Option<Role>,
        approver_ids: &[Uuid],
        requester: Uuid,
    ) -> bool {
        let (Some(person), Ok(policy)) = (self.person(), &self.policy) else { return false };
        let requester = Human::from(requester);
        let question = |now_us| Question {
            policy,
            risk_level,
            escalated_to,
            approver_ids,
            requester: &requester,
            assistant_creator: None,
            votes: &[],
            now_us,
        };
        self.authority(&person, question).0.is_ok()
    }

    /// Whether they may decide an approval that is open.
    pub fn may_decide(&self, approval: &Approval) -> bool {
        let (Some(person), Ok(policy)) = (self.person(), &self.policy) else { return false };
        let votes = people::votes(approval);
        let creator = if policy.assistant_creator_may_approve { None } else { Case::creator(approval) };
        let question = |now_us| Question {
            policy,
            risk_level: approval.risk_level,
            escalated_to: approval.escalated_to,
            approver_ids: &approval.approver_ids,
            requester: &approval.requester,
            assistant_creator: creator.as_ref(),
            votes: &votes,
            now_us,
        };
        self.authority(&person, question).0.is_ok()
    }
}
