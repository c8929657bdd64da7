//! Commands that run on all members: what they say is one.

use super::stage::Stage;
use crate::monitoring::{fetched, parsed, serving_by};
use awgp_tests::cli::awgp;
use serde_json::json;
use std::net::TcpListener;
use std::time::{Duration, Instant};

#[tokio::test]
async fn lists_of_all_members_are_one_list_with_the_member_first() {
    let stage = Stage::with_families().await;
    let rows = stage.run(&["tenant", "list", "--output", "json"]).expect(0).json();
    let rows = rows.as_array().expect("a list");
    let pairs: Vec<(String, String)> = rows
        .iter()
        .map(|row| (row["member"].as_str().unwrap().to_owned(), row["slug"].as_str().unwrap().to_owned()))
        .collect();
    let expected: Vec<(String, String)> = ["a", "b", "c"]
        .iter()
        .flat_map(|name| {
            [((*name).into(), format!("holding-{name}")), ((*name).into(), format!("north-{name}"))]
        })
        .collect();
    assert_eq!(pairs, expected);
    let csv = stage.run(&["tenant", "list", "--output", "csv"]).expect(0).stdout;
    assert!(csv.starts_with("member,slug,name,type,is_active,id,parent_slug\na,holding-a,"), "{csv}");
    assert_eq!(csv.lines().count(), 7);
    let table = stage.run(&["tenant", "list", "--type", "subsidiary"]).expect(0).stdout;
    assert!(table.contains("north-c") && !table.contains(" holding "), "{table}");
    // A page of each member, and where each goes on.
    let paged = stage.run(&["tenant", "list", "--limit", "1"]).expect(0);
    assert!(paged.stdout.contains("holding-b") && !paged.stdout.contains("north-b"));
    assert!(paged.stderr.contains("member b: 1 more row. The next: --member b --after "), "{}", paged.stderr);
    let all = stage.run(&["tenant", "list", "--all", "--output", "json"]).expect(0).json();
    assert_eq!(all.as_array().map(Vec::len), Some(6));
}

#[tokio::test]
async fn approvals_of_every_tenant_of_every_member_are_listed() {
    let stage = Stage::with_families().await;
    for name in ["a", "c"] {
        let tenant = format!("north-{name}");
        let run = |arguments: &[&str]| {
            stage.run(&[arguments, &["--tenant", &tenant, "--output", "json"]].concat()).expect(0).json()
        };
        run(&["user", "create", "bob@x.example", "--role", "manager"]);
        run(&["assistant", "create", "Scribe", "--slug", "scribe", "--type", "custom"]);
        let work = run(&["work", "create", "Pay", "--assistant", "scribe", "--risk-level", "4"]);
        let id = work["id"].as_str().expect("an id");
        run(&["approval", "request", id, "--user", "bob@x.example"]);
    }
    for verb in ["list", "inbox"] {
        let rows = stage.run(&["approval", verb, "--output", "json"]).expect(0).json();
        let members: Vec<&str> =
            rows.as_array().expect("a list").iter().filter_map(|row| row["member"].as_str()).collect();
        assert_eq!(members, ["a", "c"], "{verb}");
    }
    let one = stage.run(&["approval", "list", "--tenant", "holding-a", "--output", "json"]).expect(0).json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
    assert!(stage.run(&["approval", "list"]).expect(0).stdout.contains("north-c"));
}

#[tokio::test]
async fn doctor_version_maintenance_and_verification_run_on_all_members() {
    let stage = Stage::with_families().await;
    let versions = stage.run(&["version", "--output", "json"]).expect(0).json();
    assert_eq!(versions.as_array().map(Vec::len), Some(3));
    assert!(versions.as_array().expect("a list").iter().all(|row| row["extension"] == "0.1.0"), "{versions}");
    let steps = stage.run(&["maintenance", "run", "--output", "json"]).expect(0).json();
    let steps = steps.as_array().expect("a list");
    for name in ["a", "b", "c"] {
        assert!(steps.iter().any(|step| step["member"] == name && step["ok"] == true), "{steps:?}");
    }
    let doctor = stage.run(&["doctor"]).expect(0);
    assert!(doctor.stdout.contains("errors: 0"), "{}", doctor.stdout);
    let verified = stage.run(&["audit", "verify"]).expect(0).stdout;
    assert!(verified.contains("c: verified 2 rows in "), "{verified}");
    // One member has an event that somebody has changed: the exit code is the worst.
    let tampered = "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
        UPDATE awgp.audit_logs SET actor_type = 'user' WHERE id = (SELECT min(id) FROM awgp.audit_logs);
        ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit";
    stage.members[1].superuser().await.batch_execute(tampered).await.expect("a superuser may");
    let outcome = stage.run(&["audit", "verify", "--output", "json"]).expect(12);
    let lines: Vec<serde_json::Value> =
        outcome.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let findings: Vec<_> = lines.iter().filter(|line| line.get("kind").is_some()).collect();
    assert!(!findings.is_empty() && findings.iter().all(|line| line["member"] == "b"), "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.get("verified_rows").is_some()).count(), 3);
    let table = stage.run(&["audit", "verify"]).expect(12).stdout;
    assert!(table.contains("changed_row") && table.contains("a: verified 2 rows"), "{table}");
}

#[tokio::test]
async fn checkpoints_of_all_members_are_signed_side_by_side_and_verify() {
    let stage = Stage::with_families().await;
    let key = stage.file("audit.key");
    let made = awgp(&["audit", "keygen", "--plain", "--out", &key, "--output", "json"], &[]).expect(0).json();
    let public = made["public_key"].as_str().expect("a key").to_owned();
    let notes = stage.file("notes");
    std::fs::create_dir_all(&notes).expect("a folder");
    let sign = ["audit", "checkpoint", "--all-tenants", "--key", &key, "--out", &notes, "--output", "json"];
    for round in 0..2 {
        let signed = stage.run(&sign).expect(0).json();
        for name in ["a", "b", "c"] {
            let of_member = signed.as_array().expect("a list").iter().filter(|row| row["member"] == name);
            assert!(of_member.count() >= 2, "{round}: {signed}");
            assert!(std::fs::read_dir(format!("{notes}/{name}")).expect("a folder").count() >= 2);
        }
        stage.run(&["tenant", "update", "north-b", "--name", &format!("N{round}")]).expect(0);
    }
    let verify = ["audit", "verify", "--checkpoint", &notes, "--public-key", &public];
    stage.run(&verify).expect(0);
    // What one member has lost since is found there.
    let cut = "ALTER TABLE awgp.audit_logs DISABLE TRIGGER guard_audit;
        DELETE FROM awgp.audit_logs WHERE id = (SELECT max(id) FROM awgp.audit_logs
            WHERE tenant_id = awgp.find_tenant('north-c'));
        ALTER TABLE awgp.audit_logs ENABLE ALWAYS TRIGGER guard_audit";
    stage.members[2].superuser().await.batch_execute(cut).await.expect("a superuser may");
    let found = stage.run(&verify).expect(12);
    assert!(found.stdout.contains(" c "), "{}", found.stdout);
}

#[tokio::test]
async fn numbers_of_all_members_are_one_text_with_a_label() {
    let stage = Stage::with_families().await;
    let text = stage.run(&["metrics", "--timeout", "60"]).expect(0).stdout;
    all_labelled(&text);
    for name in ["a", "b", "c"] {
        assert!(text.contains(&format!("awgp_fleet_member_up{{member=\"{name}\"}} 1")), "{text}");
    }
    assert_eq!(text.matches("# TYPE awgp_fleet_member_up gauge").count(), 1);
}

/// One text of OpenMetrics, in which each number but those of the reading has its member.
fn all_labelled(text: &str) {
    parsed(text);
    let named = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("awgp_metrics_read"));
    assert!(named.clone().count() > 10 && named.clone().all(|line| line.contains("member=\"")), "{text}");
}

#[tokio::test]
async fn numbers_of_all_members_are_served_and_a_member_that_does_not_answer_is_not_up() {
    let stage = Stage::with_families().await;
    // The kernel takes the connection; nobody reads from it.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("an address").port();
    let dead = format!("[members.b]\nshard = 1\nurl = \"postgresql://x:y@127.0.0.1:{port}/z\"\n");
    let lines = [stage.lines("a", 0, ""), dead, stage.lines("c", 2, "")].concat();
    let file = stage.write("served.toml", &format!("connect_timeout_seconds = 2\n{lines}"));
    let (_server, address) = serving_by(&[("AWGP_FLEET", &file)], &["--cache", "0", "--timeout", "60"]);
    for round in 0..2 {
        let begun = Instant::now();
        let (status, body) = fetched(&address);
        let took = begun.elapsed();
        assert_eq!(status, 200, "{body}");
        assert!(took >= Duration::from_secs(2), "the member that is silent was waited for: {took:?}");
        all_labelled(&body);
        for (name, up) in [("a", "1.0"), ("b", "0.0"), ("c", "1.0")] {
            assert!(body.contains(&format!("awgp_fleet_member_up{{member=\"{name}\"}} {up}")), "{body}");
        }
        // The doctor's findings are kept, and stay those of their member.
        for name in ["a", "c"] {
            let line = format!("awgp_doctor_findings{{member=\"{name}\",severity=\"error\"}} 0.0");
            assert!(body.contains(&line), "{round}: {body}");
        }
        assert!(!body.contains("{member=\"b\",severity"), "{body}");
    }
}

#[tokio::test]
async fn the_report_of_a_fleet_is_one_page_with_sums_and_a_part_for_each_member() {
    let stage = Stage::with_families().await;
    for (name, approvals) in [("a", 1), ("c", 2)] {
        let tenant = format!("north-{name}");
        let run = |arguments: &[&str]| {
            stage.run(&[arguments, &["--tenant", &tenant, "--output", "json"]].concat()).expect(0).json()
        };
        run(&["user", "create", "bob@x.example", "--role", "manager"]);
        run(&["assistant", "create", "Scribe", "--slug", "scribe", "--type", "custom"]);
        for _ in 0..approvals {
            let work = run(&["work", "create", "Pay", "--assistant", "scribe", "--risk-level", "4"]);
            run(&["approval", "request", work["id"].as_str().expect("an id"), "--user", "bob@x.example"]);
        }
    }
    let out = stage.file("report.html");
    let told = stage.run(&["report", "--out", &out]).expect(0).stdout;
    assert!(told.trim_end().ends_with(", 6 tenants on 3 members"), "{told}");
    let page = std::fs::read_to_string(&out).expect("a page");
    assert!(page.contains("<dt>Approvals requested</dt><dd>3</dd>"), "{page}");
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    for (name, next) in [("a", Some("b")), ("b", Some("c")), ("c", None)] {
        let part = place(&format!("<h2>Member {name}</h2>"));
        let end = next.map_or(page.len(), |next| place(&format!("<h2>Member {next}</h2>")));
        assert!(page[part..end].contains(&format!("(north-{name})")), "{name}: {page}");
        assert_eq!(page[part..end].matches("<h3>").count(), 5, "{name}: {page}");
    }
    // Without a member the page says so, and the sums are of the others.
    let lines = [stage.lines("a", 0, ""), stage.lines("c", 2, "")].concat();
    let dead = "[members.b]\nshard = 1\nurl = \"postgresql://x:y@127.0.0.1:1/z\"\n";
    stage.write("short.toml", &[lines.as_str(), dead].concat());
    let said = stage.run_by("short.toml", &["report", "--out", &out, "--output", "json"]).expect(10).json();
    assert_eq!((&said["members"], &said["missing"]), (&json!(["a", "c"]), &json!(["b"])), "{said}");
    let page = std::fs::read_to_string(&out).expect("a page");
    assert!(page.contains("Not on this page: b.") && !page.contains("north-b"), "{page}");
    // A page of one member.
    stage.run(&["report", "--out", &out, "--member", "b"]).expect(0);
    let page = std::fs::read_to_string(&out).expect("a page");
    assert!(page.contains("(north-b)") && !page.contains("<h3>"), "{page}");
}
