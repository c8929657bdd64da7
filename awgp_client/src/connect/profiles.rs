//! The configuration file: profiles, in TOML.
//!
//! ```toml
//! [profile.prod]
//! url = "postgres://app_server@db.example/governed"
//! sslmode = "verify-full"
//! sslrootcert = "system"
//! tenant = "north"
//! user = "ada@north.example"
//! ```

use super::profile::Profile;
use super::settings::{Environment, is_open_to_others};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::shown;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use toml_edit::{DocumentMut, Item, Table, Value, value};

/// The table of profiles.
const PROFILES: &str = "profile";

/// The profiles of a user.
pub struct Profiles {
    file: PathBuf,
    document: DocumentMut,
}

impl Profiles {
    /// The configuration file: awgp/config.toml in $XDG_CONFIG_HOME, or in ~/.config.
    pub fn file_of(env: Environment<'_>) -> Option<PathBuf> {
        let folder = |name: &str| env(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let folder = folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))?;
        Some(folder.join("awgp").join("config.toml"))
    }

    /// Reads the configuration file. One that is not there has no profiles.
    pub fn read(env: Environment<'_>) -> Result<Self, Failure> {
        let file = Self::file_of(env).ok_or_else(|| {
            Failure::new(Exit::BadArgument, "there is no folder for a configuration file")
                .hint("set HOME or XDG_CONFIG_HOME to an absolute path")
        })?;
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(unusable(&file, &format!("cannot be read: {error}"))),
        };
        // The parser's own message shows the line, which may have a password.
        let document = text.parse::<DocumentMut>().map_err(|error| {
            let end = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..end].split(|byte| *byte == b'\n').count();
            unusable(&file, &format!("is not valid TOML in line {line}"))
        })?;
        Ok(Self { file, document })
    }

    /// The configuration file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The names, in the order of the file.
    pub fn names(&self) -> Vec<String> {
        self.table().map(|table| table.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
    }

    fn table(&self) -> Option<&dyn toml_edit::TableLike> {
        self.document.get(PROFILES).and_then(Item::as_table_like)
    }

    /// A profile. Refuses a key that is not known, and a password that others can read.
    pub fn profile(&self, name: &str) -> Result<Profile, Failure> {
        let shown = shown::line(name);
        let Some(table) = self.table().and_then(|table| table.get(name)) else {
            let known = self.names().join(", ");
            let hint = if known.is_empty() {
                format!("write it: awgp config save {shown} --database-url URL")
            } else {
                format!("choose one of {known}, or write it: awgp config save {shown} --database-url URL")
            };
            return Err(unusable(&self.file, &format!("has no profile {shown}")).hint_instead(hint));
        };
        let wrong = |key: &str, why: &str| {
            unusable(&self.file, &format!("has in profile {shown} the key {key}, {why}"))
        };
        let mut profile = Profile::default();
        let Some(table) = table.as_table_like() else {
            return Err(unusable(&self.file, &format!("has a profile {shown} that is no table")));
        };
        for (key, item) in table.iter() {
            let key_shown = shown::line(key);
            let text = match item.as_value() {
                Some(Value::String(text)) => text.value().clone(),
                Some(Value::Integer(number)) => number.value().to_string(),
                _ => return Err(wrong(&key_shown, "which is neither a text nor a whole number")),
            };
            if !profile.set(key, &text) {
                return Err(wrong(&key_shown, "which is unknown"));
            }
        }
        if profile.has_secret() && is_open_to_others(&self.file) {
            let file = shown::line(&self.file.display().to_string());
            let message = format!("the password of profile {shown} is not used: others can read {file}");
            return Err(Failure::new(Exit::BadArgument, message)
                .hint(format!("run chmod 600 {file}, or keep the password in ~/.pgpass")));
        }
        Ok(profile)
    }

    /// Writes a profile, in place of one of the same name. What else the file has stays as it is. A new file
    /// is for its owner alone.
    pub fn save(&mut self, name: &str, profile: &Profile) -> Result<(), Failure> {
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        {
            return Err(Failure::new(Exit::BadArgument, "the name of a profile is not valid")
                .hint("use letters, digits, hyphens, underscores and dots"));
        }
        if profile.has_secret() && self.file.exists() && is_open_to_others(&self.file) {
            let file = shown::line(&self.file.display().to_string());
            let message = format!("a password is not written to {file}: others can read it");
            return Err(Failure::new(Exit::BadArgument, message)
                .hint(format!("run chmod 600 {file}, or leave the password out and keep it in ~/.pgpass")));
        }
        let mut table = Table::new();
        let mut put = |key: &str, text: Option<&str>| {
            if let Some(text) = text {
                table.insert(key, value(text));
            }
        };
        put("url", profile.url.as_ref().map(|url| url.expose()));
        for (key, text) in &profile.settings {
            put(key, Some(text));
        }
        put("tenant", profile.tenant.as_deref());
        put("user", profile.user.as_deref());
        put("token_file", profile.token_file.as_deref().and_then(Path::to_str));
        put("fleet", profile.fleet.as_deref().and_then(Path::to_str));
        let profiles = self.document.entry(PROFILES).or_insert_with(|| {
            let mut parent = Table::new();
            parent.set_implicit(true);
            Item::Table(parent)
        });
        let Some(profiles) = profiles.as_table_like_mut() else {
            return Err(unusable(&self.file, "has a key profile that is no table"));
        };
        profiles.insert(name, Item::Table(table));
        self.write()
    }

    /// Removes a profile.
    pub fn remove(&mut self, name: &str) -> Result<(), Failure> {
        self.profile_is_there(name)?;
        if let Some(profiles) = self.document.get_mut(PROFILES).and_then(Item::as_table_like_mut) {
            profiles.remove(name);
        }
        self.write()
    }

    fn profile_is_there(&self, name: &str) -> Result<(), Failure> {
        if self.names().iter().any(|known| known == name) {
            return Ok(());
        }
        Err(unusable(&self.file, &format!("has no profile {}", shown::line(name)))
            .hint_instead("list them: awgp config profiles".to_owned()))
    }

    /// Writes the file beside the old one and gives it its name: a reader never finds half of it.
    fn write(&self) -> Result<(), Failure> {
        let failed = |error: io::Error| unusable(&self.file, &format!("cannot be written: {error}"));
        let folder = self.file.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
        let mode = fs::metadata(&self.file).map_or(0o600, |metadata| metadata.permissions().mode() & 0o777);
        let beside = self.file.with_extension(format!("toml.{}", std::process::id()));
        let written = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&beside)
            .and_then(|mut file| {
                file.write_all(self.document.to_string().as_bytes()).and_then(|()| file.sync_all())
            })
            .and_then(|()| fs::rename(&beside, &self.file));
        written.map_err(|error| {
            // It may not be there.
            let _ = fs::remove_file(&beside);
            failed(error)
        })
    }
}

fn unusable(file: &Path, why: &str) -> Failure {
    let file = shown::line(&file.display().to_string());
    Failure::new(Exit::BadArgument, format!("the configuration file {file} {why}"))
        .hint("docs/connecting.md has an example of the file")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own; gone when it is dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("awgp-profiles-{}-{name}", std::process::id()));
            fs::create_dir_all(path.join("awgp")).expect("a folder");
            Self(path)
        }

        fn write(&self, text: &str, mode: u32) {
            let file = self.0.join("awgp/config.toml");
            fs::write(&file, text).expect("a file");
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("permissions");
        }

        fn read(&self) -> Result<Profiles, Failure> {
            let folder = self.0.display().to_string();
            Profiles::read(&|name| (name == "XDG_CONFIG_HOME").then(|| folder.clone()))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_file_is_where_xdg_says() {
        let file = |pairs: &[(&str, &str)]| {
            let pairs: Vec<(String, String)> =
                pairs.iter().map(|(key, text)| ((*key).to_owned(), (*text).to_owned())).collect();
            Profiles::file_of(&move |name: &str| {
                pairs.iter().find(|(key, _)| key == name).map(|(_, text)| text.clone())
            })
        };
        assert_eq!(file(&[("XDG_CONFIG_HOME", "/x"), ("HOME", "/h")]), Some("/x/awgp/config.toml".into()));
        assert_eq!(
            file(&[("XDG_CONFIG_HOME", "x"), ("HOME", "/h")]),
            Some("/h/.config/awgp/config.toml".into())
        );
        assert_eq!(file(&[]), None);
    }

    #[test]
    fn a_profile_is_written_and_read_and_the_rest_of_the_file_stays() {
        let folder = Folder::new("written");
        folder.write("# mine\n[profile.old]\nurl = \"postgres://h/d\" # here\n", 0o644);
        let mut profile = Profile::default();
        for (key, text) in
            [("url", "postgres://u@h/d"), ("sslmode", "require"), ("tenant", "north"), ("user", "a@b")]
        {
            assert!(profile.set(key, text), "{key}");
        }
        let mut profiles = folder.read().expect("a file");
        profiles.save("prod", &profile).expect("written");
        let mut again = folder.read().expect("a file");
        assert_eq!(again.names(), ["old", "prod"]);
        assert_eq!(again.profile("prod"), Ok(profile));
        let text = fs::read_to_string(again.file()).expect("a file");
        assert!(text.starts_with("# mine\n[profile.old]\nurl = \"postgres://h/d\" # here\n"), "{text}");
        again.remove("prod").expect("removed");
        assert_eq!(folder.read().expect("a file").names(), ["old"]);
        assert!(again.remove("prod").is_err());
    }

    #[test]
    fn a_password_is_neither_taken_from_nor_written_to_a_file_that_others_can_read() {
        for text in [
            "url = \"postgres://u:hunter2@h/d\"",
            "url = \"host=h password=hunter2\"",
            "url = \"jdbc:postgresql://h/d?password=hunter2\"",
            "password = \"hunter2\"",
        ] {
            let folder = Folder::new("open");
            folder.write(&format!("[profile.a]\n{text}\n"), 0o604);
            let profiles = folder.read().expect("a file");
            let failure = profiles.profile("a").expect_err(text);
            assert!(failure.noted("hint").is_some_and(|hint| hint.contains("chmod 600")), "{failure:?}");
            assert!(!format!("{failure:?}").contains("hunter2"));
            let mut secret = Profile::default();
            secret.set("password", "hunter2");
            assert!(folder.read().expect("a file").save("b", &secret).is_err());
            folder.write(&format!("[profile.a]\n{text}\n"), 0o600);
            assert!(folder.read().expect("a file").profile("a").is_ok(), "{text}");
        }
    }

    #[test]
    fn a_new_file_is_for_its_owner_alone() {
        let folder = Folder::new("new");
        let mut secret = Profile::default();
        secret.set("password", "hunter2");
        folder.read().expect("no file yet").save("a", &secret).expect("written");
        let file = folder.0.join("awgp/config.toml");
        assert_eq!(fs::metadata(file).expect("a file").permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named_without_its_values() {
        let folder = Folder::new("wrong");
        folder.write("[profile.a]\nnonsense = \"hunter2\"\n[profile.b]\nport = [1]\n", 0o600);
        let profiles = folder.read().expect("a file");
        let unknown = profiles.profile("a").expect_err("unknown");
        assert!(unknown.message.contains("nonsense") && !format!("{unknown:?}").contains("hunter2"));
        assert!(profiles.profile("b").expect_err("a list").message.contains("port"));
        let absent = profiles.profile("c").expect_err("absent");
        assert!(absent.noted("hint").is_some_and(|hint| hint.contains("a, b")), "{absent:?}");
        folder.write("[profile.a]\nurl = hunter2\n", 0o600);
        let malformed = folder.read().err().expect("no TOML");
        assert!(
            malformed.message.contains("line 2") && !format!("{malformed:?}").contains("hunter2"),
            "{malformed:?}"
        );
    }
}
