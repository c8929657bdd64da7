use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};

const FILE: &str = "
[profile.prod]
url = \"postgres://pat@prod.example/governed\"
sslmode = \"require\"
tenant = \"north\"
user = \"ada@north.example\"

[profile.context]
tenant = \"south\"
";

/// A configuration file of a test's own; gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("awgp-effective-{}-{number}", std::process::id()));
        fs::create_dir_all(path.join("awgp")).expect("a folder");
        let file = path.join("awgp/config.toml");
        fs::write(&file, FILE).expect("a file");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
        Self(path)
    }

    fn environment(&self, variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
        let mut pairs: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        pairs.push(("XDG_CONFIG_HOME".to_owned(), self.0.display().to_string()));
        move |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The server's place, the tenant, the user, and how many warnings there are.
fn in_force(wish: Wish<'_>, variables: &[(&str, &str)]) -> (String, Option<String>, Option<String>, usize) {
    let folder = Folder::new();
    let env = folder.environment(variables);
    let effective = Effective::determine(wish, &env).expect("a connection");
    let target = effective.target(&env).expect("a target");
    let owned = |text: Option<&str>| text.map(str::to_owned);
    (target.place(), owned(effective.tenant()), owned(effective.user()), target.warnings().len())
}

fn expected(
    place: &str,
    tenant: Option<&str>,
    user: Option<&str>,
    warnings: usize,
) -> (String, Option<String>, Option<String>, usize) {
    (place.to_owned(), tenant.map(str::to_owned), user.map(str::to_owned), warnings)
}

#[test]
fn what_is_named_more_closely_wins() {
    let url = DatabaseUrl::from("postgres://h/d");
    let prod = Wish { profile: Some("prod"), ..Wish::default() };
    let ada = Some("ada@north.example");
    let variables = [("DATABASE_URL", "postgres://v/d"), ("AWGP_TENANT", "t"), ("PGHOST", "p")];
    // A profile of the command line beats variables, an option beats the profile.
    assert_eq!(in_force(prod, &variables), expected("prod.example:5432", Some("north"), ada, 0));
    let wish = Wish { database_url: Some(&url), tenant: Some("own"), ..prod };
    assert_eq!(in_force(wish, &variables), expected("h:5432", Some("own"), ada, 0));
    // Variables beat a profile that is itself named by a variable; and it is said.
    let named = [&variables[..], &[("AWGP_PROFILE", "prod")]].concat();
    assert_eq!(in_force(Wish::default(), &named), expected("v:5432", Some("t"), ada, 1));
    let only = [("AWGP_PROFILE", "prod"), ("PGHOST", "p")];
    assert_eq!(in_force(Wish::default(), &only), expected("prod.example:5432", Some("north"), ada, 0));
    assert_eq!(in_force(Wish::default(), &variables), expected("v:5432", Some("t"), None, 0));
    // A profile without a connection leaves it to the others.
    let context = Wish { profile: Some("context"), ..Wish::default() };
    assert_eq!(in_force(context, &variables), expected("v:5432", Some("south"), None, 0));
    // What is empty on the command line says that there is nothing.
    let empty = DatabaseUrl::from("");
    let wish = Wish { database_url: Some(&empty), tenant: Some(""), ..Wish::default() };
    assert_eq!(in_force(wish, &variables), expected("p:5432", None, None, 0));
}

#[test]
fn the_password_of_one_connection_never_reaches_the_server_of_another() {
    let folder = Folder::new();
    let env = folder.environment(&[("DATABASE_URL", "postgres://u:hunter2@v/d")]);
    let url = DatabaseUrl::from("host=h");
    let wish = Wish { database_url: Some(&url), ..Wish::default() };
    let effective = Effective::determine(wish, &env).expect("a connection");
    let (settings, _) = effective.settings(&env).expect("settings");
    assert_eq!((settings.get("host"), settings.get("password")), (Some("h"), None));
}

#[test]
fn everything_is_shown_with_its_source_and_secrets_are_masked() {
    let folder = Folder::new();
    let service = folder.0.join("services.conf");
    fs::write(&service, "[s]\nport=7\nuser=of_service\nconnect_timeout=3\n").expect("a file");
    let file = service.display().to_string();
    let env = folder.environment(&[
        ("DATABASE_URL", "postgres://u:hunter2@h/d?pgbouncer=true"),
        ("PGSERVICE", "s"),
        ("PGSERVICEFILE", &file),
        ("PGAPPNAME", "report"),
        ("AWGP_USER", "bob"),
        ("AWGP_TOKEN", "a.b.c"),
    ]);
    let wish = Wish { profile: Some("context"), ..Wish::default() };
    let effective = Effective::determine(wish, &env).expect("a connection");
    let lines = effective.shown(&env).expect("lines");
    let line = |name: &str| {
        let line =
            lines.iter().find(|line| line.setting == name).unwrap_or_else(|| panic!("{name}: {lines:?}"));
        (line.value.as_str(), line.from.as_str())
    };
    let of_service = format!("service s of {file}");
    for (name, expected) in [
        ("profile", ("context", "--profile")),
        ("host", ("h", "DATABASE_URL")),
        ("user", ("u", "DATABASE_URL")),
        ("password", ("***", "DATABASE_URL")),
        ("port", ("7", of_service.as_str())),
        ("connect_timeout", ("3", of_service.as_str())),
        ("application_name", ("report", "PGAPPNAME")),
        ("sslmode", ("prefer", "default")),
        ("--tenant", ("south", "profile context")),
        ("--user", ("bob", "AWGP_USER")),
        ("access token", ("***", "AWGP_TOKEN")),
        ("pgbouncer", ("ignored: a parameter of Prisma", "DATABASE_URL")),
    ] {
        assert_eq!(line(name), expected, "{name}");
    }
    assert!(!format!("{lines:?}").contains("hunter2"));
}

#[test]
fn a_service_of_the_connection_string_wins_over_that_of_the_variable() {
    let folder = Folder::new();
    let service = folder.0.join("services.conf");
    fs::write(&service, "[a]\nhost=of_a\nport=1\n[b]\nhost=of_b\n").expect("a file");
    let file = service.display().to_string();
    let env = folder.environment(&[("PGSERVICE", "b"), ("PGSERVICEFILE", &file), ("PGHOST", "of_variable")]);
    let place = |url: Option<&str>| {
        let url = url.map(DatabaseUrl::from);
        Target::resolve(url.as_ref(), &env).expect("a target").place()
    };
    assert_eq!(place(Some("service=a")), "of_a:1");
    assert_eq!(place(Some("service=a port=9")), "of_a:9");
    assert_eq!(place(Some("postgres:///d?service=a")), "of_a:1");
    assert_eq!(place(None), "of_b:5432");
    let failure =
        Target::resolve(Some(&DatabaseUrl::from("service=c")), &env).err().expect("no such service");
    assert!(failure.message.contains("service c"), "{failure:?}");
}

#[test]
fn a_token_of_the_command_line_beats_variables_and_profiles() {
    let folder = Folder::new();
    let file = folder.0.join("token");
    fs::write(&file, "of.file.x\n").expect("a file");
    let path = file.display().to_string();
    let origin = |wish: Wish<'_>, variables: &[(&str, &str)]| {
        let env = folder.environment(variables);
        Effective::determine(wish, &env).expect("a token").token.map(|chosen| chosen.origin.to_string())
    };
    let wish = Wish { token_file: Some(&file), ..Wish::default() };
    assert_eq!(origin(wish, &[("AWGP_TOKEN", "a.b.c")]).as_deref(), Some("--token-file"));
    let both = [("AWGP_TOKEN", "a.b.c"), ("AWGP_TOKEN_FILE", path.as_str())];
    assert_eq!(origin(Wish::default(), &both).as_deref(), Some("AWGP_TOKEN_FILE"));
    assert_eq!(origin(Wish::default(), &[("AWGP_TOKEN", "a.b.c")]).as_deref(), Some("AWGP_TOKEN"));
    assert_eq!(origin(Wish::default(), &[]), None);
}
