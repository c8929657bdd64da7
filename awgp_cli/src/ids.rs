//! Ids by the beginning that is enough to tell them apart, as git takes them.

use awgp_client::{Exit, Failure, Row, Trouble, Work, shown};

pub use awgp_client::ids::{SHORTEST, range};
use uuid::Uuid;

/// How many digits a person is told, where they read one id.
pub const SHOWN: usize = 8;

/// How many candidates of an ambiguous beginning are named.
const NAMED: usize = 5;

/// A kind of thing that has an id: where it is found, and how its functions and commands call it.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The view or table of schema awgp.
    pub view: &'static str,
    /// The column that people know it by.
    pub name: &'static str,
    /// The condition that finds it by its name, $1; empty where only its id tells it apart.
    pub named: &'static str,
    /// What it is called.
    pub called: &'static str,
    /// What is said where there is none.
    pub missing: &'static str,
    /// The command that lists them.
    pub list: &'static str,
    /// What else helps to find them.
    pub seen: &'static str,
    /// The argument of SQL functions that takes the id.
    pub argument: &'static str,
    /// Whether it belongs to the tenant in context.
    pub is_tenants: bool,
}

/// What a tenant has, found by its id alone.
const OF_TENANT: Kind = Kind {
    view: "",
    name: "",
    named: "",
    called: "",
    missing: "",
    list: "",
    seen: "",
    argument: "id",
    is_tenants: true,
};

/// Tenants, active or not, that the login sees.
pub const TENANT: Kind = Kind {
    view: "tenants",
    name: "slug",
    named: "slug = $1",
    called: "tenant",
    missing: "there is no visible tenant",
    list: "awgp tenant list",
    seen: "; without --tenant only a member of awgp_admin or awgp_auditor sees tenants",
    argument: "tenant_id",
    is_tenants: false,
};
/// Users, active or not.
pub const USER: Kind = Kind {
    view: "user_list",
    name: "email",
    named: "tenant_id = awgp.current_tenant() AND position('@' IN $1) > 0 AND awgp.email_key(email) = awgp.email_key($1)",
    called: "user",
    missing: "the tenant has no user",
    list: "awgp user list",
    argument: "user_id",
    ..OF_TENANT
};
/// Assistants.
pub const ASSISTANT: Kind = Kind {
    view: "assistant_list",
    name: "slug",
    named: "tenant_id = awgp.current_tenant() AND slug = $1",
    called: "assistant",
    missing: "the tenant has no assistant",
    list: "awgp assistant list",
    argument: "assistant_id",
    ..OF_TENANT
};
/// Communication policies.
pub const POLICY: Kind = Kind {
    view: "communication_policy_list",
    name: "name",
    named: "tenant_id = awgp.current_tenant() AND name = $1",
    called: "policy",
    missing: "the tenant has no policy",
    list: "awgp policy list",
    argument: "policy_id",
    ..OF_TENANT
};
/// Work items.
pub const WORK: Kind = Kind {
    view: "work_item_list",
    name: "title",
    called: "work item",
    missing: "the tenant has no work item",
    list: "awgp work list",
    ..OF_TENANT
};
/// Approvals.
pub const APPROVAL: Kind = Kind {
    view: "approval_details",
    name: "title",
    called: "approval",
    missing: "the tenant has no approval",
    list: "awgp approval list",
    argument: "approval_id",
    ..OF_TENANT
};
/// Actions.
pub const ACTION: Kind = Kind {
    view: "action_list",
    name: "action",
    called: "action",
    missing: "the tenant has no action",
    list: "awgp action list",
    argument: "action_id",
    ..OF_TENANT
};
/// Delegations.
pub const DELEGATION: Kind = Kind {
    view: "delegation_list",
    name: "delegate",
    called: "delegation",
    missing: "the tenant has no delegation",
    list: "awgp delegation list",
    ..OF_TENANT
};
/// Conversations.
pub const CONVERSATION: Kind = Kind {
    view: "conversation_list",
    name: "assistant_slug",
    called: "conversation",
    missing: "the tenant has no conversation",
    list: "awgp conversation list",
    argument: "conversation_log_id",
    ..OF_TENANT
};
/// Flags.
pub const FLAG: Kind = Kind {
    view: "hallucination_flag_list",
    name: "flagged_content",
    called: "flag",
    missing: "the tenant has no flag",
    list: "awgp flag list",
    argument: "flag_id",
    ..OF_TENANT
};
/// Reservations of money.
pub const RESERVATION: Kind = Kind {
    view: "credit_reservations",
    name: "provider",
    called: "reservation",
    missing: "the tenant has no reservation",
    list: "awgp audit log --entity credit_reservations",
    argument: "reservation_id",
    ..OF_TENANT
};
/// Entries of the ledger.
pub const ENTRY: Kind = Kind {
    view: "cost_transactions",
    name: "model",
    called: "entry",
    missing: "the tenant has no entry",
    list: "awgp audit log --entity cost_transactions",
    argument: "transaction_id",
    ..OF_TENANT
};
/// Stops.
pub const STOP: Kind = Kind {
    view: "stop_list",
    name: "reason",
    named: "",
    called: "stop",
    missing: "there is no visible stop",
    list: "awgp stop list",
    seen: "; without --tenant only a member of awgp_admin or awgp_auditor sees stops",
    argument: "stop_id",
    is_tenants: false,
};
/// Legal holds on months of the trail.
pub const HOLD: Kind = Kind {
    view: "audit_legal_holds",
    name: "reason",
    named: "",
    called: "hold",
    missing: "there is no hold",
    list: "awgp partition holds",
    seen: "",
    argument: "hold_id",
    is_tenants: false,
};

impl Kind {
    /// What one is called.
    fn one(&self) -> String {
        let article = if self.called.starts_with(['a', 'e', 'i', 'o', 'u']) && self.called != "user" {
            "an"
        } else {
            "a"
        };
        format!("{article} {}", self.called)
    }

    /// There is no such thing.
    pub fn unknown(&self, given: &str) -> Failure {
        Failure::new(Exit::NotFound, format!("{} \"{given}\"", self.missing))
            .hint(format!("list them with `{}`{}", self.list, self.seen))
    }
}

/// The id of the thing with this name, or whose id begins like this.
pub async fn find(work: &Work<'_>, kind: Kind, given: &str) -> Result<String, Trouble> {
    let Kind { view, name, named, .. } = kind;
    if !named.is_empty() {
        let sql = format!(
            "SELECT id, {name} AS name FROM awgp.{view} WHERE ({named}) OR id::text = lower($1) ORDER BY id LIMIT {}",
            NAMED + 1
        );
        let found = work.select(&sql, &[&given]).await?;
        if !found.is_empty() || range(given).is_none() {
            return only(kind, given, &found);
        }
    }
    let Some((first, last)) = range(given) else { return whole(kind, given) };
    let sql = format!(
        "SELECT id, {name} AS name FROM awgp.{view}
         WHERE id BETWEEN $1::text::uuid AND $2::text::uuid ORDER BY id LIMIT {}",
        NAMED + 1
    );
    only(kind, given, &work.select(&sql, &[&first, &last]).await?)
}

/// The id, where it is one.
fn whole(kind: Kind, given: &str) -> Result<String, Trouble> {
    match Uuid::try_parse(given.trim()) {
        Ok(id) => Ok(id.to_string()),
        Err(_) => {
            Err(Failure::new(Exit::BadArgument, format!("\"{given}\" is not the id of {}", kind.one()))
                .note("sqlstate", "22P02")
                .hint(format!(
                    "write its id, or the beginning of it, at least {SHORTEST} digits: `{}` lists them",
                    kind.list
                ))
                .into())
        }
    }
}

/// The id, where exactly one is found.
fn only(kind: Kind, given: &str, found: &[Row]) -> Result<String, Trouble> {
    match found {
        [] => Err(kind.unknown(given).into()),
        [only] => Ok(only.text("id").unwrap_or_default()),
        several => Err(ambiguous(kind.called, given, several).into()),
    }
}

/// What a list shows of the one thing that is named like this.
pub async fn row(work: &Work<'_>, kind: Kind, given: &str) -> Result<Row, Trouble> {
    let id = find(work, kind, given).await?;
    let sql = format!("SELECT * FROM awgp.{} WHERE id = $1::text::uuid", kind.view);
    work.select(&sql, &[&id]).await?.pop().ok_or_else(|| kind.unknown(given).into())
}

/// The same for an option that may be left out.
pub async fn find_given(
    work: &Work<'_>,
    kind: Kind,
    given: Option<&String>,
) -> Result<Option<String>, Trouble> {
    match given {
        Some(given) => Ok(Some(find(work, kind, given).await?)),
        None => Ok(None),
    }
}

/// The id of an active user of the tenant, by e-mail or id.
pub async fn user(work: &Work<'_>, given: &str) -> Result<String, Trouble> {
    match range(given) {
        Some(_) => find(work, USER, given).await,
        None => work.text("SELECT awgp.find_user($1::text)::text", &[&given]).await,
    }
}

fn ambiguous(called: &str, given: &str, several: &[Row]) -> Failure {
    let text = |row: &Row, name| row.text(name).unwrap_or_default();
    let named: Vec<String> = several
        .iter()
        .take(NAMED)
        .map(|row| format!("{} {}", text(row, "id"), shown::line(&text(row, "name"))))
        .collect();
    let more = if several.len() > NAMED { ", …" } else { "" };
    Failure::new(Exit::BadArgument, format!("more than one {called} fits \"{given}\""))
        .note("detail", format!("{}{more}", named.join(", ")))
        .hint("write the id, or more of its digits")
}
