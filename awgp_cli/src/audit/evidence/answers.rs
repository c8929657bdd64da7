//! What the server answers about itself. It is the server's own word; what the login may not ask is named.

use super::pack::Pack;
use crate::render;
use awgp_client::{Row, Trouble, Work};
use awgp_core::audit::evidence::index::Absent;
use awgp_core::audit::evidence::mapping::{Mapping, Rows};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

/// The questions: the file, and the statement. $1 is the tenant.
const QUESTIONS: [(&str, &str); 6] = [
    (
        "answers/doctor.json",
        "SELECT severity, code, object, message, hint FROM awgp.doctor() WHERE $1::text IS NOT NULL
         ORDER BY severity, code, object",
    ),
    (
        "answers/verify_ledger.json",
        "SELECT severity, kind, object_id, expected, found, detail FROM awgp.verify_ledger()
         WHERE tenant_id = $1::text::uuid ORDER BY kind, object_id",
    ),
    (
        "answers/budgets.json",
        "SELECT * FROM awgp.budget_status WHERE tenant_id = $1::text::uuid ORDER BY provider, pool_id",
    ),
    (
        "answers/months.json",
        "SELECT partition_name, month_begins, month_ends, state, is_attached, verified_at, is_checkpointed, retired_at,
                restored_at
         FROM awgp.partition_status WHERE $1::text IS NOT NULL ORDER BY partition_name",
    ),
    (
        "answers/anchors.json",
        "SELECT a.partition_name, a.chain_lane, a.first_seq, a.last_seq, a.last_hash
         FROM awgp.audit_chain_anchors AS a JOIN awgp.audit_retired_partitions AS r USING (partition_name)
         WHERE a.tenant_id = $1::text::uuid AND r.restored_at IS NULL ORDER BY a.chain_lane, a.first_seq",
    ),
    (
        "answers/settings.json",
        "SELECT name, setting, unit, source FROM pg_catalog.pg_settings
         WHERE name LIKE 'awgp.audit%' AND $1::text IS NOT NULL ORDER BY name",
    ),
];

/// What was answered, or why not.
pub type Said<T> = Result<T, String>;

/// A file of answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The statement; $1 is the tenant.
    pub query: String,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// Tries a part of the transaction. Whatever was refused is told; everything else is an error.
pub async fn tried<T>(
    work: &Work<'_>,
    part: impl Future<Output = Result<T, Trouble>>,
) -> Result<Said<T>, Trouble> {
    work.batch("SAVEPOINT part").await?;
    match part.await {
        Ok(done) => {
            work.batch("RELEASE SAVEPOINT part").await?;
            Ok(Ok(done))
        }
        Err(trouble) => {
            let reason = refusal(trouble)?;
            work.batch("ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part").await?;
            Ok(Err(reason))
        }
    }
}

/// The words of a refusal. Anything else is passed on.
fn refusal(trouble: Trouble) -> Result<String, Trouble> {
    let refused = [
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
        SqlState::NO_DATA_FOUND,
    ];
    match trouble {
        Trouble::Told(failure) => Ok(failure.message),
        Trouble::Sql(error) => match error.as_db_error() {
            Some(told) if refused.contains(told.code()) => {
                Ok(format!("The server says: {}.", told.message()))
            }
            _ => Err(error.into()),
        },
        other @ Trouble::SqlAnd(..) => Err(other),
    }
}

/// Asks, and writes what was answered. Returns the rows that each file of answers has for each way to count.
pub async fn write(
    work: &Work<'_>,
    pack: &mut Pack,
    tenant_id: Uuid,
    absent: &mut Vec<Absent>,
) -> Result<BTreeMap<String, Answer>, Trouble> {
    let mut answers = BTreeMap::new();
    for (file, query) in QUESTIONS {
        let asked = async { work.select(query, &[&tenant_id.to_string()]).await };
        match tried(work, asked).await? {
            Ok(rows) => {
                let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
                let answer = Answer { query, rows };
                pack.whole(file, &render::pretty(&answer))?;
                answers.insert(file.to_owned(), answer);
            }
            Err(reason) => absent.push(Absent { file: file.to_owned(), reason }),
        }
    }
    Ok(answers)
}

/// For each sentence that counts rows of an answer: how many.
pub fn counted(mapping: &Mapping, answers: &BTreeMap<String, Answer>) -> Vec<Option<u64>> {
    let count = |answer: &Answer, rows: &Rows| {
        let is_of = |row: &&Row| match (&rows.column, &rows.value) {
            (Some(column), Some(value)) => row.text(column).as_ref() == Some(value),
            _ => true,
        };
        answer.rows.iter().filter(is_of).count() as u64
    };
    let of = |sentence: &awgp_core::audit::evidence::mapping::Sentence| {
        let (file, rows) = (sentence.file.as_ref()?, sentence.rows.as_ref()?);
        answers.get(file).map(|answer| count(answer, rows))
    };
    mapping.sentences.iter().map(of).collect()
}

/// Reads a file of answers.
pub fn read(text: &str) -> Result<Answer, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
