//! Approving, rejecting, escalating and asking again on the page of an approval.

use super::people::{scene, shown};
use awgp_tests::approving::{approve, asked, delegate, item, let_it_expire, policy, row, run};
use awgp_tests::fixture::within_as;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn an_approver_approves_what_they_have_seen_and_reads_what_is_so_now() {
    let mut scene = scene().await;
    let asked = asked(&mut scene.app, &scene.group.north, 3).await;
    let mut manager = scene.reader("manager");
    let inbox = manager.page("/inbox");
    let path = format!("/approvals/{}", asked.approval);
    assert!(inbox.links().contains(&path), "{inbox:#?}");
    let page = manager.page(&path);
    for text in
        ["Pay", "All of it", "\"invoice\": 7", "helper", "risk 3", "You may decide.", "One vote is enough"]
    {
        assert!(page.says(text), "{text}: {page:#?}");
    }
    let seen = page.value("seen").expect("what was seen");
    let answer =
        manager.post(&format!("{path}/approve"), &[("seen", &seen), ("comment", "the amount is right")]);
    let after = manager.follow(&answer.expect(303));
    assert!(after.says("It is approved: the work may start, once."), "{after:#?}");
    assert!(after.says("the amount is right") && after.says("manager@north.example"), "{after:#?}");
    assert!(after.forms().is_empty(), "{after:#?}");
    assert_eq!(row(&mut scene.app, &scene.group.north, asked.approval).await["status"], "approved");
    assert!(!manager.page("/inbox").links().contains(&path));
}

#[tokio::test]
async fn a_rejection_says_why_and_whoever_asked_asks_again() {
    let mut scene = scene().await;
    let asked = asked(&mut scene.app, &scene.group.north, 3).await;
    let path = format!("/approvals/{}", asked.approval);
    let mut manager = scene.reader("manager");
    let seen = manager.page(&path).value("seen").expect("what was seen");
    let refused = manager.post(&format!("{path}/reject"), &[("seen", &seen), ("reason", "  ")]);
    assert_eq!(refused.expect(400).reason().as_deref(), Some("reason_required"));
    let fields = [("seen", seen.as_str()), ("reason", "the account is not theirs")];
    let answer = manager.post(&format!("{path}/reject"), &fields).expect(303);
    assert!(manager.follow(&answer).says("It is rejected"));
    // Whoever asked sees why, and asks again for changed work: the difference is on the new page.
    let sql = "SELECT title FROM awgp.update_work_item($1, description => 'Half of it')";
    let operator = scene.group.north.user("operator");
    run(&mut scene.app, &scene.group.north, Some(operator), sql, asked.item).await.expect("it changes");
    let mut reader = scene.reader("operator");
    let page = reader.page(&path);
    assert!(page.says("the account is not theirs"), "{page:#?}");
    let seen = page.value("seen").expect("what was seen");
    let fields =
        [("seen", seen.as_str()), ("title", "Pay half"), ("description", "As agreed"), ("risk", "3")];
    let answer = reader.post(&format!("{path}/ask"), &fields).expect(303);
    let again = answer.location().expect("the new request").to_owned();
    assert_ne!(again, path);
    assert!(reader.follow(&answer).says("You have asked again."));
    let page = manager.page(&again);
    assert!(page.body.contains("<del class=\"short\">All of it</del>"), "{page:#?}");
    assert!(page.body.contains("<ins class=\"short\">Half of it</ins>"), "{page:#?}");
    assert!(page.says("What the request says As agreed"), "{page:#?}");
}

#[tokio::test]
async fn the_requester_and_a_viewer_see_why_they_do_not_decide_and_no_form_that_decides() {
    let mut scene = scene().await;
    let asked = asked(&mut scene.app, &scene.group.north, 3).await;
    let path = format!("/approvals/{}", asked.approval);
    let mut operator = scene.reader("operator");
    let page = operator.page(&path);
    assert!(page.says("You do not decide this. You asked for it"), "{page:#?}");
    assert!(page.says("manager@north.example"), "who may decide: {page:#?}");
    assert_eq!(page.forms(), [format!("{path}/escalate")]);
    let seen = page.value("seen").expect("what was seen");
    let refused = operator.post(&format!("{path}/approve"), &[("seen", &seen)]).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("self_approval"));
    let mut viewer = scene.reader("viewer");
    let page = viewer.page(&path);
    assert!(page.says("You do not decide this.") && page.forms().is_empty(), "{page:#?}");
    // The forms are a courtesy: the database refuses whoever sends one all the same.
    let mut other = scene.reader("operator");
    other.page("/approvals");
    other.form_secret.clone_from(&operator.form_secret);
    other.cookies.clone_from(&operator.cookies);
    other.headers.clone_from(&scene.reader("viewer").headers);
    let refused = other.post(&format!("{path}/approve"), &[("seen", &seen)]).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("role_not_sufficient"));
    assert_eq!(row(&mut scene.app, &scene.group.north, asked.approval).await["status"], "pending");
}

#[tokio::test]
async fn an_id_of_another_tenant_answers_as_an_unknown_one() {
    let mut scene = scene().await;
    let there = asked(&mut scene.app, &scene.group.other, 3).await;
    let own = asked(&mut scene.app, &scene.group.north, 3).await;
    let mut manager = scene.reader("manager");
    let seen = manager.page(&format!("/approvals/{}", own.approval)).value("seen").expect("what was seen");
    let unknown = Uuid::from_u128(7).to_string();
    for (kind, id, malformed) in
        [("approvals", there.approval, "x"), ("work", there.item, "00000000-0000-0000-0000-00000000000g")]
    {
        let theirs = manager.get(&format!("/{kind}/{id}")).expect(404);
        for other in [unknown.as_str(), malformed] {
            assert_eq!(manager.get(&format!("/{kind}/{other}")).expect(404).text(), theirs.text());
        }
    }
    for verb in ["approve", "reject", "escalate", "ask"] {
        let fields = [("seen", seen.as_str()), ("reason", "no"), ("title", "x"), ("risk", "3")];
        let theirs = manager.post(&format!("/approvals/{}/{verb}", there.approval), &fields).expect(404);
        let none = manager.post(&format!("/approvals/{unknown}/{verb}"), &fields).expect(404);
        assert_eq!(theirs.text(), none.text());
    }
    let theirs = manager.post(&format!("/work/{}/cancel", there.item), &[("reason", "no")]).expect(404);
    let none = manager.post(&format!("/work/{unknown}/cancel"), &[("reason", "no")]).expect(404);
    assert_eq!(theirs.text().replace(&there.item.to_string(), &unknown), none.text());
    assert_eq!(row(&mut scene.app, &scene.group.other, there.approval).await["status"], "pending");
}

/// `explain_approval()` that waits for whoever holds a lock.
const WAITS: &str = "
    ALTER FUNCTION awgp.explain_approval(uuid, uuid) RENAME TO explain_approval_at_once;
    CREATE FUNCTION awgp.explain_approval(approval_id uuid, user_id uuid DEFAULT NULL) RETURNS jsonb
    LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_catalog.pg_advisory_xact_lock_shared(7);
        RETURN awgp.explain_approval_at_once($1, $2);
    END $$";

#[tokio::test]
async fn who_decides_while_another_one_does_is_told_that_it_is_decided() {
    let mut scene = scene().await;
    let north = &scene.group.north;
    let asked = asked(&mut scene.app, north, 3).await;
    let path = format!("/approvals/{}", asked.approval);
    let mut manager = scene.reader("manager");
    let seen = manager.page(&path).value("seen").expect("what was seen");
    // The console has read the request, and waits to read its votes, when the other vote commits.
    let mut superuser = scene.database.superuser().await;
    superuser.batch_execute(WAITS).await.expect("a superuser may");
    let other = within_as(&mut superuser, north.id, Some(north.user("admin"))).await;
    other.batch_execute("SELECT pg_advisory_xact_lock(7)").await.expect("a lock");
    let late = std::thread::spawn(move || manager.post(&format!("{path}/approve"), &[("seen", &seen)]));
    scene.database.until_somebody_waits().await;
    let sql = "SELECT FROM awgp.approve($1)";
    other.execute(sql, &[&asked.approval]).await.expect("a vote");
    other.commit().await.expect("it commits");
    let refused = late.join().expect("an answer").expect(409);
    assert_eq!(refused.reason().as_deref(), Some("approval_closed"), "{refused:#?}");
}

#[tokio::test]
async fn a_page_of_earlier_cannot_approve_what_has_changed_since() {
    let mut scene = scene().await;
    let north = &scene.group.north;
    policy(&scene.database, north, &json!({"quorum": {"3": 2}})).await;
    let asked = asked(&mut scene.app, north, 3).await;
    let path = format!("/approvals/{}", asked.approval);
    let mut manager = scene.console.reader_with(&awgp_tests::tokens::token_of(north.user("manager")));
    let seen = manager.page(&path).value("seen").expect("what was seen");
    // Another vote makes theirs the last one: not what the page said.
    approve(&mut scene.app, north, north.user("admin"), asked.approval).await.expect("the first vote");
    let fields = [("seen", seen.as_str()), ("comment", "typed")];
    let stale = manager.post(&format!("{path}/approve"), &fields).expect(409);
    assert!(
        stale.says("has changed since you opened the page") && stale.says("Nothing was done"),
        "{stale:#?}"
    );
    assert!(stale.says("Yours is the last of 2 votes"), "as it is now: {stale:#?}");
    assert!(stale.body.contains("typed</textarea>"), "what was typed is not lost: {stale:#?}");
    // The work changes under a page that is fresh otherwise.
    let seen = stale.value("seen").expect("what was seen");
    let sql = "SELECT title FROM awgp.update_work_item($1, title => 'Pay twice')";
    run(&mut scene.app, north, Some(north.user("operator")), sql, asked.item).await.expect("it changes");
    let refused = manager.post(&format!("{path}/approve"), &[("seen", &seen)]).expect(409);
    assert_eq!(refused.reason().as_deref(), Some("digest_mismatch"));
    assert!(refused.body.contains("<ins class=\"short\">Pay twice</ins>"), "{refused:#?}");
    assert_eq!(refused.forms().iter().filter(|form| form.ends_with("/approve")).count(), 0);
    assert_eq!(row(&mut scene.app, north, asked.approval).await["status"], "pending");
}

#[tokio::test]
async fn what_another_decided_meanwhile_or_what_has_expired_says_so() {
    let mut scene = scene().await;
    let decided = asked(&mut scene.app, &scene.group.north, 3).await.approval;
    let expired = asked(&mut scene.app, &scene.group.north, 3).await.approval;
    let mut manager = scene.reader("manager");
    let mut seen = Vec::new();
    for approval in [decided, expired] {
        seen.push(manager.page(&format!("/approvals/{approval}")).value("seen").expect("what was seen"));
    }
    let admin = scene.group.north.user("admin");
    approve(&mut scene.app, &scene.group.north, admin, decided).await.expect("he may");
    let_it_expire(&scene.database, expired).await;
    let path = format!("/approvals/{decided}/approve");
    let refused = manager.post(&path, &[("seen", &seen[0])]).expect(409);
    assert_eq!(refused.reason().as_deref(), Some("approval_closed"), "{refused:#?}");
    assert!(refused.says("It was decided meanwhile"), "{refused:#?}");
    assert!(refused.says("It is approved by admin@north.example"), "{refused:#?}");
    let path = format!("/approvals/{expired}/approve");
    let refused = manager.post(&path, &[("seen", &seen[1])]).expect(409);
    assert_eq!(refused.reason().as_deref(), Some("approval_expired"), "{refused:#?}");
    assert!(refused.says("Its time has run out") && refused.says("It has expired"), "{refused:#?}");
}

#[tokio::test]
async fn an_escalation_asks_the_next_role_or_whom_it_names() {
    let mut scene = scene().await;
    let next = asked(&mut scene.app, &scene.group.north, 3).await.approval;
    let named = asked(&mut scene.app, &scene.group.north, 3).await.approval;
    let mut operator = scene.reader("operator");
    let mut escalate = |approval: Uuid, to: &str| {
        let path = format!("/approvals/{approval}");
        let seen = operator.page(&path).value("seen").expect("what was seen");
        let fields = [("seen", seen.as_str()), ("why", "she is away"), ("to", to)];
        let answer = operator.post(&format!("{path}/escalate"), &fields);
        if answer.status == 303 { operator.follow(&answer) } else { answer }
    };
    let page = escalate(next, "");
    assert!(page.says("It is escalated.") && page.says("she is away"), "{page:#?}");
    assert_eq!(escalate(named, "nobody@north.example").status, 403);
    assert_eq!(escalate(named, "admin@other.example").status, 403);
    let page = escalate(named, "Super_Admin@north.example");
    assert!(page.says("These may decide: super_admin@north.example."), "{page:#?}");
    let row = row(&mut scene.app, &scene.group.north, named).await;
    assert_eq!(row["approver_ids"], json!([scene.group.north.user("super_admin")]));
}

#[tokio::test]
async fn a_deputy_reads_on_whose_behalf_they_decide() {
    let mut scene = scene().await;
    let north = &scene.group.north;
    let approval = asked(&mut scene.app, north, 4).await.approval;
    delegate(&mut scene.app, north, north.user("admin"), north.user("manager")).await;
    let mut manager = scene.console.reader_with(&awgp_tests::tokens::token_of(north.user("manager")));
    assert!(manager.page("/inbox").says("You decide for admin@north.example"));
    let page = manager.page(&format!("/approvals/{approval}"));
    assert!(page.says("You may decide on behalf of admin@north.example"), "{page:#?}");
    let seen = page.value("seen").expect("what was seen");
    let answer = manager.post(&format!("/approvals/{approval}/approve"), &[("seen", &seen)]).expect(303);
    assert!(manager.follow(&answer).says("manager@north.example on behalf of admin@north.example"));
}

#[tokio::test]
async fn a_title_with_markup_or_hidden_characters_disguises_nothing() {
    let mut scene = scene().await;
    let north = &scene.group.north;
    let title = "Pay \u{202e}OGLE\u{202c} <b>now</b> <script>alert(1)</script> \u{200b}";
    let sql = "SELECT awgp.request_approval((awgp.create_work_item($1, $2::text, $2::text, 3,
                   context => jsonb_build_object('action', $2::text, 'n', 184000.000000000000000001))).id)::text";
    let transaction = within_as(&mut scene.app, north.id, Some(north.user("operator"))).await;
    transaction.query_one(sql, &[&north.assistant, &title]).await.expect("asked");
    transaction.commit().await.expect("committed");
    let mut manager = scene.console.reader_with(&awgp_tests::tokens::token_of(north.user("manager")));
    let mut pages = vec![manager.page("/inbox"), manager.page("/approvals"), manager.page("/work")];
    for list in [0, 2] {
        let links = pages[list].links();
        let link = links.iter().find(|link| link.len() > 30).expect("a link to it");
        pages.push(manager.page(link));
    }
    for page in &pages {
        shown(page, &["\\u{202e}OGLE\\u{202c}", "\\u{200b}", "&lt;script&gt;"]);
        for hidden in ['\u{202e}', '\u{202c}', '\u{200b}'] {
            assert!(!page.body.contains(hidden), "{page:#?}");
        }
        assert!(!page.body.contains("<script>alert") && !page.body.contains("<b>"), "{page:#?}");
    }
    shown(&pages[3], &["184000.000000000000000001"]);
}

#[tokio::test]
async fn an_action_is_approved_with_its_arguments_and_an_approver_may_change_them() {
    let mut scene = scene().await;
    let north = scene.group.north.clone();
    let transaction = within_as(&mut scene.app, north.id, Some(north.user("operator"))).await;
    let sql = "UPDATE awgp.assistants SET capabilities = '{pay}' WHERE id = $1";
    let operator = "SELECT awgp.set_context(awgp.current_tenant(), $1::uuid)";
    transaction.execute(operator, &[&north.user("manager")]).await.expect("a manager");
    transaction.execute(sql, &[&north.assistant]).await.expect("capabilities can be set");
    transaction.execute(operator, &[&north.user("operator")]).await.expect("the operator");
    let item = item(&transaction, &north, 3).await;
    let sql =
        "SELECT id FROM awgp.request_action_approval($1, 'pay', '{\"amount\": 99, \"to\": \"x\\u202ey\"}')";
    let approval: Uuid = transaction.query_one(sql, &[&item]).await.expect("a request").get(0);
    transaction.commit().await.expect("commits");
    let path = format!("/approvals/{approval}");
    let mut manager = scene.reader("manager");
    assert!(manager.page("/inbox").says("pay"));
    let page = manager.page(&path);
    for text in
        ["One action, once, with exactly these arguments: pay", "\"amount\": 99", "the action may run"]
    {
        assert!(page.says(text), "{text}: {page:#?}");
    }
    assert!(!page.body.contains('\u{202e}'), "{page:#?}");
    let seen = page.value("seen").expect("what was seen");
    let bad = [("seen", seen.as_str()), ("arguments", "{\"amount\": 12345678901234567890}")];
    assert_eq!(
        manager.post(&format!("{path}/approve"), &bad).expect(400).reason().as_deref(),
        Some("out_of_range")
    );
    let fields = [("seen", seen.as_str()), ("arguments", "{\"amount\": 10}")];
    let answer = manager.post(&format!("{path}/approve"), &fields).expect(303);
    let after = manager.follow(&answer);
    assert!(after.says("It is approved: the action may run with these arguments, once."), "{after:#?}");
    assert!(after.says("The arguments that were asked for"), "{after:#?}");
    let sql = "SELECT concat(arguments ->> 'amount', ' for ', requested_arguments ->> 'amount')
               FROM awgp.approvals WHERE id = $1";
    let both = run(&mut scene.app, &north, None, sql, approval).await.expect("a row");
    assert_eq!(both, "10 for 99");
}
