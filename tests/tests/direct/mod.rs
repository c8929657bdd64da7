//! Rows of AWGP's own tables are written without a statement around each (awgp_ext/src/pg/direct). Whatever
//! an operator adds to the tables holds as for a statement, at once and in a session that has written
//! before, and what keys name is kept as foreign keys keep it.

mod approvals;
mod money;
mod newer;
mod operators;

use awgp_tests::assert_sqlstate;
use tokio_postgres::{Client, Error};

/// A count.
pub async fn number(superuser: &Client, sql: &str) -> i64 {
    superuser.query_one(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}

/// A table that records which triggers have fired, and functions for them.
pub const SEEN: &str = "
    CREATE TABLE public.seen (tab text, op text);
    GRANT INSERT ON public.seen TO PUBLIC;
    CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.seen VALUES (TG_TABLE_NAME, TG_OP); RETURN NULL; END $$;
    CREATE FUNCTION public.see_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.seen SELECT TG_TABLE_NAME, TG_OP FROM fresh; RETURN NULL; END $$;";

/// Makes statements write the rows of these tables: a trigger of the operator's does.
pub async fn write_by_statement(superuser: &Client, tables: &[&str]) {
    superuser.batch_execute(SEEN).await.expect("a table that records");
    for table in tables {
        let sql = format!(
            "CREATE TRIGGER house AFTER INSERT OR UPDATE ON awgp.{table} EXECUTE FUNCTION public.see()"
        );
        superuser.batch_execute(&sql).await.expect("a trigger");
    }
}

/// What a table has, one half made without a statement and the newer half by one, has to be the same but for
/// what identifies a row or says when it was made. Returns how many rows a half has.
pub async fn assert_halves_are_alike(superuser: &Client, table: &str, made: &str, of: &str) -> usize {
    let sql = format!(
        "SELECT array_agg(shown ORDER BY made, shown) FROM (
             SELECT {made} AS made, (to_jsonb(r) - '{{id,pool_id,work_item_id,approval_id,reservation_id,
                 cost_transaction_id,request_digest}}'::text[] - ARRAY(SELECT column_name::text FROM information_schema.columns
                 WHERE table_schema = 'awgp' AND data_type LIKE 'timestamp%'))::text AS shown
             FROM awgp.{table} AS r WHERE {of}) AS rows"
    );
    let rows: Vec<String> = superuser.query_one(&sql, &[]).await.expect(&sql).get(0);
    let (without, by_statement) = rows.split_at(rows.len() / 2);
    assert_eq!(without, by_statement, "{table}");
    without.len()
}

/// Under each of these triggers of an operator's, by its definition and its table, a round fires it so often;
/// once it is gone, not at all.
pub async fn assert_triggers_fire<T>(
    superuser: &Client,
    triggers: &[(&str, &str, i64)],
    mut round: impl AsyncFnMut() -> Result<T, Error>,
) {
    superuser.batch_execute(SEEN).await.expect("a table that records");
    for (trigger, table, expected) in triggers {
        let add = format!("CREATE TRIGGER house {trigger}");
        superuser.batch_execute(&add).await.expect("an operator adds it");
        round().await.expect(trigger);
        assert_eq!(number(superuser, "SELECT count(*) FROM public.seen").await, *expected, "{trigger}");
        let gone = format!("DROP TRIGGER house ON awgp.{table}; TRUNCATE public.seen");
        superuser.batch_execute(&gone).await.expect("and takes it away");
        round().await.expect("without it");
        assert_eq!(number(superuser, "SELECT count(*) FROM public.seen").await, 0, "{trigger}");
    }
}

/// After each of these statements of an operator's a round is refused (42501), and after the one that takes
/// it back it is not.
pub async fn assert_refused_after<T: std::fmt::Debug>(
    superuser: &Client,
    statements: &[(&str, &str)],
    mut round: impl AsyncFnMut() -> Result<T, Error>,
) {
    for (add, take_away) in statements {
        superuser.batch_execute(add).await.expect("an operator may");
        assert_sqlstate(round().await, "42501");
        superuser.batch_execute(take_away).await.expect("and take it back");
        round().await.expect("without it");
    }
}
