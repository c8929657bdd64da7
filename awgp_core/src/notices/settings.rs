//! `tenants.settings -> 'notices'`: which notices of a tenant go to which targets.

use super::Kind;
use crate::setting_error::SettingError;
use serde_json::Value;

/// How many targets a kind of notice may have.
pub const TARGETS_MAX: usize = 10;

/// Longest name of a target, in bytes.
const TARGET_BYTES_MAX: usize = 63;

/// How long before its end an approval is announced, in seconds, where the tenant does not say.
const REMIND_BEFORE_SECONDS: u32 = 3600;

/// The least and the most that a tenant may say.
const REMIND_RANGE: std::ops::RangeInclusive<u64> = 60..=604_800;

/// The settings. The default is that of a tenant without them: nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeSettings {
    /// The targets of each kind.
    routes: Vec<(Kind, Vec<String>)>,
    /// How long before its end an open approval is announced, in seconds.
    pub remind_before_seconds: u32,
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self { routes: Vec::new(), remind_before_seconds: REMIND_BEFORE_SECONDS }
    }
}

/// Checks the value of the key when a tenant's settings are written.
pub fn validate(value: &Value) -> Result<(), SettingError> {
    parse(value).map(|_| ())
}

/// Reads the settings of a tenant, whole; null and absent count as the default.
pub fn of_settings(settings: &Value) -> Result<NoticeSettings, SettingError> {
    settings.get("notices").map_or_else(|| Ok(NoticeSettings::default()), parse)
}

impl NoticeSettings {
    /// Where a notice of this kind goes.
    pub fn targets(&self, kind: Kind) -> &[String] {
        self.routes.iter().find(|(routed, _)| *routed == kind).map_or(&[], |(_, targets)| targets)
    }
}

fn parse(value: &Value) -> Result<NoticeSettings, SettingError> {
    let mut settings = NoticeSettings::default();
    let object = match value {
        Value::Null => return Ok(settings),
        Value::Object(object) => object,
        _ => return Err(SettingError::at("", "it must be a JSON object")),
    };
    for (key, value) in object {
        match key.as_str() {
            "routes" => settings.routes = routes(value).map_err(|error| error.below("routes"))?,
            "remind_before_seconds" => {
                let seconds = value.as_u64().filter(|seconds| REMIND_RANGE.contains(seconds));
                settings.remind_before_seconds =
                    seconds.and_then(|seconds| u32::try_from(seconds).ok()).ok_or_else(|| {
                        SettingError::at(key, "it must be a whole number from 60 to 604800, in seconds")
                    })?;
            }
            _ => {
                let problem = "notices has no such key; its keys are routes and remind_before_seconds";
                return Err(SettingError::at(key, problem));
            }
        }
    }
    Ok(settings)
}

fn routes(value: &Value) -> Result<Vec<(Kind, Vec<String>)>, SettingError> {
    let Some(object) = value.as_object() else {
        return Err(SettingError::at("", "it must be an object from kinds of notices to arrays of targets"));
    };
    let route = |(name, value): (&String, &Value)| {
        let Some(kind) = Kind::named(name).filter(|kind| kind.is_of_tenant()) else {
            let kinds: Vec<&str> =
                Kind::ALL.iter().filter(|kind| kind.is_of_tenant()).map(|kind| kind.name()).collect();
            let problem = format!("there is no such kind of notice; the kinds are {}", kinds.join(", "));
            return Err(SettingError::at(name, problem));
        };
        Ok((kind, targets(value).map_err(|error| error.below(name))?))
    };
    object.iter().map(route).collect()
}

fn targets(value: &Value) -> Result<Vec<String>, SettingError> {
    let Some(listed) = value.as_array().filter(|listed| listed.len() <= TARGETS_MAX) else {
        let problem = format!("it must be an array of at most {TARGETS_MAX} names of targets");
        return Err(SettingError::at("", problem));
    };
    let mut names: Vec<String> = Vec::new();
    for (index, value) in listed.iter().enumerate() {
        let name = value.as_str().filter(|name| is_target_name(name));
        let Some(name) = name else {
            let problem = "it must be a name of at most 63 lower-case letters, digits, _ and -";
            return Err(SettingError::at(index, problem));
        };
        if names.iter().any(|other| other == name) {
            return Err(SettingError::at(index, "it must not be there twice"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Whether a target may have this name.
pub fn is_target_name(name: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    !name.is_empty() && name.len() <= TARGET_BYTES_MAX && name.bytes().all(allowed)
}

/// The names in a list such as `ops-mail, ops-chat`; None where one of them cannot be a target. A name that
/// is there twice counts once.
pub fn target_list(text: &str) -> Option<Vec<String>> {
    let mut names: Vec<String> = Vec::new();
    for name in text.split(',').map(str::trim) {
        if name.is_empty() && text.trim().is_empty() {
            continue;
        }
        if !is_target_name(name) {
            return None;
        }
        if !names.iter().any(|other| other == name) {
            names.push(name.to_owned());
        }
    }
    (names.len() <= TARGETS_MAX).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn without_settings_nothing_is_sent_and_a_reminder_comes_an_hour_before() {
        for settings in [json!({}), json!({"notices": null}), json!({"notices": {}})] {
            let read = of_settings(&settings).expect("absent is fine");
            assert_eq!(read, NoticeSettings::default());
            assert!(Kind::ALL.iter().all(|kind| read.targets(*kind).is_empty()));
            assert_eq!(read.remind_before_seconds, 3600);
        }
    }

    #[test]
    fn each_kind_goes_to_its_own_targets() {
        let value = json!({"notices": {"routes": {"approval_asked": ["mail", "chat"], "flag_confirmed": []},
                                       "remind_before_seconds": 600}});
        let read = of_settings(&value).expect("valid");
        assert_eq!(read.targets(Kind::ApprovalAsked), ["mail", "chat"]);
        assert!(read.targets(Kind::FlagConfirmed).is_empty());
        assert!(read.targets(Kind::ApprovalDecided).is_empty());
        assert_eq!(read.remind_before_seconds, 600);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let many: Vec<String> = (0..11).map(|number| format!("t{number}")).collect();
        for (value, path) in [
            (json!([]), ""),
            (json!({"route": {}}), "route"),
            (json!({"routes": []}), "routes"),
            (json!({"routes": {"approval_ask": ["a"]}}), "routes.approval_ask"),
            (json!({"routes": {"doctor_error": ["a"]}}), "routes.doctor_error"),
            (json!({"routes": {"approval_asked": "a"}}), "routes.approval_asked"),
            (json!({"routes": {"approval_asked": ["a", "Ops"]}}), "routes.approval_asked.1"),
            (json!({"routes": {"approval_asked": ["a", "a"]}}), "routes.approval_asked.1"),
            (json!({"routes": {"approval_asked": ["https://example.com"]}}), "routes.approval_asked.0"),
            (json!({"routes": {"approval_asked": many}}), "routes.approval_asked"),
            (json!({"remind_before_seconds": 59}), "remind_before_seconds"),
            (json!({"remind_before_seconds": "1h"}), "remind_before_seconds"),
        ] {
            assert_eq!(validate(&value).expect_err("wrong").path, path, "{value}");
        }
    }

    #[test]
    fn a_list_of_the_server_has_names_separated_by_commas() {
        let names = |text| target_list(text);
        assert_eq!(names(""), Some(vec![]));
        assert_eq!(names(" ops-mail ,ops_chat, ops-mail"), Some(vec!["ops-mail".into(), "ops_chat".into()]));
        for wrong in [",", "a,", "a b", "A", "https://example.com"] {
            assert_eq!(names(wrong), None, "{wrong}");
        }
    }
}
