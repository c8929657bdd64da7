//! The organisation that the clients of a round work for.

use crate::fixture::{self, Tenant};
use crate::past::{Past, ensure, month_ago, neglect};
use crate::{Database, Login};
use uuid::Uuid;

/// The provider that is paid.
pub const PROVIDER: &str = "openai";
/// The capability of every assistant.
pub const ACTION: &str = "act";
/// The months that are over, so many before the present: old enough to be retired.
const MONTHS_AGO: [i64; 3] = [18, 17, 16];

/// A tenant, its people and its assistants.
#[derive(Clone, Debug)]
pub struct Place {
    /// The tenant and its users.
    pub tenant: Tenant,
    /// A second assistant.
    pub other: Uuid,
}

/// A database with a holding, its two subsidiaries and a stranger.
pub struct Stage {
    /// The database.
    pub database: Database,
    /// The four.
    pub places: Vec<Place>,
    /// Months that are sealed.
    pub months: Vec<String>,
}

/// Two votes for risk 4; both decisions and requests are told.
const SETTINGS: &str = r#"{"approval_policy": {"quorum": {"4": 2}, "roles": {"4": "admin", "5": "admin"}},
    "notices": {"routes": {"approval_asked": ["mail"], "approval_decided": ["mail", "chat"]}},
    "holding_monthly_cost_limit": 900000000}"#;

/// The months that are missed were never made.
const NEVER_MADE: &str = "DELETE FROM awgp.audit_partitions
    WHERE partition_name NOT IN (SELECT relname FROM pg_class WHERE relnamespace = 'awgp'::regnamespace)";

/// Declares what kills a process at a point of its commit.
const DIE_AT: &str = "CREATE FUNCTION public.die_at(point text, before integer) RETURNS void
    LANGUAGE c STRICT AS '$libdir/awgp', 'die_at_wrapper'";

impl Stage {
    /// Makes it. A neglected one has no partition of the present month: rows wait in the default one.
    ///
    /// # Panics
    /// Where the server refuses something.
    pub async fn new(neglected: bool) -> Self {
        let database = Database::new().await;
        let superuser = database.superuser().await;
        if neglected {
            neglect(&superuser).await;
            superuser.batch_execute(NEVER_MADE).await.expect("a superuser may");
        }
        let maintainer = database.connect(Login::Maintainer).await;
        let mut past = Past::begin(&database, 1, 2).await;
        let mut months = Vec::new();
        for ago in MONTHS_AGO {
            ensure(&maintainer, month_ago(ago)).await;
            past.load(&superuser, month_ago(ago), 12).await;
            months.push(month_ago(ago).partition_name());
        }
        past.found_tenants(&superuser).await;
        for month in &months {
            let seal = "SELECT awgp.seal_partition($1)";
            maintainer.execute(seal, &[month]).await.expect("a month that is over is sealed");
        }
        superuser.batch_execute(DIE_AT).await.expect("the development build has the function");
        let (mut admin, mut app) = (database.admin().await, database.app().await);
        let mut places: Vec<Place> = Vec::new();
        for (slug, kind) in
            [("holding", "holding"), ("north", "subsidiary"), ("south", "subsidiary"), ("other", "holding")]
        {
            let parent = (kind == "subsidiary").then(|| places[0].tenant.id);
            let tenant = fixture::tenant(&mut admin, &mut app, slug, kind, parent).await;
            let sql =
                "UPDATE awgp.tenants SET settings = $2::text::jsonb, quota_monthly_cost_limit = 900000000
                       WHERE id = $1";
            admin.execute(sql, &[&tenant.id, &SETTINGS]).await.expect("settings");
            let other = furnish(&mut app, &tenant).await;
            places.push(Place { tenant, other });
        }
        Self { database, places, months }
    }
}

/// Budgets, a policy for messages, and assistants who may act.
async fn furnish(app: &mut tokio_postgres::Client, tenant: &Tenant) -> Uuid {
    let transaction = fixture::within_as(app, tenant.id, Some(tenant.user("admin"))).await;
    let other = "SELECT id FROM awgp.create_assistant('Other', 'other', 'custom')";
    let other = fixture::one(&transaction, other, &[]).await;
    let change = format!(
        "UPDATE awgp.assistants SET status = 'active', risk_tier = 2, capabilities = '{{{ACTION}}}',
             max_cost_per_day = 900000;
         SELECT FROM awgp.create_credit_pool('{PROVIDER}', 900000000);
         SELECT FROM awgp.create_policy('Talk', allowed_channels => '{{internal}}', rate_limit_per_hour => 1000000)"
    );
    transaction.batch_execute(&change).await.expect("an admin may");
    transaction.commit().await.expect("it commits");
    other
}
