//! What the scripts of `sql/` make, read from their own text: the doctor misses it where it is gone.

use super::manifest::scripts;

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
