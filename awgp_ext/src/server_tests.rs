//! Tests inside the server, as its superuser: for what needs the library's own functions. Isolation is tested
//! in `tests/`, by ordinary roles over their own connections.
//!
//! Each is a C function of the library that the development build has and no script declares.
//! `inside_the_server` in `tests/` declares and calls them, each in a database of its own.

mod tests {
    use crate::pg::jsonb::{Jsonb, text};
    use crate::pg::permit::Permit;
    use crate::pg::raise::sqlstate;
    use crate::pg::subtransaction;
    use awgp_core::reason::Reason;
    use pgrx::pg_sys;
    use pgrx::prelude::*;
    use serde_json::json;

    static PERMIT: Permit = Permit::to("be tested");

    #[pg_extern(sql = false)]
    fn a_permit_ends_with_the_scope_that_holds_it() {
        let held = PERMIT.hold_for(pg_sys::Oid::from(1));
        assert!(PERMIT.is_held_for(pg_sys::Oid::from(1)));
        assert!(!PERMIT.is_held_for(pg_sys::Oid::from(2)) && !PERMIT.is_held());
        drop(held);
        assert!(!PERMIT.is_held_for(pg_sys::Oid::from(1)));
    }

    #[pg_extern(sql = false)]
    fn a_permit_ends_where_an_error_passes_through_the_scope_that_holds_it() {
        let outer = PERMIT.hold();
        let failed = subtransaction::within(|| {
            let _inner = PERMIT.hold_for(pg_sys::Oid::from(1));
            Spi::run("SELECT 1 / 0").unwrap();
        });
        assert!(failed.is_err());
        assert!(!PERMIT.is_held_for(pg_sys::Oid::from(1)) && PERMIT.is_held());
        drop(outer);
    }

    #[pg_extern(sql = false)]
    fn a_permit_that_no_scope_gives_back_ends_with_the_savepoint_it_began_in() {
        let failed = subtransaction::within(|| {
            std::mem::forget(PERMIT.hold());
            Spi::run("SELECT 1 / 0").unwrap();
        });
        assert!(failed.is_err() && !PERMIT.is_held());
    }

    #[pg_extern(sql = false)]
    fn every_reason_reaches_the_client_with_its_own_sqlstate() {
        for reason in Reason::ALL {
            let family = reason.family();
            let code = sqlstate(family) as i32;
            // PostgreSQL packs five characters of six bits each, the first one lowest.
            let text: String = (0_u8..5)
                .map(|place| char::from(u8::try_from((code >> (6 * place)) & 0x3f).unwrap_or(0) + b'0'))
                .collect();
            assert_eq!(text, family.sqlstate(), "{}", reason.name());
        }
    }

    #[pg_extern(sql = false)]
    fn the_doctor_finds_nothing_after_install() {
        let findings = Spi::get_one::<i64>("SELECT count(*) FROM awgp.doctor() WHERE severity = 'error'");
        assert_eq!(findings, Ok(Some(0)));
    }

    #[pg_extern(sql = false)]
    fn installing_again_changes_nothing() {
        assert_eq!(Spi::get_one::<&str>("SELECT awgp.install()"), Ok(Some("nothing to do")));
    }

    #[pg_extern(sql = false)]
    fn a_context_ends_with_its_savepoint() {
        Spi::run(
            "INSERT INTO awgp.tenants (name, slug, type) VALUES ('A', 'a', 'holding'), ('B', 'b', 'holding')",
        )
        .unwrap();
        let current = || {
            Spi::get_one::<String>("SELECT slug FROM awgp.tenants WHERE id = awgp.current_tenant()")
                .ok()
                .flatten()
        };
        Spi::run("SELECT awgp.set_context(awgp.find_tenant('a'))").unwrap();
        Spi::run("DO $$ BEGIN PERFORM awgp.set_context(awgp.find_tenant('b')); RAISE 'undo'; EXCEPTION WHEN raise_exception THEN NULL; END $$").unwrap();
        assert_eq!(current().as_deref(), Some("a"));
        Spi::run("DO $$ BEGIN PERFORM awgp.set_context(awgp.find_tenant('b')); EXCEPTION WHEN raise_exception THEN NULL; END $$").unwrap();
        assert_eq!(current().as_deref(), Some("b"));
    }

    /// Documents with all kinds of values, from a seed: nested, empty, and longer than the 32 entries after
    /// which an offset is stored.
    fn document(seed: &mut u64, depth: u32) -> String {
        const STRINGS: [&str; 8] = [
            "",
            "plain",
            r#"quote \" backslash \\ slash \/"#,
            r"controls \b\f\n\r\t\u0001\u001f\u007f",
            "Zürich, 東京, 🦀",
            "sixteen bytes ok",
            r"just before the sixteenth \n and after it",
            r"\u0001",
        ];
        const NUMBERS: [&str; 10] = [
            "0",
            "-0",
            "1",
            "-17",
            "1.10",
            "0.000123",
            "1e300",
            "12345678901234567890.12345678901234567890",
            "1e-20",
            "9999",
        ];
        let mut next = |below: u64| {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 33) % below
        };
        let kind = next(if depth == 0 { 5 } else { 7 });
        let count = [0, 1, 2, 5, 40][next(5) as usize];
        match kind {
            0 => NUMBERS[next(10) as usize].to_owned(),
            1 | 2 => format!("\"{}{}\"", STRINGS[next(8) as usize], "x".repeat(next(3) as usize * 70)),
            3 => ["true", "false"][next(2) as usize].to_owned(),
            4 => "null".to_owned(),
            5 => {
                let values: Vec<String> = (0..count).map(|_| document(seed, depth - 1)).collect();
                format!("[{}]", values.join(","))
            }
            _ => {
                let members: Vec<String> = (0..count)
                    .map(|number| format!("\"key {number} \\t\":{}", document(seed, depth - 1)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    #[pg_extern(sql = false)]
    fn a_jsonb_is_written_as_the_server_prints_it() {
        let mut seed = 20_261_124;
        let mut kinds = std::collections::HashSet::new();
        for _ in 0..3000 {
            let json = document(&mut seed, 3);
            kinds.insert(json.as_bytes()[0]);
            let printed = Spi::get_one_with_args::<String>("SELECT $1::jsonb::text", &[json.as_str().into()]);
            let ours = Jsonb::from_text(&json).with_text(str::to_owned);
            assert_eq!(Ok(Some(ours)), printed, "{json}");
        }
        assert!(kinds.len() > 6, "too few kinds of documents: {kinds:?}");
        // Deeper than recursion could go.
        let deep = format!("{}1{}", "[".repeat(3000), "]".repeat(3000));
        assert_eq!(Jsonb::from_text(&deep).with_text(str::to_owned), deep);
    }

    /// An object of the documents, built as the image of a row is; its keys are of different lengths, in no
    /// order.
    #[pg_extern(sql = false)]
    fn an_object_is_built_byte_for_byte_as_the_server_builds_it() {
        use crate::pg::jsonb::object::{Object, key_order};
        let mut seed = 20_261_130;
        for round in 0..1500 {
            let mut members: Vec<(String, String)> = (0..round % 45)
                .map(|number| (format!("{}{number}", "k".repeat(number * 7 % 5)), document(&mut seed, 2)))
                .collect();
            let json: Vec<String> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            let expected = Jsonb::from_text(&format!("{{{}}}", json.join(",")));
            members.sort_by(|(left, _), (right, _)| key_order(left.as_bytes(), right.as_bytes()));
            let keys: Vec<&[u8]> = members.iter().map(|(key, _)| key.as_bytes()).collect();
            let mut object = Object::new(&keys);
            for (_, value) in &members {
                match value.as_str() {
                    "null" => object.null(),
                    "true" | "false" => object.boolean(value == "true"),
                    _ => object.jsonb(Jsonb::from_text(value).bytes()),
                }
            }
            assert_eq!(object.finish().bytes(), expected.bytes(), "{members:?}");
        }
    }

    /// In strings of all lengths up to 40, at each place, among characters that are nearly one.
    #[pg_extern(sql = false)]
    fn an_escape_is_seen_wherever_it_stands() {
        for around in [" ", "!", "#", "[", "]", "~", "\u{7f}", "\u{a2}", "\u{fc}"] {
            for length in 0..40 {
                for escaped in ["\"", "\\", "\u{1}", "\u{1f}", "\n"] {
                    let places = (0..=length).map(|place| {
                        let (before, after) = (around.repeat(place), around.repeat(length - place));
                        format!("{before}{escaped}{after}")
                    });
                    let strings: Vec<String> = places.chain([around.repeat(length)]).collect();
                    let document = |text: &String| json!({ text: text, "a": [text, {}] });
                    let json = strings.iter().map(document).collect::<serde_json::Value>().to_string();
                    let printed =
                        Spi::get_one_with_args::<String>("SELECT $1::jsonb::text", &[json.as_str().into()]);
                    assert_eq!(Ok(Some(Jsonb::from_text(&json).with_text(str::to_owned))), printed, "{json}");
                }
            }
        }
    }

    /// Numbers of all lengths, signs and scales, those that the server prints among them.
    #[pg_extern(sql = false)]
    fn a_number_is_written_as_the_server_prints_it() {
        let mut seed: u64 = 20_261_130;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..4000 {
            let mut digits = |most: u64| -> String {
                let kind = next(4);
                let digit = |n: u64| match kind {
                    0 => '0',
                    1 => '9',
                    _ => char::from(b'0' + (n % 10) as u8),
                };
                (0..next(most)).map(|_| digit(next(10))).collect()
            };
            let (whole, part) = (digits(24), digits(24));
            let whole = whole.trim_start_matches('0');
            let mut json =
                format!("{}{}", ["", "-"][next(2) as usize], if whole.is_empty() { "0" } else { whole });
            if !part.is_empty() {
                json = format!("{json}.{part}");
            }
            if next(4) == 0 {
                json = format!("{json}e{}{}", ["", "-"][next(2) as usize], next(130));
            }
            let printed = Spi::get_one_with_args::<String>("SELECT $1::jsonb::text", &[json.as_str().into()]);
            assert_eq!(Ok(Some(Jsonb::from_text(&json).with_text(str::to_owned))), printed, "{json}");
        }
    }

    #[pg_extern(sql = false)]
    fn what_is_hidden_is_hidden_at_any_depth_and_all_else_keeps_its_bytes() {
        let hide = |key: &[u8]| key.ends_with(b"secret");
        let hidden = |json: &str| {
            let json = Jsonb::from_text(json);
            let mut text = Vec::new();
            assert_eq!(text::write_hiding(json.bytes(), &hide, &mut text), Some(()));
            let is_hidden = text::any_key(json.bytes(), &hide);
            (String::from_utf8(text).expect("UTF-8"), is_hidden)
        };
        for (json, expected) in [
            (r#"{"a": 1.10, "secret": "k"}"#, r#"{"a": 1.10, "secret": "[masked]"}"#),
            (r#"[{"x": {"my secret": {"a": [1, "}"]}}}]"#, r#"[{"x": {"my secret": "[masked]"}}]"#),
            (r#"{"secret": null}"#, r#"{"secret": null}"#),
        ] {
            assert_eq!(hidden(json), (expected.to_owned(), Some(true)));
        }
        let plain = r#"{"a": ["secret", 123456789012345678901234567890.10]}"#;
        assert_eq!(hidden(plain), (plain.to_owned(), Some(false)));
        assert_eq!(text::string_length(b"a\"\\\x01\n"), 2 + 1 + 2 + 2 + 6 + 2);
    }

    #[pg_extern(sql = false)]
    fn a_damaged_jsonb_is_refused_and_read_no_further_than_it_goes() {
        let json =
            r#"{"a": [1.5, {"b": "text", "c": null}, true], "d": {}, "e": [[], "x\ny"], "f": -12345.678}"#;
        let mut text = Vec::new();
        // The last stored value is a number, a string, a container of one element, an empty one.
        for json in [json, r#"["a", "the end"]"#, r#"[1, ["the end"]]"#, "[true, {}]"] {
            let whole = Jsonb::from_text(json);
            text.clear();
            assert_eq!(text::try_write(whole.bytes(), &mut text), Some(()), "{json}");
            for end in 0..whole.bytes().len() {
                text.clear();
                assert_eq!(text::try_write(&whole.bytes()[..end], &mut text), None, "{json} cut at {end}");
            }
        }
        let whole = Jsonb::from_text(json);
        let mut refused = 0;
        for place in 4..whole.bytes().len() {
            for flipped in [0x01, 0x10, 0x40, 0x80, 0xff] {
                let mut damaged = whole.bytes().to_vec();
                damaged[place] ^= flipped;
                text.clear();
                refused += u32::from(text::try_write(&damaged, &mut text).is_none());
            }
        }
        assert!(refused > 50, "{refused}");
    }
}
