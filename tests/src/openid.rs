//! Runs the real `awgp-demo-provider` beside a test, and signs readers in at it.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use crate::command::Folder;
use crate::console::{Console, Page, Reader, program};
use crate::fixture::Group;
use crate::own_server::kill;
use crate::tokens::trusting_database;
use crate::{Database, Login};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use uuid::Uuid;

/// A provider on a free port of this machine. It ends with the test.
pub struct OpenId {
    /// Its issuer.
    pub url: String,
    child: Child,
}

impl OpenId {
    /// Starts one that knows these subjects.
    pub fn start(folder: &Folder, subjects: &[Uuid], arguments: &[&str]) -> Self {
        let file = folder.file("users.jsonl");
        let line = |sub: &Uuid| json!({ "sub": sub, "name": sub, "about": "of a test" }).to_string();
        let users: Vec<String> = subjects.iter().map(line).collect();
        std::fs::write(&file, users.join("\n")).expect("a file can be written");
        let mut child = Command::new(program("awgp-demo-provider"))
            .args(["--users", &file])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("awgp-demo-provider runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("UTF-8");
        let url =
            line.strip_prefix("the provider is at ").unwrap_or_else(|| panic!("it has to start: {line}"));
        Self { url: url.trim_end().to_owned(), child }
    }

    /// Sends it a signal, such as STOP.
    pub fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    /// Lets a database trust it.
    pub async fn trusted_by(&self, database: &Database) {
        let jwks = Reader::new(&self.url).get("/jwks").expect(200).body;
        let sql =
            "SELECT awgp.create_identity_provider('openid', $1, ARRAY['awgp'], $2, leeway_seconds => 0)";
        database.admin().await.execute(sql, &[&self.url, &jwks]).await.expect("a provider can be made");
    }

    /// Starts a console at which readers sign in here.
    pub fn console(&self, database: &Database, arguments: &[&str]) -> Console {
        let own = ["--issuer", self.url.as_str(), "--client-id", "awgp-console"];
        Console::start(database, &[&own, arguments].concat())
    }
}

impl Drop for OpenId {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A database in signed mode with the fixture's group, a provider that knows every user, and a console at
/// which they sign in.
pub struct Scene {
    /// The console.
    pub console: Console,
    /// The provider.
    pub openid: OpenId,
    /// The database.
    pub database: Database,
    /// Its tenants.
    pub group: Group,
    _folder: Folder,
}

impl Scene {
    /// With further arguments of the provider and of the console.
    pub async fn new(of_provider: &[&str], of_console: &[&str]) -> Self {
        let (database, group) = trusting_database().await;
        let folder = Folder::new(&database);
        let users: Vec<Uuid> = group.all().iter().flat_map(|tenant| tenant.users.clone()).collect();
        let openid = OpenId::start(&folder, &[users.as_slice(), &[Uuid::nil()]].concat(), of_provider);
        openid.trusted_by(&database).await;
        let sql = format!("ALTER DATABASE {} SET awgp.context_mode = 'signed'", database.name);
        database
            .connect(Login::Superuser)
            .await
            .batch_execute(&sql)
            .await
            .expect("a superuser sets the mode");
        let console = openid.console(&database, of_console);
        Self { console, openid, database, group, _folder: folder }
    }

    /// A reader who has signed in.
    #[track_caller]
    pub fn signed_in(&self, user: Uuid) -> Reader {
        let mut reader = self.console.reader();
        let answer = sign_in(&mut reader, &user.to_string(), "/inbox");
        assert_eq!((answer.status, answer.location()), (303, Some("/inbox")), "{answer:#?}");
        reader
    }
}

/// Goes from the console to the provider, chooses this subject there, and comes back with the answer of the
/// console.
pub fn sign_in(reader: &mut Reader, subject: &str, to: &str) -> Page {
    let back = choose(reader, subject, to);
    reader.get(&back)
}

/// The same up to the address to which the provider sends the browser back.
pub fn choose(reader: &mut Reader, subject: &str, to: &str) -> String {
    let page = reader.page(&format!("/sign-in?to={}", crate::cli::percent_encoded(to)));
    let start = page
        .links()
        .into_iter()
        .find(|link| link.starts_with("/sign-in/start"))
        .expect("a link to begin with");
    let at_provider = reader.get(&start).expect(303).location().expect("the provider").to_owned();
    let page = reader.get(&at_provider).expect(200);
    let names = [
        "response_type",
        "client_id",
        "redirect_uri",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    ];
    let values: Vec<String> = names.iter().map(|name| page.value(name).expect("a field")).collect();
    let mut fields: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
    fields.push(("sub", subject));
    let origin = at_provider.split("/authorize").next().expect("an origin");
    let chosen = reader.post_as_is(&format!("{origin}/authorize"), &fields).expect(303);
    chosen.location().expect("the way back").to_owned()
}
