//! The fleet file: the members, how each is reached, and how long a command waits for one.
//!
//! ```toml
//! connect_timeout_seconds = 5
//! statement_timeout_seconds = 300
//!
//! [members.a]
//! shard = 0
//! url = "postgres://awgp_ops@db-a.example/governed"
//! sslmode = "verify-full"
//! capacity_gib = 500
//! ```

use awgp_client::{Exit, Failure, Profile, input, secret, shown};
use awgp_core::reason::Reason;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::{Table, Value};

/// How long a login may take where the file does not say, and a statement.
const CONNECT_SECONDS: u32 = 5;
const STATEMENT_SECONDS: u32 = 300;
/// Above these a command would seem to hang.
const CONNECT_SECONDS_MAX: u32 = 600;
const STATEMENT_SECONDS_MAX: u32 = 7 * 86_400;
const MEMBERS_MAX: usize = 1_000;

/// How much longer than the server the client waits: for a server that does not answer at all.
const GRACE: Duration = Duration::from_secs(1);

const HINT: &str = "docs/fleet.md describes the file";

/// A fleet, as its file describes it.
#[derive(Clone, Debug)]
pub struct Fleet {
    /// The file.
    pub file: PathBuf,
    /// The members, by shard, each primary before its standbys.
    members: Vec<Member>,
}

/// A database of the fleet.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its number in the proxy, from 0.
    pub shard: u32,
    /// Whether it takes writes.
    pub role: Role,
    /// Whether new families may be placed there.
    pub takes_new_families: bool,
    /// How many bytes it may hold; None: not said.
    pub capacity_bytes: Option<u64>,
    /// How long a login may take.
    pub connect_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
    profile: Profile,
}

/// What a member is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It has families. Commands go there.
    Primary,
    /// A standby of the primary with the same shard. Only `fleet status` and `fleet pgdog` speak of it.
    Replica,
}

impl Role {
    /// As the file writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Replica => "replica",
        }
    }
}

impl Member {
    /// The connection: its URL and keywords, with both limits.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// How long the client waits for the answer to a statement.
    pub fn patience(&self) -> Duration {
        self.statement_timeout + GRACE
    }
}

impl Fleet {
    /// Reads the file and checks all of it.
    pub fn read(file: &Path) -> Result<Self, Failure> {
        let place = shown::line(&file.display().to_string());
        let text = input::file(file).map_err(|error| refused(&format!("{place} cannot be read: {error}")))?;
        let members = members(&text).map_err(|problem| refused(&format!("{place}: {problem}")))?;
        let mode = fs::metadata(file).map_or(0o777, |metadata| metadata.permissions().mode());
        if mode & 0o077 != 0 && members.iter().any(|member| member.profile.has_secret()) {
            let message = format!("{place} has a password, and others than its owner may read or write it");
            return Err(Failure::of_reason(Reason::FleetFile, message)
                .hint(format!("run chmod 600 {place}, or keep the password in ~/.pgpass")));
        }
        for member in &members {
            member.profile.check(&member.name)?;
        }
        Ok(Self { file: file.to_owned(), members })
    }

    /// The members that have families, by shard.
    pub fn primaries(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.role == Role::Primary)
    }

    /// All members, by shard.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The member of this name that has families.
    pub fn member(&self, name: &str) -> Result<&Member, Failure> {
        self.primaries().find(|member| member.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.primaries().map(|member| member.name.as_str()).collect();
            let message = format!("the fleet has no member \"{name}\" with families");
            Failure::new(Exit::NotFound, message).hint(format!("choose one of {}", known.join(", ")))
        })
    }
}

fn refused(message: &str) -> Failure {
    Failure::of_reason(Reason::FleetFile, secret::redact(message)).hint(HINT)
}

/// The members of a text. Names keys, and never quotes a value, which could be a secret.
fn members(text: &str) -> Result<Vec<Member>, String> {
    let table: Table = toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
        format!("near line {line} it is not TOML")
    })?;
    let mut limits = (CONNECT_SECONDS, STATEMENT_SECONDS);
    let mut named = BTreeMap::new();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("connect_timeout_seconds", value) => limits.0 = connect_seconds(&value)?,
            ("statement_timeout_seconds", value) => limits.1 = statement_seconds(&value)?,
            ("members", Value::Table(members)) => named.extend(members),
            ("members", _) => return Err("members is no table: write [members.NAME]".to_owned()),
            _ => return Err(format!("the key {} is unknown", shown::line(&key))),
        }
    }
    if named.is_empty() || named.len() > MEMBERS_MAX {
        return Err(format!("it has {} members, and not 1 to {MEMBERS_MAX}", named.len()));
    }
    let mut members = Vec::new();
    for (name, value) in named {
        let member = member(&name, value, limits)
            .map_err(|problem| format!("members.{}: {problem}", shown::line(&name)))?;
        members.push(member);
    }
    members.sort_by(|a, b| {
        (a.shard, a.role == Role::Replica, &a.name).cmp(&(b.shard, b.role == Role::Replica, &b.name))
    });
    check_shards(&members)?;
    Ok(members)
}

/// The primaries have the numbers from 0 on, each once, as the proxy needs them.
fn check_shards(members: &[Member]) -> Result<(), String> {
    let primaries = members.iter().filter(|member| member.role == Role::Primary);
    let mut next = 0;
    for member in primaries {
        if member.shard != next {
            return Err(format!(
                "members.{}: the primary has shard {}, and the next number is {next}: primaries have 0, 1, 2 \
                 and so on, each once",
                member.name, member.shard
            ));
        }
        next += 1;
    }
    match members.iter().find(|member| member.shard >= next) {
        Some(member) => Err(format!("members.{}: no primary has shard {}", member.name, member.shard)),
        None => Ok(()),
    }
}

fn member(name: &str, value: Value, limits: (u32, u32)) -> Result<Member, String> {
    let is_name = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'));
    if !is_name {
        return Err("a name has at most 63 lower-case letters, digits, _ and -".to_owned());
    }
    let Value::Table(table) = value else { return Err("it is no table".to_owned()) };
    let mut shard = None;
    let mut role = Role::Primary;
    let mut takes_new_families = true;
    let mut capacity_bytes = None;
    let (mut connect, mut statement) = limits;
    let mut profile = Profile::default();
    for (key, value) in table {
        match (key.as_str(), &value) {
            ("shard", value) => shard = Some(whole(value, "shard", 0..=9_999)?),
            ("role", Value::String(text)) if text == "primary" => role = Role::Primary,
            ("role", Value::String(text)) if text == "replica" => role = Role::Replica,
            ("role", _) => return Err("role is primary or replica".to_owned()),
            ("new_families", Value::Boolean(takes)) => takes_new_families = *takes,
            ("new_families", _) => return Err("new_families is true or false".to_owned()),
            ("capacity_gib", value) => {
                capacity_bytes = Some(u64::from(whole(value, "capacity_gib", 1..=10_000_000)?) << 30);
            }
            ("connect_timeout_seconds", value) => connect = connect_seconds(value)?,
            ("statement_timeout_seconds", value) => statement = statement_seconds(value)?,
            ("tenant" | "user" | "token_file" | "fleet" | "connect_timeout", _) => return Err(unfit(&key)),
            (keyword, Value::String(text)) if profile.set(keyword, text) => {}
            (keyword, Value::Integer(number)) if profile.set(keyword, &number.to_string()) => {}
            (keyword, _) if Profile::default().set(keyword, "") => {
                return Err(format!("{keyword} is neither a text nor a whole number"));
            }
            _ => return Err(format!("the key {} is unknown", shown::line(&key))),
        }
    }
    if !profile.has_connection() {
        return Err("it says no url".to_owned());
    }
    let shard = shard.ok_or("it says no shard")?;
    profile.set("connect_timeout", &connect.to_string());
    let own = profile.settings.iter().find(|(key, _)| *key == "options").map(|(_, text)| format!("{text} "));
    profile.set("options", &format!("{}-c statement_timeout={statement}s", own.unwrap_or_default()));
    Ok(Member {
        name: name.to_owned(),
        shard,
        role,
        takes_new_families,
        capacity_bytes,
        connect_timeout: Duration::from_secs(connect.into()),
        statement_timeout: Duration::from_secs(statement.into()),
        profile,
    })
}

/// Why a key that profiles have is not one of a member.
fn unfit(key: &str) -> String {
    match key {
        "connect_timeout" => "write connect_timeout_seconds instead of connect_timeout".to_owned(),
        "user" => "the login goes into url; --user names the user of AWGP".to_owned(),
        _ => format!("{key} is no key of a member: it is given with each command"),
    }
}

fn connect_seconds(value: &Value) -> Result<u32, String> {
    whole(value, "connect_timeout_seconds", 1..=CONNECT_SECONDS_MAX)
}

fn statement_seconds(value: &Value) -> Result<u32, String> {
    whole(value, "statement_timeout_seconds", 1..=STATEMENT_SECONDS_MAX)
}

fn whole(value: &Value, key: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
    number
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("{key} is a whole number from {} to {}", range.start(), range.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        connect_timeout_seconds = 2
        [members.b]
        shard = 1
        url = "postgres://ops@b.example/governed"
        statement_timeout_seconds = 9
        new_families = false
        [members.a]
        shard = 0
        url = "postgres://ops@a.example/governed"
        options = "-c jit=off"
        sslmode = "require"
        port = 5433
        capacity_gib = 2
        [members.a-standby]
        shard = 0
        role = "replica"
        url = "postgres://ops@c.example/governed"
    "#;

    #[test]
    fn a_good_file_has_its_members_by_shard() {
        let members = members(GOOD).expect("it is good");
        let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, ["a", "a-standby", "b"]);
        let [a, standby, b] = &members[..] else { panic!("three") };
        assert_eq!((a.capacity_bytes, a.takes_new_families), (Some(2 << 30), true));
        assert_eq!((b.takes_new_families, standby.role), (false, Role::Replica));
        assert_eq!(a.connect_timeout, Duration::from_secs(2));
        assert_eq!(
            (a.statement_timeout, b.statement_timeout),
            (Duration::from_mins(5), Duration::from_secs(9))
        );
        let options = |member: &Member| {
            member.profile.settings.iter().find(|(key, _)| *key == "options").map(|(_, text)| text.clone())
        };
        assert_eq!(options(a).as_deref(), Some("-c jit=off -c statement_timeout=300s"));
        assert_eq!(options(b).as_deref(), Some("-c statement_timeout=9s"));
    }

    #[test]
    fn what_is_wrong_is_named_without_values() {
        let member = "[members.a]\nshard = 0\nurl = \"postgres://u:hunter2@h/d\"\n";
        for (text, named) in [
            (String::new(), "0 members"),
            ("members = 3".to_owned(), "members"),
            (format!("colour = \"hunter2\"\n{member}"), "colour"),
            (format!("{member}colour = \"hunter2\""), "members.a: the key colour"),
            (format!("{member}role = \"hunter2\""), "role"),
            (format!("{member}sslmode = [\"hunter2\"]"), "sslmode"),
            (format!("{member}statement_timeout_seconds = 0"), "statement_timeout_seconds"),
            (format!("{member}connect_timeout = 3"), "connect_timeout_seconds"),
            (format!("{member}tenant = \"hunter2\""), "tenant"),
            (format!("{member}capacity_gib = 0"), "capacity_gib"),
            (format!("{member}password = hunter2"), "line 4"),
            ("[members.a]\nshard = 0".to_owned(), "url"),
            ("[members.a]\nurl = \"postgres://h/d\"".to_owned(), "shard"),
            ("[members.A]\nshard = 0\nurl = \"postgres://h/d\"".to_owned(), "members.A"),
            (member.replace("shard = 0", "shard = 1"), "the next number is 0"),
            (format!("{member}{}", member.replace("members.a", "members.b")), "members.b"),
            (
                format!("{member}{}role = \"replica\"", member.replace("s.a", "s.b").replace("= 0", "= 1")),
                "no primary",
            ),
        ] {
            let problem = members(&text).expect_err(&text);
            assert!(problem.contains(named), "{named}: {problem}");
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn a_password_in_a_file_that_others_can_read_is_refused_and_any_other_file_is_read() {
        let file = std::env::temp_dir().join(format!("awgp-fleet-{}.toml", uuid::Uuid::new_v4()));
        let write = |text: &str, mode: u32| {
            fs::write(&file, text).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("permissions");
            Fleet::read(&file).map_err(|failure| failure.noted("reason").map(str::to_owned))
        };
        let with = "[members.a]\nshard = 0\nurl = \"postgres://u:hunter2@h/d\"\n";
        let refused = Some("fleet_file".to_owned());
        assert_eq!(write(with, 0o644).map(|_| ()), Err(refused.clone()));
        assert!(write(with, 0o600).is_ok());
        assert!(write(&with.replace(":hunter2", ""), 0o644).is_ok());
        assert_eq!(write("x = 1", 0o600).map(|_| ()), Err(refused));
        fs::remove_file(&file).expect("it is there");
        assert!(Fleet::read(&file).is_err());
    }
}
