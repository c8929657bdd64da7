//! The triggers of a table fire in the order of their names, and some rely on it. Each file of sql/triggers/
//! states the order; here it is compared with the installed triggers, in the order in which PostgreSQL fires
//! them.

use awgp_tests::Database;
use std::collections::BTreeMap;
use std::path::Path;

/// Table, kind, and the names in order. Those of foreign keys, which PostgreSQL makes, are left out.
const INSTALLED: &str = "
    SELECT relname::text, kind, string_agg(tgname, ', ' ORDER BY tgname COLLATE \"C\")
    FROM (SELECT tgrelid, tgname,
                 CASE WHEN tgtype & 2 <> 0 THEN 'before' ELSE 'after' END || ' a '
                 || CASE WHEN tgtype & 1 <> 0 THEN 'row' ELSE 'statement' END AS kind
          FROM pg_trigger WHERE NOT tgisinternal) AS triggers
    JOIN pg_class ON pg_class.oid = tgrelid AND relnamespace = 'awgp'::regnamespace AND NOT relispartition
    GROUP BY relname, kind";

type Order = BTreeMap<(String, String), String>;

async fn installed() -> Order {
    let superuser = Database::new().await.superuser().await;
    let rows = superuser.query(INSTALLED, &[]).await.expect("the catalog is readable");
    rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
}

/// What the files state: `--   before a row: a, b`, perhaps over several lines.
fn stated() -> Order {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/triggers");
    let mut stated = Order::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        let Some(table) = path.file_stem().filter(|_| path.is_file()) else { continue };
        let table = table.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a file of text");
        let mut kind = None;
        for line in text.lines().take_while(|line| line.starts_with("--")) {
            if let Some(more) = line.strip_prefix("--     ") {
                let of = kind.clone().expect("a line goes on after one that begins");
                let names: &mut String = stated.get_mut(&of).expect("it has begun");
                names.push(' ');
                names.push_str(more);
            } else if let Some((what, names)) =
                line.strip_prefix("--   ").and_then(|line| line.split_once(": "))
            {
                let key = (table.clone(), what.to_owned());
                stated.insert(key.clone(), names.to_owned());
                kind = Some(key);
            }
        }
    }
    stated
}

#[tokio::test]
async fn triggers_fire_in_the_order_that_their_file_states() {
    let (installed, stated) = (installed().await, stated());
    let wrong: Vec<String> = installed
        .iter()
        .filter(|(of, names)| stated.get(of) != Some(names))
        .map(|((table, kind), names)| format!("sql/triggers/{table}.sql: {kind}: {names}"))
        .collect();
    assert!(wrong.is_empty(), "state the order in the head of the file:\n{}", wrong.join("\n"));
    let gone: Vec<_> = stated.keys().filter(|of| !installed.contains_key(*of)).collect();
    assert!(gone.is_empty(), "stated, and no trigger is there: {gone:?}");
}

#[tokio::test]
async fn bounds_are_checked_first_and_money_moves_last() {
    for ((table, kind), names) in installed().await {
        let names: Vec<&str> = names.split(", ").collect();
        match kind.as_str() {
            // Nothing looks into a value that is too large.
            "before a row" if names.contains(&"bounds") => {
                assert_eq!(names.first(), Some(&"bounds"), "{table}");
            }
            // The event is taken before balances are locked, which everybody waits for who spends from them.
            "after a row" => {
                if let Some(post) = names.iter().position(|name| name.starts_with("post_")) {
                    assert_eq!(post, names.len() - 1, "{table}: {names:?}");
                    assert!(names.contains(&"capture"), "{table}");
                }
            }
            _ => {}
        }
    }
}
