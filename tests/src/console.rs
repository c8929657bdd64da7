//! Runs the real `awgp-console` beside a test, and reads it as a browser does: cookies are kept, redirects
//! are shown, not followed.

#![allow(clippy::missing_panics_doc)] // A panic is how a test fails.

use crate::cli::{Outcome, percent_encoded};
use crate::{Database, Login};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;
use ureq::Agent;
use ureq::http::Request;

/// A console on a free port of this machine. It ends with the test.
pub struct Console {
    /// Where it is, without a slash at the end.
    pub url: String,
    child: Child,
    // Without a reader, its next line would end it.
    _stdout: BufReader<ChildStdout>,
}

impl Console {
    /// Starts it with these arguments on this database, whose login is an application's, and waits until it
    /// listens.
    pub fn start(database: &Database, arguments: &[&str]) -> Self {
        Self::start_with(database, arguments, &[])
    }

    /// The same, with further variables.
    pub fn start_with(database: &Database, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = command(database, arguments, variables);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("awgp-console runs");
        let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("UTF-8");
        let Some(url) = line.strip_prefix("the console is at ") else {
            let mut said = String::new();
            let _ = child.stderr.take().expect("a pipe").read_to_string(&mut said);
            let _ = child.wait();
            panic!("awgp-console {arguments:?} does not start: {line}{said}");
        };
        let url = url.trim_end().trim_end_matches('/').to_owned();
        Self { url, child, _stdout: stdout }
    }

    /// Where readers bring their own tokens, as through a reverse proxy.
    pub fn bearer(database: &Database) -> Self {
        Self::start(database, &["--bearer"])
    }

    /// Where every reader is this user, by e-mail, of this tenant, by slug.
    pub fn trial(database: &Database, tenant: &str, user: &str) -> Self {
        Self::start(database, &["--tenant", tenant, "--as", user])
    }

    /// A reader without a token.
    pub fn reader(&self) -> Reader {
        Reader::new(&self.url)
    }

    /// A reader who brings a token.
    pub fn reader_with(&self, token: &str) -> Reader {
        let mut reader = self.reader();
        reader.headers.insert("authorization".into(), format!("Bearer {token}"));
        reader
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A console that has to end by itself, at once.
pub fn refused(database: &Database, arguments: &[&str]) -> Outcome {
    let output = command(database, arguments, &[]).output().expect("awgp-console runs");
    Outcome {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// The program `name` beside `awgp`.
pub fn program(name: &str) -> PathBuf {
    let awgp = std::env::var("AWGP_BIN").expect("AWGP_BIN is not set; it names the binary `awgp`");
    PathBuf::from(awgp).with_file_name(name)
}

fn command(database: &Database, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(program("awgp-console"));
    let url = database.url(Login::App);
    // A busy machine may need longer than the ten seconds that are usual.
    command.env_clear().env("DATABASE_URL", url).env("AWGP_CONSOLE_TIMEOUT", "60");
    command.envs(variables.iter().copied());
    if !arguments.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.args(arguments).stdin(Stdio::null()).stderr(Stdio::piped());
    command
}

/// Whoever reads: their cookies, the headers that they send, and the form secret that they last saw.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Sent with every request, by names in lower case.
    pub headers: BTreeMap<String, String>,
    /// As the answers have set them.
    pub cookies: BTreeMap<String, String>,
    /// Of the last page that had a form.
    pub form_secret: Option<String>,
    /// Where the console is.
    pub base: String,
    agent: Agent,
}

impl Reader {
    /// Somebody without cookies.
    pub fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .max_redirects(0)
            // A server that refuses a form may close the connection.
            .max_idle_connections(0)
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(3)))
            .build();
        Self {
            headers: BTreeMap::new(),
            cookies: BTreeMap::new(),
            form_secret: None,
            base: base.trim_end_matches('/').to_owned(),
            agent: Agent::new_with_config(config),
        }
    }

    /// Reads a page: a path of the console, or a URL elsewhere, which gets no cookie.
    pub fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, None)
    }

    /// The same, of a page that has to be there.
    #[track_caller]
    pub fn page(&mut self, path: &str) -> Page {
        self.get(path).expect(200)
    }

    /// Sends a form with the secret of the last page that had one.
    #[track_caller]
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let secret = self.form_secret.clone().expect("read a page with a form first");
        let fields = [&[("form_secret", secret.as_str())], fields].concat();
        self.post_as_is(path, &fields)
    }

    /// Sends these fields and no other.
    pub fn post_as_is(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let encoded: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", percent_encoded(name), percent_encoded(value)))
            .collect();
        self.send("POST", path, Some(encoded.join("&")))
    }

    /// After a form that was taken: the page to which it leads.
    #[track_caller]
    pub fn follow(&mut self, answer: &Page) -> Page {
        let to = answer.location().unwrap_or_else(|| panic!("this leads nowhere: {answer:#?}")).to_owned();
        self.get(&to)
    }

    fn send(&mut self, method: &str, path: &str, body: Option<String>) -> Page {
        let (url, is_own) = match path.strip_prefix(&self.base) {
            Some(_) => (path.to_owned(), true),
            None if path.starts_with("http://") => (path.to_owned(), false),
            None => (format!("{}{path}", self.base), true),
        };
        let mut request = Request::builder().method(method).uri(&url);
        for (name, value) in self.headers.iter().filter(|_| is_own) {
            request = request.header(name, value);
        }
        if is_own && !self.cookies.is_empty() {
            let cookies: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        if body.is_some() {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        let request = request.body(body.unwrap_or_default()).expect("a request");
        let mut response = self.agent.run(request).unwrap_or_else(|error| panic!("{method} {url}: {error}"));
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = response.body_mut().read_to_string().expect("a page in UTF-8");
        let page = Page { status: response.status().as_u16(), headers, body };
        if is_own {
            self.keep(&page);
        }
        page
    }

    fn keep(&mut self, page: &Page) {
        for cookie in page.all("set-cookie") {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            if attributes.to_ascii_lowercase().contains("max-age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        if let Some(secret) = page.value("form_secret") {
            self.form_secret = Some(secret);
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Page {
    /// Its status.
    pub status: u16,
    /// Its headers, in lower case.
    pub headers: Vec<(String, String)>,
    /// Its HTML.
    pub body: String,
}

impl Page {
    /// The same, when the status is as expected.
    #[track_caller]
    #[allow(clippy::return_self_not_must_use)] // The check itself may be all that is wanted.
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Every value of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// The `reason` of a refusal.
    pub fn reason(&self) -> Option<String> {
        let (_, rest) = self.body.split_once("reason: <code>")?;
        Some(rest.split_once("</code>")?.0.to_owned())
    }

    /// What a person reads on the page, from `<main>` on, on one line.
    pub fn text(&self) -> String {
        let main = self.body.split_once("<main").map_or(self.body.as_str(), |(_, main)| main);
        let main = main.split_once('>').map_or(main, |(_, main)| main);
        let text = main.split('<').enumerate().fold(String::new(), |text, (at, part)| {
            let part = if at == 0 { part } else { part.split_once('>').map_or("", |(_, after)| after) };
            // Elements of a line stand side by side, such as `3` and `votes`.
            format!("{text} {part}")
        });
        unescaped(&text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// Whether a person reads this on the page.
    pub fn says(&self, text: &str) -> bool {
        self.text().contains(text)
    }

    /// The value of the first field with this name.
    pub fn value(&self, name: &str) -> Option<String> {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\""))?;
        let tag = rest.split('>').next()?;
        let (_, value) = tag.split_once("value=\"")?;
        Some(unescaped(value.split('"').next()?))
    }

    /// The targets of all links from `<main>` on.
    pub fn links(&self) -> Vec<String> {
        let main = self.body.split_once("<main").map_or("", |(_, main)| main);
        main.split(" href=\"").skip(1).filter_map(|rest| Some(unescaped(rest.split('"').next()?))).collect()
    }

    /// The targets of all forms from `<main>` on.
    pub fn forms(&self) -> Vec<String> {
        let main = self.body.split_once("<main").map_or("", |(_, main)| main);
        main.split(" action=\"").skip(1).filter_map(|rest| Some(unescaped(rest.split('"').next()?))).collect()
    }
}

fn unescaped(html: &str) -> String {
    html.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
