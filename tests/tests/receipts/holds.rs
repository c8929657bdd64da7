//! Receipts that hold, and what they say.

use super::stage::{DIGEST, Stage, parts};
use awgp_tests::Login;
use awgp_tests::cli::awgp;
use awgp_tests::fixture::within_as;
use serde_json::{Value, json};
use uuid::Uuid;

fn kinds(receipt: &Value) -> Vec<&str> {
    let parts = receipt["parts"].as_array().expect("parts");
    parts.iter().map(|part| part["part"].as_str().expect("a kind")).collect()
}

#[tokio::test]
async fn a_receipt_binds_decision_votes_arguments_outcome_and_cost_and_holds_without_a_server() {
    let mut stage = Stage::set().await;
    let action = stage.approved_and_paid().await;
    stage.sign();
    let receipt = stage.receipt(action);
    assert_eq!(
        kinds(&receipt),
        ["approval", "vote", "vote", "approval", "approval", "action", "cost", "action"],
        "{receipt:#}"
    );
    let summary = &receipt["summary"];
    let superuser = stage.database.superuser().await;
    let sql = "SELECT to_jsonb(a) || jsonb_build_object('cost_amount', c.cost_amount::text)
               FROM awgp.governed_actions AS a JOIN awgp.cost_transactions AS c ON c.id = a.cost_transaction_id";
    let row: Value = superuser.query_one(sql, &[]).await.expect("one action").get(0);
    for name in [
        "action",
        "work_item_id",
        "assistant_id",
        "status",
        "arguments_digest",
        "finish_digest",
        "approval_id",
        "cost_transaction_id",
        "cost_amount",
    ] {
        assert_eq!(summary[name], row[name], "{name}");
    }
    assert_eq!((&summary["arguments_digest"], &summary["status"]), (&json!(DIGEST), &json!("succeeded")));
    let north = &stage.group.north;
    assert_eq!(summary["approver_ids"], json!([north.user("admin"), north.user("super_admin")]));
    let checked = stage.holds(&receipt);
    assert_eq!(checked["action_id"], json!(action));
    assert_eq!(checked["parts"].as_array().map(Vec::len), Some(8));
    // A person reads the same, and a file holds as well.
    let out = stage.auditor.file("action.receipt");
    let made = stage.make(Login::Auditor, &[&action.to_string(), "--out", &out]).expect(0).json();
    assert_eq!((&made["receipt"], &made["events"]), (&json!(out), &json!(8)));
    let arguments = ["audit", "check-proof", &out, "--public-key", &stage.auditor.public_key];
    let text = awgp(&arguments, &[]).expect(0).stdout;
    for said in [DIGEST, "0.250000", "succeeded", &north.user("admin").to_string()] {
        assert!(text.contains(said), "{said}: {text}");
    }
    // It is never overwritten.
    stage.make(Login::Auditor, &[&action.to_string(), "--out", &out]).expect(1);
}

#[tokio::test]
async fn a_receipt_says_how_far_an_action_has_come() {
    let mut stage = Stage::set().await;
    let item = stage.item(0).await;
    let begun = stage.begin(item, "").await;
    let failed = stage.begin(item, "").await;
    stage.finish(failed, "'failed'").await;
    let unknown = stage.begin(item, ", 'openai', 1").await;
    stage.finish(unknown, "'unknown'").await;
    let reconciled = stage.begin(item, ", 'openai', 1").await;
    stage.finish(reconciled, "'unknown'").await;
    let sql = "SELECT (awgp.reconcile_action($1, 'succeeded', 'the bank lists it', 'gpt-4', 1, 2, 0.5) ->> 'action_id')::uuid";
    stage.ask(Some("operator"), sql, reconciled).await;
    stage.sign();
    for (action, status, events) in [
        (begun, "begun", vec!["action"]),
        (failed, "failed", vec!["action", "action"]),
        (unknown, "unknown", vec!["action", "action"]),
    ] {
        let receipt = stage.receipt(action);
        stage.holds(&receipt);
        assert_eq!((&receipt["summary"]["status"], kinds(&receipt)), (&json!(status), events));
        for name in ["arguments_digest", "approval_id", "cost_transaction_id", "cost_amount", "reconciled"] {
            assert_eq!(receipt["summary"][name], json!(null), "{status}: {name}");
        }
    }
    let receipt = stage.receipt(reconciled);
    stage.holds(&receipt);
    let summary = &receipt["summary"];
    assert_eq!(
        (&summary["status"], &summary["reconciled"], &summary["cost_amount"]),
        (&json!("succeeded"), &json!("the bank lists it"), &json!("0.500000"))
    );
    // The reason of whoever reconciled is bound too.
    let told = parts(&receipt, "action");
    let last = *told.last().expect("events");
    assert_eq!(receipt["parts"][last]["row"]["action"], "action.reconciled");
    let mut silent = receipt.clone();
    silent["parts"].as_array_mut().expect("parts").remove(last);
    assert_eq!(stage.refused(&silent), ("receipt_mismatch".into(), "summary".into(), "reconciled".into()));
}

#[tokio::test]
async fn an_approval_of_the_work_item_is_in_the_receipt_of_each_of_its_actions() {
    let mut stage = Stage::set().await;
    let item = stage.item(4).await;
    let approval = stage.ask(Some("operator"), "SELECT id FROM awgp.request_approval($1)", item).await;
    stage.approve(approval).await;
    let first = stage.begin(item, "").await;
    let second = stage.begin(item, "").await;
    stage.sign();
    for action in [first, second] {
        let receipt = stage.receipt(action);
        stage.holds(&receipt);
        assert_eq!(receipt["summary"]["approval_id"], json!(approval));
        assert_eq!(kinds(&receipt).iter().filter(|kind| **kind == "vote").count(), 2);
    }
}

#[tokio::test]
async fn what_an_application_writes_into_the_trail_is_not_in_a_receipt_and_not_taken_for_evidence() {
    let mut stage = Stage::set().await;
    let item = stage.item(0).await;
    let action = stage.begin(item, "").await;
    let forged = within_as(&mut stage.app, stage.group.north.id, None).await;
    let sql = "SELECT awgp.log_event('update', 'governed_actions', $1, after.state, after.state || '{\"status\": \"succeeded\"}')
               FROM (SELECT to_jsonb(a) - 'result' AS state FROM awgp.governed_actions AS a WHERE id = $1) AS after";
    let event: i64 = forged.query_one(sql, &[&action]).await.expect("an application may log").get(0);
    forged.commit().await.expect("commits");
    stage.sign();
    let mut receipt = stage.receipt(action);
    assert_eq!((&receipt["summary"]["status"], kinds(&receipt)), (&json!("begun"), vec!["action"]));
    stage.holds(&receipt);
    // The event is in what was signed. It is no part of the action all the same.
    let auditor = stage.database.connect(Login::Auditor).await;
    let size: i64 = auditor
        .query_one(
            "SELECT max(tree_size) FROM awgp.audit_checkpoints WHERE tenant_id = $1",
            &[&stage.group.north.id],
        )
        .await
        .expect("a checkpoint")
        .get(0);
    let proof: Value =
        auditor.query_one("SELECT awgp.prove_audit($1, $2)", &[&event, &size]).await.expect("a proof").get(0);
    let part = json!({"part": "action", "row": proof["row"], "leaf_index": proof["leaf_index"], "path": proof["path"]});
    receipt["parts"].as_array_mut().expect("parts").push(part);
    receipt["summary"]["status"] = json!("succeeded");
    assert_eq!(stage.refused(&receipt), ("receipt_mismatch".into(), "action".into(), "metadata".into()));
}

#[tokio::test]
async fn before_a_checkpoint_a_receipt_says_what_to_do_next() {
    let mut stage = Stage::set().await;
    let item = stage.item(0).await;
    let action = stage.begin(item, "").await.to_string();
    std::fs::create_dir_all(stage.auditor.notes()).expect("a folder");
    let next = |stage: &Stage, rest: &[&str]| {
        let error = stage.make(Login::Auditor, rest).expect(4).error();
        assert_eq!(error["reason"], "row_not_checkpointed", "{error}");
        assert!(error["hint"].as_str().expect("a hint").contains("awgp audit checkpoint"), "{error}");
    };
    next(&stage, &[&action]);
    // A checkpoint that has only the beginning, then.
    stage.sign();
    let id: Uuid = action.parse().expect("a uuid");
    assert_eq!(stage.receipt(id)["summary"]["status"], "begun");
    stage.finish(id, "'succeeded'").await;
    next(&stage, &[&action]);
    // The database has a checkpoint of it, and this folder has no note of it.
    let old = stage.auditor.notes();
    let other = stage.auditor.file("others");
    stage.auditor.try_sign(&stage.database, &["--all-tenants"], &other).expect(0);
    next(&stage, &[&action]);
    let note = std::fs::read_dir(old).expect("notes").flatten().map(|file| file.path());
    let of_north = format!("{}.", stage.group.north.id);
    let mut note = note
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&of_north)));
    let note = note.next().expect("north's note").display().to_string();
    let arguments = ["audit", "receipt", &action, "--checkpoint", &note];
    let error = awgp_tests::cli::json(&stage.database, Login::Auditor, &arguments).expect(4).error();
    assert_eq!(error["reason"], "row_not_checkpointed", "{error}");
    stage.sign();
    assert_eq!(stage.receipt(id)["summary"]["status"], "succeeded");
}
