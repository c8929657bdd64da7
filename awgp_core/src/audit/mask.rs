//! Secrets that must not enter the log: columns and JSON keys named by a setting.
//!
//! Here are the names. A row is an object whose keys are the columns, so one rule serves both. The values are masked where a
//! jsonb is written as text, so that what is not masked keeps every digit.
//!
//! A masked value leaves no digest behind. An unkeyed digest of a password or a PIN is found by trying, and a
//! key would have to be kept where the log is kept. Whether a masked column changed is to be decided before
//! masking.

use thiserror::Error;

/// What stands in place of a masked value. null stays null: it says that there is no secret.
pub const MARKER: &str = "\"[masked]\"";

/// What is masked unless the setting says otherwise.
pub const DEFAULT_PATTERNS: &str = "*password*, passwd, *passphrase*, *secret*, *token, *apikey, *privatekey, \
                                    *accesskey, authorization, *credentials, cookie, setcookie";

/// A pattern that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a name with an optional * before and after it")]
pub struct BadPattern(pub String);

/// The names whose values are masked. Case, `_`, `-` and blanks are ignored, so `api_key`, `Api-Key` and `apiKey`
/// are one name; `*` stands for anything at the beginning or the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretNames {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    core: String,
    open_start: bool,
    open_end: bool,
}

impl SecretNames {
    /// Reads the setting: patterns separated by commas. An empty text masks nothing.
    pub fn parse(setting: &str) -> Result<Self, BadPattern> {
        let names = setting.split(',').map(str::trim).filter(|name| !name.is_empty());
        let patterns = names.map(|name| {
            let (open_start, rest) = name.strip_prefix('*').map_or((false, name), |rest| (true, rest));
            let (open_end, rest) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
            let core = normal(rest);
            if core.is_empty() || core.contains('*') {
                return Err(BadPattern(name.to_owned()));
            }
            Ok(Pattern { core, open_start, open_end })
        });
        Ok(Self { patterns: patterns.collect::<Result<_, _>>()? })
    }

    /// Whether the value of a column or key of this name is masked.
    pub fn matches(&self, name: &str) -> bool {
        let name = normal(name);
        self.patterns.iter().any(|pattern| match (pattern.open_start, pattern.open_end) {
            (false, false) => name == pattern.core,
            (true, false) => name.ends_with(&pattern.core),
            (false, true) => name.starts_with(&pattern.core),
            (true, true) => name.contains(&pattern.core),
        })
    }
}

impl Default for SecretNames {
    fn default() -> Self {
        Self::parse(DEFAULT_PATTERNS).expect("the default patterns are well formed")
    }
}

fn normal(name: &str) -> String {
    let kept = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_ignore_case_and_separators() {
        let names = SecretNames::default();
        for name in ["apiKey", "API_KEY", "my-api-key", "access_token", "db_password_hash", "Client-Secret"] {
            assert!(names.matches(name), "{name}");
        }
    }

    #[test]
    fn counters_of_tokens_are_no_secrets() {
        let names = SecretNames::default();
        for name in ["input_tokens", "token_count", "note"] {
            assert!(!names.matches(name), "{name}");
        }
    }

    #[test]
    fn bad_patterns_are_refused() {
        assert!(SecretNames::parse("*").is_err());
        assert!(SecretNames::parse("a*b").is_err());
        assert_eq!(SecretNames::parse("").map(|names| names.matches("password")), Ok(false));
    }
}
