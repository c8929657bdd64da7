//! The scenario file: an organisation as an application would describe it. Only its form and its inner
//! references are checked here; the server has every rule about values.

use awgp_client::{Exit, Failure, input};
use awgp_core::email;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

const BUILT_IN: &str = include_str!("../../../demo/scenario.json");

/// A holding with its subsidiaries.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The demo's title.
    pub title: String,
    /// The tenant that sees all of them.
    pub holding: Tenant,
    /// At least two: one proves that it does not see the other.
    pub subsidiaries: Vec<Tenant>,
}

/// A tenant and its contents.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Its slug; the run's name is added to it.
    pub slug: String,
    /// Its settings.
    #[serde(default)]
    pub settings: Map<String, Value>,
    /// Its people.
    pub users: Vec<User>,
    /// Its assistants.
    pub assistants: Vec<Assistant>,
    /// Their work.
    pub work_items: Vec<WorkItem>,
}

/// A person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Unique within the tenant.
    pub email: String,
    /// One of the five roles.
    pub role: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
}

/// An assistant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assistant {
    /// Unique within the tenant.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: String,
    /// The highest risk level at which it works without approval.
    pub risk_tier: i64,
    /// Its capabilities.
    pub capabilities: Vec<String>,
    /// An exact decimal, as text.
    pub max_cost_per_day: String,
    /// Provider and model.
    pub model_config: Map<String, Value>,
}

/// A piece of work.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkItem {
    /// The assistant's slug.
    pub assistant: String,
    /// The e-mail of the user who requests it.
    pub created_by: String,
    /// The title.
    pub title: String,
    /// The description.
    pub description: String,
    /// 0 to 5.
    pub risk_level: i64,
    /// 1 (highest) to 5.
    pub priority: i64,
    /// An exact decimal, as text.
    pub estimated_cost: String,
    /// Data for the task.
    #[serde(default)]
    pub context: Map<String, Value>,
}

impl Scenario {
    /// The built-in scenario.
    pub fn built_in() -> Result<Self, Failure> {
        Self::parse(BUILT_IN, "the built-in scenario")
    }

    /// The scenario in a file.
    pub fn from_file(file: &Path) -> Result<Self, Failure> {
        let place = file.display().to_string();
        let text = input::file(file).map_err(|error| refusal(&format!("{place}: {error}")))?;
        Self::parse(&text, &place)
    }

    /// Every tenant, the holding first.
    pub fn tenants(&self) -> impl Iterator<Item = &Tenant> {
        std::iter::once(&self.holding).chain(&self.subsidiaries)
    }

    fn parse(text: &str, place: &str) -> Result<Self, Failure> {
        // The message of serde_json names line and column.
        let scenario: Self =
            serde_json::from_str(text).map_err(|error| refusal(&format!("{place}: {error}")))?;
        match scenario.fault() {
            Some(fault) => Err(refusal(&format!("{place}: {fault}"))),
            None => Ok(scenario),
        }
    }

    /// The first error, with the path to it.
    fn fault(&self) -> Option<String> {
        if self.subsidiaries.len() < 2 {
            return Some("subsidiaries: at least two are needed".to_owned());
        }
        let slugs = self.tenants().map(|tenant| tenant.slug.clone());
        if let Some(slug) = repeated(slugs) {
            return Some(format!("the slug \"{slug}\" is given to two tenants"));
        }
        let path = |index: usize| {
            if index == 0 { "holding".to_owned() } else { format!("subsidiaries[{}]", index - 1) }
        };
        self.tenants().enumerate().find_map(|(index, tenant)| tenant.fault(&path(index)))
    }
}

impl Tenant {
    fn fault(&self, path: &str) -> Option<String> {
        for (name, is_empty) in [
            ("users", self.users.is_empty()),
            ("assistants", self.assistants.is_empty()),
            ("work_items", self.work_items.is_empty()),
        ] {
            if is_empty {
                return Some(format!("{path}.{name}: at least one is needed"));
            }
        }
        if let Some(email) = repeated(self.users.iter().map(|user| email::key(&user.email))) {
            return Some(format!("{path}.users: \"{email}\" occurs twice"));
        }
        if let Some(slug) = repeated(self.assistants.iter().map(|assistant| assistant.slug.clone())) {
            return Some(format!("{path}.assistants: \"{slug}\" occurs twice"));
        }
        self.work_items.iter().enumerate().find_map(|(index, item)| {
            let path = format!("{path}.work_items[{index}]");
            if !self.assistants.iter().any(|assistant| assistant.slug == item.assistant) {
                return Some(format!("{path}.assistant: the tenant has no assistant \"{}\"", item.assistant));
            }
            if !self.users.iter().any(|user| user.email == item.created_by) {
                return Some(format!("{path}.created_by: the tenant has no user \"{}\"", item.created_by));
            }
            None
        })
    }
}

fn repeated(names: impl IntoIterator<Item = String>) -> Option<String> {
    let mut seen = BTreeSet::new();
    names.into_iter().find(|name| !seen.insert(name.clone()))
}

fn refusal(message: &str) -> Failure {
    Failure::new(Exit::BadArgument, format!("the scenario cannot be used: {message}"))
        .hint("compare it with the built-in scenario, demo/scenario.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The built-in scenario after a change.
    fn changed(change: impl FnOnce(&mut Value)) -> Result<Scenario, Failure> {
        let mut value: Value = serde_json::from_str(BUILT_IN).expect("JSON");
        change(&mut value);
        Scenario::parse(&value.to_string(), "test")
    }

    #[test]
    fn the_built_in_scenario_covers_what_the_demo_promises() {
        let scenario = Scenario::built_in().expect("a valid scenario");
        let users: Vec<_> = scenario.tenants().flat_map(|tenant| &tenant.users).collect();
        let roles: BTreeSet<_> = users.iter().map(|user| user.role.as_str()).collect();
        let risks: BTreeSet<_> =
            scenario.tenants().flat_map(|t| &t.work_items).map(|item| item.risk_level).collect();
        let kinds: BTreeSet<_> =
            scenario.tenants().flat_map(|t| &t.assistants).map(|a| a.kind.as_str()).collect();
        assert_eq!(scenario.subsidiaries.len(), 2);
        assert!(users.len() >= 12, "{} users", users.len());
        assert_eq!(roles, BTreeSet::from(["super_admin", "admin", "manager", "operator", "viewer"]));
        assert_eq!(risks, BTreeSet::from([0, 1, 2, 3, 4, 5]));
        assert!(kinds.len() >= 6, "{kinds:?}");
        assert!(users.iter().any(|user| !user.last_name.is_ascii()));
        assert!(scenario.tenants().any(|tenant| !tenant.name.is_ascii()));
    }

    #[test]
    fn every_fault_is_refused_with_the_path_to_it() {
        type Change = fn(&mut Value);
        let cases: [(Change, &str); 8] = [
            (|s| s["subsidiaries"] = json!([]), "subsidiaries: at least two"),
            (|s| s["subsidiaries"][1]["slug"] = s["holding"]["slug"].clone(), "two tenants"),
            (|s| s["holding"]["users"] = json!([]), "holding.users: at least one"),
            (|s| s["holding"]["users"][1] = s["holding"]["users"][0].clone(), "holding.users: "),
            (
                |s| s["subsidiaries"][1]["work_items"][0]["assistant"] = json!("x"),
                "subsidiaries[1].work_items[0].assistant",
            ),
            (
                |s| s["subsidiaries"][0]["work_items"][1]["created_by"] = json!("x"),
                "subsidiaries[0].work_items[1].created_by",
            ),
            (|s| s["holding"]["colour"] = json!("red"), "unknown field `colour`"),
            (|s| s["holding"]["users"][0]["role"] = json!(3), "expected a string"),
        ];
        for (change, expected) in cases {
            let failure = changed(change).expect_err(expected);
            assert_eq!(failure.exit, Exit::BadArgument);
            assert!(failure.message.contains(expected), "{} lacks {expected}", failure.message);
            assert!(failure.noted("hint").is_some());
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let failure = Scenario::from_file(Path::new("no/such.json")).expect_err("no file");
        assert!(failure.message.contains("no/such.json"));
    }
}
