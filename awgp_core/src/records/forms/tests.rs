use super::text::Texts;
use super::*;
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

/// A message in a runtime's form, and what is read from it.
#[derive(Deserialize)]
struct Example<'a> {
    form: String,
    #[serde(borrow)]
    message: &'a RawValue,
    role: String,
    /// The whole message.
    text: Vec<String>,
    tokens: Option<u64>,
}

fn examples() -> Vec<Example<'static>> {
    serde_json::from_str(include_str!("examples.json")).expect("examples.json is read")
}

fn texts(message: &Value) -> Vec<String> {
    let message = message.to_string();
    Texts::of(&Outline::of(serde_json::from_str(&message).expect("JSON")).expect("a message")).texts
}

#[test]
fn each_form_says_who_speaks_in_which_words_with_how_many_tokens() {
    let mut wrong = Vec::new();
    for example in examples() {
        let outline = Outline::of(example.message).unwrap_or_else(|rule| panic!("{}: {rule}", example.form));
        let read = (outline.role.name(), Texts::of(&outline).texts, outline.tokens);
        if read != (example.role.as_str(), example.text.clone(), example.tokens) {
            wrong.push(format!("{}: {read:?}, not {:?}", example.form, example.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_of_forms_and_the_examples_are_of_the_same_forms() {
    let page = include_str!("../../../../docs/conversations.md");
    let missing: Vec<String> = examples()
        .into_iter()
        .map(|example| example.form)
        .filter(|form| !page.contains(&format!("| {form} |")))
        .collect();
    assert!(missing.is_empty(), "docs/conversations.md lacks {missing:?}");
}

#[test]
fn a_model_may_say_nothing() {
    for message in [
        json!({"role": "assistant", "content": null}),
        json!({"role": "assistant", "content": []}),
        json!({"role": "assistant", "content": ""}),
        json!({"role": "tool", "tool_call_id": "t", "content": []}),
        json!({"candidates": [{"finishReason": "SAFETY", "index": 0}]}),
        json!({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}]}),
    ] {
        assert_eq!(texts(&message), Vec::<String>::new(), "{message}");
    }
}

#[test]
fn bytes_and_names_of_the_runtime_are_no_words() {
    let base64 = "iVBORw0KGgo".repeat(40);
    let message = json!({"role": "user", "id": "m1", "content": [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{base64}"), "detail": "low"}},
        {"image": {"format": "png", "source": {"bytes": base64}}},
        {"inlineData": {"mimeType": "image/png", "data": base64}},
        {"type": "tool_result", "tool_use_id": "t1", "is_error": false, "content": base64},
        {"text": "seen"},
    ]});
    assert_eq!(texts(&message), ["seen"]);
}

#[test]
fn what_a_tool_was_asked_is_read_out_of_its_json_and_kept_as_it_is_for_erasing() {
    let arguments = r#"{"to": "Ada", "lines": ["first", {"type": "second"}], "count": 7, "urgent": true}"#;
    let message = json!({"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "send", "arguments": arguments}}]})
    .to_string();
    let found = Texts::of(&Outline::of(serde_json::from_str(&message).expect("JSON")).expect("a message"));
    assert_eq!(found.texts, ["7", "first", "second", "Ada", "send"]);
    assert_eq!(found.json, [arguments]);
    let broken = json!({"role": "assistant", "tool_calls": [{"function": {"name": "send", "arguments": "{\"to\": \"Ad"}}]});
    assert_eq!(texts(&broken), ["{\"to\": \"Ad", "send"]);
}

#[test]
fn depth_is_bounded_and_what_is_deeper_is_recorded_all_the_same() {
    let nested = |depth: usize| {
        let text = format!(
            r#"{{"role": "tool", "content": [{{"output": {}"deep"{}}}]}}"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        Texts::of(&Outline::of(serde_json::from_str(&text).expect("JSON")).expect("a message")).texts
    };
    assert_eq!(nested(text::DEPTH_MAX - 4), ["deep"]);
    assert_eq!(nested(20_000), Vec::<String>::new());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z{\"\\[ ]{0,6}".prop_map(Value::from)
    ];
    let names = prop::sample::select(
        &[
            "role",
            "type",
            "content",
            "parts",
            "text",
            "data",
            "output",
            "message",
            "kwargs",
            "lc",
            "id",
            "choices",
            "candidates",
            "usage",
            "input_tokens",
            "tool_calls",
            "arguments",
            "additional_kwargs",
        ][..],
    );
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((names.clone(), inner), 0..5).prop_map(|fields| {
                Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn anything_is_read_or_refused(message in any_json(), role in prop::option::of("user|assistant|model|ai")) {
        let mut message = message;
        if let (Some(fields), Some(role)) = (message.as_object_mut(), role) {
            fields.insert("role".to_owned(), role.into());
        }
        let message = message.to_string();
        if let Ok(outline) = Outline::of(serde_json::from_str(&message).expect("JSON")) {
            // Every word comes from the message.
            let bytes: usize = Texts::of(&outline).texts.iter().map(String::len).sum();
            prop_assert!(bytes <= message.len());
        }
    }
}
