//! docs/functions.md: every function that clients call. Signature, types, defaults and callers come from the
//! catalog; meaning, arguments and errors from the COMMENT, one line each; area, order and examples from
//! `tests/functions.sql`.

use super::examples::{Example, examples};
use super::{Page, code, item, linked, table, with_names_as_code, wrapped};
use crate::catalog::PLAIN_SESSION;
use std::collections::BTreeSet;
use tokio_postgres::{Client, Row};

/// How the COMMENT of a function begins that clients do not call.
const OWN: &str = "For AWGP itself";

/// The functions: name, arguments (name, type, default), result, callers, comment.
const FUNCTIONS: &str = "
    SELECT proname::text AS name,
           ARRAY(SELECT COALESCE(proargnames[place], '') FROM generate_series(1, pronargs) AS place) AS arguments,
           ARRAY(SELECT CASE WHEN provariadic <> 0 AND place = pronargs THEN 'VARIADIC ' ELSE '' END
                        || format_type(proargtypes[place - 1], NULL) FROM generate_series(1, pronargs) AS place) AS types,
           ARRAY(SELECT COALESCE(pg_get_function_arg_default(pg_proc.oid, place), '') FROM generate_series(1, pronargs) AS place)
               AS defaults,
           pg_get_function_result(pg_proc.oid) AS result,
           ARRAY(SELECT grantee::regrole::text FROM aclexplode(proacl) WHERE grantee <> proowner ORDER BY 1) AS callers,
           COALESCE(obj_description(pg_proc.oid, 'pg_proc'), '') AS comment
    FROM pg_proc WHERE pronamespace = 'awgp'::regnamespace
      AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    ORDER BY proname COLLATE \"C\", oid::regprocedure::text COLLATE \"C\"";

/// What a COMMENT says, line by line.
struct Told<'a> {
    meaning: &'a str,
    arguments: Vec<(&'a str, &'a str)>,
    role: Option<&'a str>,
    errors: Option<&'a str>,
    definer: Option<&'a str>,
}

fn told<'a>(name: &str, comment: &'a str) -> Told<'a> {
    let mut lines = comment.lines();
    let mut told = Told {
        meaning: lines.next().unwrap_or_default(),
        arguments: Vec::new(),
        role: None,
        errors: None,
        definer: None,
    };
    for line in lines {
        match line.split_once(": ") {
            Some(("User role", role)) => told.role = Some(role),
            Some(("Errors", errors)) => told.errors = Some(errors),
            Some(("SECURITY DEFINER", why)) => told.definer = Some(why),
            Some(argument) => told.arguments.push(argument),
            None => panic!(
                "{name}: its COMMENT has a line that is no argument, User role, Errors or SECURITY DEFINER: {line}"
            ),
        }
    }
    told
}

/// The page. Fails where a COMMENT does not tell of every argument, or an example is missing.
pub async fn page(superuser: &Client) -> Page {
    superuser.batch_execute(PLAIN_SESSION).await.expect("settings can be set");
    let functions = superuser.query(FUNCTIONS, &[]).await.expect("pg_proc is readable");
    let called: Vec<&Row> =
        functions.iter().filter(|row| !row.get::<_, &str>("comment").starts_with(OWN)).collect();
    let examples = examples();
    assert_examples(&called, &examples);
    let mut contents: Vec<(&str, Vec<String>)> = Vec::new();
    let mut entries = Vec::new();
    for example in &examples {
        if contents.last().is_none_or(|(area, _)| *area != example.area) {
            contents.push((&example.area, Vec::new()));
            entries.push(format!("\n## {}\n", example.area));
        }
        for name in &example.functions {
            let forms = called.iter().filter(|row| row.get::<_, &str>("name") == name);
            let forms: String = forms.map(|function| form(function)).collect();
            entries.push(format!("\n### {name}\n{forms}\n```sql\n{}{}```\n", example.before, example.text));
            contents.last_mut().expect("an area has begun").1.push(format!("[{name}](#{name})"));
        }
    }
    let contents: Vec<Vec<String>> =
        contents.into_iter().map(|(area, names)| vec![area.to_owned(), names.join(", ")]).collect();
    let text = ["# Functions\n\n".to_owned(), introduction(), table(&["area", "functions"], &contents)];
    Page { path: "functions.md".to_owned(), text: text.concat() + &entries.concat() }
}

fn introduction() -> String {
    let paragraphs = [
        "Every function that clients call, by area. The other functions of the schema `awgp` are AWGP's own, and their \
         COMMENT says so. What has no function here (changing a user, a quota, a policy) is written with plain SQL; the \
         same rules apply ([schema](schema/README.md)).",
        "**Arguments.** Pass them by name. One with a default may be left out; NULL means the default, unless its line says \
         otherwise. NULL for any other argument is refused: with 22023 `out_of_range`, with 23502 for a column, or as an id \
         that is not known. `awgp.number` is \
         `numeric` under another name: pass a numeric, an integer, a float or a text ([errors.md](errors.md#arguments)).",
        "**Amounts.** AWGP stores no currency and converts none. Use one currency in the whole database, for prices, \
         budgets, limits and costs.",
        "**Who may call.** \"May be called by\" names database roles that may execute the function. \"User role\" is the \
         least role that a user in context needs ([permissions.md](permissions.md)); without this line every role may. \
         Without a user in context only the database role counts.",
        "**Errors.** Names in code style are reasons, which [errors.md](errors.md) explains, or constraints, which the page \
         of the table in [schema](schema/README.md) explains: their names end in `_key`, `_fkey` or `_check` \
         (`valid_delegation` is one too). After \"NULL in\" they are arguments. Not repeated at each function are 22023 `out_of_range` for an argument that \
         cannot be used, 25006 in a read-only transaction, and 42501 without a reason for a role that may not execute it.",
        "**Examples.** They are one session of psql, and a test runs it from top to bottom. `\\gset` keeps what was returned \
         in variables. The test sets the others: `:'north'` and `:'holding'` are the ids of two tenants; `:'operator'`, \
         `:'manager'`, `:'admin'` and `:'super_admin'` those of users of north; `:'jwks'` and `:'token'` are a key set and \
         an access token; `:'month'` is a sealed partition and `:'lines'` lines of its export; `:'note'` and \
         `:'public_key'` are a signed checkpoint and its key; `:\"app\"` is the member of awgp_app.",
        "Generated from the catalog's comments and [tests/functions.sql](../tests/functions.sql) by \
         `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test integration pages::`.",
    ];
    paragraphs.map(|paragraph| wrapped(paragraph) + "\n").concat()
}

fn assert_examples(called: &[&Row], examples: &[Example]) {
    let names: BTreeSet<&str> = called.iter().map(|row| row.get("name")).collect();
    let shown: Vec<&str> =
        examples.iter().flat_map(|example| example.functions.iter().map(String::as_str)).collect();
    let set: BTreeSet<&str> = shown.iter().copied().collect();
    assert_eq!(set.len(), shown.len(), "tests/functions.sql has an example of each function once");
    let missing: Vec<_> = names.difference(&set).collect();
    assert!(missing.is_empty(), "tests/functions.sql has no example of {missing:?}");
    let unknown: Vec<_> = set.difference(&names).collect();
    assert!(unknown.is_empty(), "tests/functions.sql has examples of what clients do not call: {unknown:?}");
}

/// What one function of a name takes, answers and refuses.
fn form(function: &Row) -> String {
    let name: &str = function.get("name");
    let comment: &str = function.get("comment");
    let told = told(name, comment);
    let (names, types, defaults): (Vec<String>, Vec<String>, Vec<String>) =
        (function.get("arguments"), function.get("types"), function.get("defaults"));
    let described: Vec<&str> = told.arguments.iter().map(|(argument, _)| *argument).collect();
    assert_eq!(described, names, "{name}: its COMMENT tells of its arguments, a line each, in their order");

    let mut signature = Vec::new();
    let mut arguments = Vec::new();
    for (place, (argument, what)) in told.arguments.iter().enumerate() {
        let default = default_of(&defaults[place]);
        let given = if default.is_empty() { String::new() } else { format!(" DEFAULT {default}") };
        signature.push(format!("{argument} {}{given}", types[place]));
        arguments.push(vec![code(argument), code(&types[place]), code(&default), linked(what, "")]);
    }
    let result: &str = function.get("result");
    let mut text = format!("\n```sql\n{}\n```\n\n", signature_of(name, &signature));
    text += &wrapped(&linked(told.meaning, ""));
    let arguments = table(&["argument", "type", "default", "what it is"], &arguments);
    if !arguments.is_empty() {
        text.push('\n');
        text += &arguments;
    }
    text.push('\n');
    text += &item(&format!("Returns: {}.", result_of(result)));
    if let Some(errors) = told.errors {
        text += &item(&format!("Errors: {}.", with_names_as_code(&linked(errors, ""))));
    }
    text += &item(&format!("May be called by: {}.", callers_of(&function.get::<_, Vec<String>>("callers"))));
    if let Some(role) = told.role {
        text += &item(&format!("User role: {}.", with_names_as_code(role)));
    }
    if let Some(why) = told.definer {
        text += &item(&format!("SECURITY DEFINER: {why}."));
    }
    text
}

/// On one line where it fits, else an argument a line.
fn signature_of(name: &str, arguments: &[String]) -> String {
    let line = format!("awgp.{name}({})", arguments.join(", "));
    if line.chars().count() <= 100 {
        line
    } else {
        format!("awgp.{name}(\n    {}\n)", arguments.join(",\n    "))
    }
}

/// A default without the type that the server adds to it.
fn default_of(default: &str) -> String {
    default.rsplit_once("::").map_or(default, |(value, _)| value).to_owned()
}

fn result_of(result: &str) -> String {
    let (many, of) = result.strip_prefix("SETOF ").map_or(("", result), |of| ("rows of ", of));
    match of.strip_prefix("awgp.") {
        Some(relation) => {
            format!("{}[{relation}](schema/{relation}.md)", if many.is_empty() { "a row of " } else { many })
        }
        None => format!("{many}`{of}`"),
    }
}

fn callers_of(callers: &[String]) -> String {
    if callers.is_empty() {
        return "the owner of the extension, and roles that were granted EXECUTE".to_owned();
    }
    callers.iter().map(|caller| code(caller)).collect::<Vec<_>>().join(", ")
}

/// Words in the Errors of COMMENTs that look like reasons, with the function that says them.
pub async fn reasons_told(superuser: &Client) -> Vec<(String, String)> {
    let functions = superuser.query(FUNCTIONS, &[]).await.expect("pg_proc is readable");
    let mut reasons = Vec::new();
    for function in functions {
        let (name, comment): (String, String) = (function.get("name"), function.get("comment"));
        let Some(errors) = told(&name, &comment).errors.map(str::to_owned) else { continue };
        let words = errors.split(|c: char| {
            !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '(' || c == '.')
        });
        let reasons_of =
            words.filter(|word| word.contains('_') && !word.ends_with('_') && !word.contains(['(', '.']));
        reasons.extend(reasons_of.map(|word| (name.clone(), word.to_owned())));
    }
    reasons
}

/// The functions that tell of a role of the user, and those whose Errors have the refusal of one that is too
/// low.
pub async fn roles_told(superuser: &Client) -> (BTreeSet<String>, BTreeSet<String>) {
    let functions = superuser.query(FUNCTIONS, &[]).await.expect("pg_proc is readable");
    let (mut with_role, mut refusing) = (BTreeSet::new(), BTreeSet::new());
    for function in functions {
        let (name, comment): (String, String) = (function.get("name"), function.get("comment"));
        let told = told(&name, &comment);
        if told.role.is_some() {
            with_role.insert(name.clone());
        }
        if told.errors.is_some_and(|errors| errors.contains("role_not_sufficient")) {
            refusing.insert(name);
        }
    }
    (with_role, refusing)
}
