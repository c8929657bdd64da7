//! The one transaction of a command.

use crate::call::Call;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Trouble};
use crate::patience::Patience;
use crate::row::Row;
use crate::token::Token;
use awgp_core::reason::Reason;
use std::error::Error as _;
use tokio_postgres::types::{ToSql, Type, WrongType};
use tokio_postgres::{CopyOutStream, Error, RowStream, Transaction};

/// A CHECK constraint that does not list this value, with its rule in words.
const NOT_LISTED: &str = "
    SELECT obj_description(c.oid, 'pg_constraint')
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
    WHERE n.nspname = 'awgp' AND r.relname = $1 AND c.conname = $2 AND c.contype = 'c'
      AND position(quote_literal($3::text) IN pg_get_constraintdef(c.oid)) = 0";

/// A transaction. It rolls back unless it is committed.
///
/// A statement whose parameters are texts is one round trip: their types need not be asked for, and nothing
/// is prepared that would have to fit the next transaction, which may be on another connection of a pooler,
/// or on the other side of an upgrade. Two parts of a transaction that are awaited [`in_turn`] go to the
/// server together and run there in this order.
pub struct Work<'a> {
    pub(crate) transaction: Transaction<'a>,
    pub(crate) patience: Patience,
}

impl Work<'_> {
    /// Sets the context of somebody else than the login: with this token or, without one, with this tenant
    /// and user, which the server takes in trusted mode only.
    pub async fn enter_for(&self, token: Option<&Token>, context: Context<'_>) -> Result<(), Trouble> {
        match token {
            Some(token) => self.authenticate(token, Context::default()).await,
            None => self.enter(context).await,
        }
    }

    /// Sets the context. [`Session::begin`] does it; it is separate for a transaction that must run something
    /// before its first query.
    pub async fn enter(&self, context: Context<'_>) -> Result<(), Trouble> {
        match context {
            Context { tenant: None, user: None } => {}
            Context { tenant: None, user: Some(_) } => {
                return Err(Failure::of_reason(Reason::NoTenantContext, "a user is given without a tenant")
                    .hint("add --tenant SLUG or set AWGP_TENANT")
                    .into());
            }
            Context { tenant: Some(tenant), user } => {
                // In signed mode find_tenant() says what is wrong with the tenant.
                let sql = "SELECT awgp.set_context(awgp.find_tenant($1::text)::text, $2::text)";
                self.run(sql, &[&tenant, &user]).await?;
            }
        }
        Ok(())
    }

    /// Runs statements without parameters, whose result is not needed.
    pub async fn batch(&self, sql: &str) -> Result<(), Trouble> {
        self.patience.awaited(self.transaction.batch_execute(sql)).await
    }

    /// The stream of a `COPY … TO STDOUT`.
    pub async fn copy_out(&self, sql: &str) -> Result<CopyOutStream, Trouble> {
        self.patience.awaited(self.transaction.copy_out(sql)).await
    }

    /// Sets the context to the token's user and tenant. Where tenant and user are given too, they must be the
    /// same.
    pub(crate) async fn authenticate(&self, token: &Token, context: Context<'_>) -> Result<(), Trouble> {
        self.run("SELECT awgp.authenticate($1::text)", &[&token.expose()]).await?;
        for (given, sql) in [
            (context.tenant, "SELECT (awgp.find_tenant($1::text) = awgp.current_tenant())::text"),
            (context.user, "SELECT (awgp.find_user($1::text) = awgp.current_user_id())::text"),
        ] {
            let Some(given) = given else { continue };
            if self.text(sql, &[&given]).await? != "true" {
                return Err(Failure::of_reason(
                    Reason::TokenTenantMismatch,
                    "--tenant or --user is not the token's",
                )
                .hint("leave --tenant and --user out: the token sets both")
                .into());
            }
        }
        Ok(())
    }

    /// Refuses where no tenant is in context, by --tenant or by the login's own settings.
    pub async fn require_tenant(&self) -> Result<(), Trouble> {
        let asked = self.transaction.query_typed_one("SELECT awgp.current_tenant() IS NOT NULL", &[]);
        let row = self.patience.awaited(asked).await?;
        if row.get(0) {
            return Ok(());
        }
        Err(Failure::of_reason(Reason::NoTenantContext, "this command needs a tenant in context")
            .hint("add --tenant SLUG or set AWGP_TENANT; `awgp tenant list` shows the tenants")
            .into())
    }

    /// Refuses a filter whose value the column's CHECK does not list: it could find nothing. The rule stays
    /// in the server; it is read from there.
    pub async fn require_listed(
        &self,
        table: &str,
        column: &str,
        value: Option<&str>,
    ) -> Result<(), Trouble> {
        let Some(value) = value else { return Ok(()) };
        let constraint = format!("{table}_{column}_check");
        let found = self.query(NOT_LISTED, &[&table, &constraint, &value]).await?;
        let Some(row) = found.first() else { return Ok(()) };
        let rule = row.get::<_, Option<String>>(0).unwrap_or_default();
        Err(Failure::new(Exit::Constraint, format!("\"{value}\" is not a valid {column} of {table}"))
            .note("constraint", constraint)
            .hint(rule)
            .into())
    }

    /// Calls a function that returns rows.
    pub async fn call(&self, call: &Call) -> Result<Vec<Row>, Trouble> {
        call.check()?;
        self.json_rows(&call.sql(), &call.parameters()).await
    }

    /// Calls a function that returns exactly one row.
    pub async fn call_one(&self, call: &Call) -> Result<Row, Trouble> {
        self.call(call)
            .await?
            .pop()
            .ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row").into())
    }

    /// Calls a function that returns exactly one row and commits: the end of most commands.
    pub async fn conclude(self, call: &Call) -> Result<Row, Trouble> {
        let row = self.call_one(call).await?;
        self.commit().await?;
        Ok(row)
    }

    /// The rows of a SELECT.
    pub async fn select(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Trouble> {
        self.json_rows(&format!("SELECT row_to_json(r)::text FROM ({sql}) AS r"), parameters).await
    }

    /// One whole number.
    pub async fn number(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<i64, Trouble> {
        Ok(self.one(sql, parameters).await?.try_get(0)?)
    }

    /// One text.
    pub async fn text(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<String, Trouble> {
        Ok(self.one(sql, parameters).await?.try_get(0)?)
    }

    /// Runs a statement; returns how many rows it returned or changed.
    pub async fn run(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<u64, Trouble> {
        let asked = async {
            match self.transaction.execute_typed(sql, &as_texts(parameters)).await {
                Err(error) if is_no_text(&error) => self.transaction.execute(sql, parameters).await,
                answer => answer,
            }
        };
        self.patience.awaited(asked).await
    }

    /// Commits.
    pub async fn commit(self) -> Result<(), Trouble> {
        self.patience.awaited(self.transaction.commit()).await
    }

    /// The rows of a statement, in their own types.
    pub async fn rows(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, Trouble> {
        self.query(sql, parameters).await
    }

    /// The same, one after the other.
    pub async fn stream(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<RowStream, Trouble> {
        self.patience.awaited(self.transaction.query_raw(sql, parameters.iter().copied())).await
    }

    async fn json_rows(&self, sql: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, Trouble> {
        let rows = self.query(sql, parameters).await?;
        rows.iter().map(|row| Ok(Row::of_answer(row.try_get(0)?)?)).collect()
    }

    async fn one(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<tokio_postgres::Row, Trouble> {
        let asked = async {
            match self.transaction.query_typed_one(sql, &as_texts(parameters)).await {
                Err(error) if is_no_text(&error) => self.transaction.query_one(sql, parameters).await,
                answer => answer,
            }
        };
        self.patience.awaited(asked).await
    }

    async fn query(
        &self,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<tokio_postgres::Row>, Trouble> {
        let asked = async {
            match self.transaction.query_typed(sql, &as_texts(parameters)).await {
                Err(error) if is_no_text(&error) => self.transaction.query(sql, parameters).await,
                answer => answer,
            }
        };
        self.patience.awaited(asked).await
    }
}

/// Two parts of a transaction that go to the server together and run there one after the other: a round trip
/// less. Where the first fails, the second fails for it, and the answers may be read in any order; it is the
/// first's error that says why.
pub fn in_turn<A, B, E>(
    first: impl Future<Output = Result<A, E>>,
    second: impl Future<Output = Result<B, E>>,
) -> impl Future<Output = Result<(A, B), E>> {
    // On the heap: whoever awaits many of them would carry the room of each.
    let (mut first, mut second) = (Box::pin(first), Box::pin(second));
    async move {
        tokio::select! {
            biased;
            done = &mut first => Ok((done?, second.await?)),
            done = &mut second => Ok((first.await?, done?)),
        }
    }
}

fn as_texts<'a>(parameters: &[&'a (dyn ToSql + Sync)]) -> Vec<(&'a (dyn ToSql + Sync), Type)> {
    parameters.iter().map(|parameter| (*parameter, Type::TEXT)).collect()
}

/// Whether a parameter is no text. Nothing was sent then: the server has to be asked for the types.
fn is_no_text(error: &Error) -> bool {
    error.source().is_some_and(|cause| cause.is::<WrongType>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn of_two_errors_the_first_parts_is_told_though_the_seconds_is_read_before() {
        let late = async {
            yield_now().await;
            Err::<(), _>("no tenant")
        };
        let aborted = async { Err::<(), _>("the transaction is aborted") };
        assert_eq!(in_turn(late, aborted).await, Err("no tenant"));
    }

    #[tokio::test]
    async fn the_second_parts_own_error_is_told_and_two_answers_are_returned_whichever_is_read_before() {
        for first_is_late in [false, true] {
            let part = async |is_late: bool, answer| {
                if is_late {
                    yield_now().await;
                }
                answer
            };
            let (late, soon) = (first_is_late, !first_is_late);
            assert_eq!(in_turn(part(late, Ok(1)), part(soon, Ok(2))).await, Ok((1, 2)));
            assert_eq!(in_turn(part(late, Ok(1)), part(soon, Err("its own"))).await, Err("its own"));
        }
    }

    #[tokio::test]
    async fn the_second_part_is_sent_before_the_first_is_answered_and_not_where_the_first_was_not_sent() {
        let sent = RefCell::new(Vec::new());
        let part = async |name| {
            sent.borrow_mut().push(name);
            yield_now().await;
            sent.borrow_mut().push("answered");
            Ok::<_, &str>(())
        };
        assert!(in_turn(part("first"), part("second")).await.is_ok());
        assert_eq!(*sent.borrow(), ["first", "second", "answered", "answered"]);
        sent.borrow_mut().clear();
        assert!(in_turn(async { Err::<(), _>("no user without a tenant") }, part("second")).await.is_err());
        assert!(sent.borrow().is_empty());
    }
}
