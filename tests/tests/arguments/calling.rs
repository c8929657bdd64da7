//! Calls, each in a subtransaction that is rolled back, many in one statement.

use tokio_postgres::Client;

/// What a call came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// SQLSTATE; 00000 where it answered.
    pub code: String,
    /// `reason` of DETAIL, where DETAIL is a refusal's.
    pub reason: Option<String>,
    /// The message, for a failing test to print.
    pub message: String,
    /// By the clock, which also runs while others have the processor.
    pub milliseconds: f64,
}

impl Outcome {
    /// Of a call that was sent by itself.
    pub fn of(answer: Result<(), tokio_postgres::Error>) -> Self {
        let Err(error) = answer else {
            return Self {
                code: "00000".to_owned(),
                reason: None,
                message: String::new(),
                milliseconds: 0.0,
            };
        };
        let error = error.as_db_error().unwrap_or_else(|| panic!("the session has ended: {error}"));
        Self {
            code: error.code().code().to_owned(),
            reason: error.detail().and_then(reason),
            message: error.message().to_owned(),
            milliseconds: 0.0,
        }
    }
}

/// Sets the context, calls, and rolls both back. An ASSERT and a cancelled statement are not caught.
const ATTEMPT: &str = "
    CREATE FUNCTION pg_temp.attempt(context text, call text,
        OUT code text, OUT message text, OUT detail text, OUT milliseconds float8)
    LANGUAGE plpgsql AS $$
    DECLARE begun timestamptz;
    BEGIN
        code := '00000'; message := ''; detail := '';
        BEGIN
            EXECUTE context;
            begun := clock_timestamp();
            EXECUTE call;
            RAISE SQLSTATE 'ZZ999';
        EXCEPTION WHEN OTHERS THEN
            milliseconds := extract(epoch FROM clock_timestamp() - begun) * 1000;
            IF SQLSTATE <> 'ZZ999' THEN
                GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
            END IF;
        END;
    END $$";

/// A guard against what never ends, far above what a busy machine needs.
const LONGEST: &str = "SET statement_timeout = '120s'";

/// Makes the session ready to attempt calls.
pub async fn prepare(client: &Client) {
    client.batch_execute(LONGEST).await.expect("a limit is set");
    client.batch_execute(ATTEMPT).await.expect("a function of the session");
}

/// Attempts the calls, and says what each came to.
pub async fn attempt(client: &Client, context: &str, calls: &[String]) -> Vec<Outcome> {
    match ask(client, context, calls).await {
        Ok(outcomes) => outcomes,
        // One of them ended the statement or the session: which one?
        Err(_) => {
            for call in calls {
                if let Err(error) = ask(client, context, std::slice::from_ref(call)).await {
                    panic!("{context}: {call:.300}: {error:?}");
                }
            }
            panic!("{context}: together, and not one by one: {:.300}", calls.join("; "));
        }
    }
}

async fn ask(
    client: &Client,
    context: &str,
    calls: &[String],
) -> Result<Vec<Outcome>, tokio_postgres::Error> {
    let sql = "SELECT made.* FROM unnest($2::text[]) WITH ORDINALITY AS calls (call, place)
               CROSS JOIN LATERAL pg_temp.attempt($1, call) AS made ORDER BY place";
    let rows = client.query(sql, &[&context, &calls]).await?;
    Ok(rows
        .iter()
        .map(|row| Outcome {
            code: row.get(0),
            reason: reason(row.get(2)),
            message: row.get(1),
            milliseconds: row.get::<_, Option<f64>>(3).unwrap_or(0.0),
        })
        .collect())
}

fn reason(detail: &str) -> Option<String> {
    let detail: serde_json::Value = serde_json::from_str(detail).ok()?;
    Some(detail.get("reason")?.as_str()?.to_owned())
}

/// How long a call has the processor, in milliseconds: what a busy machine does not change. Here because
/// the server of a test is on the machine of the test.
pub async fn processor_milliseconds(client: &Client, context: &str, call: &str) -> f64 {
    let pid: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("a process").get(0);
    let spent = || {
        let text =
            std::fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("the server is on this machine");
        text.split(' ').next().and_then(|spent| spent.parse::<f64>().ok()).expect("nanoseconds") / 1e6
    };
    let before = spent();
    attempt(client, context, &[call.to_owned()]).await;
    spent() - before
}

/// A digest of every row of every table of the schema awgp, and of what the schema has.
pub async fn digest(superuser: &Client) -> Vec<String> {
    let tables = "SELECT c.oid::regclass::text FROM pg_class AS c
                  WHERE c.relnamespace = 'awgp'::regnamespace AND c.relkind = 'r' ORDER BY 1";
    let mut digest = Vec::new();
    for row in superuser.query(tables, &[]).await.expect("the tables") {
        let table: String = row.get(0);
        let sql =
            format!("SELECT md5(coalesce(string_agg(t::text, ',' ORDER BY t::text), '')) FROM {table} AS t");
        let md5: String = superuser.query_one(&sql, &[]).await.expect("the rows").get(0);
        digest.push(format!("{table} {md5}"));
    }
    let objects = "SELECT string_agg(line, ',' ORDER BY line) FROM (
                       SELECT relname || ' ' || relkind::text FROM pg_class WHERE relnamespace = 'awgp'::regnamespace
                       UNION ALL SELECT tgname || ' ' || tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal
                   ) AS of (line)";
    digest.push(superuser.query_one(objects, &[]).await.expect("the objects").get(0));
    digest
}
