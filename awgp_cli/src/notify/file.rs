//! The file of targets: names, addresses and secrets. The database has only the names.

use super::mail::{Mail, Tls};
use super::shape::{SLACK, TEAMS, Template};
use super::signature::Key;
use super::webhook::Webhook;
use crate::http::{check_url, is_loopback};
use awgp_client::{Failure, input};
use awgp_core::notices::settings::is_target_name;
use awgp_core::reason::Reason;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file, checked.
#[derive(Debug)]
pub struct Targets {
    /// Where the console is, for links.
    pub console: Option<String>,
    /// The targets, by name.
    pub targets: Vec<Target>,
}

/// One target.
#[derive(Debug)]
pub struct Target {
    /// Its name, which routes use.
    pub name: String,
    /// The slugs of the tenants whose notices it takes; None: of all, and of the installation.
    pub tenants: Option<Vec<String>>,
    /// How long an attempt may take.
    pub timeout: Duration,
    /// How a notice gets there.
    pub way: Way,
}

/// How a notice gets there.
#[derive(Debug)]
pub enum Way {
    /// HTTP.
    Webhook(Webhook),
    /// SMTP.
    Mail(Mail),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    console_url: Option<String>,
    targets: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Entry {
    Webhook {
        url: String,
        shape: Option<Shape>,
        template: Option<String>,
        secret: Option<String>,
        ca_file: Option<PathBuf>,
        tenants: Option<Vec<String>>,
        timeout_seconds: Option<u64>,
    },
    Mail {
        server: String,
        port: Option<u16>,
        tls: Option<Tls>,
        user: Option<String>,
        password: Option<String>,
        from: String,
        to: Vec<String>,
        ca_file: Option<PathBuf>,
        tenants: Option<Vec<String>>,
        timeout_seconds: Option<u64>,
    },
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Shape {
    Json,
    Slack,
    Teams,
}

/// How long an attempt may take where the file does not say, and at most: less than half of a lease.
const TIMEOUT_SECONDS: u64 = 10;
const TIMEOUT_RANGE: std::ops::RangeInclusive<u64> = 1..=25;

/// Reads the file and checks all of it.
pub fn read(path: &Path) -> Result<Targets, Failure> {
    let place = path.display();
    let text = input::file(path)
        .map_err(|error| refused(&format!("{place} cannot be read: {error}")).hint(FILE_HINT))?;
    let mode = fs::metadata(path).map_or(0o777, |metadata| metadata.permissions().mode());
    if mode & 0o077 != 0 {
        return Err(refused(&format!("{place} has secrets, and others than its owner may read or write it"))
            .hint(format!("chmod 600 {place}")));
    }
    let file: File = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        refused(&format!("{place}, near line {line}: {}", without_values(error.message()))).hint(FILE_HINT)
    })?;
    let of_file = |problem: String| refused(&format!("{place}: {problem}")).hint(FILE_HINT);
    if file.targets.is_empty() {
        return Err(of_file("it has no target".to_owned()));
    }
    if let Some(url) = &file.console_url {
        check_url("console_url", url).map_err(of_file)?;
    }
    let mut targets = Vec::new();
    for (name, entry) in file.targets {
        let target = target(&name, entry).map_err(|problem| of_file(format!("targets.{name}: {problem}")))?;
        targets.push(target);
    }
    Ok(Targets { console: file.console_url, targets })
}

const FILE_HINT: &str = "docs/notices.md describes the file; `awgp notify --check` checks it";

fn refused(message: &str) -> Failure {
    Failure::of_reason(Reason::NotifyFile, message)
}

/// The parser's message, unless it may quote a value: that could be a secret.
fn without_values(message: &str) -> &str {
    let names_only =
        ["unknown field", "missing field", "duplicate"].iter().any(|known| message.starts_with(known));
    if names_only {
        message.lines().next().unwrap_or_default()
    } else {
        "it is not TOML, or a value has another type or is not one of those possible"
    }
}

fn target(name: &str, entry: Entry) -> Result<Target, String> {
    if !is_target_name(name) {
        return Err("a name has at most 63 lower-case letters, digits, _ and -".to_owned());
    }
    let (way, tenants, seconds) = match entry {
        Entry::Webhook { url, shape, template, secret, ca_file, tenants, timeout_seconds } => {
            check_url("url", &url)?;
            let template = match (shape, &template) {
                (Some(_), Some(_)) => return Err("give shape or template, not both".to_owned()),
                (None | Some(Shape::Json), None) => None,
                (Some(Shape::Slack), None) => Some(SLACK),
                (Some(Shape::Teams), None) => Some(TEAMS),
                (None, Some(own)) => Some(own.as_str()),
            };
            let template = template
                .map(Template::parse)
                .transpose()
                .map_err(|problem| format!("template: {problem}"))?;
            let key = secret.map(|secret| {
                Key::parse(&secret).ok_or(
                    "secret is whsec_ and base64 of 24 to 64 bytes: echo whsec_$(openssl rand -base64 32)",
                )
            });
            let key = key.transpose()?;
            let timeout = bounded(timeout_seconds)?;
            (Way::Webhook(Webhook::new(url, template, key, ca_file.as_deref(), timeout)?), tenants, timeout)
        }
        Entry::Mail { server, port, tls, user, password, from, to, ca_file, tenants, timeout_seconds } => {
            let timeout = bounded(timeout_seconds)?;
            let login = match (user, password) {
                (Some(user), Some(password)) => Some((user, password)),
                (None, None) => None,
                _ => return Err("user and password belong together".to_owned()),
            };
            let tls = tls.unwrap_or(Tls::Starttls);
            if tls == Tls::None && !is_loopback(&server) {
                return Err("tls = \"none\" is only for a server on this machine".to_owned());
            }
            let mail = Mail::new(&server, port, tls, login, &from, &to, ca_file.as_deref(), timeout)?;
            (Way::Mail(mail), tenants, timeout)
        }
    };
    Ok(Target { name: name.to_owned(), tenants, timeout: seconds, way })
}

fn bounded(seconds: Option<u64>) -> Result<Duration, String> {
    let seconds = seconds.unwrap_or(TIMEOUT_SECONDS);
    if TIMEOUT_RANGE.contains(&seconds) {
        Ok(Duration::from_secs(seconds))
    } else {
        Err("timeout_seconds is from 1 to 25".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kept(PathBuf);

    impl Kept {
        fn new(text: &str, mode: u32) -> Self {
            let path = std::env::temp_dir().join(format!("awgp-notify-{}.toml", uuid::Uuid::new_v4()));
            fs::write(&path, text).expect("a file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
            Self(path)
        }
    }

    impl Drop for Kept {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    const GOOD: &str = r#"
        console_url = "https://console.example"
        [targets.chat]
        type = "webhook"
        url = "https://hooks.example/services/T0/B0/x"
        shape = "slack"
        [targets.siem]
        type = "webhook"
        url = "http://127.0.0.1:8080/awgp"
        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        tenants = ["north"]
        timeout_seconds = 5
        [targets.mail]
        type = "mail"
        server = "mail.example"
        user = "awgp"
        password = "hunter2"
        from = "AWGP <awgp@north.example>"
        to = ["ops@north.example"]
    "#;

    #[test]
    fn a_good_file_has_its_targets() {
        let targets = read(&Kept::new(GOOD, 0o600).0).expect("it is good");
        let names: Vec<&str> = targets.targets.iter().map(|target| target.name.as_str()).collect();
        assert_eq!(names, ["chat", "mail", "siem"]);
        let shown = format!("{targets:?}");
        for secret in ["hunter2", "MfKQ9r8", "T0/B0"] {
            assert!(!shown.contains(secret), "{secret}");
        }
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        for mode in [0o640, 0o604, 0o620] {
            let failure = read(&Kept::new(GOOD, mode).0).expect_err("others may read it");
            assert_eq!(failure.noted("reason"), Some("notify_file"));
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_its_secrets() {
        let hook = "[targets.a]\ntype = \"webhook\"\n";
        let mail = "[targets.a]\ntype = \"mail\"\nserver = \"m.example\"\nfrom = \"a@b.example\"\n";
        for text in [
            String::new(),
            "targets = {}".to_owned(),
            format!("{hook}url = \"http://hooks.example\""),
            format!("{hook}url = \"ftp://hooks.example\""),
            format!("{hook}url = \"hunter2\""),
            format!("{hook}url = \"https://h.example\"\nsecret = \"hunter2\""),
            format!("{hook}url = \"https://h.example\"\nsecret = 7\n#hunter2"),
            format!("{hook}url = \"https://h.example\"\nshape = \"hunter2\""),
            format!("{hook}url = \"https://h.example\"\nshape = \"slack\"\ntemplate = \"{{}}\""),
            format!("{hook}url = \"https://h.example\"\ntemplate = \"hunter2\""),
            format!("{hook}url = \"https://h.example\"\ntimeout_seconds = 26"),
            format!("{hook}url = \"https://h.example\"\ncolour = \"hunter2\""),
            format!("{hook}url = \"https://h.example\"\npassword = hunter2"),
            "[targets.Ops]\ntype = \"webhook\"\nurl = \"https://h.example\"".to_owned(),
            format!("{mail}to = []"),
            format!("{mail}to = [\"not an address hunter2\"]"),
            format!("{mail}to = [\"c@d.example\"]\npassword = \"hunter2\""),
            format!("{mail}to = [\"c@d.example\"]\ntls = \"none\""),
            format!("{mail}to = [\"c@d.example\"]\nca_file = \"/nowhere\""),
        ] {
            let failure = read(&Kept::new(&text, 0o600).0).expect_err(&text);
            assert_eq!(failure.noted("reason"), Some("notify_file"), "{text}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }
}
