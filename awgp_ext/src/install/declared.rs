//! What the scripts of `sql/` make, read from their own text: the doctor misses it where it is gone.

use super::history::VERSION_GRANT;
use super::manifest::{members, scripts};
use serde_json::{Value, json};

/// The privileges that the scripts grant, as JSON: for each an array of kind (TABLE, FUNCTION, SCHEMA),
/// object, privilege, columns and role.
pub fn grants() -> String {
    let texts = scripts().chain(members()).map(|file| file.text).chain([VERSION_GRANT]);
    Value::Array(texts.flat_map(grants_of).collect()).to_string()
}

fn grants_of(text: &str) -> Vec<Value> {
    let statements = text.lines().filter_map(|line| line.strip_prefix("GRANT ")?.strip_suffix(';'));
    let mut grants = Vec::new();
    for statement in statements {
        let Some((privileges, rest)) = statement.split_once(" ON ") else { continue };
        let Some((objects, roles)) = rest.rsplit_once(" TO ") else { continue };
        let (kind, objects) = match objects.split_once(' ') {
            Some((kind @ ("FUNCTION" | "SCHEMA"), objects)) => (kind, objects),
            _ => ("TABLE", objects),
        };
        let (privileges, columns) = match privileges.split_once(" (") {
            Some((privilege, columns)) => (privilege, columns.strip_suffix(')')),
            None => (privileges, None),
        };
        for object in listed(objects) {
            for privilege in privileges.split(", ") {
                let of_role = |role| json!({ "kind": kind, "object": object, "privilege": privilege, "columns": columns, "role": role });
                grants.extend(roles.split(", ").map(of_role));
            }
        }
    }
    grants
}

/// The elements of a list; a comma between parentheses separates arguments.
fn listed(objects: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let elements = objects.split(|character| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        character == ',' && depth == 0
    });
    elements.map(str::trim).collect()
}

/// The roles of each policy that is for some, as JSON: an array of table, policy and role.
pub fn policy_roles() -> String {
    let mut roles = Vec::new();
    for statement in scripts().flat_map(|file| file.text.split("CREATE POLICY ").skip(1)) {
        let statement = statement.split(';').next().unwrap_or_default();
        let words: Vec<&str> = statement.split_whitespace().collect();
        let [policy, "ON", table, ..] = words.as_slice() else { continue };
        let named = words.iter().skip_while(|word| **word != "TO").skip(1);
        for role in named.take_while(|word| word.starts_with("awgp_")) {
            let table = table.trim_start_matches("awgp.");
            roles.push(json!({ "table": table, "policy": policy, "role": role.trim_end_matches(',') }));
        }
    }
    Value::Array(roles).to_string()
}

/// The policies, as `table.policy`.
pub fn policies() -> Vec<String> {
    declared("CREATE POLICY ")
}

/// The triggers, as `table.trigger`.
pub fn triggers() -> Vec<String> {
    declared("CREATE OR REPLACE TRIGGER ")
}

/// Each `<statement><name> … ON awgp.<table>` of the scripts.
fn declared(statement: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut declared = Vec::new();
    for file in scripts() {
        for rest in file.text.split(statement).skip(1) {
            let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
            let Some((_, table)) = rest.split_once(" ON awgp.") else { continue };
            let table: String = table.chars().take_while(|c| is_name(*c)).collect();
            declared.push(format!("{table}.{name}"));
        }
    }
    declared
}
