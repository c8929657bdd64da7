//! docs/schema/: a page for each table and view, of what the catalog says of it.

use super::{Page, code, section, table, wrapped};
use crate::catalog::PLAIN_SESSION;
use tokio_postgres::Client;

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
           CASE WHEN polroles = '{0}' THEN 'everybody'
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
    let (mut tables, mut views) = (Vec::new(), Vec::new());
    for relation in superuser.query(RELATIONS, &[]).await.expect("pg_class is readable") {
        let (oid, name, kind): (u32, String, String) = (relation.get(0), relation.get(1), relation.get(2));
        let comment: String = relation.get::<_, Option<String>>(3).unwrap_or_default();
        let contents = if kind == "v" { &mut views } else { &mut tables };
        contents.push(vec![format!("[{name}]({name}.md)"), comment.clone()]);
        let text = page(superuser, oid, &name, &kind, &comment).await;
        pages.push(Page { path: format!("schema/{name}.md"), text });
    }
    let introduction = wrapped(
        "What each table and view of the schema `awgp` has, of the catalog's own comments. Generated: \
         `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test integration pages::` writes these pages, and `make test` holds them to what a new \
         database has.",
    );
    let reading = wrapped(
        "A role may do what it is granted, with the rows that a policy for it lets through. A restrictive policy narrows what \
         the others allow. Triggers fire BEFORE the statement, BEFORE each row, AFTER each row, AFTER the statement, and by \
         name where several fire at one moment; references are checked before the other triggers AFTER each row.",
    );
    let text = format!(
        "# Tables and views\n\n{introduction}\n{reading}{}{}",
        section("Tables", &table(&["table", "what it is"], &tables)),
        section("Views", &table(&["view", "what it shows"], &views)),
    );
    pages.push(Page { path: "schema/README.md".to_owned(), text });
    pages
}

/// The rows of a query about one relation, each a list of texts.
async fn rows(superuser: &Client, sql: &str, oid: u32) -> Vec<Vec<String>> {
    let rows = superuser.query(sql, &[&oid]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    rows.iter().map(|row| (0..row.len()).map(|place| row.get(place)).collect()).collect()
}

/// The rows with the cells of these places as code.
fn with_code(rows: Vec<Vec<String>>, places: &[usize]) -> Vec<Vec<String>> {
    let cell = |(place, cell): (usize, String)| if places.contains(&place) { code(&cell) } else { cell };
    rows.into_iter().map(|row| row.into_iter().enumerate().map(cell).collect()).collect()
}

async fn page(superuser: &Client, oid: u32, name: &str, kind: &str, comment: &str) -> String {
    let mut text = format!("# {name}\n\n{}", wrapped(comment));
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
        ("v", _) => "The rows are those that the reader's own policies let through.\n".to_owned(),
        (_, true) => "No policy lets a row through.\n".to_owned(),
        (_, false) => table(&["policy", "for", "roles", "which rows"], &policies),
    };
    access.push('\n');
    access += &which;
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
