//! The private key of an auditor: encrypted by a passphrase or to a recipient, or held by an ssh-agent.

use super::stage::{Auditor, scene};
use awgp_tests::cli::{Outcome, at_terminal, awgp, json};
use awgp_tests::command::output_of;
use awgp_tests::{Database, Login};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PASSPHRASE: &str = "three words at dusk";

/// The pair that the tests of age itself are made with.
const IDENTITY: &str = "AGE-SECRET-KEY-1GQ9778VQXMMJVE8SK7J6VT8UJ4HDQAJUVSFCWCM02D8GEWQ72PVQ2Y5J33";
const RECIPIENT: &str = "age1t7rxyev2z3rw82stdlrrepyc39nvn86l5078zqkf5uasdy86jp6svpy7pa";

/// A file that only its owner reads.
fn secret(auditor: &Auditor, name: &str, text: &str) -> String {
    let path = auditor.file(name);
    fs::write(&path, text).expect("it can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is mine");
    path
}

/// Signs the tenant north with these options of the key, into a folder of its own.
fn try_sign(database: &Database, auditor: &Auditor, by: &[&str]) -> Outcome {
    let notes = auditor.file("sealed");
    let arguments = [&["audit", "checkpoint", "--out", &notes, "--tenant", "north"], by].concat();
    json(database, Login::Auditor, &arguments)
}

#[track_caller]
fn assert_verified(database: &Database, auditor: &Auditor, public_key: &str) {
    let notes = auditor.file("sealed");
    let arguments = ["audit", "verify", "--checkpoint", &notes, "--public-key", public_key.trim()];
    json(database, Login::Auditor, &arguments).expect(0);
}

#[tokio::test]
async fn a_key_with_a_passphrase_signs_for_whoever_knows_it() {
    let (database, _, auditor) = scene().await;
    let key = auditor.file("sealed.key");
    let (right, wrong) = (secret(&auditor, "right", PASSPHRASE), secret(&auditor, "wrong", "three words"));
    let made = awgp(&["audit", "keygen", "--out", &key, "--passphrase-file", &right], &[]).expect(0);
    let file = fs::read_to_string(&key).expect("the key");
    assert!(file.starts_with("-----BEGIN AGE ENCRYPTED FILE-----") && !file.contains("PRIVATE"), "{file}");
    assert_eq!(fs::metadata(&key).expect("the key").permissions().mode() & 0o777, 0o600);
    for by in [&["--passphrase-file", wrong.as_str()][..], &[]] {
        let refused = try_sign(&database, &auditor, &[&["--key", key.as_str()], by].concat()).expect(3);
        assert_eq!(refused.error()["reason"], "key_locked", "{by:?}");
    }
    try_sign(&database, &auditor, &["--key", &key, "--passphrase-file", &right]).expect(0);
    assert_verified(&database, &auditor, &made.stdout);
    // Who else could read the passphrase or the key?
    for file in [&right, &key] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).expect("it is mine");
        let refused = try_sign(&database, &auditor, &["--key", &key, "--passphrase-file", &right]).expect(6);
        assert_eq!(refused.error()["reason"], "checkpoint_key", "{file}");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is mine");
    }
    // A plain key needs no passphrase, and whoever gives one believes that it is encrypted.
    let plain = auditor.key();
    let refused = try_sign(&database, &auditor, &["--key", &plain, "--passphrase-file", &right]).expect(6);
    assert_eq!(refused.error()["reason"], "checkpoint_key");
}

#[tokio::test]
async fn at_a_terminal_the_passphrase_is_asked_for_and_not_shown() {
    let (database, _, auditor) = scene().await;
    let key = auditor.file("typed.key");
    let made = at_terminal(PASSPHRASE, &["audit", "keygen", "--out", &key], &[]).expect(0);
    let asked = |outcome: &Outcome| outcome.stdout.matches("Passphrase ").count();
    assert_eq!(asked(&made), 2, "{made:?}");
    let public_key = made.stdout.rsplit([' ', '\n']).find(|word| word.starts_with("awgp-auditor+"));
    let public_key = public_key.expect("the public key").to_owned();
    let notes = auditor.file("sealed");
    let arguments = ["audit", "checkpoint", "--key", &key, "--out", &notes, "--tenant", "north"];
    let url = database.url(Login::Auditor);
    let signed = at_terminal(PASSPHRASE, &arguments, &[("DATABASE_URL", &url)]).expect(0);
    assert_eq!(asked(&signed), 1, "{signed:?}");
    assert!(!made.stdout.contains(PASSPHRASE) && !signed.stdout.contains(PASSPHRASE));
    assert_verified(&database, &auditor, &public_key);
    // The same as in a file.
    let file = secret(&auditor, "passphrase", PASSPHRASE);
    try_sign(&database, &auditor, &["--key", &key, "--passphrase-file", &file]).expect(0);
    at_terminal("", &["audit", "keygen", "--out", &auditor.file("none.key")], &[]).expect(3);
    // Without a terminal nothing is asked, and nothing is made.
    let refused = awgp(&["audit", "keygen", "--out", &auditor.file("none.key"), "--output", "json"], &[]);
    assert_eq!(refused.expect(3).error()["reason"], "key_locked");
    assert!(fs::metadata(auditor.file("none.key")).is_err());
}

#[tokio::test]
async fn a_key_for_a_recipient_of_age_signs_with_their_identity() {
    let (database, _, auditor) = scene().await;
    let key = auditor.file("age.key");
    let made = awgp(&["audit", "keygen", "--out", &key, "--recipient", RECIPIENT], &[]).expect(0);
    let identity = secret(&auditor, "identity", &format!("# of a test\n{IDENTITY}\n"));
    let refused = try_sign(&database, &auditor, &["--key", &key]).expect(3);
    assert_eq!(refused.error()["reason"], "key_locked");
    try_sign(&database, &auditor, &["--key", &key, "--identity", &identity]).expect(0);
    assert_verified(&database, &auditor, &made.stdout);
    let out = auditor.file("other.key");
    let both = ["audit", "keygen", "--out", &out, "--recipient", RECIPIENT, "--plain"];
    awgp(&both, &[]).expect(2);
    let bad = ["audit", "keygen", "--out", &out, "--recipient", "age1none", "--output", "json"];
    assert_eq!(awgp(&bad, &[]).expect(6).error()["reason"], "checkpoint_key");
}

/// An agent of OpenSSH; it ends with the test.
struct Agent {
    child: Child,
    socket: String,
}

impl Agent {
    fn start(auditor: &Auditor) -> Self {
        let socket = auditor.file("agent");
        let mut agent = Command::new("ssh-agent");
        let child = agent.args(["-D", "-a", &socket]).stdout(Stdio::null()).spawn();
        let child = child.expect("ssh-agent runs; run scripts/setup");
        let begun = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < Duration::from_mins(1), "the agent does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, socket }
    }

    fn add(&self, arguments: &[&str]) {
        output_of(Command::new("ssh-add").env("SSH_AUTH_SOCK", &self.socket).arg("-q").args(arguments));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn an_ssh_agent_signs_and_keeps_the_key() {
    let (database, _, auditor) = scene().await;
    let (key, agent) = (auditor.file("id"), Agent::start(&auditor));
    output_of(Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", &key]));
    agent.add(&[&key]);
    let public = format!("{key}.pub");
    let made = awgp(&["audit", "keygen", "--ssh-key", &public, "--name", "example.com/agent"], &[]).expect(0);
    let public_key = made.stdout.trim();
    assert!(public_key.starts_with("example.com/agent+"), "{public_key}");
    let (notes, url) = (auditor.file("sealed"), database.url(Login::Auditor));
    let sign = |socket: &str| {
        let arguments = ["audit", "checkpoint", "--agent", public_key, "--out", &notes, "--tenant", "north"];
        let arguments = [&arguments[..], &["--output", "json"]].concat();
        awgp(&arguments, &[("DATABASE_URL", &url), ("SSH_AUTH_SOCK", socket)])
    };
    // An agent that is not there, one that is not named, and one without the key.
    agent.add(&["-D"]);
    for socket in ["/nowhere/agent", "", &agent.socket] {
        assert_eq!(sign(socket).expect(6).error()["reason"], "checkpoint_key", "{socket}");
    }
    agent.add(&[&key]);
    sign(&agent.socket).expect(0);
    assert_verified(&database, &auditor, public_key);
    // A key of another kind cannot sign notes.
    output_of(Command::new("ssh-keygen").args(["-q", "-t", "ecdsa", "-N", "", "-f", &auditor.file("ecdsa")]));
    let other = ["audit", "keygen", "--ssh-key", &auditor.file("ecdsa.pub"), "--output", "json"];
    assert_eq!(awgp(&other, &[]).expect(6).error()["reason"], "checkpoint_key");
}

/// Answers each request of an agent's protocol with a signature of nothing.
fn lying_agent(socket: &str) {
    let listener = UnixListener::bind(socket).expect("a socket");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut length = [0; 4];
            stream.read_exact(&mut length).expect("a length");
            let mut request = vec![0; usize::try_from(u32::from_be_bytes(length)).expect("small")];
            stream.read_exact(&mut request).expect("a request");
            // SSH_AGENT_SIGN_RESPONSE, and a signature of ssh-ed25519.
            let blob = [&[0, 0, 0, 11], &b"ssh-ed25519"[..], &[0, 0, 0, 64], &[0; 64]].concat();
            let answer = [&[0, 0, 0, 88, 14, 0, 0, 0, 83], &blob[..]].concat();
            stream.write_all(&answer).expect("it is read");
        }
    });
}

#[tokio::test]
async fn an_ssh_agent_that_signs_something_else_signs_no_note() {
    let (database, _, auditor) = scene().await;
    let (socket, notes, url) = (auditor.file("liar"), auditor.notes(), database.url(Login::Auditor));
    lying_agent(&socket);
    let key = ["audit", "checkpoint", "--agent", &auditor.public_key, "--out", &notes, "--tenant", "north"];
    let arguments = [&key[..], &["--output", "json"]].concat();
    let refused = awgp(&arguments, &[("DATABASE_URL", &url), ("SSH_AUTH_SOCK", &socket)]).expect(6);
    assert_eq!(refused.error()["reason"], "checkpoint_key");
    assert_eq!(fs::read_dir(&notes).expect("the folder").count(), 0);
}
