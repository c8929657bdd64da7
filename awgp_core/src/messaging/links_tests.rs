use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<Hosts> {
    links(text, true)
}

/// Every link of the text, each with this host only.
fn leads_to(text: &str, host: &str) {
    assert_eq!(found(text), [[host]], "{text}");
    assert_eq!(links(text, false), [[host]], "{text} with its scheme");
}

#[test]
fn a_host_is_compared_in_one_form_and_one_with_an_empty_label_matches_no_list() {
    for host in ["evil.com", "Evil.COM.", "b\u{fc}cher.de", "[::1]", "%65vil.com", "1.2.3.4"] {
        let once = canonical_host(host).expect("a host");
        assert_eq!(canonical_host(&once).as_ref(), Some(&once), "{host}");
    }
    for host in ["evil.com..", "a..b", ".", "..", ".evil.com", ""] {
        assert_eq!(canonical_host(host), None, "{host}");
    }
    assert_eq!(found("https://evil.com../x"), [Hosts::new()]);
}

#[test]
fn nothing_before_a_scheme_hides_the_link() {
    for before in [
        "", "请看", "см", "x", "9", "_", "__init__", "ア", "é", "🙂", "(", "]", "-", "+", ".", "\u{301}",
        "note:",
    ] {
        for link in ["https://evil.com", "HTTPS://EVIL.com/x", "ftp://evil.com", "custom+x.1://evil.com"] {
            leads_to(&format!("{before}{link}"), "evil.com");
        }
        for link in [
            "https:evil.com",
            "https:/evil.com",
            "https:\\\\evil.com",
            "https:///evil.com",
            "http:\\/evil.com",
        ] {
            let link = format!("{before}{link}");
            // After a letter it is another scheme, which no browser completes.
            if before != "x" || link.contains("\\\\") || link.contains("///") || link.contains("\\/") {
                leads_to(&link, "evil.com");
            }
        }
        if before != "x" {
            for link in [
                "mailto:a@evil.com",
                "tel:+49",
                "tg:resolve?domain=x",
                "javascript:alert(1)",
                "data:text/html,x",
            ] {
                assert_eq!(links(&format!("{before}{link}"), false), [Hosts::new()], "{before}{link}");
            }
        }
        assert_eq!(links(&format!("{before}www.evil.com"), false), [["www.evil.com"]], "{before}");
    }
}

#[test]
fn a_link_is_read_as_programs_read_it_and_not_as_it_looks() {
    for text in [
        "ｈｔｔｐｓ：／／ｅｖｉｌ．ｃｏｍ",
        "https://evil。com/x",
        "https://evil｡com",
        "https://evil．com",
        "https://ev%69l%2Ecom",
        "h\u{200b}ttps\u{2060}:/\u{feff}/ev\u{ad}il\u{200d}.com",
        "https://good.com@evil.com",
        "https://good.com:443@evil.com/good.com",
        "https://evil.com.",
        "https://evil.com:8443.",
        "https://evil.com..., and so on",
        "<https://evil.com|bank>",
        "[bank](https://evil.com)",
        "[bank](https://evil.com)请看",
        "[https://evil.com]",
        "<a href=\"https://evil.com\">bank</a>",
        "**https://evil.com**",
        "https://EVIL.com?next=https://good.com",
        "https://evil.com/a/https://good.com",
    ] {
        leads_to(text, "evil.com");
    }
    leads_to("https://bücher.example/", "xn--bcher-kva.example");
    leads_to("https://xn--bcher-kva.example", "xn--bcher-kva.example");
    leads_to("https://[::1]:8080/", "[::1]");
    // Where programs disagree, both hosts are returned; what is not a host matches no list.
    assert_eq!(found("https://good.com\\@evil.com"), [["evil.com", "good.com"]]);
    for text in [
        "https://good.com%40evil.com",
        "https://good.com:x",
        "https://%",
        "javascript://good.com/%0aalert(1)",
        "file://good.com/x",
        "intent://good.com#Intent;package=x;end",
        "https://good.com，evil",
    ] {
        assert_eq!(links(text, false)[0], Hosts::new(), "{text}");
    }
}

#[test]
fn a_link_ends_where_another_begins() {
    for text in [
        "https://good.com/a,https://evil.com",
        "[a](https://good.com/b)[c](https://evil.com)",
        "https://good.com/b)(https://evil.com",
        "<https://good.com|x><https://evil.com>",
        "https://good.com/a，https://evil.com",
    ] {
        assert_eq!(links(text, false), [["good.com"], ["evil.com"]], "{text}");
    }
    assert_eq!(found("[a](good.com/b)[c](evil.com)"), [["good.com"], ["evil.com"]]);
    assert_eq!(found("good.com:https://evil.com"), [["good.com"], ["evil.com"]]);
}

#[test]
fn a_bare_host_is_a_link_where_that_is_asked() {
    for (text, host) in [
        ("evil.com", "evil.com"),
        ("See EVIL.COM.", "evil.com"),
        ("t.me/x", "t.me"),
        ("<evil.com|bank>", "evil.com"),
        ("[bank](evil.com/a)", "evil.com"),
        ("[bank](//evil.com)", "evil.com"),
        ("evil.com:8080/x", "evil.com"),
        ("evil．com", "evil.com"),
        ("evil。com", "evil.com"),
        ("ev\u{200b}il.com", "evil.com"),
        ("a-b.evil.co.uk?x", "a-b.evil.co.uk"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd.xn--p1ai"),
        ("evil.com吧", "evil.com"),
        ("8.8.8.8/x", "8.8.8.8"),
        ("x.github.io", "x.github.io"),
        ("README.md", "readme.md"),
    ] {
        assert_eq!(found(text), [[host]], "{text}");
        assert_eq!(links(text, false), Vec::<Hosts>::new(), "{text}");
    }
    assert_eq!(found("请看evil.com"), [["xn--evil-k47jt05h.com", "evil.com"]]);
    for text in ["ada@evil.com", "good.com@evil.com", "good.com:80@evil.com"] {
        assert!(found(text).iter().any(Vec::is_empty), "{text}");
    }
    for text in [
        "a.b c",
        "e.g. this",
        "10:30",
        "3.14",
        "1.2.3",
        "node.js",
        "Ende.Anfang",
        "...",
        "a..b",
        ".com",
        "com.",
        "hotel:5",
        "http is a protocol",
        "https: yes",
        "http://",
        "://",
        "data: 5",
        "note:x",
        "你好。Me too",
        "U.S.",
        "std::io",
        "c:\\x",
        "www.",
        "@ada",
        "#tag",
        "",
    ] {
        assert_eq!(found(text), Vec::<Hosts>::new(), "{text}");
    }
}

#[test]
fn the_top_level_domains_are_sorted_and_plain() {
    let names: Vec<&str> = include_str!("top_level.txt").lines().collect();
    assert!(names.is_sorted_by(|a, b| a < b) && names.len() > 1000);
    assert!(names.iter().all(|name| canonical_host(name).as_deref() == Some(name)));
    for name in ["com", "me", "xn--p1ai", "ck", "app"] {
        assert!(names.contains(&name), "{name}");
    }
}

#[test]
fn long_texts_of_the_worst_kinds_are_read_in_one_pass() {
    for unit in [
        ":", "a:", "a:a", ".", "a.", "com.", "。a", "www", "www.", "(", "https://", "http:", "/:/", "a@",
        "]:[", "\u{301}.",
    ] {
        let text = unit.repeat((1 << 18) / unit.len());
        let _ = (links(&text, true), links(&text, false));
    }
}

proptest! {
    #[test]
    fn a_link_with_a_scheme_is_found_wherever_it_stands(before in ".{0,12}", after in "( .{0,12})?") {
        let text = format!("{before}https://evil.com/{after}");
        let hosts = links(&text, false);
        prop_assert!(!hosts.is_empty(), "{}", text);
        // It leads there, or the text before has made another link of it.
        prop_assert!(hosts.iter().flatten().any(|host| host == "evil.com") || before.contains([':', '.', '：', '。']));
    }

    #[test]
    fn any_text_is_read(text in "[a-z.:/@。\\\\%\\[\\]()|<> \u{200b}wｗ请]{0,60}") {
        let (all, schemes) = (links(&text, true), links(&text, false));
        prop_assert!(all.len() >= usize::from(!schemes.is_empty()));
    }
}
