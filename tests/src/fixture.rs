//! A holding with two subsidiaries and something in every table, made through the functions that an
//! application calls.

use crate::Database;
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

/// A tenant of the fixture and what it owns.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: Uuid,
    /// Its slug.
    pub slug: String,
    /// A user of each role, in the order of [`ROLES`].
    pub users: Vec<Uuid>,
    /// An active assistant.
    pub assistant: Uuid,
    /// A work item of the assistant.
    pub work_item: Uuid,
}

/// The seed's user roles, weakest first.
pub const ROLES: [&str; 5] = ["viewer", "operator", "manager", "admin", "super_admin"];

impl Tenant {
    /// The user with this role.
    pub fn user(&self, role: &str) -> Uuid {
        self.users[ROLES.iter().position(|known| *known == role).expect("one of the five roles")]
    }
}

/// A holding, its two subsidiaries, a tenant that has nothing to do with them, and an inactive one.
#[derive(Clone, Debug)]
pub struct Group {
    /// The holding.
    pub holding: Tenant,
    /// Its first subsidiary.
    pub north: Tenant,
    /// Its second subsidiary.
    pub south: Tenant,
    /// A stranger.
    pub other: Tenant,
    /// A third subsidiary of the holding, deactivated after it was filled.
    pub inactive: Tenant,
}

impl Group {
    /// All five.
    pub fn all(&self) -> [&Tenant; 5] {
        [&self.holding, &self.north, &self.south, &self.other, &self.inactive]
    }
}

/// A database with the group in it.
pub async fn scene() -> (Database, Group) {
    let database = Database::new().await;
    let group = group(&database).await;
    (database, group)
}

/// Makes the group.
pub async fn group(database: &Database) -> Group {
    let mut admin = database.admin().await;
    let mut app = database.app().await;
    let holding = tenant(&mut admin, &mut app, "holding", "holding", None).await;
    let parent = Some(holding.id);
    let north = tenant(&mut admin, &mut app, "north", "subsidiary", parent).await;
    let south = tenant(&mut admin, &mut app, "south", "subsidiary", parent).await;
    let other = tenant(&mut admin, &mut app, "other", "holding", None).await;
    let inactive = tenant(&mut admin, &mut app, "inactive", "subsidiary", parent).await;
    let sql = "UPDATE awgp.tenants SET is_active = false WHERE id = $1";
    admin.execute(sql, &[&inactive.id]).await.expect("a tenant can be deactivated");
    Group { holding, north, south, other, inactive }
}

/// Makes one tenant with a user of each role, an assistant and a work item.
pub async fn tenant(
    admin: &mut Client,
    app: &mut Client,
    slug: &str,
    kind: &str,
    parent: Option<Uuid>,
) -> Tenant {
    let sql = "SELECT id FROM awgp.create_tenant($1, $2, $3, $4)";
    let row = admin.query_one(sql, &[&slug, &slug, &kind, &parent]).await.expect("a tenant can be made");
    let id: Uuid = row.get(0);
    let transaction = within(app, id).await;
    let mut users = Vec::new();
    for role in ROLES {
        let email = format!("{role}@{slug}.example");
        users.push(one(&transaction, "SELECT id FROM awgp.create_user($1, $2)", &[&email, &role]).await);
    }
    let assistant =
        one(&transaction, "SELECT id FROM awgp.create_assistant('Helper', 'helper', 'custom')", &[]).await;
    let activate = "UPDATE awgp.assistants SET status = 'active' WHERE id = $1";
    transaction.execute(activate, &[&assistant]).await.expect("an assistant can be activated");
    let work_item =
        one(&transaction, "SELECT id FROM awgp.create_work_item($1, 'First task')", &[&assistant]).await;
    transaction.commit().await.expect("the fixture commits");
    Tenant { id, slug: slug.to_owned(), users, assistant, work_item }
}

/// A transaction with the tenant in context, by `set_context()`.
pub async fn within(client: &mut Client, tenant: Uuid) -> Transaction<'_> {
    within_as(client, tenant, None).await
}

/// A transaction with tenant and user in context.
pub async fn within_as(client: &mut Client, tenant: Uuid, user: Option<Uuid>) -> Transaction<'_> {
    let transaction = client.transaction().await.expect("a transaction begins");
    let sql = "SELECT awgp.set_context($1::uuid, $2::uuid)";
    transaction.execute(sql, &[&tenant, &user]).await.expect("the context is set");
    transaction
}

/// The uuid that a query returns.
pub async fn one(
    transaction: &Transaction<'_>,
    sql: &str,
    parameters: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Uuid {
    transaction.query_one(sql, parameters).await.unwrap_or_else(|error| panic!("{sql}: {error:?}")).get(0)
}
