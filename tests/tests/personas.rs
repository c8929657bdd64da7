//! A day of each person who works with AWGP, typed as docs/days.md has it: as the ordinary logins that the
//! page names, and beside it what a reader of the console sees.

use awgp_tests::command::{self, Folder, program};
use awgp_tests::console::{Console, Page, program as of_awgp};
use awgp_tests::{Database, Login, PASSWORD};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use tokio_postgres::Config;
use tokio_postgres::config::Host;

const PAGE: &str = include_str!("../../docs/days.md");
const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// The logins of the page.
pub const LOGINS: [(&str, Login); 5] = [
    ("app_server", Login::App),
    ("keeper", Login::Maintainer),
    ("anna", Login::Auditor),
    ("dora", Login::Admin),
    ("meter", Login::Monitor),
];

/// A day: a section of the page, and a database in which it has not begun.
struct Day {
    title: &'static str,
    database: Database,
    folder: Folder,
}

impl Day {
    async fn begins(title: &'static str) -> Self {
        let database = Database::new().await;
        let scene = format!("{HERE}/personas/scene.sql");
        command::run("psql", &database, &["--no-psqlrc", "--quiet", "--file", &scene]);
        let folder = Folder::new(&database);
        Self { title, database, folder }
    }

    /// A reader of the console, by e-mail.
    fn reader(&self, tenant: &str, user: &str) -> Console {
        Console::trial(&self.database, tenant, user)
    }

    /// Types the whole day. Each command prints what the page says.
    fn passes(&self) {
        let superuser: Config = self.database.url(Login::Superuser).parse().expect("a URL");
        let name = superuser.get_user().expect("a user");
        let governed = &self.database.name;
        let mut day = Command::new("python3");
        day.args([&format!("{HERE}/personas/run.py"), &format!("{HERE}/../docs/days.md"), self.title])
            .args(LOGINS.iter().filter_map(|(name, login)| Some(format!("{name}={}", login.role()?))))
            .args([
                format!("postgres={name}"),
                format!("governed={governed}"),
                format!("restored={governed}_restored"),
            ]);
        at_the_desk(&mut day, &self.database, &self.folder);
        let commands: usize = command::output_of(&mut day).trim().parse().expect("how many commands ran");
        assert_eq!(commands, commands_of(section(self.title)).len());
    }
}

/// The environment of whoever types: the server, the passwords, and the programs.
pub fn at_the_desk(day: &mut Command, database: &Database, desk: &Folder) {
    let superuser: Config = database.url(Login::Superuser).parse().expect("a URL");
    let Some(Host::Tcp(host)) = superuser.get_hosts().first() else { panic!("a server by TCP") };
    let port = superuser.get_ports().first().expect("a port");
    let (name, password) =
        (superuser.get_user().expect("a user"), superuser.get_password().expect("a password"));
    let password = String::from_utf8_lossy(password);
    let passwords = desk.file("pgpass");
    std::fs::write(&passwords, format!("*:*:*:{name}:{password}\n*:*:*:*:{PASSWORD}\n")).expect("written");
    command::output_of(Command::new("chmod").args(["600", &passwords]));
    let folder =
        |program: &Path| program.parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let path = [
        folder(&of_awgp("awgp")),
        folder(Path::new(program("psql").get_program())),
        std::env::var("PATH").unwrap_or_default(),
    ];
    day.env_clear()
        .env("PATH", path.join(":"))
        .envs([("PGHOST", host), ("PGPORT", &port.to_string()), ("PGDATABASE", &database.name)])
        .env("PGPASSFILE", &passwords)
        .env("LC_ALL", "C.UTF-8");
}

/// The text below a heading.
fn section(title: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("\n## {title}\n")).expect("the page has this day");
    rest.split("\n## ").next().unwrap_or(rest)
}

/// What is typed in a text.
fn commands_of(text: &str) -> Vec<&str> {
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ ")).collect()
}

/// The pages of the console that a day names.
fn pages_of(title: &str) -> Vec<&'static str> {
    let quoted = section(title).split('`').skip(1).step_by(2);
    quoted.filter(|text| text.starts_with('/')).collect()
}

/// The numbers of the events on a page of the console.
fn events(page: &Page) -> Vec<String> {
    let links = page.links().into_iter().filter_map(|link| Some(link.strip_prefix("/audit/")?.to_owned()));
    links.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit())).collect()
}

#[tokio::test]
async fn an_approver_decides_what_waits_and_the_inbox_of_the_console_is_the_same() {
    let day = Day::begins("An approver").await;
    let console = day.reader("north", "ada@north.example");
    let mut ada = console.reader();
    let [before] = pages_of(day.title)[..] else { panic!("a day with one page") };
    let waits = ada.page(before);
    let (invoice, claim) = (waits.text().find("Pay invoice 7"), waits.text().find("Write off claim 12"));
    assert!(invoice.is_some() && invoice < claim, "{waits:#?}");
    day.passes();
    let waits = ada.page("/inbox");
    assert!(!waits.says("Pay invoice 7") && !waits.says("Write off claim 12"), "{waits:#?}");
    let trail = ada.page("/audit?kind=approvals&who=ada%40north.example");
    assert!(trail.says("status pending → approved") && trail.says("status pending → rejected"), "{trail:#?}");
    // Whoever asked could not have decided.
    let asked = day.reader("north", "carl@north.example").reader().page("/inbox");
    assert!(!asked.says("Pay invoice 7"), "{asked:#?}");
}

#[tokio::test]
async fn an_operator_makes_a_tenant_that_works_and_ends_one_that_does_not() {
    let day = Day::begins("An operator of many tenants").await;
    let sue = day.reader("south", "sue@south.example");
    sue.reader().page("/inbox");
    day.passes();
    let eva = day.reader("east", "eva@east.example");
    let trail = eva.reader().page("/audit");
    assert!(trail.says("eva@east.example") && !trail.says("north"), "{trail:#?}");
    assert_eq!(sue.reader().get("/inbox").status, 403);
}

#[tokio::test]
async fn an_auditor_finds_what_happened_and_a_reader_of_the_tenant_sees_the_same() {
    let day = Day::begins("An auditor").await;
    day.passes();
    let console = day.reader("north", "bob@north.example");
    let mut bob = console.reader();
    let pages: BTreeSet<&str> = pages_of(day.title).into_iter().collect();
    assert_eq!(pages, BTreeSet::from(["/audit", "/audit/state"]));
    for page in pages {
        bob.page(page);
    }
    let listed = bob.page("/audit?kind=approvals");
    // The page lists these for the auditor.
    assert_eq!(events(&listed), ["17", "15"]);
    let event = bob.page("/audit/15");
    assert!(event.says("carl@north.example") && event.says("Pay invoice 7"), "{event:#?}");
    let state = bob.page("/audit/state");
    assert!(state.says("every event is signed") && state.says("example.com/audit+"), "{state:#?}");
    assert!(!state.says("south"), "{state:#?}");
}

#[tokio::test]
async fn a_manager_sees_what_is_left_stops_an_assistant_and_has_the_month_as_a_page() {
    let day = Day::begins("A manager").await;
    day.passes();
    let console = day.reader("north", "ada@north.example");
    let trail = console.reader().page("/audit?kind=assistants&who=bob%40north.example");
    assert!(trail.says("assistant “scribe”") && trail.says("status active → suspended"), "{trail:#?}");
}

#[tokio::test]
async fn a_dba_mends_what_the_doctor_finds_and_restores_the_backup() {
    let day = Day::begins("A DBA").await;
    let careless = "ALTER TABLE awgp.model_prices NO FORCE ROW LEVEL SECURITY";
    day.database.superuser().await.batch_execute(careless).await.expect("a superuser may");
    day.passes();
    let console = day.reader("north", "ada@north.example");
    let [page] = pages_of(day.title)[..] else { panic!("a day with one page") };
    let doctor = console.reader().page(page);
    assert!(doctor.says("awgp_maintainer") && !doctor.says("rls_not_forced"), "{doctor:#?}");
}

/// Every page of the documentation but that of the days.
fn other_pages() -> String {
    let mut git = Command::new("git");
    let names =
        command::output_of(git.args(["-C", &format!("{HERE}/.."), "ls-files", "README.md", "docs/*.md"]));
    let pages = names.lines().filter(|name| !name.ends_with("days.md"));
    pages.filter_map(|name| std::fs::read_to_string(format!("{HERE}/../{name}")).ok()).collect()
}

#[test]
fn every_command_of_a_day_stands_in_another_page_too() {
    let pages = other_pages();
    let mut verbs = BTreeSet::new();
    for command in commands_of(PAGE) {
        // Up to the next command of the line.
        for rest in command.split("awgp ").skip(1).filter_map(|rest| rest.split([';', '|']).next()) {
            let is_word = |word: &&str| {
                word.bytes().all(|c| c.is_ascii_lowercase() || c == b'-') && !word.starts_with('-')
            };
            let words: Vec<&str> = rest.split_whitespace().take(2).filter(is_word).collect();
            verbs.insert(format!("awgp {}", words.join(" ")));
        }
    }
    assert!(verbs.len() > 20, "{verbs:?}");
    let unknown: Vec<&String> = verbs.iter().filter(|verb| !pages.contains(*verb)).collect();
    assert!(unknown.is_empty(), "no other page names {unknown:?}");
}
