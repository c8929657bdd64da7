//! Every table × every role × every verb × every context, from the catalog.
//!
//! [`RULES`] says what each role may do; the expected outcome of each cell is computed from it. A table that
//! is not in it must behave as an ordinary tenant table if it has a `tenant_id`, and must be closed to
//! everybody if it has none. So a new table without policies, with a missing grant or with
//! one too many fails: [`planted`] shows it.

mod planted;

use awgp_tests::everything::everywhere;
use awgp_tests::fixture::Group;
use awgp_tests::rows::{Table, copy_of, insert_copy, tables};
use awgp_tests::{Database, Login, Refused, refused};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::{Client, Error, Row};
use uuid::Uuid;

/// Whose rows a verb reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// No grant at all.
    Never,
    /// The tenant in context.
    Own,
    /// The tenant in context and, for a holding, its direct active subsidiaries.
    Visible,
    /// Rows that belong to no tenant, to whoever has one in context.
    InContext,
    /// Every row, whatever the context.
    All,
}
use Scope::{All, InContext, Never, Own, Visible};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Select,
    Insert,
    Update,
    Delete,
    Truncate,
}

const VERBS: [Verb; 5] = [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete, Verb::Truncate];

/// SELECT, INSERT, UPDATE, DELETE; TRUNCATE is nobody's.
type Scopes = [Scope; 4];

const CLOSED: Scopes = [Never; 4];
const READ_ALL: Scopes = [All, Never, Never, Never];

/// What applications may do with a tenant table that is not in [`RULES`].
const TENANT_TABLE: Scopes = [Visible, Own, Own, Own];

/// What differs from [`TENANT_TABLE`] for applications and from [`CLOSED`] for everybody else.
const RULES: &[(&str, Login, Scopes)] = &[
    ("tenants", Login::App, [Visible, Never, Never, Never]),
    ("tenants", Login::Auditor, READ_ALL),
    ("tenants", Login::Admin, [All, All, All, All]),
    ("users", Login::Admin, [All, All, All, Never]),
    ("assistants", Login::App, [Visible, Visible, Visible, Visible]),
    ("assistant_templates", Login::App, [InContext, Never, Never, Never]),
    ("assistant_templates", Login::Admin, [All, All, All, All]),
    ("cost_transactions", Login::App, [Visible, Own, Never, Never]),
    ("credit_reservations", Login::App, [Visible, Own, Own, Never]),
    ("budget_periods", Login::App, [Visible, Never, Never, Never]),
    ("budget_alerts", Login::App, [Visible, Never, Never, Never]),
    ("conversation_logs", Login::App, [Visible, Own, Own, Never]),
    ("approval_decisions", Login::App, [Visible, Never, Never, Never]),
    ("conversation_search", Login::App, [Visible, Never, Never, Never]),
    ("hallucination_flags", Login::App, [Visible, Own, Own, Never]),
    ("audit_logs", Login::App, [Visible, Never, Never, Never]),
    ("audit_logs", Login::Auditor, READ_ALL),
    ("audit_chain_anchors", Login::App, [Visible, Never, Never, Never]),
    ("audit_chain_anchors", Login::Auditor, READ_ALL),
    ("audit_adopted_lanes", Login::App, [Visible, Never, Never, Never]),
    ("audit_adopted_lanes", Login::Auditor, READ_ALL),
    ("audit_checkpoints", Login::App, [Visible, Never, Never, Never]),
    ("audit_checkpoints", Login::Auditor, READ_ALL),
    ("audit_checkpoints", Login::Maintainer, READ_ALL),
    ("audit_tree_lanes", Login::App, [Visible, Never, Never, Never]),
    ("audit_tree_lanes", Login::Auditor, READ_ALL),
    ("audit_tree_lanes", Login::Maintainer, READ_ALL),
    ("audit_tree_tiles", Login::App, [Visible, Never, Never, Never]),
    ("audit_tree_tiles", Login::Auditor, READ_ALL),
    ("audit_log_integrity", Login::Auditor, READ_ALL),
    ("audit_log_integrity", Login::Maintainer, READ_ALL),
    ("identity_providers", Login::Admin, [All, All, All, All]),
    ("audit_partitions", Login::App, [InContext, Never, Never, Never]),
    ("audit_partitions", Login::Auditor, READ_ALL),
    ("audit_partitions", Login::Maintainer, READ_ALL),
    ("audit_partitions", Login::Admin, READ_ALL),
    ("audit_adoptions", Login::App, [InContext, Never, Never, Never]),
    ("audit_adoptions", Login::Auditor, READ_ALL),
    ("audit_adoptions", Login::Maintainer, READ_ALL),
    ("audit_adoptions", Login::Admin, READ_ALL),
    ("audit_retired_partitions", Login::App, [InContext, Never, Never, Never]),
    ("audit_retired_partitions", Login::Auditor, READ_ALL),
    ("audit_retired_partitions", Login::Maintainer, READ_ALL),
    ("audit_retired_partitions", Login::Admin, READ_ALL),
    ("audit_erasable_values", Login::App, [Visible, Never, Never, Never]),
    ("audit_erasable_values", Login::Auditor, READ_ALL),
    ("audit_erasable_columns", Login::App, [InContext, Never, Never, Never]),
    ("audit_erasable_columns", Login::Auditor, READ_ALL),
    ("audit_erasable_columns", Login::Admin, READ_ALL),
    ("audit_legal_holds", Login::Auditor, READ_ALL),
    ("audit_legal_holds", Login::Maintainer, READ_ALL),
    ("audit_legal_holds", Login::Admin, READ_ALL),
    ("tenant_moves", Login::Auditor, READ_ALL),
    ("tenant_moves", Login::Maintainer, READ_ALL),
    ("tenant_moves", Login::Admin, READ_ALL),
    ("governed_actions", Login::App, [Visible, Never, Never, Never]),
    ("message_windows", Login::App, [Visible, Never, Never, Never]),
    ("message_sends", Login::App, [Visible, Never, Never, Never]),
    ("outbox", Login::App, [Visible, Never, Never, Never]),
    ("outbox", Login::Maintainer, READ_ALL),
    ("outbox", Login::Admin, READ_ALL),
    ("stops", Login::App, [Visible, Never, Never, Never]),
    ("stops", Login::Auditor, READ_ALL),
    ("stops", Login::Maintainer, READ_ALL),
    ("stops", Login::Admin, READ_ALL),
    ("maintenance_steps", Login::Auditor, READ_ALL),
    ("maintenance_steps", Login::Maintainer, READ_ALL),
    ("maintenance_steps", Login::Admin, READ_ALL),
    ("model_prices", Login::App, [InContext, Never, Never, Never]),
    ("model_prices", Login::Admin, [All, All, Never, Never]),
    ("installation", Login::Auditor, READ_ALL),
    ("installation", Login::Maintainer, READ_ALL),
    ("installation", Login::Admin, READ_ALL),
    ("schema_migrations", Login::Auditor, READ_ALL),
    ("schema_migrations", Login::Maintainer, READ_ALL),
    ("schema_migrations", Login::Admin, READ_ALL),
];

fn scope(table: &Table, login: Login, verb: Verb) -> Scope {
    if table.is_partition || verb == Verb::Truncate {
        return Never;
    }
    let rule = RULES.iter().find(|rule| rule.0 == table.name && rule.1 == login).map(|rule| rule.2);
    let default = if login == Login::App && table.tenant_column.is_some() { TENANT_TABLE } else { CLOSED };
    rule.unwrap_or(default)[verb as usize]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    None,
    Own,
    /// Own, by the seed's setting.
    OwnSetting,
    Sibling,
    Other,
    Holding,
    /// Holding, by the seed's setting.
    HoldingSetting,
    Inactive,
    Malformed,
}

const CONTEXTS: [Context; 9] = [
    Context::None,
    Context::Own,
    Context::OwnSetting,
    Context::Sibling,
    Context::Other,
    Context::Holding,
    Context::HoldingSetting,
    Context::Inactive,
    Context::Malformed,
];

impl Context {
    /// Puts it in force. A role that may not call set_context() tries the seed's setting.
    async fn enter(self, client: &Client, login: Login, group: &Group) {
        let (tenant, checked) = match self {
            Self::None => return,
            Self::Own => (group.north.id.to_string(), true),
            Self::OwnSetting => (group.north.id.to_string(), false),
            Self::Sibling => (group.south.id.to_string(), true),
            Self::Other => (group.other.id.to_string(), true),
            Self::Holding => (group.holding.id.to_string(), true),
            Self::HoldingSetting => (group.holding.id.to_string(), false),
            Self::Inactive => (group.inactive.id.to_string(), false),
            Self::Malformed => ("no uuid".to_owned(), false),
        };
        let sql = if checked && !matches!(login, Login::Monitor | Login::Notifier | Login::Nobody) {
            "SELECT awgp.set_context($1::text::uuid)::text"
        } else {
            "SELECT set_config('app.current_tenant', $1, true)"
        };
        client.execute(sql, &[&tenant]).await.expect("a context can be tried");
    }

    /// The tenants that are visible and the one that is own.
    fn reach(self, group: &Group) -> (BTreeSet<Uuid>, Option<Uuid>) {
        let (north, south, other, holding) =
            (group.north.id, group.south.id, group.other.id, group.holding.id);
        match self {
            Self::Own | Self::OwnSetting => ([north].into(), Some(north)),
            Self::Sibling => ([south].into(), Some(south)),
            Self::Other => ([other].into(), Some(other)),
            Self::Holding | Self::HoldingSetting => ([holding, north, south].into(), Some(holding)),
            Self::None | Self::Inactive | Self::Malformed => (BTreeSet::new(), None),
        }
    }
}

/// What a cell gives.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// SQLSTATE and, where it is AWGP's own, the reason.
    Refused(String, Option<String>),
    /// Rows of exactly these tenants.
    Tenants(BTreeSet<Uuid>),
    /// At least one row that belongs to no tenant, or none.
    SomeRows(bool),
}

impl Outcome {
    fn refused(code: &str, reason: Option<&str>) -> Self {
        Self::Refused(code.to_owned(), reason.map(str::to_owned))
    }
}

/// What the tables hold, and what is written in the cells.
struct Scene {
    group: Group,
    tables: Vec<Table>,
    /// By table: the tenants that have rows.
    everyone: BTreeMap<String, BTreeSet<Uuid>>,
    /// By table: rows that nothing refers to, with their tenant.
    spares: BTreeMap<String, Vec<(Uuid, Value)>>,
    /// By table: a new row of the first subsidiary and one of the inactive tenant.
    new_rows: BTreeMap<String, [Value; 2]>,
}

impl Scene {
    async fn set(superuser: &Client, group: Group, tables: Vec<Table>) -> Self {
        let mut scene = Self {
            group,
            tables: tables.clone(),
            everyone: BTreeMap::new(),
            spares: BTreeMap::new(),
            new_rows: BTreeMap::new(),
        };
        for table in tables.iter().filter(|table| !table.is_partition) {
            let spares = scene.make_spares(superuser, table).await;
            scene.spares.insert(table.name.clone(), spares);
            let north = copy_of(superuser, table, scene.group.north.id, 1).await;
            let inactive = copy_of(superuser, table, scene.group.inactive.id, 1).await;
            scene.new_rows.insert(table.name.clone(), [north, inactive]);
        }
        for table in &tables {
            let Some(column) = &table.tenant_column else { continue };
            let sql = format!("SELECT DISTINCT {column} FROM awgp.{}", table.name);
            let rows = superuser.query(&sql, &[]).await.expect("the superuser reads everything");
            let everyone: BTreeSet<Uuid> = rows.iter().map(|row| row.get(0)).collect();
            if !table.is_partition {
                let missing = scene.group.all().into_iter().find(|tenant| !everyone.contains(&tenant.id));
                assert!(missing.is_none(), "awgp.{} has no row of {missing:?}", table.name);
            }
            scene.everyone.insert(table.name.clone(), everyone);
        }
        scene
    }

    /// Copies that a DELETE may take away, where somebody may delete at all.
    async fn make_spares(&self, superuser: &Client, table: &Table) -> Vec<(Uuid, Value)> {
        let deletable = Login::ORDINARY.iter().any(|login| scope(table, *login, Verb::Delete) != Never);
        let mut spares = Vec::new();
        if !deletable {
            return spares;
        }
        let owners = match table.name.as_str() {
            // A copy of a subsidiary would be one more subsidiary, which its holding sees.
            "tenants" => vec![self.group.other.id],
            _ if table.tenant_column.is_none() => vec![self.group.other.id],
            _ => self.group.all().iter().map(|tenant| tenant.id).collect(),
        };
        for owner in owners {
            let copy = copy_of(superuser, table, owner, 0).await;
            superuser
                .execute(&insert_copy(table), &[&copy])
                .await
                .unwrap_or_else(|error| panic!("a row of awgp.{} can be copied: {error:?}", table.name));
            let tenant = if table.name == "tenants" {
                copy["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
            } else {
                owner
            };
            spares.push((tenant, copy["id"].clone()));
        }
        spares
    }

    /// The row that an INSERT writes: the context's own where the context is an inactive tenant.
    fn new_row(&self, table: &Table, context: Context) -> &Value {
        &self.new_rows[&table.name][usize::from(context == Context::Inactive)]
    }

    fn target(&self, context: Context) -> Uuid {
        if context == Context::Inactive { self.group.inactive.id } else { self.group.north.id }
    }

    fn expected(&self, table: &Table, login: Login, verb: Verb, context: Context) -> Outcome {
        let scope = scope(table, login, verb);
        if scope == Never {
            return Outcome::refused("42501", None);
        }
        let is_write = verb != Verb::Select;
        let is_guarded = is_write && table.tenant_column.is_some() && table.name != "tenants";
        if context == Context::Malformed && (scope != All || is_guarded) {
            return Outcome::refused("22023", Some("malformed_tenant_id"));
        }
        let (visible, own) = context.reach(&self.group);
        if own.is_none() && is_write && scope != All {
            return Outcome::refused("42501", Some("no_tenant_context"));
        }
        let reached = match scope {
            All => self.everyone.get(&table.name).cloned().unwrap_or_default(),
            Visible | InContext => visible,
            Own => own.into_iter().collect(),
            Never => BTreeSet::new(),
        };
        if table.tenant_column.is_none() {
            return Outcome::SomeRows(scope == All || own.is_some());
        }
        match verb {
            Verb::Insert if table.name == "tenants" => Outcome::SomeRows(true),
            Verb::Insert if reached.contains(&self.target(context)) => {
                Outcome::Tenants([self.target(context)].into())
            }
            Verb::Insert => Outcome::refused("42501", Some("foreign_tenant")),
            Verb::Delete => {
                let spares = &self.spares[&table.name];
                Outcome::Tenants(
                    spares.iter().map(|spare| spare.0).filter(|tenant| reached.contains(tenant)).collect(),
                )
            }
            _ => Outcome::Tenants(reached),
        }
    }

    async fn found(&self, client: &Client, table: &Table, verb: Verb, context: Context) -> Outcome {
        let name = &table.name;
        // For an administrator of tenants the new row's id is not one of the fixture's.
        let as_rows = table.tenant_column.is_none() || (verb == Verb::Insert && name == "tenants");
        let of = table.tenant_column.as_deref().unwrap_or("true");
        let result = match verb {
            Verb::Select => client.query(&format!("SELECT {of} FROM awgp.{name}"), &[]).await,
            Verb::Insert if table.is_partition => {
                client.query(&format!("INSERT INTO awgp.{name} DEFAULT VALUES"), &[]).await
            }
            Verb::Insert => client.query(&insert_copy(table), &[self.new_row(table, context)]).await,
            Verb::Update => {
                let last = table.columns.last().expect("a table has columns");
                let sql = format!("UPDATE awgp.{name} SET \"{last}\" = \"{last}\" RETURNING {of}");
                client.query(&sql, &[]).await
            }
            Verb::Delete => {
                let ids: Vec<String> = self
                    .spares
                    .get(name)
                    .into_iter()
                    .flatten()
                    .map(|spare| spare.1.as_str().unwrap_or_default().to_owned())
                    .collect();
                let sql = format!(
                    "DELETE FROM awgp.{name} AS gone WHERE to_jsonb(gone) ->> 'id' = ANY ($1) RETURNING {of}"
                );
                client.query(&sql, &[&ids]).await
            }
            Verb::Truncate => client.query(&format!("TRUNCATE awgp.{name}"), &[]).await,
        };
        outcome(result, as_rows)
    }
}

fn outcome(result: Result<Vec<Row>, Error>, as_rows: bool) -> Outcome {
    match result {
        Err(_) => {
            let Refused { code, reason, .. } = refused(result);
            Outcome::Refused(code, reason)
        }
        Ok(rows) if as_rows => Outcome::SomeRows(!rows.is_empty()),
        Ok(rows) => Outcome::Tenants(rows.iter().map(|row| row.get(0)).collect()),
    }
}

/// The verbs for which the role has a grant, on the table or on any of its columns: a grant that no policy
/// lets through, or that lacks SELECT beside it, looks like none when it is tried.
async fn granted(superuser: &Client, login: Login, table: &Table) -> BTreeSet<String> {
    let sql = "
        SELECT verb FROM unnest(ARRAY['Select', 'Insert', 'Update', 'Delete', 'Truncate']) AS verb
        WHERE has_table_privilege($1::text, format('awgp.%I', $2::text), verb)
           OR (verb IN ('Select', 'Insert', 'Update')
               AND has_any_column_privilege($1::text, format('awgp.%I', $2::text), verb))";
    let role = login.role().expect("an ordinary role");
    let rows = superuser.query(sql, &[&role, &table.name]).await.expect("the catalog is readable");
    rows.iter().map(|row| row.get(0)).collect()
}

/// All cells of one role, over one connection: a transaction a context, a savepoint a cell.
async fn cells_of(scene: &Scene, database: &Database, login: Login) -> (usize, Vec<String>) {
    let client = database.connect(login).await;
    let (mut cells, mut wrong) = (0, Vec::new());
    let superuser = database.superuser().await;
    for table in &scene.tables {
        let granted = granted(&superuser, login, table).await;
        for verb in VERBS {
            let due = scope(table, login, verb) != Never;
            if granted.contains(&format!("{verb:?}")) != due {
                wrong.push(format!("{} {verb:?} to {login:?}: granted is {}", table.name, !due));
            }
        }
    }
    for context in CONTEXTS {
        client.batch_execute("BEGIN").await.expect("a transaction begins");
        context.enter(&client, login, &scene.group).await;
        for table in &scene.tables {
            for verb in VERBS {
                client.batch_execute("SAVEPOINT cell").await.expect("a savepoint");
                let found = scene.found(&client, table, verb, context).await;
                client.batch_execute("ROLLBACK TO SAVEPOINT cell").await.expect("a rollback");
                let expected = scene.expected(table, login, verb, context);
                if found != expected {
                    wrong.push(format!(
                        "{} {verb:?} as {login:?} in {context:?}: expected {expected:?}, found {found:?}",
                        table.name
                    ));
                }
                cells += 1;
            }
        }
        client.batch_execute("ROLLBACK").await.expect("the context ends");
    }
    (cells, wrong)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_table_role_verb_and_context_gives_what_the_rules_say() {
    let database = Database::new().await;
    let group = everywhere(&database).await;
    let superuser = database.superuser().await;
    let scene = Scene::set(&superuser, group, tables(&superuser).await).await;
    let (mut cells, mut wrong) = (0, Vec::new());
    for login in Login::ORDINARY {
        let (number, found) = cells_of(&scene, &database, login).await;
        cells += number;
        wrong.extend(found);
    }
    let sql = "SELECT count(*) FROM pg_class WHERE relnamespace = 'awgp'::regnamespace
               AND relkind IN ('r', 'p', 'f', 'm')";
    let tables: i64 = superuser.query_one(sql, &[]).await.expect("the catalog is readable").get(0);
    let implied =
        usize::try_from(tables).expect("a count") * Login::ORDINARY.len() * VERBS.len() * CONTEXTS.len();
    println!("{cells} cells over {tables} tables and partitions, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{} of {cells} cells are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(cells, implied, "each cell that the catalog implies was tried");
    assert!(tables >= 16, "the catalog has the schema's tables");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_rule_of_the_matrix_names_a_table() {
    let database = Database::new().await;
    let tables = tables(&database.superuser().await).await;
    for (name, _, _) in RULES {
        assert!(tables.iter().any(|table| table.name == *name), "no table awgp.{name}");
    }
}
