//! Money on the console.

use super::scenery::{console, done, pool, reader, seen};
use awgp_tests::Login;

const BUDGET: &str = "SELECT monthly_budget::text FROM awgp.provider_credit_pools";

#[tokio::test]
async fn a_top_up_asks_first_is_exact_and_is_on_the_record() {
    let (database, group, console) = console().await;
    let id = pool(&database, &group.north, "100.000001").await;
    let path = format!("/money/{id}");
    let mut admin = reader(&console, &group.north, "admin");
    assert!(admin.page("/money").links().contains(&path));
    assert!(admin.page(&path).forms().contains(&format!("{path}/top-up")));
    let asked = admin.page(&format!("{path}/top-up?amount=0.000002&reason=a+second+campaign"));
    assert!(asked.says("100.000001 → 100.000003") && asked.says("a second campaign"), "{asked:#?}");
    assert_eq!(seen(&database, BUDGET).await, "100.000001");

    let fields = [("amount", "0.000002"), ("reason", "a second campaign"), ("budget", "100.000001")];
    let answer = admin.post(&format!("{path}/top-up"), &fields).expect(303);
    assert_eq!(seen(&database, BUDGET).await, "100.000003");
    let page = admin.follow(&answer);
    assert!(page.says("The budget of openai is 100.000003 now."), "{page:#?}");
    for said in
        ["monthly budget: 100.000001 → 100.000003", "reason: a second campaign", "admin@north.example"]
    {
        assert!(page.says(said), "{said}: {page:#?}");
    }
    // The same answer, sent twice, adds once.
    admin.post(&format!("{path}/top-up"), &fields).expect(409);
    assert_eq!(seen(&database, BUDGET).await, "100.000003");
    let events = "SELECT count(*)::text FROM awgp.audit_logs WHERE action = 'top_up'";
    assert_eq!(seen(&database, events).await, "1");
}

#[tokio::test]
async fn a_top_up_is_refused_to_a_manager_to_a_forged_form_and_where_it_is_no_amount() {
    let (database, group, console) = console().await;
    let id = pool(&database, &group.north, "10").await;
    let path = format!("/money/{id}/top-up");
    let fields = [("amount", "5"), ("reason", "r"), ("budget", "10.000000")];
    let mut manager = reader(&console, &group.north, "manager");
    let page = manager.page(&format!("/money/{id}"));
    assert!(page.forms().is_empty() && page.says("Admins top it up."), "{page:#?}");
    manager.page("/messages");
    let refused = manager.post(&path, &fields).expect(403);
    assert_eq!(refused.reason().as_deref(), Some("role_not_sufficient"));

    let mut admin = reader(&console, &group.north, "admin");
    admin.page("/messages");
    let forged = [&[("form_secret", "guessed")], &fields[..]].concat();
    admin.post_as_is(&path, &forged).expect(403);
    for amount in ["", "NaN", "much", "1e99"] {
        let fields = [("amount", amount), ("reason", "r"), ("budget", "10.000000")];
        assert!((400..500).contains(&admin.post(&path, &fields).status), "{amount}");
        assert!(
            (400..500).contains(&admin.get(&format!("{path}?amount={amount}&reason=r")).status),
            "{amount}"
        );
    }
    admin.post(&path, &[("amount", "5"), ("reason", " "), ("budget", "10.000000")]).expect(400);
    assert_eq!(seen(&database, BUDGET).await, "10.000000");
    let events = "SELECT count(*)::text FROM awgp.audit_logs WHERE action = 'top_up'";
    assert_eq!(seen(&database, events).await, "0");
}

#[tokio::test]
async fn the_page_says_what_is_spent_left_and_what_an_alert_means() {
    let (database, group, console) = console().await;
    let id = pool(&database, &group.north, "10").await;
    let sql = "SELECT id::text FROM awgp.record_cost($1, 'openai', 'gpt-4', 1, 1, cost_amount => 8.000001)";
    done(&database, &group.north, "operator", sql, &[&group.north.assistant]).await;
    let mut viewer = reader(&console, &group.north, "viewer");
    let page = viewer.page("/money");
    for said in [
        "80.0 % used",
        "1.999999",
        "8.000001",
        "75 % of the budget of the pool openai was reached",
        "gpt-4",
        "helper",
    ] {
        assert!(page.says(said), "{said}: {page:#?}");
    }
    assert!(page.body.contains("<svg role=\"img\"") && page.body.contains("<meter"), "{page:#?}");
    let page = viewer.page(&format!("/money/{id}"));
    assert!(page.says("1.999999 left"), "{page:#?}");
    let page = viewer.page(&format!("/assistants/{}", group.north.assistant));
    assert!(page.says("8.000001 of 10.00"), "{page:#?}");
    assert!(viewer.page("/money/alerts?kind=overrun").says("There is no alert"));
}

#[tokio::test]
async fn a_holding_sees_its_subsidiaries_and_a_subsidiary_not_its_holding() {
    let (database, group, console) = console().await;
    let sql = "SELECT id::text FROM awgp.set_assistant_status($1, 'suspended', 'it repeats itself')";
    done(&database, &group.north, "manager", sql, &[&group.north.assistant]).await;
    let theirs = pool(&database, &group.north, "10").await;
    pool(&database, &group.holding, "33.250000").await;
    let held = super::scenery::flag(&database, &group.north, "Paid.").await;

    let mut holding = reader(&console, &group.holding, "super_admin");
    let page = holding.page("/subsidiaries");
    assert!(
        page.says("north") && page.says("south") && page.says("1 suspended") && page.says("1 to review"),
        "{page:#?}"
    );
    assert!(!page.says("other") && !page.says("inactive"), "{page:#?}");
    let links = page.links();
    for (link, said) in [
        ("/assistants?status=suspended&tenant=north", "it repeats itself"),
        ("/flags?status=pending&tenant=north", "Paid."),
        ("/money?tenant=north", "openai"),
    ] {
        assert!(links.iter().any(|known| known == link), "{link}: {links:?}");
        assert!(holding.page(link).says(said), "{link}");
    }
    assert!(!holding.page("/money?tenant=north").says("33.25"));
    // It reads there, and neither reviews nor tops up.
    assert!(holding.page(&format!("/money/{theirs}")).forms().is_empty());
    assert!(holding.page(&format!("/flags/{held}")).forms().is_empty());
    holding.page("/messages");
    holding.post(&format!("/flags/{held}/review"), &[("status", "confirmed")]).expect(403);
    let fields = [("amount", "5"), ("reason", "r"), ("budget", "10.000000")];
    holding.post(&format!("/money/{theirs}/top-up"), &fields).expect(403);
    assert_eq!(seen(&database, &format!("{BUDGET} WHERE id = '{theirs}'")).await, "10.000000");

    // It suspends and resumes.
    let assistant = format!("/assistants/{}", group.north.assistant);
    assert!(holding.page(&assistant).forms().contains(&format!("{assistant}/resume")));
    holding.post(&format!("{assistant}/resume"), &[("reason", "")]).expect(303);
    assert!(holding.page("/subsidiaries").says("1 active of 1"));

    let mut north = reader(&console, &group.north, "super_admin");
    assert!(north.page("/subsidiaries").says("This tenant is no holding"));
    assert!(!north.page("/money").says("33.25"));
    north.get(&format!("/assistants/{}", group.holding.assistant)).expect(404);
    north.get(&format!("/assistants/{}", group.south.assistant)).expect(404);
}

#[tokio::test]
async fn what_a_holding_may_spend_stands_on_its_page_alone() {
    let (database, group, console) = console().await;
    pool(&database, &group.north, "10").await;
    let sql = "UPDATE awgp.tenants SET settings = '{\"holding_monthly_cost_limit\": \"44.5\"}' WHERE id = $1";
    database.connect(Login::Admin).await.execute(sql, &[&group.holding.id]).await.expect("a limit");
    let sql = "SELECT id::text FROM awgp.record_cost($1, 'openai', 'gpt-4', 1, 1, cost_amount => 2.5)";
    done(&database, &group.north, "operator", sql, &[&group.north.assistant]).await;
    let mut holding = reader(&console, &group.holding, "viewer");
    let page = holding.page("/money");
    assert!(page.says("The holding and its subsidiaries together 2.50 of 44.50"), "{page:#?}");
    assert!(
        !reader(&console, &group.north, "viewer").page("/money").says("The holding and its subsidiaries")
    );
}
