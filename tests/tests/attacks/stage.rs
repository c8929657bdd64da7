//! The scene, and how a statement is tried on it.

use awgp_tests::everything::everywhere;
use awgp_tests::fixture::Group;
use awgp_tests::rows::tables;
use awgp_tests::{Database, Refused, refused};
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

/// Both tenants with a row in every table; A's texts all hold the word `north`.
pub struct Stage {
    pub database: Database,
    pub group: Group,
    pub superuser: Client,
    digest: String,
    /// A governed action of A.
    action: Uuid,
}

/// What must come of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Must {
    /// Refused by PostgreSQL, with this SQLSTATE.
    Fail(&'static str),
    /// Refused by AWGP, with this SQLSTATE and reason.
    Refuse(&'static str, &'static str),
    /// The last query gives these values in its first column.
    Give(&'static [&'static str]),
    /// Allowed, and tells nothing of A; what it gives besides depends on the server.
    TellNothing,
    /// As `TellNothing`, or refused with this SQLSTATE by a server built without the feature.
    Unsupported(&'static str),
}
pub use Must::{Fail, Give, Refuse, TellNothing, Unsupported};

/// A statement that was tried, in words; the SQL; what must happen.
pub type Attack = (&'static str, &'static str, Must);

/// No value at all.
pub const NOTHING: Must = Give(&[]);

impl Stage {
    pub async fn set() -> Self {
        let database = Database::new().await;
        let group = everywhere(&database).await;
        let superuser = database.superuser().await;
        let (a, b) = (group.north.id, group.other.id);
        superuser
            .batch_execute(&format!(
                "CREATE SCHEMA attacker AUTHORIZATION awgp_test_app;
                 CREATE STATISTICS public.of_work_items ON title, status FROM awgp.work_items;
                 UPDATE awgp.users SET keycloak_id = 'kc-' || id;
                 ALTER TABLE awgp.work_items DISABLE TRIGGER state_machine;
                 UPDATE awgp.work_items SET risk_level = 0, title = 'north[secret', description = 'north',
                        context = '{{\"n\": \"north\"}}' WHERE tenant_id = '{a}';
                 UPDATE awgp.work_items SET risk_level = 1, title = '7', context = '{{\"n\": \"7\"}}' WHERE tenant_id = '{b}';
                 ALTER TABLE awgp.work_items ENABLE TRIGGER state_machine;
                 ANALYZE awgp.work_items, awgp.users;"
            ))
            .await
            .expect("the scene is set");
        let digest = digest(&superuser, a).await;
        let action = "SELECT id FROM awgp.governed_actions WHERE tenant_id = $1";
        let action = superuser.query_one(action, &[&a]).await.expect("A has one").get(0);
        let stage = Self { database, group, superuser, digest, action };
        stage.database.app().await.batch_execute(TOOLS).await.expect("an attacker may bring tools");
        stage
    }

    /// Names of the scene in a statement.
    pub fn fill_in(&self, sql: &str) -> String {
        let (a, b) = (&self.group.north, &self.group.other);
        [
            ("{A}", a.id),
            ("{B}", b.id),
            ("{a_user}", a.user("admin")),
            ("{b_user}", b.user("admin")),
            ("{b_other_user}", b.user("manager")),
            ("{a_assistant}", a.assistant),
            ("{b_assistant}", b.assistant),
            ("{a_item}", a.work_item),
            ("{a_action}", self.action),
            ("{b_item}", b.work_item),
        ]
        .iter()
        .fold(sql.to_owned(), |sql, (name, id)| sql.replace(name, &id.to_string()))
    }

    /// Tries each statement in a transaction of its own with B in context, and commits what it may. After
    /// each, A's rows and the schema are what they were, and nothing that B was told holds A's texts.
    pub async fn try_all(&self, attacks: &[Attack]) {
        let before = self.untouched().await;
        let mut wrong = Vec::new();
        for (words, sql, must) in attacks {
            let sql = self.fill_in(sql);
            let told = self.attempt(&sql).await;
            if let Err(what) = judge(&told, *must) {
                wrong.push(format!("{words}: {what}\n    {sql}"));
            }
            let text = format!("{told:?}");
            if text.contains("north") && !sql.contains("north") {
                wrong.push(format!("{words}: tells of A: {text}\n    {sql}"));
            }
            if self.untouched().await != before {
                wrong.push(format!("{words}: A's rows or the schema have changed\n    {sql}"));
            }
        }
        println!("{} attacks, {} wrong", attacks.len(), wrong.len());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Tries each statement with every guard away: as a superuser, whom no policy binds, on tables without a
    /// trigger, and takes it back. Gives the words of those that would still be judged to be held off.
    pub async fn held_without_guards(&self, attacks: &[Attack]) -> Vec<&'static str> {
        let before = self.untouched().await;
        let mut held = Vec::new();
        for (words, sql, must) in attacks {
            // Gone at the end with its transaction, and with what an attack has made of it.
            let client = self.database.superuser().await;
            let begin = format!("BEGIN; SELECT awgp.set_context('{}')", self.group.other.id);
            client.batch_execute(&begin).await.expect("B enters");
            let sql = self.fill_in(sql);
            let told = match client.simple_query(&sql).await {
                Ok(messages) => Ok(last_values(&messages)),
                // A COPY that has begun, which this call does not read.
                Err(error) if error.as_db_error().is_none() => Ok(vec!["rows".to_owned()]),
                error => Err(refused(error)),
            };
            let tells = !sql.contains("north") && format!("{told:?}").contains("north");
            let changes = told.is_ok()
                && client.query(&self.digest, &[]).await.ok().is_none_or(|rows| {
                    rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>() != before
                });
            drop(client);
            if judge(&told, *must).is_ok() && !tells && !changes {
                held.push(*words);
            }
        }
        held
    }

    /// What a new connection of B is told: the first columns of the last query, or an error.
    async fn attempt(&self, sql: &str) -> Result<Vec<String>, Refused> {
        let client = self.database.app().await;
        let begin = format!("BEGIN; SELECT awgp.set_context('{}')", self.group.other.id);
        client.batch_execute(&begin).await.expect("B enters");
        let told = match client.simple_query(sql).await {
            Ok(messages) => Ok(last_values(&messages)),
            error => Err(refused(error)),
        };
        client.batch_execute(if told.is_ok() { "COMMIT" } else { "ROLLBACK" }).await.expect("B leaves");
        told
    }

    /// A digest of A's rows in every table, and of everything that guards them.
    async fn untouched(&self) -> Vec<String> {
        let rows = self.superuser.query(&self.digest, &[]).await.expect("the superuser reads everything");
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// The first columns of the rows that the last query gave.
pub fn last_values(messages: &[SimpleQueryMessage]) -> Vec<String> {
    let mut values = Vec::new();
    for message in messages {
        match message {
            SimpleQueryMessage::RowDescription(_) => values.clear(),
            SimpleQueryMessage::Row(row) => values.push(row.get(0).unwrap_or("NULL").to_owned()),
            _ => {}
        }
    }
    values
}

fn judge(told: &Result<Vec<String>, Refused>, must: Must) -> Result<(), String> {
    let fits = match (told, must) {
        (Err(refused), Fail(code) | Unsupported(code)) => refused.code == code,
        (Err(refused), Refuse(code, reason)) => {
            refused.code == code && refused.reason.as_deref() == Some(reason) && !refused.hint.is_empty()
        }
        (Ok(values), Give(expected)) => values == expected,
        (Ok(_), TellNothing | Unsupported(_)) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("must {must:?}, but {told:?}")) }
}

/// A function and an operator that remember what they were shown, cheap enough to be tried first; and a
/// function that lies about everything.
const TOOLS: &str = "
    CREATE TABLE attacker.seen (what text);
    CREATE FUNCTION attacker.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
        $$ BEGIN INSERT INTO attacker.seen VALUES ($1); RETURN true; END $$;
    CREATE FUNCTION attacker.peek(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS
        $$ BEGIN INSERT INTO attacker.seen VALUES ($1), ($2); RETURN true; END $$;
    CREATE OPERATOR attacker.<<< (FUNCTION = attacker.peek, LEFTARG = text, RIGHTARG = text, RESTRICT = scalarltsel);
    CREATE FUNCTION attacker.yes(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true';
    CREATE OPERATOR attacker.= (FUNCTION = attacker.yes, LEFTARG = uuid, RIGHTARG = uuid);
    CREATE FUNCTION attacker.any_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';";

/// A query of one digest a table of A's rows, and of those of everything that guards them.
async fn digest(superuser: &Client, tenant: Uuid) -> String {
    let mut parts = Vec::new();
    for table in tables(superuser).await {
        if let (Some(column), false) = (&table.tenant_column, table.is_partition) {
            parts.push(format!(
                "SELECT md5(COALESCE(string_agg(one::text, ',' ORDER BY one::text), '')) FROM awgp.{} AS one WHERE {column} = '{tenant}'",
                table.name
            ));
        }
    }
    assert!(parts.len() >= 12, "the catalog has the schema's tables");
    parts.extend(GUARDS.iter().map(|query| {
        format!(
            "SELECT md5(COALESCE(string_agg(one::text, ',' ORDER BY one::text), '')) FROM ({query}) AS one"
        )
    }));
    parts.join(" UNION ALL ")
}

/// What must stay as it is, besides rows: relations, rules, functions,
/// policies, triggers, memberships, the schema.
const GUARDS: &[&str] = &[
    "SELECT oid, relowner, relacl, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relnamespace = 'awgp'::regnamespace",
    // Not pg_class.relhasrules and relhastriggers: VACUUM puts those right, and so
    // changes them, whenever it comes by.
    "SELECT oid, ev_class, ev_type, ev_enabled FROM pg_rewrite
     WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'awgp'::regnamespace)",
    "SELECT oid, proowner, proacl, prosrc FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace",
    "SELECT oid, polqual, polwithcheck, polroles FROM pg_policy",
    "SELECT oid, tgenabled, tgfoid FROM pg_trigger WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'awgp'::regnamespace)",
    "SELECT roleid, member FROM pg_auth_members WHERE roleid::regrole::text LIKE 'awgp%' AND member::regrole::text LIKE 'awgp_test%'",
    "SELECT oid, nspacl FROM pg_namespace WHERE nspname = 'awgp'",
];
