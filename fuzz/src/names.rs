//! Names, addresses and moments in text.

use crate::input::{number, text};
use awgp_core::argument;
use awgp_core::audit::erasable::{value_commitment, value_fits};
use awgp_core::audit::lineage;
use awgp_core::civil::{format_timestamp, parse_timestamp};
use awgp_core::email::key;
use awgp_core::identity::Algorithm;
use awgp_core::messaging::policy::Scope;
use awgp_core::month::Month;
use awgp_core::name_list::{parse, quoted};
use awgp_core::notices::settings::{is_target_name, target_list};
use awgp_core::permissions::{Role, Verb};
use awgp_core::quota::Quota;
use awgp_core::records::commitment::{Kind, commitment};
use awgp_core::{release, seed, server_command};

/// The key of an address is its own key, and case does not count.
pub fn email(data: &[u8]) {
    let Some(address) = text(data) else { return };
    let once = key(address);
    assert_eq!(key(&once), once, "{address:?}");
    assert_eq!(key(&address.to_ascii_uppercase()), once, "{address:?}");
}

/// A list is read back from its names.
pub fn name_list(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(names) = parse(text) {
        let list: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        assert_eq!(parse(&list.join(", ")), Ok(names));
    }
    if let Some(names) = target_list(text) {
        assert!(names.iter().all(|name| is_target_name(name)));
        assert_eq!(target_list(&names.join(",")), Some(names));
    }
}

/// The name of a partition is that of one month.
pub fn partition(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Some(month) = Month::of_partition(text) {
        assert_eq!(month.partition_name(), text);
        assert_eq!(Month::of_timestamp(month.start_us()), Some(month));
        assert!(month.contains(month.end_us() - 1) && !month.contains(month.end_us()));
    }
    if let Ok(month) = argument::month("month", text) {
        assert_eq!(Month::of_partition(&month.partition_name()), Some(month));
    }
}

/// A moment has one text.
pub fn timestamp(data: &[u8]) {
    if let Some(moment) = text(data).and_then(parse_timestamp) {
        assert_eq!(Some(format_timestamp(moment).as_str()), text(data));
    }
    if let Some((moment, _)) = number(data) {
        assert_eq!(parse_timestamp(&format_timestamp(moment)), Some(moment));
        if let Some(month) = Month::of_timestamp(moment) {
            assert!(month.contains(moment));
        }
    }
}

/// Words with a meaning: each is printed as it is read.
pub fn word(data: &[u8]) {
    let Some(text) = text(data) else { return };
    assert!(text.parse::<Role>().ok().is_none_or(|role| role.name() == text));
    // As a trigger has it: in any case.
    assert!(text.parse::<Verb>().ok().is_none_or(|verb| verb.name().eq_ignore_ascii_case(text)));
    assert!(text.parse::<Algorithm>().ok().is_none_or(|algorithm| algorithm.name() == text));
    assert!(Quota::of_table(text).is_none_or(|quota| quota.table() == text));
    let _ = Scope::from_name(text);
    assert!(lineage::reason(text).ok().is_none_or(|reason| !reason.is_empty()));
    assert!(seed::is_same_name(text, text));
    let _ = server_command::gives_parameter(text, "awgp.");
    assert!(server_command::gives_parameter(
        &format!("{} \"-c\" \"awgp.x=1\"", text.replace('"', "")),
        "awgp."
    ));
    let versions: Vec<&str> = text.split(',').collect();
    assert!(release::newest(versions.iter().copied()).is_some_and(|newest| versions.contains(&newest)));
    let of = |fields| commitment(b"salt of sixteen!", Kind::Flag, fields);
    assert_ne!(of([Some(text), None]), of([None, Some(text)]));
    assert_ne!(of([Some(text), None]), of([Some(text), Some("")]));
    let made = value_commitment(&[7; 32], text);
    assert!(value_fits(&made, &"07".repeat(32), text));
    assert!(!value_fits(&made, &"08".repeat(32), text));
    let _ = value_fits(text, text, text);
}
