//! Numbers of the members of a fleet as one: each with the label `member`, and one that says who answered.

use awgp_client::{Exit, Failure, Row};
use serde_json::{Map, Value, json};

/// The numbers of a member, each with its label, and whether it has answered.
pub fn of_member(member: &str, rows: Option<&[Row]>) -> Result<Vec<Row>, Failure> {
    let mut all =
        rows.unwrap_or_default().iter().map(|row| labelled(row, member)).collect::<Result<Vec<_>, _>>()?;
    all.push(up(member, rows.is_some())?);
    Ok(all)
}

fn up(member: &str, is_up: bool) -> Result<Row, Failure> {
    let row = json!({"name": "awgp_fleet_member_up", "unit": null,
        "help": "Whether the member of the fleet has answered", "labels": {"member": member},
        "value": i32::from(is_up)});
    Row::from_json(&row.to_string()).map_err(|error| unreadable(&error))
}

/// The number with the label of its member.
fn labelled(row: &Row, member: &str) -> Result<Row, Failure> {
    let mut value: Map<String, Value> = serde_json::to_string(row)
        .and_then(|text| serde_json::from_str(&text))
        .map_err(|error| unreadable(&error))?;
    let labels = value.entry("labels").or_insert_with(|| json!({}));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert("member".to_owned(), json!(member));
    }
    let text = serde_json::to_string(&value).map_err(|error| unreadable(&error))?;
    Row::from_json(&text).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Failure {
    Failure::new(Exit::Unexpected, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_has_its_member_and_one_says_who_answered() {
        let row = Row::from_json(r#"{"name":"awgp_x","labels":{"risk":"1"},"value":1.50}"#).expect("a row");
        let up =
            r#""unit":null,"help":"Whether the member of the fleet has answered","labels":{"member":"b"}"#;
        for (rows, expected) in [
            (
                Some([row].to_vec()),
                format!(
                    r#"[{{"name":"awgp_x","labels":{{"member":"b","risk":"1"}},"value":1.50}},{{"name":"awgp_fleet_member_up",{up},"value":1}}]"#
                ),
            ),
            (None, format!(r#"[{{"name":"awgp_fleet_member_up",{up},"value":0}}]"#)),
        ] {
            let told = of_member("b", rows.as_deref()).expect("rows");
            let told: Value =
                serde_json::from_str(&serde_json::to_string(&told).expect("JSON")).expect("JSON");
            assert_eq!(told, serde_json::from_str::<Value>(&expected).expect("JSON"));
        }
    }
}
