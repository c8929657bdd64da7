//! Two tenants whose events have the same id: ids come from the sequence of each installation, and move
//! along.

use super::stage::{Stage, said, stage, text};
use awgp_tests::cli::{awgp, json};
use awgp_tests::fixture;
use awgp_tests::tampering::tamper;
use awgp_tests::{Login, assert_refused, refused};
use serde_json::Value;
use uuid::Uuid;

/// The family has moved to where somebody else has a subsidiary, whose events have ids of the family's.
async fn together() -> (Stage, Uuid) {
    let stage = stage().await;
    let (mut admin, mut app) = (stage.target.admin().await, stage.target.app().await);
    let resident = "SELECT id FROM awgp.tenants WHERE slug = 'resident'";
    let resident: Uuid = admin.query_one(resident, &[]).await.expect("a tenant").get(0);
    let annex = fixture::tenant(&mut admin, &mut app, "annex", "subsidiary", Some(resident)).await;
    said(&stage.fleet_move(&[]).expect(0));
    (stage, annex.id)
}

/// An id that events of this tenant and of another one of these have.
async fn shared(stage: &Stage, annex: Uuid) -> (i64, Uuid) {
    let sql =
        "SELECT one.id, other.tenant_id FROM awgp.audit_logs AS one JOIN awgp.audit_logs AS other USING (id)
               WHERE one.tenant_id = $1 AND other.tenant_id = ANY ($2) ORDER BY 1 LIMIT 1";
    let family = [stage.group.holding.id, stage.group.north.id, stage.group.south.id].to_vec();
    let row = stage.target.superuser().await.query_one(sql, &[&annex, &family]).await.expect("a shared id");
    (row.get(0), row.get(1))
}

/// Signs in the target, into a folder of its own, and lists the notes.
fn signed(stage: &Stage, which: &[&str]) -> Vec<Value> {
    let notes = stage.auditor.file("there");
    let outcome = stage.auditor.try_sign(&stage.target, which, &notes).expect(0);
    outcome.json().as_array().expect("notes").clone()
}

/// The newest signed note of this kind about a tenant.
fn note(signed: &[Value], kind: &str, tenant: Uuid) -> String {
    let of = |row: &&Value| row["kind"] == kind && row["tenant_id"] == tenant.to_string();
    signed.iter().find(of).and_then(|row| row["note"].as_str()).expect("a note").to_owned()
}

#[tokio::test]
async fn a_proof_says_of_which_tenant_and_an_id_of_two_is_refused_with_their_names() {
    let (stage, annex) = together().await;
    let (id, other) = shared(&stage, annex).await;
    let (target, auditor) = (&stage.target, &stage.auditor);
    let notes = signed(&stage, &["--all-tenants"]);
    // Programs name the tenant.
    let login = target.connect(Login::Auditor).await;
    let plain = login.query_one("SELECT awgp.prove_audit($1)", &[&id]).await;
    let told = refused(plain);
    assert_eq!((told.code.as_str(), told.reason.as_deref()), ("22023", Some("audit_id_ambiguous")));
    let detail: Value = serde_json::from_str(&told.detail).expect("JSON");
    let mut both = [annex.to_string(), other.to_string()];
    both.sort();
    assert_eq!(detail["tenants"], serde_json::json!(both), "{detail}");
    for tenant in [annex, other] {
        let sql = "SELECT awgp.prove_audit($1, tenant_id => $2) #>> '{row,tenant_id}'";
        let row = login.query_one(sql, &[&id, &tenant]).await.expect("a proof");
        assert_eq!(row.get::<_, String>(0), tenant.to_string());
    }
    let nobody = login.query_one("SELECT awgp.prove_audit($1, NULL, $2)", &[&id, &Uuid::nil()]).await;
    assert_refused(nobody, "P0002", "unknown_audit_row");

    // A note of one tenant says which is meant; --tenant does too.
    let number = id.to_string();
    for (tenant, more) in [(annex, ["--tenant", "annex"].as_slice()), (other, &[])] {
        let out = auditor.file(&format!("{tenant}.proof"));
        let note = note(&notes, "tenant", tenant);
        let prove = ["audit", "prove", &number, "--checkpoint", &note, "--out", &out];
        json(target, Login::Auditor, &[&prove, more].concat()).expect(0);
        let check = ["audit", "check-proof", &out, "--public-key", &auditor.public_key, "--output", "json"];
        assert_eq!(awgp(&check, &[]).expect(0).json()["row"]["tenant_id"], tenant.to_string());
    }

    // A note of both does not.
    json(target, Login::Admin, &["tenant", "move", "annex", "--parent", "holding"]).expect(0);
    let notes = signed(&stage, &["--tenant", "holding"]);
    let group = note(&notes, "group", stage.group.holding.id);
    let out = auditor.file("group.proof");
    let prove = ["audit", "prove", &number, "--checkpoint", &group, "--out", &out];
    let refused = json(target, Login::Auditor, &prove).expect(6).error();
    assert_eq!(refused["reason"], "audit_id_ambiguous", "{refused}");
    assert!(refused["detail"].as_str().is_some_and(|text| text.contains("annex (")), "{refused}");
    json(target, Login::Auditor, &[&prove, &["--tenant", "annex"][..]].concat()).expect(0);
}

#[tokio::test]
async fn an_event_is_shown_and_a_finding_is_named_by_id_and_tenant() {
    let (stage, annex) = together().await;
    let (id, other) = shared(&stage, annex).await;
    let (target, number) = (&stage.target, id.to_string());
    let refused = json(target, Login::Auditor, &["audit", "show", &number]).expect(6).error();
    assert_eq!(refused["reason"], "audit_id_ambiguous", "{refused}");
    for tenant in [annex.to_string(), other.to_string()] {
        let show = ["audit", "show", &number, "--tenant", &tenant];
        assert_eq!(json(target, Login::Auditor, &show).expect(0).json()["tenant_id"], tenant);
    }
    for (tenant, action) in [(annex, "changed_there"), (other, "changed_here")] {
        let set = format!(
            "UPDATE {{partition}} SET action = '{action}' WHERE id = {id} AND tenant_id = '{tenant}'"
        );
        tamper(target, &set).await;
    }
    let (findings, _) = json(target, Login::Auditor, &["audit", "verify"]).expect(12).verified();
    for (tenant, action) in [(annex, "changed_there"), (other, "changed_here")] {
        let found = findings
            .iter()
            .find(|found| found["kind"] == "changed_row" && found["tenant_id"] == tenant.to_string());
        assert_eq!(found.map(|found| &found["action"]), Some(&action.into()), "{findings:?}");
    }
    let rows = text(target, &format!("SELECT count(*)::text FROM awgp.audit_logs WHERE id = {id}")).await;
    assert!(rows.is_some_and(|rows| rows != "1"));
}
