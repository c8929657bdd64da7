//! A tenant's settings: what is accepted when it is written can be read.

use crate::input::{json, text, two};
use awgp_core::action::policy::ActionPolicy;
use awgp_core::approval::policy::ApprovalPolicy;
use awgp_core::messaging::settings::MessagingSettings;
use awgp_core::money::period::Zone;
use awgp_core::money::{provider, settings as money};
use awgp_core::stop::StopPolicy;
use awgp_core::tenant_settings::{change, is_known, validate};
use awgp_core::{notices, records};
use serde_json::Value;

/// Settings that are accepted can be read by every domain; an error leads to a key that is there.
pub fn settings(data: &[u8]) {
    let Some(Some(settings)) = text(data).map(json) else { return };
    let Value::Object(object) = &settings else { return };
    if let Err(error) = validate(&settings) {
        let leads = |key: &String| {
            error.path.strip_prefix(key.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        assert!(object.keys().any(leads), "{} is no path in {settings}", error.path);
        return;
    }
    assert!(object.keys().all(|key| is_known(key)));
    let approvals = ApprovalPolicy::of_settings(&settings).expect("approval_policy");
    assert!(approvals.roles.is_sorted() && approvals.quorum.iter().all(|votes| (1..=10).contains(votes)));
    assert!(approvals.expires_in_seconds <= approvals.max_lifetime_seconds);
    assert!(approvals.loosened_from(&approvals).is_empty());
    let actions = ActionPolicy::of_settings(&settings).expect("action_policy");
    assert!(actions.approval_for.len() <= 100);
    let notices = notices::settings::of_settings(&settings).expect("notices");
    for kind in notices::Kind::ALL {
        assert!(notices.targets(*kind).iter().all(|target| notices::settings::is_target_name(target)));
    }
    StopPolicy::of_settings(&settings).expect("stop_policy");
    let messaging = MessagingSettings::parse(&settings["messaging"]).expect("messaging");
    assert!(messaging.channels.iter().all(|channel| messaging.has_channel(channel)));
    records::policy::conversation_policy(&settings).expect("conversation_policy");
    records::policy::hallucination_policy(&settings).expect("hallucination_policy");
    if let Some(zone) = object.get("time_zone") {
        Zone::named(zone.as_str().expect("a name")).expect("a zone");
    }
    if let Some(names) = object.get("providers").and_then(Value::as_array) {
        assert!(
            names
                .iter()
                .filter_map(Value::as_str)
                .all(|name| provider::is_named(&settings["providers"], name))
        );
    }
    let limit = object.get("holding_monthly_cost_limit").filter(|limit| !limit.is_null());
    assert!(limit.is_none_or(|limit| money::limit(limit).is_some_and(|amount| !amount.is_negative())));
}

/// A change sets what it names and nothing beside it.
pub fn settings_change(data: &[u8]) {
    let Some((before, changed)) = two(data) else { return };
    let (Some(before @ Value::Object(_)), Some(Value::Object(changes))) = (json(before), json(changed))
    else {
        return;
    };
    let _ = change::outer_keys(&changes);
    let Ok(after) = change::applied(&before, &changes) else { return };
    let _ = change::check_own(&changes, &before, &after);
    if let Ok((levels, people)) = change::judged(&before, &after) {
        assert!(people >= 1 && levels.is_sorted());
    }
    assert!(change::fallen(&before, &before).is_empty());
    let mut one = changes.iter();
    if let (Some((path, value)), None) = (one.next(), one.next()) {
        assert_eq!(change::at(&after, path), value, "{path}");
        let is_beside = |other: &&String| {
            !format!("{other}.").starts_with(&format!("{path}."))
                && !format!("{path}.").starts_with(&format!("{other}."))
        };
        let paths = change::paths(&before);
        // A key with a dot in it is no path.
        for path in paths.iter().filter(is_beside).filter(|path| !change::at(&before, path).is_null()) {
            assert_eq!(change::at(&after, path), change::at(&before, path), "{path}");
        }
    }
}
