//! Untrusted text, made safe for its reader. A character that is invisible, or that moves other characters,
//! is shown as its number: `\u{202e}`. Otherwise a title could be read as another one before it is approved.

/// Characters that are invisible or move others: controls (Cc), format characters (Cf), separators of lines
/// and paragraphs (Zl, Zp), and everything else that Unicode lets a font ignore
/// (Default_Ignorable_Code_Point), including tags and variation selectors. Unicode 16; ranges include both
/// ends.
const HIDDEN: [(char, char); 44] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{9f}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{1fffe}', '\u{1ffff}'),
    ('\u{2fffe}', '\u{2ffff}'),
    ('\u{3fffe}', '\u{3ffff}'),
    ('\u{4fffe}', '\u{4ffff}'),
    ('\u{5fffe}', '\u{5ffff}'),
    ('\u{6fffe}', '\u{6ffff}'),
    ('\u{7fffe}', '\u{7ffff}'),
    ('\u{8fffe}', '\u{8ffff}'),
    ('\u{9fffe}', '\u{9ffff}'),
    ('\u{afffe}', '\u{affff}'),
    ('\u{bfffe}', '\u{bffff}'),
    ('\u{cfffe}', '\u{cffff}'),
    ('\u{dfffe}', '\u{e0fff}'),
    ('\u{efffe}', '\u{effff}'),
    ('\u{ffffe}', '\u{fffff}'),
    ('\u{10fffe}', '\u{10ffff}'),
];

fn is_hidden(c: char) -> bool {
    let after = HIDDEN.partition_point(|(first, _)| *first <= c);
    after > 0 && c <= HIDDEN[after - 1].1
}

/// The text on one line, with every hidden character as its number.
pub fn line(text: &str) -> String {
    escaped(text, "")
}

/// The same for a text that may have lines.
pub fn lines(text: &str) -> String {
    escaped(text, "\n\t")
}

fn escaped(text: &str, kept: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        if is_hidden(c) && !kept.contains(c) && !is_style(c, before) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        before = Some(c);
    }
    shown
}

/// A selector of text or emoji style after a symbol, where its effect is visible. After a letter it is
/// hidden.
fn is_style(c: char, before: Option<char>) -> bool {
    let is_symbol = |c: char| c >= '\u{a9}' && !c.is_alphanumeric() && !c.is_whitespace() && !is_hidden(c);
    matches!(c, '\u{fe0e}' | '\u{fe0f}') && before.is_some_and(is_symbol)
}

/// JSON with the hidden characters of its texts as escapes; its meaning is the same. Characters below a blank
/// are escapes already.
pub fn json(json: &str) -> String {
    if !json.chars().any(|c| c > '~' && is_hidden(c)) {
        return json.to_owned();
    }
    let mut shown = String::with_capacity(json.len());
    for c in json.chars() {
        if c > '~' && is_hidden(c) {
            let mut units = [0; 2];
            let escapes = c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}"));
            shown.extend(escapes);
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A field of CSV. One that a spreadsheet would take for a formula gets an apostrophe before it, which
/// spreadsheets read as "this is text"; numbers do not.
pub fn csv_field(text: &str) -> String {
    let begins_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let guard = if begins_formula && !is_number(text) { "'" } else { "" };
    format!("{guard}{}", lines(text))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_in_order_and_apart() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn what_is_not_seen_or_moves_what_is_seen_is_shown_by_its_number() {
        for c in [
            '\u{0}',
            '\u{1b}',
            '\u{7f}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{fff9}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{e01ef}',
            '\u{1d173}',
        ] {
            let shown = line(&format!("a{c}b"));
            assert!(shown.contains(&format!("\\u{{{:x}}}", c as u32)), "{shown:?}");
            assert!(shown.chars().all(|c| !is_hidden(c)));
        }
        assert_eq!(line("a\nb\tc\rd"), "a\\nb\\tc\\rd");
        assert_eq!(lines("a\nb\tc\rd\u{2028}"), "a\nb\tc\\rd\\u{2028}");
    }

    #[test]
    fn what_people_write_stays() {
        let text = "Ä é ß 中文 עברית العربية ไทย 👍🏽 ❤\u{fe0f} 1 ½ „x“ – … \u{a0}€ C:\\u{20}";
        assert_eq!(line(text), text);
    }

    #[test]
    fn json_says_the_same_with_escapes() {
        let text = "{\"a\u{202e}\": \"x\u{9b}\u{7f}\u{e0041}\u{2028}ä\\n\"}";
        let shown = json(text);
        assert_eq!(shown, "{\"a\\u202e\": \"x\\u009b\\u007f\\udb40\\udc41\\u2028ä\\n\"}");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&shown), value(text));
    }

    #[test]
    fn a_formula_is_text_and_a_number_stays_a_number() {
        for formula in
            ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-", "=", "+a", "－1", "-inf", "-1e"]
        {
            assert!(csv_field(formula).starts_with('\''), "{formula:?}");
        }
        for plain in ["-1.500000", "+3", "1e-7", "-1.5E+10", "a=b", "", "x", "2026-01-01", " =1"] {
            assert_eq!(csv_field(plain), plain);
        }
        assert_eq!(csv_field("a\nb\u{202e}"), "a\nb\\u{202e}");
    }
}
