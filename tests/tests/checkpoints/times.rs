//! From when a note is: a loopback authority that Debian's `openssl ts` plays, honestly and otherwise.

use super::stage::{Auditor, events, scene};
use awgp_tests::cli::{Outcome, json};
use awgp_tests::command::output_of;
use awgp_tests::{Database, Login};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// What the authority does.
#[derive(Clone, Copy, Debug)]
enum Way {
    Honest,
    /// A token over another digest.
    OtherDigest,
    /// The answer to another request.
    OtherNonce,
    /// A token whose signature is not its certificate's.
    Forged,
    /// A response that refuses.
    Refuses,
    /// No response of RFC 3161.
    Rubbish,
    /// An error of HTTP.
    Fails,
    /// Closes the connection.
    Closes,
}

/// An authority, with its certificate and that of its root.
struct Authority {
    folder: String,
    url: String,
    way: Arc<Mutex<Way>>,
}

const CONFIG: &str = "[tsa]\ndefault_tsa = one\n[one]\nserial = DIR/serial\nsigner_cert = DIR/tsa.pem\n\
    signer_key = DIR/tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\ndigests = sha256\n\
    ess_cert_id_alg = sha256\nclock_precision_digits = 0\n";

fn openssl(arguments: &str, folder: &str) {
    output_of(Command::new("openssl").args(arguments.replace("DIR", folder).split(' ')));
}

impl Authority {
    fn start(folder: String) -> Self {
        fs::create_dir_all(&folder).expect("a folder");
        for name in ["root", "other"] {
            let key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30";
            openssl(&format!("{key} -subj /CN={name} -keyout DIR/{name}.key -out DIR/{name}.pem"), &folder);
        }
        openssl("req -newkey rsa:2048 -nodes -subj /CN=tsa -keyout DIR/tsa.key -out DIR/tsa.csr", &folder);
        let purposes = "extendedKeyUsage=critical,timeStamping\nbasicConstraints=CA:FALSE\n";
        fs::write(format!("{folder}/purposes"), purposes).expect("it can be written");
        fs::write(format!("{folder}/config"), CONFIG.replace("DIR", &folder)).expect("it can be written");
        let issue = "x509 -req -in DIR/tsa.csr -CA DIR/root.pem -CAkey DIR/root.key -set_serial 2 -days 30";
        openssl(&format!("{issue} -extfile DIR/purposes -out DIR/tsa.pem"), &folder);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}/tsr", listener.local_addr().expect("an address"));
        let way = Arc::new(Mutex::new(Way::Honest));
        let (told, place) = (way.clone(), folder.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let way = *told.lock().expect("no panic");
                // A client that has gone is none to answer.
                let _ = answer(stream, way, &place);
            }
        });
        Self { folder, url, way }
    }

    fn now(&self, way: Way) {
        *self.way.lock().expect("no panic") = way;
    }

    fn file(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }
}

/// Reads a request of HTTP, and answers.
fn answer(mut stream: TcpStream, way: Way, folder: &str) -> std::io::Result<()> {
    let (mut read, mut buffer) = (Vec::new(), [0; 4096]);
    let (head, body) = loop {
        let count = stream.read(&mut buffer)?;
        read.extend_from_slice(&buffer[..count]);
        if count == 0 {
            return Ok(());
        }
        let Some(end) = read.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if read.len() >= end + 4 + length.unwrap_or(0_usize) {
            break (head, read[end + 4..].to_vec());
        }
    };
    assert!(head.contains("content-type: application/timestamp-query"), "{head}");
    let reply = |mut query: Vec<u8>, change: Option<usize>| {
        if let Some(place) = change {
            query[place] ^= 1;
        }
        let (asked, answered) = (format!("{folder}/query"), format!("{folder}/reply"));
        fs::write(&asked, query).expect("it can be written");
        openssl("ts -reply -config DIR/config -queryfile DIR/query -out DIR/reply", folder);
        fs::read(answered).expect("a reply")
    };
    let digest = body.windows(2).position(|bytes| bytes == [4, 32]).map_or(0, |place| place + 2);
    // The nonce is before the last three bytes, which ask for the certificate.
    let nonce = body.len() - 4;
    let reply = match way {
        Way::Honest => reply(body, None),
        Way::OtherDigest => reply(body, Some(digest)),
        Way::OtherNonce => reply(body, Some(nonce)),
        Way::Refuses => reply(body[..10].to_vec(), None),
        Way::Forged => {
            let mut reply = reply(body, None);
            if let Some(last) = reply.last_mut() {
                *last ^= 1;
            }
            reply
        }
        Way::Rubbish => b"<html>not here</html>".to_vec(),
        Way::Fails => return stream.write_all(b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"),
        Way::Closes => return Ok(()),
    };
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", reply.len());
    stream.write_all(&[head.as_bytes(), &reply].concat())
}

fn sign(database: &Database, auditor: &Auditor, url: &str) -> Outcome {
    auditor.try_sign(database, &["--tenant", "north", "--timestamp", url], &auditor.notes())
}

fn verify(database: &Database, auditor: &Auditor, certificate: &str) -> Outcome {
    let (notes, key) = (auditor.notes(), &auditor.public_key);
    let arguments = ["audit", "verify", "--checkpoint", &notes, "--public-key", key];
    json(database, Login::Auditor, &[&arguments[..], &["--tsa-certificate", certificate]].concat())
}

#[tokio::test]
async fn a_token_says_from_when_a_note_is() {
    let (database, group, auditor) = scene().await;
    let authority = Authority::start(auditor.file("tsa"));
    auditor.sign(&database, &["--tenant", "north"]);
    events(&database, group.north.id, 3).await;
    let signed = sign(&database, &auditor, &authority.url).expect(0).json();
    let note = signed[0]["note"].as_str().expect("a path").to_owned();
    let token = note.replace(".note", ".tsr");
    let at = signed[0]["stamped_at"].as_str().expect("a moment").to_owned();
    // Again it is the same: nothing is asked.
    authority.now(Way::Fails);
    assert_eq!(sign(&database, &auditor, &authority.url).expect(0).json()[0]["stamped_at"], at);
    // By its root, by its own certificate, and by openssl; by no other.
    for certificate in ["root.pem", "tsa.pem"] {
        let (findings, summary) =
            verify(&database, &auditor, &authority.file(certificate)).expect(0).verified();
        assert!(findings.is_empty(), "{findings:?}");
        let stamped = summary["timestamps"].as_array().expect("a list");
        assert_eq!(stamped.len(), 1, "the first note has none: {summary}");
        assert!(note.ends_with(stamped[0]["note"].as_str().expect("a name")));
        assert_eq!(stamped[0]["at"], at);
    }
    let check = format!("ts -verify -data {note} -in {token} -CAfile DIR/root.pem");
    openssl(&check, &authority.folder);
    let refused = verify(&database, &auditor, &authority.file("other.pem")).expect(3);
    assert_eq!(refused.error()["reason"], "timestamp_invalid");
    // A token of another note, and one that was changed.
    let whole = fs::read(&token).expect("a token");
    let first = fs::read_dir(auditor.notes()).expect("the folder").flatten().map(|entry| entry.path());
    let first = first.filter(|path| path.extension().is_some_and(|end| end == "note"));
    let first = first.map(|path| path.display().to_string()).find(|path| *path != note).expect("the first");
    let other = first.replace(".note", ".tsr");
    fs::write(&other, &whole).expect("it can be written");
    let refused = verify(&database, &auditor, &authority.file("root.pem")).expect(3);
    assert_eq!(refused.error()["reason"], "timestamp_invalid");
    fs::remove_file(&other).expect("it is gone");
    let place = whole.windows(15).position(|bytes| bytes.ends_with(b"Z") && bytes.starts_with(b"20"));
    let mut earlier = whole.clone();
    earlier[place.expect("a moment") + 3] ^= 1;
    fs::write(&token, earlier).expect("it can be written");
    let refused = verify(&database, &auditor, &authority.file("root.pem")).expect(3);
    assert_eq!(refused.error()["reason"], "timestamp_invalid");
}

#[tokio::test]
async fn an_authority_that_fails_or_lies_costs_no_note_and_is_asked_again() {
    let (database, _, auditor) = scene().await;
    let authority = Authority::start(auditor.file("tsa"));
    for way in
        [Way::OtherDigest, Way::OtherNonce, Way::Forged, Way::Refuses, Way::Rubbish, Way::Fails, Way::Closes]
    {
        authority.now(way);
        let refused = sign(&database, &auditor, &authority.url).expect(9);
        assert_eq!(refused.error()["reason"], "timestamp_missing", "{way:?}");
        auditor.assert_holds(&database, &auditor.notes(), 1);
        assert_eq!(fs::read_dir(auditor.notes()).expect("the folder").count(), 1, "{way:?}");
    }
    let down = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let refused = sign(&database, &auditor, &format!("http://{down}/")).expect(9);
    assert_eq!(refused.error()["reason"], "timestamp_missing");
    for url in ["http://tsa.example/", "ftp://127.0.0.1/", "x"] {
        sign(&database, &auditor, url).expect(2);
    }
    authority.now(Way::Honest);
    let signed = sign(&database, &auditor, &authority.url).expect(0).json();
    assert_eq!(signed[0]["signed"], false);
    verify(&database, &auditor, &authority.file("root.pem")).expect(0);
}
