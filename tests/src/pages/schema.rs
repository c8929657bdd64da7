//! docs/schema/: a page for each table and view, of what the catalog says of it.

use super::{Page, code, item, linked, section, table, wrapped};
use crate::catalog::PLAIN_SESSION;
use awgp_core::permissions::{Rule, Scope, Verb, rule};
use std::collections::BTreeMap;
use tokio_postgres::Client;

/// The areas of the page of contents, with their tables and views.
const AREAS: [(&str, &[&str]); 14] = [
    (
        "Tenants, users and identity",
        &[
            "tenants",
            "users",
            "user_list",
            "subsidiary_overview",
            "whoami",
            "identity_providers",
            "identity_provider_list",
        ],
    ),
    (
        "Assistants",
        &[
            "assistants",
            "assistant_list",
            "assistant_work",
            "assistant_overview",
            "assistant_quality",
            "assistant_suspension",
            "assistant_templates",
        ],
    ),
    ("Work", &["work_items", "work_item_list", "work_item_details"]),
    (
        "Approvals",
        &[
            "approvals",
            "approval_queue",
            "approval_open",
            "approval_details",
            "approval_decisions",
            "approval_delegations",
            "delegation_list",
            "broken_glass",
        ],
    ),
    ("Governed actions", &["governed_actions", "action_list", "action_denials"]),
    (
        "Messages",
        &[
            "communication_policies",
            "communication_policy_list",
            "message_denials",
            "message_windows",
            "message_sends",
        ],
    ),
    (
        "Money",
        &[
            "provider_credit_pools",
            "budget_status",
            "budget_history",
            "tenant_budgets",
            "cost_transactions",
            "cost_by",
            "month_spending",
            "assistant_spending",
            "credit_reservations",
            "budget_periods",
            "budget_alerts",
            "budget_alert_list",
            "model_prices",
            "model_price_list",
        ],
    ),
    (
        "Conversations and hallucinations",
        &[
            "conversation_logs",
            "conversation_list",
            "conversation_search",
            "hallucination_flags",
            "hallucination_flag_list",
        ],
    ),
    ("Stops", &["stops", "stop_list", "stop_running"]),
    ("Notices", &["outbox", "notice_status"]),
    ("Audit trail", &["audit_logs", "trail_list", "audit_checkpoints", "trail_status", "tracked_tables"]),
    ("Erasable values", &["audit_erasable_values", "audit_erasable_columns"]),
    (
        "Months of the trail",
        &[
            "partition_status",
            "audit_partitions",
            "audit_log_integrity",
            "audit_legal_holds",
            "audit_retired_partitions",
            "audit_chain_anchors",
            "audit_tree_lanes",
            "audit_tree_tiles",
        ],
    ),
    (
        "Installation and maintenance",
        &[
            "installation",
            "tenant_moves",
            "audit_adoptions",
            "audit_adopted_lanes",
            "schema_migrations",
            "maintenance_steps",
        ],
    ),
];

/// Who writes a table: applications, awgp_admin, or else only AWGP.
const WRITER: &str = "
    SELECT CASE WHEN has_table_privilege('awgp_app', oid, 'INSERT, UPDATE, DELETE') THEN 'applications'
                WHEN has_table_privilege('awgp_admin', oid, 'INSERT, UPDATE, DELETE') THEN 'awgp_admin'
                ELSE 'AWGP' END
    FROM pg_class WHERE oid = $1";

/// The verbs that awgp_app was granted.
const VERBS: &str = "
    SELECT verb FROM (VALUES ('INSERT'), ('UPDATE'), ('DELETE')) AS verbs (verb)
    WHERE has_table_privilege('awgp_app', $1::oid, verb)";

/// Tables and views that have a page, in order of name: oid, name, kind, comment.
const RELATIONS: &str = "
    SELECT oid, relname::text, relkind::text, obj_description(oid, 'pg_class')
    FROM pg_class WHERE relnamespace = 'awgp'::regnamespace AND relkind IN ('r', 'p', 'v') AND NOT relispartition
    ORDER BY relname COLLATE \"C\"";

const COLUMNS: &str = "
    SELECT attname::text, format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN '' ELSE 'yes' END,
           COALESCE(pg_get_expr(adbin, adrelid), ''), COALESCE(col_description(attrelid, attnum), '')
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum";

/// Keys first, then references, then checks.
const CONSTRAINTS: &str = "
    SELECT conname::text, pg_get_constraintdef(oid), COALESCE(obj_description(oid, 'pg_constraint'), ''),
           confrelid::regclass::text
    FROM pg_constraint WHERE conrelid = $1 AND contype IN ('p', 'u', 'f', 'c', 'x')
    ORDER BY position(contype::text IN 'puxfc'), conname COLLATE \"C\"";

const REFERENCED_BY: &str = "
    SELECT DISTINCT relname::text FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
    WHERE confrelid = $1 AND contype = 'f' AND NOT relispartition AND conrelid <> confrelid ORDER BY 1";

/// What each role may do: with the whole table, or with some columns.
const GRANTS: &str = "
    SELECT role, string_agg(may, '; ' ORDER BY may) FROM (
        SELECT grantee::regrole::text AS role, string_agg(word, ', ' ORDER BY place) AS may
        FROM pg_class, aclexplode(relacl) AS acl,
             (VALUES ('SELECT', 'reads', 1), ('INSERT', 'inserts', 2), ('UPDATE', 'updates', 3), ('DELETE', 'deletes', 4))
                 AS words (privilege, word, place)
        WHERE pg_class.oid = $1 AND acl.privilege_type = privilege AND grantee <> relowner GROUP BY grantee
        UNION ALL
        SELECT grantee::regrole::text,
               'reads the columns ' || string_agg(attname, ', ' ORDER BY attnum)
        FROM pg_attribute, aclexplode(attacl) AS acl
        WHERE attrelid = $1 AND acl.privilege_type = 'SELECT' GROUP BY grantee) AS granted (role, may)
    GROUP BY role ORDER BY role";

const POLICIES: &str = "
    SELECT polname::text,
           CASE polcmd WHEN '*' THEN 'all' WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END
           || CASE WHEN polpermissive THEN '' ELSE ', restrictive' END,
           CASE WHEN polroles = '{0}' THEN 'PUBLIC'
                ELSE (SELECT string_agg(role::regrole::text, ', ' ORDER BY role::regrole::text) FROM unnest(polroles) AS role) END,
           COALESCE(obj_description(oid, 'pg_policy'), '')
    FROM pg_policy WHERE polrelid = $1 ORDER BY polname COLLATE \"C\"";

/// In the order in which they fire: BEFORE a statement, BEFORE and AFTER each row, AFTER a statement, and
/// then by name.
const TRIGGERS: &str = "
    SELECT tgname::text,
           CASE WHEN tgtype & 2 = 2 THEN 'BEFORE ' ELSE 'AFTER ' END
           || concat_ws(' or ', CASE WHEN tgtype & 4 = 4 THEN 'INSERT' END, CASE WHEN tgtype & 16 = 16 THEN 'UPDATE' END,
                        CASE WHEN tgtype & 8 = 8 THEN 'DELETE' END, CASE WHEN tgtype & 32 = 32 THEN 'TRUNCATE' END)
           || CASE WHEN tgtype & 1 = 1 THEN ', each row' ELSE ', the statement' END,
           proname::text, COALESCE(obj_description(pg_trigger.oid, 'pg_trigger'), '')
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
    WHERE tgrelid = $1 AND NOT tgisinternal
    ORDER BY CASE tgtype & 3 WHEN 2 THEN 1 WHEN 3 THEN 2 WHEN 1 THEN 3 ELSE 4 END, tgname COLLATE \"C\"";

/// The index of a key serves what the key says.
const INDEXES: &str = "
    SELECT relname::text, CASE WHEN indisunique THEN 'unique ' ELSE '' END
           || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING (btree )?', ''),
           COALESCE(obj_description(indexrelid, 'pg_class'), obj_description(pg_constraint.oid, 'pg_constraint'), '')
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    LEFT JOIN pg_constraint ON conindid = indexrelid AND contype IN ('p', 'u', 'x') AND conrelid = indrelid
    WHERE indrelid = $1 ORDER BY relname COLLATE \"C\"";

/// All pages, that of contents last.
pub async fn pages(superuser: &Client) -> Vec<Page> {
    superuser.batch_execute(PLAIN_SESSION).await.expect("settings can be set");
    let mut pages = Vec::new();
    let mut contents = BTreeMap::new();
    for relation in superuser.query(RELATIONS, &[]).await.expect("pg_class is readable") {
        let (oid, name, kind): (u32, String, String) = (relation.get(0), relation.get(1), relation.get(2));
        let comment: String = relation.get::<_, Option<String>>(3).unwrap_or_default();
        let writer =
            if kind == "v" { String::new() } else { rows(superuser, WRITER, oid).await[0][0].clone() };
        let (what, link) = (if kind == "v" { "view" } else { "table" }, format!("[{name}]({name}.md)"));
        contents.insert(name.clone(), vec![link, what.to_owned(), writer, linked(&comment, "../")]);
        let text = page(superuser, oid, &name, &kind, &comment).await;
        pages.push(Page { path: format!("schema/{name}.md"), text });
    }
    pages.push(Page { path: "schema/README.md".to_owned(), text: introduction() + &by_area(contents) });
    pages
}

/// The contents by area. Fails where a table or view is in no area.
fn by_area(mut contents: BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for (area, names) in AREAS {
        let lines: Vec<Vec<String>> = names
            .iter()
            .map(|&name| {
                contents.remove(name).unwrap_or_else(|| panic!("{name}, of an area, is not installed"))
            })
            .collect();
        text += &section(area, &table(&["name", "kind", "written by", "what it is"], &lines));
    }
    assert!(contents.is_empty(), "in no area of docs/schema/README.md: {:?}", contents.keys());
    text
}

fn introduction() -> String {
    let paragraphs = [
        "Every table and view of the schema `awgp`, described by the comments in the catalog. The pages are generated by \
         `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test integration pages::`.",
        "Applications write the tables that say so, with plain SQL or with [functions](../functions.md); the same rules apply. \
         `awgp_admin` is a database role ([operations/roles.md](../operations/roles.md)). What only AWGP writes, others read \
         at most.",
    ];
    let reading = [
        "**NULL** is written as NULL. What an empty array means is said for each array. An amount is in the one currency of \
         the database, which AWGP does not store.",
        "**Kept by trigger**: a trigger sets the column, and ignores a value that a statement gives. **Set by the ledger** \
         and **kept by the ledger**: the ledger sets the column. An INSERT that gives another value is ignored or refused; an \
         UPDATE that would change it is refused (`ledger_kept`, `ledger_immutable`).",
        "**Who may read and write.** First the grant: a database role may do what the first table of the section says. Then \
         the policies: each row that a statement reads or writes must be let through by a policy for the role, and by every \
         restrictive one. `PUBLIC` in a policy means every role that has the grant. Then, if a user is in context, the \
         user's role ([permissions.md](../permissions.md)).",
        "**Triggers** fire in this order: BEFORE the statement, BEFORE each row, AFTER each row, AFTER the statement. Several \
         at one moment fire in the order of their names. Foreign keys are checked before the AFTER row triggers listed.",
        "**Views** are security_invoker: they show the rows that the caller may read in the tables below them. \"Visible to \
         the caller\" means rows of the tenant in context and, for a holding, of its direct active subsidiaries. In a list \
         view a superuser sees no more than that.",
    ];
    let text = |paragraphs: &[&str]| {
        paragraphs.iter().map(|paragraph| wrapped(paragraph)).collect::<Vec<_>>().join("\n")
    };
    let reading = reading.map(item).concat();
    format!("# Tables and views\n\n{}{}", text(&paragraphs), section("How to read the pages", &reading))
}

/// The rows of a query about one relation, each a list of texts.
async fn rows(superuser: &Client, sql: &str, oid: u32) -> Vec<Vec<String>> {
    let rows = superuser.query(sql, &[&oid]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let cell = |text: &str| linked(text, "../");
    rows.iter().map(|row| (0..row.len()).map(|place| cell(row.get(place))).collect()).collect()
}

/// The rows with the cells of these places as code.
fn with_code(rows: Vec<Vec<String>>, places: &[usize]) -> Vec<Vec<String>> {
    let cell = |(place, cell): (usize, String)| if places.contains(&place) { code(&cell) } else { cell };
    rows.into_iter().map(|row| row.into_iter().enumerate().map(cell).collect()).collect()
}

async fn page(superuser: &Client, oid: u32, name: &str, kind: &str, comment: &str) -> String {
    let mut text = format!("# {name}\n\n{}", wrapped(&linked(comment, "../")));
    let columns = with_code(rows(superuser, COLUMNS, oid).await, &[0, 1, 3]);
    if kind == "v" {
        let columns: Vec<_> =
            columns.into_iter().map(|row| vec![row[0].clone(), row[1].clone(), row[4].clone()]).collect();
        text += &section("Columns", &table(&["column", "type", "meaning"], &columns));
    } else {
        text += &section("Columns", &table(&["column", "type", "null", "default", "meaning"], &columns));
        text += &section("Keys, references and checks", &constraints(superuser, oid).await);
    }
    let grants = with_code(rows(superuser, GRANTS, oid).await, &[0]);
    let policies = with_code(rows(superuser, POLICIES, oid).await, &[0]);
    let mut access = table(&["role", "may"], &grants);
    if access.is_empty() {
        access = "No role but the owner.\n".to_owned();
    }
    let which = match (kind, policies.is_empty()) {
        ("v", _) => wrapped(
            "The view is security_invoker: it shows the rows that the caller may read in the tables below it.",
        ),
        (_, true) => "No policy lets a row through.\n".to_owned(),
        (_, false) => table(&["policy", "for", "roles", "which rows"], &policies),
    };
    access.push('\n');
    access += &which;
    if kind != "v" {
        access += &user_roles(superuser, oid, name).await;
    }
    text += &section("Who may read and write", &access);
    let triggers = with_code(rows(superuser, TRIGGERS, oid).await, &[0, 2]);
    text += &section(
        "Triggers, in their order",
        &table(&["trigger", "when", "function", "what it does"], &triggers),
    );
    let indexes = with_code(rows(superuser, INDEXES, oid).await, &[0, 1]);
    text += &section("Indexes", &table(&["index", "on", "what it serves"], &indexes));
    text
}

/// The least role of a rule, and whose rows.
fn least(rule: &Rule) -> String {
    match rule.scope {
        Scope::Tenant => rule.least.to_string(),
        Scope::Own => format!("{} for their own rows", rule.least),
        Scope::OwnBelow(any) => format!("{} for their own rows, {any} for any", rule.least),
    }
}

/// The roles that a user in context needs to write the table; nothing where no application writes it.
async fn user_roles(superuser: &Client, oid: u32, table: &str) -> String {
    let granted: Vec<String> =
        rows(superuser, VERBS, oid).await.into_iter().map(|mut row| row.remove(0)).collect();
    let of_verb = |verb: Verb| {
        let is_granted = granted.iter().any(|granted| granted.eq_ignore_ascii_case(verb.name()));
        match (rule(table, verb), is_granted) {
            (Some(rule), true) => Some(format!("{verb}: {}", least(rule))),
            (Some(rule), false) => {
                Some(format!("{verb}: {}, though `awgp_app` has no grant for it", least(rule)))
            }
            (None, true) => Some(format!("{verb}: no user may")),
            (None, false) => None,
        }
    };
    let roles: Vec<String> = Verb::ALL.into_iter().filter_map(of_verb).collect();
    if roles.is_empty() {
        return String::new();
    }
    let of_roles = "A user in context also needs a role, this or a higher one";
    format!(
        "\n{}",
        wrapped(&format!("{of_roles} ([permissions.md](../permissions.md)): {}.", roles.join("; ")))
    )
}

async fn constraints(superuser: &Client, oid: u32) -> String {
    let constraints = rows(superuser, CONSTRAINTS, oid).await;
    let lines: Vec<Vec<String>> = constraints
        .into_iter()
        .map(|row| vec![code(&row[0]), code(&row[1].replace("awgp.", "")), row[2].clone()])
        .collect();
    let mut text = table(&["name", "definition", "why"], &lines);
    let references = rows(superuser, REFERENCED_BY, oid).await;
    if !references.is_empty() {
        let links: Vec<String> = references.iter().map(|row| format!("[{0}]({0}.md)", row[0])).collect();
        text.push('\n');
        text += &wrapped(&format!("Referenced by: {}.", links.join(", ")));
    }
    text
}
