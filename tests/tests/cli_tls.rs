//! TLS of the command line, against a server with certificates of its own.

use awgp_tests::cli::{Outcome, awgp};
use awgp_tests::command::Folder;
use awgp_tests::own_server::{is_inside, until};
use awgp_tests::{Database, PASSWORD, server};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tokio_postgres::Client;

/// Two authorities, certificates of a server and of a client, and lists of what is revoked.
const CERTIFICATES: &str = r#"
set -e
new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
for ca in ca other; do
    openssl req -x509 $new -keyout $ca.key -out $ca.crt -subj "/CN=Test $ca" -days 2 \
        -addext keyUsage=critical,keyCertSign,cRLSign
done
sign() {
    openssl req -new $new -keyout $1.key -out $1.csr -subj "/CN=$2"
    printf '%s\n' "$3" >$1.ext
    openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile $1.ext -out $1.crt
}
sign server localhost subjectAltName=DNS:localhost
sign client awgp_test_cert extendedKeyUsage=clientAuth
cat >ca.conf <<CONF
[ca]
default_ca = d
[d]
database = index
crlnumber = number
default_md = sha256
default_crl_days = 2
crl_extensions = e
[e]
authorityKeyIdentifier = keyid:always
CONF
: >index
echo 01 >number
list='openssl ca -config ca.conf -keyfile ca.key -cert ca.crt'
$list -gencrl -out clean.crl
$list -revoke server.crt
$list -gencrl -out revoked.crl
mkdir revoked .postgresql
cp revoked.crl revoked/0a1b2c3d.r0
cp client.crt .postgresql/postgresql.crt
cp client.key .postgresql/postgresql.key
chmod 600 *.key .postgresql/*.key
"#;

const ACCESS: &str = "
local all all trust
hostssl all awgp_test_cert 127.0.0.1/32 cert
hostssl all awgp_test_plain 127.0.0.1/32 reject
hostnossl all awgp_test_encrypted 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
";

/// Makes the certificates in the folder.
fn make_certificates(folder: &Folder) {
    let made = Command::new("sh").args(["-c", CERTIFICATES]).current_dir(folder.file("")).output();
    let made = made.expect("sh runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

/// Gives the running server a certificate, and rules of who comes in how.
async fn set_up(superuser: &Client, folder: &Folder) {
    make_certificates(folder);
    let data: String = superuser.query_one("SHOW data_directory", &[]).await.expect("a setting").get(0);
    let data = Path::new(&data);
    let owner = fs::metadata(data).expect("a folder");
    for name in ["server.crt", "server.key", "ca.crt"] {
        let path = data.join(name);
        fs::copy(folder.file(name), &path).expect("a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        chown(&path, Some(owner.uid()), Some(owner.gid())).expect("an owner");
    }
    fs::write(data.join("pg_hba.conf"), ACCESS).expect("rules");
    for sql in [
        "CREATE ROLE awgp_test_cert LOGIN IN ROLE awgp_admin",
        &format!("CREATE ROLE awgp_test_plain LOGIN PASSWORD '{PASSWORD}' IN ROLE awgp_admin"),
        &format!("CREATE ROLE awgp_test_encrypted LOGIN PASSWORD '{PASSWORD}' IN ROLE awgp_admin"),
        "ALTER SYSTEM SET ssl_ca_file = 'ca.crt'",
        "ALTER SYSTEM SET ssl = on",
        "SELECT pg_reload_conf()",
    ] {
        superuser.batch_execute(sql).await.expect(sql);
    }
    let on = "SELECT current_setting('ssl') = 'on'";
    until("the server has TLS", async || superuser.query_one(on, &[]).await.expect("a setting").get(0)).await;
}

/// How a connection with these options ends: `host=… user=…` and what is further given.
struct Scene {
    folder: Folder,
    port: u16,
    database: String,
}

impl Scene {
    fn run(&self, options: &str, variables: &[(&str, &str)]) -> Outcome {
        let (port, database) = (self.port, &self.database);
        let folder = self.folder.file("");
        let options = options.replace('~', folder.trim_end_matches('/'));
        let url = if options.starts_with("postgres://") {
            options.replace("PLACE", &format!("localhost:{port}/{database}"))
        } else {
            format!(
                "host=localhost port={port} dbname={database} user=awgp_test_admin password={PASSWORD} {options}"
            )
        };
        awgp(&["tenant", "list"], &[&[("DATABASE_URL", url.as_str())], variables].concat())
    }

    /// Each of these options ends with this code.
    #[track_caller]
    fn all_end(&self, code: i32, options: &[&str]) {
        for options in options {
            let outcome = self.run(options, &[]);
            assert_eq!(outcome.code, code, "{options}: {outcome:#?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_as_libpq_has_it() {
    if !is_inside("cli_tls::tls_is_as_libpq_has_it", &[]) {
        return;
    }
    let database = Database::new().await;
    let superuser = database.superuser().await;
    let folder = Folder::new(&database);
    let port = server().get_ports().first().copied().expect("a port");
    let scene = Scene { folder, port, database: database.name.clone() };
    let library: String = superuser.query_one("SHOW ssl_library", &[]).await.expect("a setting").get(0);
    if library.is_empty() {
        println!("this PostgreSQL is built without TLS: only that it is not given up silently is tried");
        scene.all_end(0, &["", "sslmode=prefer", "sslmode=allow", "sslmode=disable"]);
        scene.all_end(10, &["sslmode=require", "sslmode=require sslnegotiation=direct"]);
        return;
    }
    set_up(&superuser, &scene.folder).await;
    checks_the_server(&scene);
    shows_its_own_certificate(&scene);
    falls_back_as_sslmode_says(&scene);
}

/// A program that speaks TLS from the first byte in front of the server. It ends with the test.
struct Front(Child);

impl Drop for Front {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn tls_may_begin_with_the_first_byte() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    make_certificates(&folder);
    let port = server().get_ports().first().copied().expect("a port").to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/direct_tls.py");
    let mut python = Command::new("python3");
    python.args([script, &folder.file("server.crt"), &folder.file("server.key"), &port]);
    let front = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 runs");
    let mut front = Front(front);
    let mut line = String::new();
    let stdout = front.0.stdout.take().expect("a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("it says its port");
    let port = line.trim().parse().expect("a port");
    let scene = Scene { folder, port, database: database.name.clone() };
    let verified = "sslmode=verify-full sslrootcert=~/ca.crt";
    scene
        .all_end(0, &[&format!("{verified} sslnegotiation=direct"), "sslmode=require sslnegotiation=direct"]);
    scene.all_end(10, &[verified, "sslmode=verify-full sslrootcert=~/other.crt sslnegotiation=direct"]);
}

/// The server's certificate: who has signed it, for which name, and whether it is revoked.
fn checks_the_server(scene: &Scene) {
    scene.all_end(
        0,
        &[
            "sslmode=require",
            "sslmode=require sslsni=0",
            "sslmode=verify-full sslrootcert=~/ca.crt",
            "sslmode=verify-ca sslrootcert=~/ca.crt host=127.0.0.1",
            "sslmode=verify-full sslrootcert=~/ca.crt hostaddr=127.0.0.1",
            "sslmode=verify-full sslrootcert=~/ca.crt sslcrl=~/clean.crl",
            "sslmode=require ssl_min_protocol_version=TLSv1.3",
            "sslmode=require ssl_max_protocol_version=TLSv1.2",
            "sslmode=require channel_binding=require",
            &format!(
                "postgres://awgp_test_admin:{PASSWORD}@PLACE?schema=public&sslaccept=strict&sslcert=~/ca.crt"
            ),
            &format!("postgres://awgp_test_admin:{PASSWORD}@PLACE?sslmode=no-verify"),
        ],
    );
    scene.all_end(
        10,
        &[
            "sslmode=verify-full sslrootcert=~/ca.crt host=127.0.0.1",
            "sslmode=verify-ca sslrootcert=~/other.crt",
            "sslmode=require sslrootcert=~/other.crt",
            "sslmode=verify-full sslrootcert=~/ca.crt sslcrl=~/revoked.crl",
            "sslmode=verify-ca sslrootcert=~/ca.crt sslcrldir=~/revoked",
            "sslmode=disable channel_binding=require",
            &format!("postgres://awgp_test_admin:{PASSWORD}@PLACE?sslaccept=strict&sslcert=~/other.crt"),
        ],
    );
    // The system's roots are those that SSL_CERT_FILE names.
    let (ours, others) = (scene.folder.file("ca.crt"), scene.folder.file("other.crt"));
    scene.run("sslrootcert=system", &[("SSL_CERT_FILE", &ours)]).expect(0);
    scene.run("", &[("SSL_CERT_FILE", &ours), ("PGSSLROOTCERT", "system")]).expect(0);
    scene.run("sslrootcert=system", &[("SSL_CERT_FILE", &others)]).expect(10);
    scene.run("sslrootcert=system sslmode=require", &[("SSL_CERT_FILE", &ours)]).expect(6);
    scene.all_end(
        6,
        &[
            "sslmode=verify-full sslrootcert=~/absent.crt",
            "sslmode=verify-full sslrootcert=~/ca.crt sslcrl=~/ca.key",
        ],
    );
}

/// The client's own certificate and key.
fn shows_its_own_certificate(scene: &Scene) {
    let user = "user=awgp_test_cert sslmode=require";
    scene.all_end(0, &[&format!("{user} sslcert=~/client.crt sslkey=~/client.key")]);
    scene.all_end(
        10,
        &[user, &format!("{user} sslcert=~/client.crt sslkey=~/client.key sslcertmode=disable")],
    );
    let home = scene.folder.file("");
    scene.run(user, &[("HOME", &home)]).expect(0);
    let (own, key) = (scene.folder.file("client.crt"), scene.folder.file("client.key"));
    scene.run(user, &[("PGSSLCERT", &own), ("PGSSLKEY", &key)]).expect(0);
    scene.all_end(
        6,
        &[
            &format!("{user} sslcert=~/client.crt"),
            &format!("{user} sslcert=~/client.crt sslkey=~/server.key"),
            &format!("{user} sslcert=~/client.crt sslkey=~/client.crt"),
        ],
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("permissions");
    let open = scene.run(&format!("{user} sslcert=~/client.crt sslkey=~/client.key"), &[]).expect(6);
    assert!(open.hint().contains("chmod 600"), "{open:#?}");
}

/// Servers that want TLS of some, and not of others.
fn falls_back_as_sslmode_says(scene: &Scene) {
    scene.all_end(
        0,
        &[
            "user=awgp_test_plain",
            "user=awgp_test_plain sslmode=allow",
            "user=awgp_test_plain sslmode=disable",
        ],
    );
    scene.all_end(0, &["user=awgp_test_encrypted", "user=awgp_test_encrypted sslmode=allow"]);
    scene.all_end(10, &["user=awgp_test_plain sslmode=require", "user=awgp_test_encrypted sslmode=disable"]);
}
