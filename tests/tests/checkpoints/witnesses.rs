//! Witnesses on the loopback, as C2SP tlog-witness says it, and some that are none.

use super::stage::{Auditor, events, scene};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::note;
use awgp_core::audit::tree::extends;
use awgp_tests::cli::{Outcome, json};
use awgp_tests::{Database, Login};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

/// What a witness does instead of what it should.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Honest,
    OtherKey,
    OtherText,
    Rubbish,
    UnknownLog,
    Fails,
    AlwaysBehind,
}

struct Seen {
    way: Way,
    /// The latest tree of each origin.
    latest: HashMap<Uuid, (u64, Digest)>,
    /// What was answered.
    statuses: Vec<u16>,
}

struct Witness {
    name: &'static str,
    vkey: String,
    url: String,
    seen: Arc<Mutex<Seen>>,
}

/// The bytes of its public key, with the type before them.
fn public(key: &SigningKey) -> Vec<u8> {
    [&[4], key.verifying_key().as_bytes().as_slice()].concat()
}

fn id(name: &str, key: &SigningKey) -> Vec<u8> {
    Digest::of(&[name.as_bytes(), b"\n", &public(key)].concat()).0[..4].to_vec()
}

impl Witness {
    fn start(name: &'static str, byte: u8, auditor: &Auditor) -> Self {
        let key = SigningKey::from_bytes(&[byte; 32]);
        let hex = hex::encode(id(name, &key));
        let vkey = format!("{name}+{hex}+{}", STANDARD.encode(public(&key)));
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/w/", listener.local_addr().expect("an address"));
        let seen = Seen { way: Way::Honest, latest: HashMap::new(), statuses: Vec::new() };
        let (seen, log_key) = (Arc::new(Mutex::new(seen)), auditor.public_key.clone());
        let own = seen.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let Some(body) = request(&mut stream) else { continue };
                let mut seen = own.lock().expect("no panic");
                let (status, text) = seen.answer(&body, name, &key, &log_key);
                seen.statuses.push(status);
                let length = text.len();
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n\r\n{text}");
                // A client that has gone is none to answer.
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { name, vkey, url, seen }
    }

    fn now(&self, way: Way) {
        self.seen.lock().expect("no panic").way = way;
    }

    fn line(&self) -> String {
        format!("witness {} {} {}\n", self.name, self.vkey, self.url)
    }

    fn statuses(&self) -> Vec<u16> {
        std::mem::take(&mut self.seen.lock().expect("no panic").statuses)
    }
}

/// The body of a request to add a checkpoint.
fn request(stream: &mut TcpStream) -> Option<String> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        read.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&read).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1)?.lines().next()?.parse::<usize>().ok()?;
        if body.len() >= length {
            assert!(head.starts_with("post /w/add-checkpoint "), "{head}");
            return Some(body.to_owned());
        }
    }
}

impl Seen {
    fn answer(&mut self, body: &str, name: &str, key: &SigningKey, log_key: &str) -> (u16, String) {
        let none = |status| (status, String::new());
        match self.way {
            Way::UnknownLog => return none(404),
            Way::Fails => return none(500),
            Way::Rubbish => return (200, "<html>\n".to_owned()),
            Way::AlwaysBehind => return (409, "1\n".to_owned()),
            Way::Honest | Way::OtherKey | Way::OtherText => {}
        }
        let (head, checkpoint) = body.split_once("\n\n").expect("an empty line");
        let mut lines = head.lines();
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).expect("the old size");
        let old: u64 = old.parse().expect("a size");
        let path: Vec<Digest> = lines
            .map(|line| Digest(STANDARD.decode(line).expect("base64").try_into().expect("a hash")))
            .collect();
        let Ok(statement) = note::open(checkpoint, log_key) else { return none(403) };
        let tree = statement.trees()[0];
        if old > tree.size {
            return none(400);
        }
        let latest = self.latest.get(&tree.tenant_id).copied();
        if latest.map_or(0, |(size, _)| size) != old {
            return (409, format!("{}\n", latest.map_or(0, |(size, _)| size)));
        }
        let is_consistent = match latest {
            None => path.is_empty(),
            Some((size, root)) if size == tree.size => path.is_empty() && root == tree.root,
            Some((size, root)) => extends(tree.root, tree.size, root, size, &path),
        };
        if !is_consistent {
            return none(422);
        }
        self.latest.insert(tree.tenant_id, (tree.size, tree.root));
        let other = SigningKey::from_bytes(&[99; 32]);
        let (text, _) = checkpoint.split_once("\n\n").expect("signatures");
        let text = if self.way == Way::OtherText { "x" } else { text };
        let signer = if self.way == Way::OtherKey { &other } else { key };
        let time = 1_700_000_000_u64;
        let signature = signer.sign(format!("cosignature/v1\ntime {time}\n{text}\n").as_bytes());
        let bytes = [&id(name, signer)[..], &time.to_be_bytes(), &signature.to_bytes()].concat();
        // A line of somebody else comes first, and is nobody's business.
        let strange = format!("\u{2014} strange {}\n", STANDARD.encode([1; 76]));
        (200, format!("{strange}\u{2014} {name} {}\n", STANDARD.encode(bytes)))
    }
}

fn policy(auditor: &Auditor, witnesses: &[&Witness], quorum: &str) -> String {
    let lines: String = witnesses.iter().map(|witness| witness.line()).collect();
    let path = auditor.file("policy");
    fs::write(&path, format!("# of a test\n{lines}{quorum}\n")).expect("it can be written");
    path
}

fn sign(database: &Database, auditor: &Auditor, folder: &str, policy: &str) -> Outcome {
    auditor.try_sign(database, &["--tenant", "north", "--witness", policy], folder)
}

fn verify(database: &Database, auditor: &Auditor, folder: &str, policy: &str) -> Outcome {
    let arguments = ["audit", "verify", "--checkpoint", folder, "--public-key", &auditor.public_key];
    json(database, Login::Auditor, &[&arguments[..], &["--witness", policy]].concat())
}

#[tokio::test]
async fn a_witness_cosigns_what_extends_what_it_has_seen() {
    let (database, group, auditor) = scene().await;
    let (one, two) =
        (Witness::start("one.example/w", 1, &auditor), Witness::start("two.example", 2, &auditor));
    let only = policy(&auditor, &[&one], "quorum one.example/w");
    let notes = auditor.notes();
    for size in [0, 3, 300] {
        if size > 0 {
            events(&database, group.north.id, size).await;
        }
        let signed = sign(&database, &auditor, &notes, &only).expect(0).json();
        assert_eq!((&signed[0]["signed"], &signed[0]["cosignatures"]), (&true.into(), &1.into()), "{size}");
        assert_eq!(one.statuses(), [200], "the folder knows what it has seen");
    }
    // Again it is not asked.
    sign(&database, &auditor, &notes, &only).expect(0);
    assert_eq!(one.statuses(), [0; 0]);
    let (_, summary) = verify(&database, &auditor, &notes, &only).expect(0).verified();
    let cosigned = summary["cosigned"].as_array().expect("a list");
    assert_eq!(cosigned.len(), 3);
    for note in cosigned {
        assert_eq!(
            (&note["enough"], &note["witnesses"]["one.example/w"]),
            (&true.into(), &"2023-11-14T22:13:20Z".into())
        );
    }
    // A second one comes later, and both are wanted.
    let both = policy(&auditor, &[&one, &two], "group both all one.example/w two.example\nquorum both");
    assert_eq!(verify(&database, &auditor, &notes, &both).expect(9).error()["reason"], "cosignature_missing");
    assert_eq!(sign(&database, &auditor, &notes, &both).expect(0).json()[0]["cosignatures"], 2);
    assert_eq!((one.statuses(), two.statuses()), (vec![], vec![200]));
    verify(&database, &auditor, &notes, &both).expect(0);
    // A folder that does not know what they have seen is told, and proves it.
    events(&database, group.north.id, 5).await;
    let fresh = auditor.file("fresh");
    sign(&database, &auditor, &fresh, &both).expect(0);
    assert_eq!((one.statuses(), two.statuses()), (vec![409, 200], vec![409, 200]));
    verify(&database, &auditor, &fresh, &both).expect(0);
}

#[tokio::test]
async fn a_witness_that_fails_or_lies_costs_no_note_and_is_asked_again() {
    let (database, group, auditor) = scene().await;
    let witness = Witness::start("one.example", 1, &auditor);
    let policy = policy(&auditor, &[&witness], "quorum one.example");
    let notes = auditor.notes();
    for way in [Way::OtherText, Way::OtherKey, Way::Rubbish, Way::UnknownLog, Way::Fails, Way::AlwaysBehind] {
        witness.now(way);
        let refused = sign(&database, &auditor, &notes, &policy).expect(9);
        assert_eq!(refused.error()["reason"], "cosignature_missing", "{way:?}");
        auditor.assert_holds(&database, &notes, 1);
        assert_eq!(fs::read_dir(&notes).expect("the folder").count(), 1, "{way:?}");
        assert_eq!(
            verify(&database, &auditor, &notes, &policy).expect(9).error()["reason"],
            "cosignature_missing"
        );
    }
    witness.now(Way::Honest);
    let first = sign(&database, &auditor, &notes, &policy).expect(0).json();
    verify(&database, &auditor, &notes, &policy).expect(0);
    // The witness has seen another history.
    witness.seen.lock().expect("no panic").latest.values_mut().for_each(|(_, root)| *root = Digest([7; 32]));
    events(&database, group.north.id, 2).await;
    assert_eq!(sign(&database, &auditor, &notes, &policy).expect(9).error()["reason"], "cosignature_missing");
    assert_eq!(witness.statuses().last(), Some(&422));
    // A cosignature that was changed, or that is of another note.
    let place = first[0]["note"].as_str().expect("a path").replace(".note", ".cosigned");
    let whole = fs::read_to_string(&place).expect("the cosigned note");
    let (head, last) = whole.trim_end().rsplit_once(' ').expect("a signature");
    let mut bytes = STANDARD.decode(last).expect("base64");
    bytes[11] ^= 1;
    fs::write(&place, format!("{head} {}\n", STANDARD.encode(bytes))).expect("it can be written");
    let refused = verify(&database, &auditor, &notes, &policy).expect(3);
    assert_eq!(refused.error()["reason"], "note_bad_signature");
    fs::write(&place, whole.replacen("lane ", "line ", 1)).expect("it can be written");
    verify(&database, &auditor, &notes, &policy).expect(3);
}
