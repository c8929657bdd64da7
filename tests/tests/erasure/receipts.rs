//! A receipt of an action, and the packs that have it, hold before and after somebody in it was erased.

use super::{Line, SECRET, counts, declare, erase, erase_in, tables_with_the_secret};
use crate::evidence::stage::{Evidence, Files, now};
use crate::receipts::stage::Stage;
use awgp_tests::fixture::within;
use awgp_tests::trail;
use serde_json::Value;
use std::path::Path;
use uuid::Uuid;

const APPROVAL: &str = "title, description, rejected_reason, escalation_reason, context";

/// An action that two admins have approved, with the secret wherever somebody writes.
async fn action(stage: &mut Stage) -> Uuid {
    let assistant = stage.group.north.assistant;
    let sql = "SELECT id FROM awgp.create_work_item($1, 'for Zyzzyva7741', description => 'of zyzzyva7741',
                                                    risk_level => 4, context => '{\"who\": \"zyzzyva7741\"}')";
    let item = stage.ask(Some("operator"), sql, assistant).await;
    let sql = "SELECT id FROM awgp.request_action_approval($1, 'look', '{\"to\": \"zyzzyva7741\"}', 'to look at Zyzzyva7741',
                   'he is zyzzyva7741', context => '{\"who\": \"zyzzyva7741\"}')";
    let approval = stage.ask(Some("operator"), sql, item).await;
    for role in ["admin", "super_admin"] {
        let sql = "SELECT id FROM awgp.approve($1, 'I know zyzzyva7741')";
        stage.ask(Some(role), sql, approval).await;
    }
    let action = stage.begin(item, ", 'openai', 1, arguments => '{\"to\": \"zyzzyva7741\"}'").await;
    stage.finish(action, "'succeeded', 'gpt-4', 10, 20, 0.25").await;
    stage.ask(None, "SELECT id FROM awgp.complete_work_item($1, '{\"who\": \"zyzzyva7741\"}')", item).await;
    action
}

/// The system of north erases the user: an admin may not erase a super_admin.
async fn erase_as_system(stage: &mut Stage, user: Uuid) -> Vec<Line> {
    let transaction = within(&mut stage.app, stage.group.north.id).await;
    let lines = erase_in(&transaction, user, false).await;
    transaction.commit().await.expect("committed");
    lines
}

#[tokio::test]
async fn a_receipt_holds_before_and_after_its_people_are_erased() {
    let mut stage = Stage::set().await;
    declare(&stage.database).await;
    let action = action(&mut stage).await;
    stage.sign();
    let receipt = stage.receipt(action);
    assert!(!receipt.to_string().to_lowercase().contains(SECRET), "a receipt has commitments only");
    stage.holds(&receipt);

    let north = stage.group.north.clone();
    let lines = erase(&stage.database, &north, north.user("operator"), false).await;
    assert_eq!(counts(&lines, "awgp.approvals", APPROVAL), (Some(1), 1, Some(0)));
    for role in ["admin", "super_admin"] {
        let lines = erase_as_system(&mut stage, north.user(role)).await;
        assert_eq!(counts(&lines, "awgp.approval_decisions", "comment"), (Some(1), 1, Some(0)));
    }
    let superuser = stage.database.superuser().await;
    assert_eq!(tables_with_the_secret(&superuser).await, Vec::<String>::new());
    assert_eq!(trail::verify(&stage.database).await, []);

    // What was made before still holds, and so does what is made now, with the events of the erasure.
    stage.holds(&receipt);
    stage.sign();
    let again = stage.receipt(action);
    stage.holds(&again);
    assert_eq!(again["summary"], receipt["summary"]);
    let parts = |receipt: &Value| receipt["parts"].as_array().map(Vec::len);
    assert_eq!(parts(&again), parts(&receipt).map(|count| count + 1), "the approval was changed");

    // A change that is missing between the versions is found all the same.
    let mut cut = again.clone();
    let approval = crate::receipts::stage::parts(&cut, "approval");
    cut["parts"].as_array_mut().expect("parts").remove(approval[1]);
    assert_eq!(stage.refused(&cut).0, "receipt_incomplete");
}

#[tokio::test]
async fn a_pack_of_evidence_verifies_before_and_after_its_people_are_erased() {
    let mut stage = Stage::set().await;
    let from = now(&stage.database).await;
    declare(&stage.database).await;
    action(&mut stage).await;
    stage.sign();
    let mut evidence = Evidence { stage, from };
    let receipts = |files: Files| {
        let is_script = |name: &str| Path::new(name).extension().is_some_and(|of| of == "py");
        files.iter().filter(|(name, _)| name.contains("receipt") && !is_script(name)).count()
    };
    let before = receipts(evidence.pack("before.zip"));
    assert!(evidence.verify("before.zip", &[]).0.is_empty(), "{:?}", evidence.verify("before.zip", &[]));
    for role in ["operator", "admin", "super_admin"] {
        let user = evidence.stage.group.north.user(role);
        erase_as_system(&mut evidence.stage, user).await;
    }
    evidence.stage.sign();
    assert!(before > 0);
    assert_eq!(receipts(evidence.pack("after.zip")), before);
    for pack in ["before.zip", "after.zip"] {
        assert!(evidence.verify(pack, &[]).0.is_empty(), "{:?}", evidence.verify(pack, &[]));
    }
}
