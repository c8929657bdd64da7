//! What is offered: by the protocol, and by the page that describes it.

use awgp_tests::mcp_serve::Scene;
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn listed() -> Vec<Value> {
    let scene = Scene::new().await;
    let answer = scene.serve().ask("tools/list", json!({}));
    answer["result"]["tools"].as_array().expect("tools").clone()
}

#[tokio::test]
async fn each_tool_has_words_schemas_and_hints_and_none_decides() {
    let tools = listed().await;
    assert_eq!(tools.len(), 20);
    for tool in &tools {
        let name = tool["name"].as_str().expect("a name");
        assert!(name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_'), "{name}");
        for word in
            ["approve", "reject", "delegate", "escalate", "reconcile", "policy", "tenant", "user", "erase"]
        {
            assert!(!name.split('_').any(|part| part == word), "{name}");
        }
        for text in [&tool["title"], &tool["description"]] {
            assert!(text.as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
        let (input, output) = (&tool["inputSchema"], &tool["outputSchema"]);
        assert_eq!(
            (&input["type"], &input["additionalProperties"]),
            (&json!("object"), &json!(false)),
            "{name}"
        );
        assert_eq!(output["type"], "object", "{name}");
        assert!(!tool.to_string().contains("$ref"), "{name}: not every client follows references");
        for (argument, schema) in input["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{name} {argument}: {schema}");
        }
        let hints = &tool["annotations"];
        assert_eq!(
            (&hints["openWorldHint"], hints["readOnlyHint"].is_boolean()),
            (&json!(false), true),
            "{name}"
        );
    }
    let with = |hint: &str| -> Vec<&str> {
        let has = |tool: &&Value| tool["annotations"][hint] == true;
        tools.iter().filter(has).map(|tool| tool["name"].as_str().expect("a name")).collect()
    };
    assert_eq!(with("destructiveHint"), ["complete_work", "fail_work"]);
    assert_eq!(
        with("readOnlyHint"),
        [
            "get_my_rules",
            "list_work",
            "get_work",
            "get_approval",
            "wait_for_approval",
            "explain_reason",
            "last_denials",
            "remaining_money",
            "estimate_cost",
            "list_messages"
        ]
    );
}

#[tokio::test]
async fn the_page_describes_every_tool_with_its_arguments_and_no_other() {
    let page = include_str!("../../../docs/mcp_serve.md");
    let mut described: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            described.push((name.to_owned(), BTreeSet::new()));
        } else if let (Some(row), Some((_, arguments))) = (line.strip_prefix("| `"), described.last_mut())
            && let Some((argument, _)) = row.split_once('`')
        {
            arguments.insert(argument.to_owned());
        }
    }
    let offered: Vec<(String, BTreeSet<String>)> = listed()
        .await
        .iter()
        .map(|tool| {
            let arguments = tool["inputSchema"]["properties"].as_object();
            let arguments = arguments.into_iter().flatten().map(|(name, _)| name.clone()).collect();
            (tool["name"].as_str().expect("a name").to_owned(), arguments)
        })
        .collect();
    assert_eq!(described, offered, "docs/mcp_serve.md has a section for each tool, in this order");
}
