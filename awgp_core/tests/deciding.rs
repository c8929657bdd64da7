//! Who may decide: every obstacle by its reason, and properties over random tenants.

use awgp_core::approval::decide::{Authority, Obstacle, Person, Question, Vote, may_decide};
use awgp_core::approval::delegation::{Delegation, DelegationObstacle, Status};
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::human::Human;
use awgp_core::permissions::Role;
use proptest::prelude::*;
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn human(number: u128) -> Human {
    id(number).into()
}

fn person(number: u128, role: Role) -> Person {
    Person { human: human(number), role, is_active: true }
}

const REQUESTER: Human = Human { user: Uuid::from_u128(1), issuer: None, subject: None };
const CREATOR: Human = Human { user: Uuid::from_u128(2), issuer: None, subject: None };

fn question(policy: &ApprovalPolicy) -> Question<'_> {
    Question {
        policy,
        risk_level: 4,
        escalated_to: None,
        approver_ids: &[],
        requester: &REQUESTER,
        assistant_creator: Some(&CREATOR),
        votes: &[],
        now_us: 50,
    }
}

fn delegation(delegator: Person) -> Delegation {
    Delegation {
        id: id(100),
        delegator,
        given_by_subject: None,
        risk_levels: None,
        starts_at_us: 0,
        ends_at_us: 100,
        is_active: true,
    }
}

#[test]
fn each_obstacle_in_person_has_its_name() {
    let policy = ApprovalPolicy { assistant_creator_may_approve: false, ..ApprovalPolicy::default() };
    let votes = [Vote { approver: human(5), on_behalf_of: Some(human(6)) }];
    let listed = [id(7), id(9)];
    let question = Question { votes: &votes, approver_ids: &listed, ..question(&policy) };
    for (who, expected) in [
        (Person { is_active: false, ..person(7, Role::Admin) }, Obstacle::Inactive),
        (person(1, Role::SuperAdmin), Obstacle::Requester),
        (person(2, Role::SuperAdmin), Obstacle::AssistantCreator),
        (person(5, Role::Admin), Obstacle::AlreadyVoted),
        (person(6, Role::Admin), Obstacle::AlreadyVoted),
        (person(8, Role::Admin), Obstacle::NotListed),
        (person(9, Role::Manager), Obstacle::Role { role: Role::Manager, least: Role::Admin }),
    ] {
        assert_eq!(may_decide(&question, &who, &[]).expect_err("an obstacle").obstacle, expected);
    }
    assert_eq!(may_decide(&question, &person(7, Role::Admin), &[]), Ok(Authority::InPerson));
}

#[test]
fn a_delegation_passes_on_what_its_delegator_may_do_now() {
    let policy = ApprovalPolicy { assistant_creator_may_approve: false, ..ApprovalPolicy::default() };
    let question = question(&policy);
    let subject = |name: &str| Some(name.to_owned());
    let operator = person(10, Role::Operator);
    let given = delegation(person(11, Role::Admin));
    let granted = Authority::Delegated { delegation: given.id, delegator: id(11) };
    assert_eq!(may_decide(&question, &operator, std::slice::from_ref(&given)), Ok(granted));
    for (changed, expected) in [
        (Delegation { is_active: false, ..given.clone() }, DelegationObstacle::NotInForce(Status::Revoked)),
        (Delegation { starts_at_us: 51, ..given.clone() }, DelegationObstacle::NotInForce(Status::Scheduled)),
        (Delegation { ends_at_us: 50, ..given.clone() }, DelegationObstacle::NotInForce(Status::Ended)),
        (Delegation { risk_levels: Some(vec![3, 5]), ..given.clone() }, DelegationObstacle::Risk),
        (Delegation { given_by_subject: subject("ada"), ..given.clone() }, DelegationObstacle::Subject),
        (delegation(person(1, Role::SuperAdmin)), DelegationObstacle::Delegator(Obstacle::Requester)),
        (delegation(person(2, Role::SuperAdmin)), DelegationObstacle::Delegator(Obstacle::AssistantCreator)),
        (
            delegation(person(11, Role::Manager)),
            DelegationObstacle::Delegator(Obstacle::Role { role: Role::Manager, least: Role::Admin }),
        ),
        (
            delegation(Person { is_active: false, ..person(11, Role::Admin) }),
            DelegationObstacle::Delegator(Obstacle::Inactive),
        ),
    ] {
        let why_not = may_decide(&question, &operator, &[changed]).expect_err("void");
        assert_eq!(why_not.delegations, [(id(100), expected)]);
        assert_eq!(why_not.obstacle, Obstacle::Role { role: Role::Operator, least: Role::Admin });
    }
    // The requester has a delegation, which does not help them.
    let requester = person(1, Role::Manager);
    let why_not = may_decide(&question, &requester, &[given]).expect_err("his own request");
    assert_eq!((why_not.obstacle, why_not.delegations.len()), (Obstacle::Requester, 0));
}

const ROLES: [Role; 5] = Role::ALL;

proptest! {
    /// A tenant of eight users who delegate to each other at random and vote in a random order, each several
    /// times: no vote names the requester, no user is named twice, and the one whose authority was used has
    /// the role themselves. Delegations do not chain: the authority is its owner's.
    #[test]
    fn votes_name_each_user_once_and_never_the_requester(
        roles in prop::collection::vec(0_usize..5, 8),
        given in prop::collection::vec((0_u128..8, 0_u128..8), 0..12),
        order in prop::collection::vec(0_u128..8, 0..24),
        requester in 0_u128..8,
        risk_level in 0_u8..6,
    ) {
        let policy = ApprovalPolicy::default();
        let people: Vec<Person> = (0..8).map(|place| person(place, ROLES[roles[place as usize]])).collect();
        let mut votes: Vec<Vote> = Vec::new();
        for voter in order {
            let held: Vec<Delegation> = given
                .iter()
                .filter(|(from, to)| *to == voter && from != to)
                .map(|(from, _)| delegation(people[*from as usize].clone()))
                .collect();
            let question = Question {
                risk_level, requester: &human(requester), assistant_creator: None, votes: &votes, ..question(&policy)
            };
            let Ok(authority) = may_decide(&question, &people[voter as usize], &held) else { continue };
            let owner = match authority {
                Authority::InPerson => id(voter),
                Authority::Delegated { delegator, .. } => delegator,
            };
            let owner_role = people.iter().find(|person| person.human.user == owner).map(|person| person.role);
            prop_assert!(owner_role >= Some(policy.least_role(risk_level, None)));
            votes.push(Vote {
                approver: human(voter),
                on_behalf_of: (owner != id(voter)).then_some(owner.into()),
            });
        }
        let mut named: Vec<Uuid> =
            votes.iter().flat_map(|vote| [Some(&vote.approver), vote.on_behalf_of.as_ref()]).flatten().map(|human| human.user).collect();
        prop_assert!(!named.contains(&id(requester)));
        let all = named.len();
        named.sort_unstable();
        named.dedup();
        prop_assert_eq!(named.len(), all);
    }
}

#[test]
fn one_subject_is_one_human_whichever_user_they_are() {
    let policy = ApprovalPolicy { assistant_creator_may_approve: false, ..ApprovalPolicy::default() };
    let presented = |user: u128, subject: &str| Human {
        user: id(user),
        issuer: Some("acme".to_owned()),
        subject: Some(subject.to_owned()),
    };
    let (requester, creator) = (presented(1, "ada"), presented(2, "bob"));
    let votes = [Vote { approver: presented(3, "cid"), on_behalf_of: Some(presented(4, "dan")) }];
    let question = Question {
        requester: &requester,
        assistant_creator: Some(&creator),
        votes: &votes,
        ..question(&policy)
    };
    for (subject, expected) in [
        ("ada", Err(Obstacle::Requester)),
        ("bob", Err(Obstacle::AssistantCreator)),
        ("cid", Err(Obstacle::AlreadyVoted)),
        ("dan", Err(Obstacle::AlreadyVoted)),
        ("eve", Ok(Authority::InPerson)),
    ] {
        let who = Person { human: presented(9, subject), ..person(9, Role::Admin) };
        assert_eq!(may_decide(&question, &who, &[]).map_err(|why_not| why_not.obstacle), expected);
        // As a delegator: the subject of their row, of any issuer.
        let delegator = Human { issuer: None, ..presented(9, subject) };
        let held = delegation(Person { human: delegator, ..person(9, Role::Admin) });
        let through = may_decide(&question, &person(10, Role::Viewer), &[held]);
        assert_eq!(through.is_ok(), expected.is_ok(), "{subject}");
    }
}
