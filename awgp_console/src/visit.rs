//! The one transaction of a request. It begins with the reader's identity, and ends with the answer.

use crate::door::{Visitor, Who};
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work};
use jiff::tz::TimeZone;

const WHO: &str = "SELECT * FROM awgp.whoami";

/// Who reads a page: what the database says of them.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The row of `awgp.whoami`.
    pub row: Row,
    /// The zone in which they read times.
    pub zone: TimeZone,
}

impl Reader {
    /// A column of `awgp.whoami`.
    pub fn text(&self, column: &str) -> String {
        self.row.text(column).unwrap_or_default()
    }

    /// Whether subsidiaries are visible to them.
    pub fn has_subsidiaries(&self) -> bool {
        self.row.text("subsidiaries").is_some_and(|number| number != "0")
    }
}

impl Visitor {
    /// Reads what a page needs: one snapshot, in a transaction that cannot write.
    pub async fn read<T>(
        &self,
        reading: impl AsyncFnOnce(&Work<'_>, &Reader) -> Result<T, Trouble>,
    ) -> Result<(T, Reader), Failure> {
        self.transact(true, reading).await
    }

    /// Does what a form asks for, whole or not at all.
    pub async fn act<T>(
        &self,
        acting: impl AsyncFnOnce(&Work<'_>, &Reader) -> Result<T, Trouble>,
    ) -> Result<(T, Reader), Failure> {
        self.transact(false, acting).await
    }

    async fn transact<T>(
        &self,
        only_reads: bool,
        doing: impl AsyncFnOnce(&Work<'_>, &Reader) -> Result<T, Trouble>,
    ) -> Result<(T, Reader), Failure> {
        let mut session = self.site.connections.get().await?;
        let outcome = self.transaction(&mut session, only_reads, doing).await;
        match outcome {
            Ok(done) => Ok(done),
            Err(trouble) => Err(session.explain(trouble).await),
        }
    }

    async fn transaction<T>(
        &self,
        session: &mut Session,
        only_reads: bool,
        doing: impl AsyncFnOnce(&Work<'_>, &Reader) -> Result<T, Trouble>,
    ) -> Result<(T, Reader), Trouble> {
        let (token, context) = match &self.who {
            Who::Bearer(token) => (Some(token), Context::default()),
            Who::Trial { tenant, user } => (None, Context::given(Some(tenant), Some(user))),
        };
        let work = session.begin_for(token, context, only_reads).await?;
        work.batch(&format!("SET LOCAL statement_timeout = '{}s'", self.site.timeout.as_secs())).await?;
        let row = work.select(WHO, &[]).await?.pop();
        let row = row.ok_or_else(|| Failure::new(Exit::NotAllowed, "nobody is in context"))?;
        let zone = self.zone(row.text("time_zone").unwrap_or_default().as_str());
        let reader = Reader { row, zone };
        let done = doing(&work, &reader).await?;
        work.commit().await?;
        Ok((done, reader))
    }
}
