//! The index as a page: shown by a browser, in light and dark, without a script.

use super::stage::{Evidence, text};
use awgp_tests::browser::browse;
use awgp_tests::command::output_of;
use serde_json::json;
use std::process::Command;

#[tokio::test]
async fn the_index_needs_nothing_runs_nothing_and_axe_finds_nothing_in_it() {
    let evidence = Evidence::set().await;
    let rename = "UPDATE awgp.tenants SET name = $2 WHERE id = $1";
    let hostile = "North <script>alert(1)</script> & \u{202e}Co";
    let admin = evidence.stage.database.admin().await;
    admin.execute(rename, &[&evidence.stage.group.north.id, &hostile]).await.expect("a name");
    evidence.stage.sign();
    let files = evidence.pack("north.zip");
    let html = text(&files, "index.html");
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)"), "a name is text");
    assert!(!html.contains('\u{202e}') && html.contains("\\u{202e}"), "nothing hides in a name");
    for outside in ["http://", "https://", "src=", "url(", "@import", "onload", "javascript:"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("default-src 'none'; style-src 'sha256-"), "a policy");
    for heading in ["Article 12", "Article 14", "Article 19", "Article 26", "ISO/IEC 42001:2023", "A.6.2.8"] {
        assert!(html.contains(heading), "{heading}");
    }
    // Links lead to files of the pack.
    for (at, _) in html.match_indices("href=\"") {
        let link = html[at + 6..].split('"').next().expect("a link");
        assert!(files.iter().any(|(name, _)| name == link), "{link}");
    }
    let folder = evidence.file("unpacked");
    output_of(Command::new("python3").args(["-m", "zipfile", "-e", &evidence.file("north.zip"), &folder]));
    browse(
        "evidence.js",
        &json!({"page": format!("file://{folder}/index.html"), "sentence": "voted and when: 3."}),
    );
}
