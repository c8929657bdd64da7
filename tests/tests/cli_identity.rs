//! `awgp` in signed mode: providers are kept, and a token stands in the place of --tenant and --user.

use awgp_tests::cli::{awgp, json, table};
use awgp_tests::tokens::{
    AUDIENCE, ED25519, ISSUER, P256, RSA_A, RSA_B, claims, jwks, signed_database, token_of,
};
use awgp_tests::{Database, Login};
use serde_json::json;
use std::path::PathBuf;

/// A file of this test's own; gone when it is dropped.
struct File(PathBuf);

impl File {
    fn new(database: &Database, name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("{}-{name}", database.name));
        std::fs::write(&path, text).expect("a file can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).expect("the file is there");
    }
}

#[tokio::test]
async fn a_token_from_a_file_or_the_environment_is_the_context() {
    let (database, group) = signed_database().await;
    let url = database.url(Login::App);
    let (token, stranger) = (token_of(group.north.user("admin")), token_of(group.other.user("admin")));
    let file = File::new(&database, "token", &format!("{token}\n"));
    let list = ["user", "list", "--output", "json"];
    let by_file = awgp(&[&list[..], &["--token-file", file.path()]].concat(), &[("DATABASE_URL", &url)]);
    let by_variable = awgp(&list, &[("DATABASE_URL", &url), ("AWGP_TOKEN", &token)]);
    for outcome in [by_file, by_variable] {
        let rows = outcome.expect(0).json();
        assert_eq!(rows.as_array().map(Vec::len), Some(5));
        assert!(rows.as_array().into_iter().flatten().all(|row| row["tenant_slug"] == "north"));
    }
    // A file goes before the variable.
    let both = awgp(
        &[&list[..], &["--token-file", file.path(), "--tenant", "north"]].concat(),
        &[("DATABASE_URL", &url), ("AWGP_TOKEN", &stranger)],
    );
    both.expect(0);
    let without = awgp(&[&list[..], &["--tenant", "north"]].concat(), &[("DATABASE_URL", &url)]).expect(3);
    assert_eq!(without.error()["reason"], "unknown_tenant");
    let foreign = [&list[..], &["--tenant", "other"]].concat();
    let foreign = awgp(&foreign, &[("DATABASE_URL", &url), ("AWGP_TOKEN", &token)]).expect(3);
    assert_eq!(foreign.error()["reason"], "unknown_tenant");
    let peer = [&list[..], &["--user", "viewer@north.example"]].concat();
    let peer = awgp(&peer, &[("DATABASE_URL", &url), ("AWGP_TOKEN", &token)]).expect(3);
    assert_eq!(peer.error()["reason"], "token_tenant_mismatch");
}

#[tokio::test]
async fn a_refused_token_is_not_shown() {
    let (database, group) = signed_database().await;
    let url = database.url(Login::App);
    let token = RSA_B.sign(&claims(&group.north.user("admin").to_string()));
    for output in ["table", "json"] {
        let arguments = ["user", "list", "--output", output];
        let outcome = awgp(&arguments, &[("DATABASE_URL", &url), ("AWGP_TOKEN", &token)]).expect(3);
        assert!(outcome.stderr.contains("token_unknown_key"), "{outcome:?}");
        assert!(token.split('.').all(|part| !outcome.stderr.contains(part)), "{outcome:?}");
    }
    let missing =
        awgp(&["user", "list", "--token-file", "no/such/file"], &[("DATABASE_URL", &url)]).expect(6);
    assert!(missing.hint().contains("--token-file"));
}

#[tokio::test]
async fn providers_are_added_listed_rotated_and_removed() {
    let (database, _) = signed_database().await;
    let run = |arguments: &[&str]| json(&database, Login::Admin, arguments);
    let (first, second) = (
        File::new(&database, "first", &jwks(&[RSA_A])),
        File::new(&database, "second", &jwks(&[P256, ED25519])),
    );
    let issuer = "https://id.example.com/realms/north";
    let added = run(&[
        "provider",
        "add",
        "north",
        "--issuer",
        issuer,
        "--audience",
        AUDIENCE,
        "--jwks-file",
        first.path(),
        "--algorithm",
        "RS256",
        "--only-tenant",
        "north",
        "--leeway-seconds",
        "3",
    ]);
    let added = added.expect(0).json();
    assert_eq!((&added["algorithms"], &added["leeway_seconds"]), (&json!(["RS256"]), &json!(3)));
    assert!(added["only_tenant_id"].is_string());
    let keys = || {
        let rows = run(&["provider", "list"]).expect(0).json();
        let rows = rows.as_array().expect("an array").clone();
        rows.iter().find(|row| row["issuer"] == issuer).map(|row| row["key_ids"].clone())
    };
    assert_eq!(keys(), Some(json!(["rsa-a"])));
    run(&["provider", "rotate", issuer, "--jwks-file", second.path()]).expect(0);
    assert_eq!(keys(), Some(json!(["p256", "ed25519"])));
    run(&["provider", "remove", issuer, "--yes"]).expect(0);
    assert_eq!(keys(), None);
    run(&["provider", "remove", issuer, "--yes"]).expect(8);
    let nothing = File::new(&database, "nothing", "{}");
    let refused =
        run(&["provider", "rotate", "https://id.example.com/realms/acme", "--jwks-file", nothing.path()]);
    assert_eq!(refused.expect(6).error()["reason"], "jwks_invalid");
    json(&database, Login::App, &["provider", "list"]).expect(3);
}

#[tokio::test]
async fn a_key_that_is_left_out_is_named_beside_the_answer() {
    let (database, group) = signed_database().await;
    let odd = json!({"kty": "EC", "crv": "secp256k1", "kid": "odd\u{202e}key", "x": "AA", "y": "AA"});
    // Some editors put a byte order mark before a text.
    let text = format!("\u{feff}{}", json!({"keys": [odd, ED25519.jwk()]}));
    let keys = File::new(&database, "odd", &text);
    let rotate = ["provider", "rotate", ISSUER, "--jwks-file", keys.path()];
    let outcome = json(&database, Login::Admin, &rotate).expect(0);
    assert_eq!(outcome.json()["issuer"], ISSUER);
    let told: serde_json::Value = serde_json::from_str(&outcome.stderr).expect("one object");
    assert!(told["notice"].as_str().is_some_and(|notice| notice.contains("odd\u{202e}key")), "{told}");
    let other = File::new(&database, "other", &jwks(&[ED25519]));
    let plain = ["provider", "rotate", ISSUER, "--jwks-file", other.path()];
    assert_eq!(json(&database, Login::Admin, &plain).expect(0).stderr, "");
    let people = table(&database, Login::Admin, &rotate).expect(0);
    assert!(people.stderr.starts_with("notice: key 0 (\"odd\\u{202e}key\")"), "{people:?}");
    let used = awgp(
        &["user", "list", "--output", "json"],
        &[("DATABASE_URL", &database.url(Login::App)), ("AWGP_TOKEN", &token_of(group.north.user("admin")))],
    );
    used.expect(0);
    let listed = json(&database, Login::Admin, &["provider", "list"]).expect(0).json();
    assert_eq!(listed[0]["key_ids"], json!(["odd\u{202e}key", "ed25519"]));
}
