//! Messages: the rules for their content, the links in them, and the forms of a conversation.

use crate::input::{json, text, two};
use awgp_core::messaging::content::{ContentRules, is_oversized};
use awgp_core::messaging::links::{canonical_host, links as links_of};
use awgp_core::records::forms::text::Texts;
use awgp_core::records::messages::{Messages, each, outline};
use serde_json::Map;

/// Rules judge a text the same way twice, and a text without characters has no forbidden link.
pub fn content_rules(data: &[u8]) {
    let Some((rules, message)) = two(data) else { return };
    let Some(Ok(rules)) = json(rules).as_ref().map(ContentRules::parse) else { return };
    if is_oversized(message) {
        return;
    }
    let breaches = rules.breaches(message, &Map::new());
    assert_eq!(rules.breaches(message, &Map::new()), breaches);
    assert!(breaches.iter().all(|breach| !breach.rule.is_empty()));
    let about =
        |text: &str| rules.breaches(text, &Map::new()).iter().any(|breach| breach.rule.contains("link"));
    assert!(!about(""), "there is no link in nothing");
}

/// A host is its own canonical form; what nobody sees in a text changes no link.
pub fn links(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(host) = canonical_host(text) {
        assert_eq!(canonical_host(&host).as_ref(), Some(&host), "{text:?}");
    }
    for bare in [false, true] {
        let found = links_of(text, bare);
        for host in found.iter().flatten() {
            assert_eq!(canonical_host(host).as_ref(), Some(host), "{text:?}");
        }
        let hidden: String = text.chars().flat_map(|character| [character, '\u{200b}']).collect();
        assert_eq!(links_of(&hidden, bare), found, "{text:?}");
    }
    // A host by itself hides no link that has a scheme.
    assert!(links_of(text, true).len() >= usize::from(!links_of(text, false).is_empty()));
}

/// Messages that are accepted can be read one by one, and begin with themselves.
pub fn messages(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(messages) = Messages::parse(text) else { return };
    let single = each(text);
    assert_eq!((single.len(), single.is_empty()), (messages.len(), messages.is_empty()));
    assert!(messages.extend(&messages));
    let mut tokens = None;
    for message in single {
        let outline = outline(message.get()).expect("a message of a conversation is a message");
        if let Some(used) = outline.tokens {
            tokens = Some(tokens.unwrap_or(0_u64).saturating_add(used));
        }
        let texts = Texts::of(&outline);
        assert!(texts.json.iter().all(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()));
        // The words of a message are in the message.
        let bytes: usize = texts.texts.iter().map(String::len).sum();
        assert!(bytes <= message.get().len() * 2, "{bytes} bytes of words in {}", message.get());
    }
    assert_eq!(messages.tokens(), tokens);
}
