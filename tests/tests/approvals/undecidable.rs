//! A request that nobody can decide, or too few: said at once, and counted by the doctor.

use awgp_tests::approving::{another, approve, asked, policy};
use awgp_tests::fixture::{Tenant, group};
use awgp_tests::{Database, Login, server};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_postgres::error::DbError;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// A connection of an application, and the notices it hears.
async fn hearing(database: &Database) -> (Client, UnboundedReceiver<DbError>) {
    let mut config = server();
    config.dbname(&database.name);
    config.user(Login::App.role().expect("a role")).password(awgp_tests::PASSWORD);
    let (client, mut connection) = config.connect(NoTls).await.expect("the test server answers");
    let (send, receive) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Some(Ok(message)) = std::future::poll_fn(|context| connection.poll_message(context)).await {
            if let tokio_postgres::AsyncMessage::Notice(notice) = message {
                let _ = send.send(notice);
            }
        }
    });
    (client, receive)
}

/// What was said since: DETAIL of each warning that has one.
async fn said(app: &Client, heard: &mut UnboundedReceiver<DbError>) -> Vec<Value> {
    // The answer comes after every notice.
    app.query_one("SELECT 1", &[]).await.expect("an answer");
    let mut said = Vec::new();
    while let Ok(notice) = heard.try_recv() {
        assert_eq!(notice.severity(), "WARNING");
        assert!(notice.hint().is_some_and(|hint| !hint.is_empty()), "{notice:?}");
        said.push(serde_json::from_str(notice.detail().unwrap_or("null")).expect("JSON"));
    }
    said
}

/// Asks as a user of this role, of these approvers, by function or by INSERT.
async fn ask(
    app: &mut Client,
    tenant: &Tenant,
    role: &str,
    risk: i32,
    approvers: Option<Vec<Uuid>>,
    plain: bool,
) -> Uuid {
    let transaction = awgp_tests::fixture::within_as(app, tenant.id, Some(tenant.user(role))).await;
    let item = awgp_tests::approving::item(&transaction, tenant, risk.into()).await;
    let sql = match plain {
        false => "SELECT id FROM awgp.request_approval($1, approver_ids => $2, risk_level => $3::integer)",
        true => {
            "INSERT INTO awgp.approvals (work_item_id, title, approver_ids, risk_level) VALUES ($1, 't', $2, $3) RETURNING id"
        }
    };
    let id = transaction.query_one(sql, &[&item, &approvers, &risk]).await.expect("it is accepted").get(0);
    transaction.commit().await.expect("committed");
    id
}

async fn counted(database: &Database) -> Option<String> {
    let sql = "SELECT message FROM awgp.doctor() WHERE code = 'approval_undecidable' AND severity = 'info'";
    let row = database.connect(Login::Maintainer).await.query_opt(sql, &[]).await.expect("an answer");
    row.map(|row| row.get(0))
}

#[tokio::test]
async fn a_request_that_nobody_can_decide_says_so_at_once() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    let (mut app, mut heard) = hearing(&database).await;
    assert_eq!(counted(&database).await, None);
    let (operator, boss) = (north.user("operator"), north.user("super_admin"));
    for plain in [false, true] {
        for (role, risk, approvers) in [
            // The only one who could is the one who asks.
            ("super_admin", 5, None),
            // Listed are the one who asks, or people without the role.
            ("operator", 4, Some(vec![operator])),
            ("operator", 4, Some(vec![operator, north.user("manager"), north.user("viewer")])),
            ("super_admin", 5, Some(vec![boss])),
        ] {
            let id = ask(&mut app, &north, role, risk, approvers, plain).await;
            let said = said(&app, &mut heard).await;
            assert_eq!(said.len(), 1, "{said:?}");
            assert_eq!(
                (
                    &said[0]["reason"],
                    &said[0]["approval_id"],
                    &said[0]["may_decide"],
                    &said[0]["votes_needed"]
                ),
                (&json!("approval_undecidable"), &json!(id), &json!(0), &json!(1)),
            );
        }
        for (role, risk, approvers) in
            [("operator", 4, None), ("super_admin", 4, None), ("operator", 4, Some(vec![operator, boss]))]
        {
            ask(&mut app, &north, role, risk, approvers, plain).await;
            assert_eq!(said(&app, &mut heard).await, Vec::<Value>::new());
        }
    }
    let counted = counted(&database).await.expect("a finding");
    assert!(counted.contains('8'), "{counted}");
}

#[tokio::test]
async fn nor_does_one_with_fewer_humans_than_votes_stay_unsaid() {
    let database = Database::new().await;
    let north = group(&database).await.north;
    policy(&database, &north, &json!({"quorum": {"4": 2, "5": 2}})).await;
    let (mut app, mut heard) = hearing(&database).await;
    let id = ask(&mut app, &north, "operator", 5, None, false).await;
    let told = said(&app, &mut heard).await;
    assert_eq!(
        (&told[0]["approval_id"], &told[0]["may_decide"], &told[0]["votes_needed"]),
        (&json!(id), &json!(1), &json!(2))
    );
    // Two may: nothing is said, nor after the first of the votes.
    let fits = asked(&mut app, &north, 4).await;
    approve(&mut app, &north, north.user("admin"), fits.approval).await.expect("a vote");
    assert_eq!(said(&app, &mut heard).await, Vec::<Value>::new());
    assert!(counted(&database).await.is_some_and(|message| message.contains('1')));
    another(&mut app, &north, "super_admin").await;
    assert_eq!(counted(&database).await, None, "there are two now");
    // Nor does an escalation, or a change of the list, that leaves nobody.
    let change = "UPDATE awgp.approvals SET approver_ids = $2 WHERE id = $1";
    let transaction = awgp_tests::fixture::within_as(&mut app, north.id, Some(north.user("operator"))).await;
    transaction.execute(change, &[&id, &vec![north.user("viewer")]]).await.expect("the requester may");
    transaction.commit().await.expect("committed");
    assert_eq!(said(&app, &mut heard).await.len(), 1);
    let escalate = "SELECT awgp.escalate_approval($1, 'urgent', $2)";
    let transaction = awgp_tests::fixture::within_as(&mut app, north.id, Some(north.user("operator"))).await;
    transaction.execute(escalate, &[&id, &vec![north.user("operator")]]).await.expect("he may");
    transaction.commit().await.expect("committed");
    assert_eq!(said(&app, &mut heard).await.len(), 1);
}
