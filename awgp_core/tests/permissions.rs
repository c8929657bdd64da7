//! Every cell of the table of permissions, every pair of roles, and the page that prints them.

use awgp_core::permissions::{
    PermissionError, RULES, Role, Rule, Scope, Verb, check_role_change, check_write, may_grant_role,
    may_write, rule,
};
use awgp_core::refusal::Refusal;

const PAGE: &str = include_str!("../../docs/permissions.md");

/// Tables that only functions write, and how the line of their calls begins on the page.
const CALLED: [(&str, &str); 2] = [
    ("governed_actions", "| `begin_action()`, `finish_action()` | operator |"),
    ("message_windows", "| `authorize_message()` | operator |"),
];

fn cell(rule: Option<&Rule>) -> String {
    match rule {
        None => "—".to_owned(),
        Some(Rule { least, scope: Scope::Tenant, .. }) => least.to_string(),
        Some(Rule { least, scope: Scope::Own, .. }) => format!("{least} (own)"),
        Some(Rule { least, scope: Scope::OwnBelow(bound), .. }) => format!("{least} (own; any from {bound})"),
    }
}

/// The rows of the page's table: table, and the three cells as written.
fn page_rows() -> Vec<(&'static str, [&'static str; 3])> {
    PAGE.lines()
        .skip_while(|line| *line != "| table | insert | update | delete |")
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [table, insert, update, delete] = cells[..] else { panic!("{line}") };
            (table, [insert, update, delete])
        })
        .collect()
}

fn reason(error: PermissionError) -> &'static str {
    Refusal::from(error).reason.name()
}

#[test]
fn the_page_prints_exactly_the_rules() {
    let rows = page_rows();
    for (table, cells) in &rows {
        for (verb, written) in Verb::ALL.into_iter().zip(cells) {
            assert_eq!(*written, cell(rule(table, verb)), "{verb} {table}");
        }
    }
    for rule in RULES {
        if let Some((_, call)) = CALLED.iter().find(|(table, _)| *table == rule.table) {
            assert_eq!((rule.least, rule.scope), (Role::Operator, Scope::Tenant), "{call}");
            assert_eq!(PAGE.lines().filter(|line| line.starts_with(call)).count(), 1, "{call}");
            continue;
        }
        assert_eq!(rows.iter().filter(|(table, _)| *table == rule.table).count(), 1, "{}", rule.table);
    }
}

#[test]
fn no_table_and_verb_has_two_rules() {
    for (place, rule) in RULES.iter().enumerate() {
        let same = |other: &Rule| other.table == rule.table && other.verb == rule.verb;
        assert!(!RULES[place + 1..].iter().any(same), "{} {}", rule.verb, rule.table);
    }
}

#[test]
fn a_viewer_writes_nothing_and_an_unlisted_table_is_nobodys() {
    for verb in Verb::ALL {
        for (table, _) in page_rows() {
            assert!(!may_write(Role::Viewer, table, verb), "{verb} {table}");
        }
        for table in
            ["audit_logs", "identity_providers", "assistant_templates", "audit_logs_2025_02", "", "Users"]
        {
            assert!(!may_write(Role::SuperAdmin, table, verb), "{verb} {table}");
        }
    }
}

#[test]
fn every_role_above_the_least_may_and_every_role_below_may_not() {
    for (table, _) in page_rows() {
        for verb in Verb::ALL {
            let least = rule(table, verb).map(|rule| rule.least);
            for role in Role::ALL {
                let may = least.is_some_and(|least| role >= least);
                assert_eq!(may_write(role, table, verb), may, "{role} {verb} {table}");
                let checked = check_write(Some(role), table, verb, true);
                assert_eq!(checked.is_ok(), may, "{role} {verb} {table}");
                if let Err(error) = checked {
                    assert_eq!(reason(error), "role_not_sufficient");
                }
            }
        }
    }
}

#[test]
fn the_roles_of_the_seed_may_what_their_names_promise() {
    for (role, verb, table, may) in [
        (Role::Operator, Verb::Insert, "work_items", true),
        (Role::Operator, Verb::Insert, "assistants", false),
        (Role::Operator, Verb::Update, "cost_transactions", false),
        (Role::Manager, Verb::Insert, "assistants", true),
        (Role::Manager, Verb::Delete, "assistants", false),
        (Role::Manager, Verb::Insert, "users", false),
        (Role::Admin, Verb::Insert, "users", true),
        (Role::Admin, Verb::Insert, "provider_credit_pools", true),
        (Role::Admin, Verb::Insert, "communication_policies", true),
        (Role::Admin, Verb::Update, "tenants", false),
        (Role::SuperAdmin, Verb::Update, "tenants", true),
        (Role::SuperAdmin, Verb::Insert, "tenants", false),
        (Role::SuperAdmin, Verb::Delete, "cost_transactions", false),
    ] {
        assert_eq!(may_write(role, table, verb), may, "{role} {verb} {table}");
    }
}

#[test]
fn a_delegation_is_given_by_its_delegator_and_taken_back_by_them_or_an_admin() {
    let check = |role, verb, own| check_write(Some(role), "approval_delegations", verb, own).map_err(reason);
    for role in [Role::Manager, Role::Admin, Role::SuperAdmin] {
        assert_eq!(check(role, Verb::Insert, true), Ok(()));
        assert_eq!(check(role, Verb::Insert, false), Err("not_own_row"));
        assert_eq!(check(role, Verb::Update, true), Ok(()));
    }
    assert_eq!(check(Role::Manager, Verb::Update, false), Err("not_own_row"));
    assert_eq!(check(Role::Admin, Verb::Update, false), Ok(()));
    assert_eq!(check(Role::Operator, Verb::Update, true), Err("role_not_sufficient"));
}

#[test]
fn who_is_no_user_is_not_bound() {
    for verb in Verb::ALL {
        for (table, _) in page_rows() {
            assert_eq!(check_write(None, table, verb, false), Ok(()));
        }
    }
    assert_eq!(check_role_change(None, false, Some(Role::SuperAdmin), Role::Viewer), Ok(()));
}

#[test]
fn nobody_gives_or_takes_a_role_above_their_own() {
    for actor in Role::ALL {
        for new in Role::ALL {
            let olds = Role::ALL.into_iter().map(Some).chain([None]);
            for old in olds {
                let may = match actor {
                    Role::SuperAdmin => true,
                    Role::Admin => new != Role::SuperAdmin && old != Some(Role::SuperAdmin),
                    Role::Viewer | Role::Operator | Role::Manager => false,
                };
                assert_eq!(may_grant_role(actor, old, new), may, "{actor}: {old:?} to {new}");
                let other = check_role_change(Some(actor), false, old, new);
                assert_eq!(other.map_err(reason), if may { Ok(()) } else { Err("role_grant") });
                let own = check_role_change(Some(actor), true, Some(actor), new);
                let expected = match (new == actor, actor >= Role::Admin) {
                    (false, _) => Err("own_role"),
                    (true, true) => Ok(()),
                    (true, false) => Err("role_grant"),
                };
                assert_eq!(own.map_err(reason), expected, "{actor} himself to {new}");
            }
        }
    }
}

#[test]
fn names_parse_back_and_order_follows_rank() {
    for role in Role::ALL {
        assert_eq!(role.to_string().parse(), Ok(role));
    }
    for verb in Verb::ALL {
        assert_eq!(verb.to_string().to_uppercase().parse(), Ok(verb));
    }
    assert!(Role::ALL.is_sorted());
    assert_eq!("Admin".parse::<Role>().map_err(reason), Err("unknown_role"));
    assert_eq!("truncate".parse::<Verb>().map_err(reason), Err("unknown_verb"));
}

#[test]
fn a_refusal_names_the_role_to_ask() {
    let error = check_write(Some(Role::Operator), "assistants", Verb::Insert, false).unwrap_err();
    let refusal = Refusal::from(error);
    assert_eq!(refusal.reason.family().sqlstate(), "42501");
    assert_eq!(refusal.facts["least_role"], "manager");
    let refusal =
        Refusal::from(check_write(Some(Role::Admin), "audit_logs", Verb::Delete, false).unwrap_err());
    assert!(refusal.facts["least_role"].is_null());
}
