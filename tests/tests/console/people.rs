//! Inbox, lists of approvals, and work, as people of one tenant read them.

use awgp_tests::Database;
use awgp_tests::approving::{asked, run};
use awgp_tests::console::{Console, Page, Reader};
use awgp_tests::fixture::{Group, within_as};
use awgp_tests::tokens::{token_of, trusting_database};
use std::collections::BTreeSet;
use tokio_postgres::Client;
use uuid::Uuid;

/// The fixture's tenants, a console for readers with tokens, and the application's login.
pub struct Scene {
    pub database: Database,
    pub group: Group,
    pub console: Console,
    pub app: Client,
}

pub async fn scene() -> Scene {
    let (database, group) = trusting_database().await;
    let console = Console::bearer(&database);
    let app = database.app().await;
    Scene { database, group, console, app }
}

impl Scene {
    /// The user of north with this role.
    pub fn reader(&self, role: &str) -> Reader {
        self.console.reader_with(&token_of(self.group.north.user(role)))
    }
}

/// The page has all of these, as HTML.
#[track_caller]
pub fn shown(page: &Page, texts: &[&str]) {
    for text in texts {
        assert!(page.body.contains(text), "{text}: {page:#?}");
    }
}

/// The approvals that a page links to.
fn approvals(page: &Page) -> Vec<String> {
    page.links().into_iter().filter(|link| link.starts_with("/approvals/")).collect()
}

#[tokio::test]
async fn an_inbox_of_many_pages_shows_each_approval_once_the_riskiest_first() {
    let mut scene = scene().await;
    let north = &scene.group.north;
    let transaction = within_as(&mut scene.app, north.id, Some(north.user("operator"))).await;
    let sql =
        "SELECT count(awgp.request_approval((awgp.create_work_item($1, 'Task ' || n, NULL, 2 + n % 2)).id))
               FROM generate_series(1, 120) AS n";
    transaction.query_one(sql, &[&north.assistant]).await.expect("asked");
    transaction.commit().await.expect("committed");
    for (start, role) in
        [("/inbox", "manager"), ("/inbox", "viewer"), ("/approvals?state=open&risk=", "manager")]
    {
        let mut reader = scene.reader(role);
        let mut next = Some(start.to_owned());
        let (mut seen, mut pages, mut risks) = (BTreeSet::new(), 0, Vec::new());
        while let Some(path) = next {
            let page = reader.page(&path);
            let on_it = approvals(&page);
            assert!(on_it.len() <= 50);
            seen.extend(on_it);
            risks.extend(
                page.text().split("risk ").skip(1).filter_map(|rest| rest.chars().next()?.to_digit(10)),
            );
            next = page.links().into_iter().find(|link| link.contains("after="));
            assert_eq!(next.is_none(), page.says("The list ends here."), "no list ends silently");
            pages += 1;
        }
        assert_eq!((pages, seen.len()), (3, 120), "{start} of {role}");
        if start == "/inbox" {
            assert!(risks.len() == 120 && risks.windows(2).all(|pair| pair[0] >= pair[1]), "{risks:?}");
        }
    }
    scene.reader("manager").get("/inbox?after=x").expect(400);
}

#[tokio::test]
async fn an_inbox_without_anything_says_what_would_come_and_one_of_a_viewer_who_may_decide() {
    let mut scene = scene().await;
    let mut manager = scene.reader("manager");
    shown(&manager.page("/inbox"), &["Nothing waits for a decision."]);
    let approval = asked(&mut scene.app, &scene.group.north, 4).await.approval;
    let page = manager.page("/inbox");
    assert!(page.says("Nothing waits for you. This is open for others."), "{page:#?}");
    assert!(page.says("May decide admin@north.example, super_admin@north.example"), "{page:#?}");
    let page = scene.reader("viewer").page("/inbox");
    assert!(page.says("Your role, viewer, decides nothing."), "{page:#?}");
    assert_eq!(approvals(&page), [format!("/approvals/{approval}")]);
    let page = scene.reader("admin").page("/inbox");
    assert!(page.says("Votes 0 of 1") && page.says("by operator@north.example"), "{page:#?}");
}

#[tokio::test]
async fn broken_glass_stands_in_every_inbox_for_thirty_days() {
    let scene = scene().await;
    let mut reader = scene.reader("viewer");
    assert!(!reader.page("/inbox").says("Approved alone"));
    let mut app = scene.database.app().await;
    let (recent, old) = {
        let recent = asked(&mut app, &scene.group.north, 3).await.approval;
        (recent, asked(&mut app, &scene.group.north, 3).await.approval)
    };
    let alone = |approval: Uuid, days: u8| {
        format!(
            "UPDATE awgp.approvals SET status = 'approved', break_glass = true, approved_by = requested_by,
                 approved_at = now() - interval '{days} days' WHERE id = '{approval}';"
        )
    };
    let sql = format!("SET session_replication_role = replica; {} {}", alone(recent, 29), alone(old, 31));
    scene.database.superuser().await.batch_execute(&sql).await.expect("a superuser may");
    let page = reader.page("/inbox");
    assert!(page.says("Approved alone in the last 30 days"), "{page:#?}");
    assert_eq!(approvals(&page), [format!("/approvals/{recent}")]);
}

#[tokio::test]
async fn filters_narrow_and_stay_and_an_unknown_one_is_refused() {
    let mut scene = scene().await;
    let low = asked(&mut scene.app, &scene.group.north, 3).await.approval;
    let high = asked(&mut scene.app, &scene.group.north, 4).await.approval;
    let mut admin = scene.reader("admin");
    let sql = "SELECT status FROM awgp.reject($1, 'no')";
    let user = scene.group.north.user("admin");
    run(&mut scene.app, &scene.group.north, Some(user), sql, low).await.expect("rejected");
    let (low, high) = (format!("/approvals/{low}"), format!("/approvals/{high}"));
    for (query, expected) in [
        ("", vec![&high, &low]),
        ("state=open", vec![&high]),
        ("state=rejected", vec![&low]),
        ("state=withdrawn", vec![]),
        ("risk=4", vec![&high]),
        ("by=OPERATOR%40north", vec![&high, &low]),
        ("by=admin", vec![]),
        ("assistant=help", vec![&high, &low]),
        ("text=PA&risk=3", vec![&low]),
        ("age=1h", vec![&high, &low]),
        ("age=over-1d", vec![]),
    ] {
        let page = admin.page(&format!("/approvals?{query}"));
        assert_eq!(approvals(&page).iter().collect::<Vec<_>>(), expected, "{query}");
    }
    for query in ["state=opne", "risk=6", "age=2d", "after=x"] {
        admin.get(&format!("/approvals?{query}")).expect(400);
    }
    admin.get("/work?state=x").expect(400);
    let page = admin.page("/work?state=awaiting_approval&assistant=helper&text=pay");
    assert!(page.says("awaiting approval"), "{page:#?}");
    assert!(admin.page("/work?text=nothing+such").says("No work fits this filter."));
}

#[tokio::test]
async fn work_shows_its_money_its_actions_and_what_was_denied() {
    let mut scene = scene().await;
    let north = &scene.group.north;
    let item = asked(&mut scene.app, north, 3).await.item;
    let transaction = within_as(&mut scene.app, north.id, Some(north.user("operator"))).await;
    for _ in 0..2 {
        let sql = "SELECT awgp.begin_action($1, 'send_letter') ->> 'allowed'";
        let row = transaction.query_one(sql, &[&item]).await.expect("an answer");
        assert_eq!(row.get::<_, Option<&str>>(0), Some("false"));
    }
    transaction.commit().await.expect("committed");
    let page = scene.reader("viewer").page(&format!("/work/{item}"));
    for text in [
        "Denied",
        "How often",
        "No action has begun.",
        "Set aside now 0.00",
        "Actual cost, as reported not reported",
    ] {
        assert!(page.says(text), "{text}: {page:#?}");
    }
    assert!(page.says("capability missing 2"), "two denials of one reason: {page:#?}");
    assert_eq!(approvals(&page).len(), 1);
    assert!(page.forms().is_empty() && !page.says("Cancel this work"), "{page:#?}");
}

#[tokio::test]
async fn cancelling_asks_first_and_a_viewer_is_refused() {
    let mut scene = scene().await;
    let item = asked(&mut scene.app, &scene.group.north, 3).await.item;
    let path = format!("/work/{item}/cancel");
    let mut viewer = scene.reader("viewer");
    let page = viewer.page(&path);
    assert!(page.says("your role cancels nothing") && page.forms().is_empty(), "{page:#?}");
    let mut operator = scene.reader("operator");
    assert!(operator.page(&format!("/work/{item}")).links().contains(&path));
    let page = operator.page(&path);
    assert!(page.says("This cannot be undone."), "{page:#?}");
    // A form without the reader's own secret does nothing.
    operator.post_as_is(&path, &[("form_secret", "x"), ("reason", "no")]).expect(403);
    let answer = operator.post(&path, &[("reason", "not needed any more")]).expect(303);
    let page = operator.follow(&answer);
    assert!(page.says("The work is cancelled.") && page.says("not needed any more"), "{page:#?}");
    let refused = operator.post(&path, &[]).expect(409);
    assert_eq!(refused.reason().as_deref(), Some("illegal_transition"));
}
