//! JSON for reading: indented, every number and text as the server wrote it. A parser would round a number,
//! and an approver would then see another one than what runs.

/// The same text with a line for each member and element.
pub fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let (mut is_string, mut is_escaped) = (false, false);
    let mut characters = json.trim().chars().peekable();
    while let Some(c) = characters.next() {
        if is_string {
            text.push(c);
            is_string = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '"' => {
                is_string = true;
                text.push(c);
            }
            '{' | '[' => {
                text.push(c);
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                if characters.peek().is_some_and(|next| !matches!(next, '}' | ']')) {
                    depth += 1;
                    line(&mut text, depth);
                }
            }
            '}' | ']' => {
                if !text.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    line(&mut text, depth);
                }
                text.push(c);
            }
            ',' => {
                text.push(c);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => text.push(c),
        }
    }
    text
}

fn line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_stay_as_they_are_written() {
        let json = r#"{"a": 184000.000000000000000001, "b": [1e400, {}, []], "c": "x: [\"{,\\"}"#;
        let shown = indented(json);
        assert_eq!(
            shown,
            "{\n  \"a\": 184000.000000000000000001,\n  \"b\": [\n    1e400,\n    {},\n    []\n  ],\n  \"c\": \"x: [\\\"{,\\\\\"\n}"
        );
        assert_eq!(indented("{}"), "{}");
        assert_eq!(indented("7.10"), "7.10");
    }
}
