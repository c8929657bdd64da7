//! Commands that run on all members: what they say is one.

use super::stage::Stage;
use awgp_tests::cli::awgp;
use std::path::Path;

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
async fn numbers_of_all_members_are_one_text_with_a_label_and_reports_are_beside_each_other() {
    let stage = Stage::with_families().await;
    let text = stage.run(&["metrics"]).expect(0).stdout;
    for name in ["a", "b", "c"] {
        assert!(text.contains(&format!("awgp_fleet_member_up{{member=\"{name}\"}} 1")), "{text}");
    }
    assert_eq!(text.matches("# TYPE awgp_fleet_member_up gauge").count(), 1);
    assert_eq!(text.matches("# EOF").count(), 1);
    let named = text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("awgp_metrics_read"));
    assert!(named.clone().count() > 10 && named.clone().all(|line| line.contains("member=\"")), "{text}");
    stage.run(&["metrics", "--listen", "127.0.0.1:0"]).expect(2);
    let out = stage.file("report.html");
    stage.run(&["report", "--out", &out]).expect(0);
    for name in ["a", "b", "c"] {
        let page = std::fs::read_to_string(stage.file(&format!("report-{name}.html"))).expect("a page");
        assert!(page.contains(&format!("north-{name}")), "{name}");
    }
    assert!(!Path::new(&out).exists());
}
