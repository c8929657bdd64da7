//! The story of docs/clients, told with tokio-postgres: with `DATABASE_URL` of a member of awgp_app.

use serde_json::{Value, json};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, IsolationLevel, NoTls, Row, Transaction};
use uuid::Uuid;

/// A tenant and a user of it. There is always a user: without one in context, no role is checked.
#[derive(Clone, Copy)]
struct Who {
    tenant: Uuid,
    user: Uuid,
}

/// A connection of its own. A pool would be in its place.
async fn connect(url: &str) -> Result<Client, Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("the connection is gone: {error}");
        }
    });
    Ok(client)
}

/// A transaction with a tenant, and a user of it, in context. The caller commits it. Dropped before, it is
/// rolled back, and with it what was begun or denied in it.
async fn in_context(
    client: &mut Client,
    who: Who,
    isolation: IsolationLevel,
) -> Result<Transaction<'_>, Error> {
    let transaction = client.build_transaction().isolation_level(isolation).start().await?;
    transaction.execute("SELECT awgp.set_context($1::uuid, $2::uuid)", &[&who.tenant, &who.user]).await?;
    Ok(transaction)
}

/// The one row of a statement, in a transaction of its own.
async fn one(client: &mut Client, who: Who, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Row, Error> {
    let transaction = in_context(client, who, IsolationLevel::ReadCommitted).await?;
    let row = transaction.query_one(sql, values).await?;
    transaction.commit().await?;
    Ok(row)
}

/// SQLSTATE, reason and hint of a refusal. DETAIL is JSON with a reason that never changes its meaning.
fn refusal(error: &Error) -> Option<(String, Option<String>, Option<String>)> {
    let refused = error.as_db_error()?;
    let facts: Option<Value> = refused.detail().and_then(|detail| serde_json::from_str(detail).ok());
    let reason = facts.and_then(|facts| Some(facts.get("reason")?.as_str()?.to_owned()));
    Some((refused.code().code().to_owned(), reason, refused.hint().map(str::to_owned)))
}

/// The whole transaction again helps after these and no others.
const AGAIN: [SqlState; 3] =
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];

/// Runs a transaction; after a conflict with another one again, at most five times in all.
async fn retrying<T>(mut transaction: impl AsyncFnMut() -> Result<T, Error>) -> Result<T, Error> {
    let mut attempt = 1;
    loop {
        let result = transaction().await;
        let again = result.as_ref().err().and_then(Error::code).is_some_and(|code| AGAIN.contains(code));
        if !again || attempt == 5 {
            return result;
        }
        // A pause of random length, so that the two do not meet again.
        let pause = RandomState::new().build_hasher().finish() % (20_u64 << attempt);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        attempt += 1;
    }
}

/// Who acts. An application knows the ids of its people; here set_context() takes their names.
async fn scene(client: &mut Client) -> Result<(Who, Who, Uuid), Error> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT awgp.set_context('north', 'ada@north.example')", &[]).await?;
    let sql = "SELECT awgp.current_tenant(), awgp.current_user_id(), awgp.find_user('bob@north.example'),
                      (SELECT id FROM awgp.assistants WHERE slug = 'invoices')";
    let found = transaction.query_one(sql, &[]).await?;
    transaction.commit().await?;
    let who = |place| Who { tenant: found.get(0), user: found.get(place) };
    Ok((who(1), who(2), found.get(3)))
}

/// An amount is passed as text, which is exact: `awgp.number` is numeric under another name.
async fn create_item(client: &mut Client, ada: Who, assistant: Uuid) -> Result<Uuid, Error> {
    let sql = "SELECT id, status
               FROM awgp.create_work_item($1, $2, risk_level => $3, estimated_cost => $4::text::numeric)";
    let item = one(client, ada, sql, &[&assistant, &"Pay invoice 17", &3_i64, &"0.5"]).await?;
    println!("created: {}", item.get::<_, &str>(1));
    Ok(item.get(0))
}

/// Two transactions change one row: the second one is told to begin again.
async fn conflict(
    client: &mut Client,
    other: &mut Client,
    ada: Who,
    bob: Who,
    item: Uuid,
) -> Result<(), Error> {
    let priority = "UPDATE awgp.work_items SET priority = $2 WHERE id = $1 RETURNING priority";
    let mut attempts = 0;
    retrying(async || {
        attempts += 1;
        let transaction = in_context(client, ada, IsolationLevel::RepeatableRead).await?;
        if attempts == 1 {
            one(other, bob, priority, &[&item, &2_i32]).await?;
        }
        transaction.execute(priority, &[&item, &1_i32]).await?;
        transaction.commit().await
    })
    .await?;
    println!("conflict: done at attempt {attempts}");
    Ok(())
}

/// The one call before an assistant acts. It answers; a denial is no error, and is committed.
async fn begin(client: &mut Client, who: Who, item: Uuid) -> Result<Value, Error> {
    let sql =
        "SELECT awgp.begin_action($1, 'pay_invoice', 'openai', $2::text::numeric, idempotency_key => $3)";
    Ok(one(client, who, sql, &[&item, &"0.25", &"invoice-17"]).await?.get(0))
}

/// Whether to act. With a repeated key `allowed` stays true when the action is over; `status` says so.
fn may_act(answer: &Value) -> bool {
    answer["allowed"] == true && answer["status"] == "begun"
}

async fn denied_and_refused(client: &mut Client, ada: Who, item: Uuid) -> Result<(), Error> {
    let denied = begin(client, ada, item).await?;
    println!("begun: {}", denied["reason"].as_str().unwrap_or_default());
    let start = "SELECT status FROM awgp.start_work_item($1)";
    let mut attempts = 0;
    let refused = retrying(async || {
        attempts += 1;
        one(client, ada, start, &[&item]).await
    })
    .await;
    if let Some((code, reason, _hint)) = refused.err().as_ref().and_then(refusal) {
        println!("refused: {code} {} at attempt {attempts}", reason.unwrap_or_default());
    }
    Ok(())
}

async fn approve(client: &mut Client, ada: Who, bob: Who, item: Uuid) -> Result<(), Error> {
    let asked = one(client, ada, "SELECT id, status FROM awgp.request_approval($1)", &[&item]).await?;
    let approval: Uuid = asked.get(0);
    let sql = "SELECT status FROM awgp.approve($1, $2)";
    let decided = one(client, bob, sql, &[&approval, &"the amount is right"]).await?;
    println!("approval: {} {}", asked.get::<_, &str>(1), decided.get::<_, &str>(0));
    Ok(())
}

async fn act(client: &mut Client, ada: Who, item: Uuid) -> Result<(), Error> {
    let (begun, again) = (begin(client, ada, item).await?, begin(client, ada, item).await?);
    let how_often = if begun["action_id"] == again["action_id"] { "once" } else { "twice" };
    println!("begun: {} {how_often}", begun["reason"].as_str().unwrap_or_default());
    if !may_act(&begun) {
        return Ok(());
    }
    // Between two transactions, until expires_at, the invoice is paid. If that fails, report 'failed'.
    let action = begun["action_id"].as_str().unwrap_or_default();
    let sql = "SELECT answer ->> 'status', answer ->> 'cost_amount'
               FROM awgp.finish_action($1::text::uuid, 'succeeded', 'gpt-4', 1200, 300, $2::text::numeric, $3) AS answer";
    let finished = one(client, ada, sql, &[&action, &"0.031", &json!({ "paid": true })]).await?;
    println!("finished: {} {}", finished.get::<_, &str>(0), finished.get::<_, &str>(1));
    Ok(())
}

async fn record_cost(client: &mut Client, ada: Who, assistant: Uuid) -> Result<(), Error> {
    let sql = "SELECT id, cost_amount::text FROM awgp.record_cost($1, 'openai', 'gpt-4', 100, 20, $2::text::numeric,
                   idempotency_key => $3)";
    let entry = one(client, ada, sql, &[&assistant, &"0.002", &"call-1"]).await?;
    let same = one(client, ada, sql, &[&assistant, &"0.002", &"call-1"]).await?;
    let how_often = if entry.get::<_, Uuid>(0) == same.get::<_, Uuid>(0) { "once" } else { "twice" };
    println!("cost: {} {how_often}", entry.get::<_, &str>(1));
    Ok(())
}

/// Row-level security shows the rows of the tenant in context, so this needs no WHERE. A holding would see
/// the rows of its subsidiaries too: WHERE tenant_id = awgp.current_tenant() leaves them out.
async fn list(client: &mut Client, ada: Who) -> Result<(), Error> {
    let transaction = in_context(client, ada, IsolationLevel::ReadCommitted).await?;
    for row in transaction.query("SELECT title, status, assistant_slug FROM awgp.work_item_list", &[]).await?
    {
        println!("listed: {} {} {}", row.get::<_, &str>(0), row.get::<_, &str>(1), row.get::<_, &str>(2));
    }
    transaction.commit().await?;
    let rows: i64 = client.query_one("SELECT count(*) FROM awgp.work_items", &[]).await?.get(0);
    println!("without a context: {rows}");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("DATABASE_URL")?;
    let (mut client, mut other) = (connect(&url).await?, connect(&url).await?);
    let (ada, bob, assistant) = scene(&mut client).await?;
    let item = create_item(&mut client, ada, assistant).await?;
    conflict(&mut client, &mut other, ada, bob, item).await?;
    denied_and_refused(&mut client, ada, item).await?;
    approve(&mut client, ada, bob, item).await?;
    act(&mut client, ada, item).await?;
    record_cost(&mut client, ada, assistant).await?;
    list(&mut client, ada).await?;
    Ok(())
}
