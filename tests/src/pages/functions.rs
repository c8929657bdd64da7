//! docs/functions.md: every function that clients call. Signature, types, defaults and callers come from the
//! catalog; meaning, arguments and errors from the COMMENT, one line each; area, order and examples from
//! `tests/functions.sql`.

use super::{Page, code, item, table, wrapped};
use crate::catalog::PLAIN_SESSION;
use std::collections::BTreeSet;
use tokio_postgres::{Client, Row};

/// The examples, which run from top to bottom.
pub const EXAMPLES: &str = include_str!("../../functions.sql");

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

/// An example and what it is of.
struct Example {
    area: String,
    functions: Vec<String>,
    text: String,
}

/// The examples in their order.
fn examples() -> Vec<Example> {
    let mut area = String::new();
    let mut examples: Vec<Example> = Vec::new();
    let mut within = false;
    for line in EXAMPLES.lines() {
        if let Some(heading) = line.strip_prefix("-- ## ") {
            heading.clone_into(&mut area);
        } else if let Some(functions) = line.strip_prefix("-- fn: ") {
            let functions = functions.split(' ').map(str::to_owned).collect();
            examples.push(Example { area: area.clone(), functions, text: String::new() });
            within = true;
        } else if line.is_empty() {
            within = false;
        } else if let (true, Some(example)) = (within, examples.last_mut()) {
            example.text += line;
            example.text.push('\n');
        }
    }
    examples
}

/// What a COMMENT says, line by line.
struct Told<'a> {
    meaning: &'a str,
    arguments: Vec<(&'a str, &'a str)>,
    errors: Option<&'a str>,
    definer: Option<&'a str>,
}

fn told<'a>(name: &str, comment: &'a str) -> Told<'a> {
    let mut lines = comment.lines();
    let mut told = Told {
        meaning: lines.next().unwrap_or_default(),
        arguments: Vec::new(),
        errors: None,
        definer: None,
    };
    for line in lines {
        match line.split_once(": ") {
            Some(("Errors", errors)) => told.errors = Some(errors),
            Some(("SECURITY DEFINER", why)) => told.definer = Some(why),
            Some(argument) => told.arguments.push(argument),
            None => panic!(
                "{name}: its COMMENT has a line that is no argument, Errors or SECURITY DEFINER: {line}"
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
            entries.push(format!("\n### {name}\n{forms}\n```sql\n{}```\n", example.text));
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
        "Every function that clients call. Pass arguments by name; those with a default may be left out. NULL for an \
         argument with a default means what its line says. Amounts are in the currency of the tenant's pools, and any \
         number may be passed for an `awgp.number`. [errors.md](errors.md) explains the reasons that stand behind an \
         SQLSTATE here.",
        "The examples are one session of psql, and a test runs it. Functions of a tenant run with the tenant in context, and \
         with a user where one decides; `:'north'` and the like are variables of psql, and `\\gset` keeps what was returned \
         in them.",
        "Generated from the catalog's comments and `tests/functions.sql`: `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test \
         integration pages::` writes this page.",
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
        arguments.push(vec![code(argument), code(&types[place]), code(&default), (*what).to_owned()]);
    }
    let result: &str = function.get("result");
    let mut text = format!("\n```sql\n{}\n```\n\n", signature_of(name, &signature));
    text += &wrapped(told.meaning);
    let arguments = table(&["argument", "type", "default", "what it is"], &arguments);
    if !arguments.is_empty() {
        text.push('\n');
        text += &arguments;
    }
    text.push('\n');
    text += &item(&format!("Returns: {}.", result_of(result)));
    if let Some(errors) = told.errors {
        text += &item(&format!("Errors: {errors}."));
    }
    text += &item(&format!("May be called by: {}.", callers_of(&function.get::<_, Vec<String>>("callers"))));
    if let Some(why) = told.definer {
        text += &item(&format!("Runs with the rights of its owner: {why}."));
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
        return "the owner of the extension, and whom it is granted to".to_owned();
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
        let words = errors.split(|c: char| !(c.is_ascii_lowercase() || c == '_' || c == '(' || c == '.'));
        let reasons_of =
            words.filter(|word| word.contains('_') && !word.ends_with('_') && !word.contains(['(', '.']));
        reasons.extend(reasons_of.map(|word| (name.clone(), word.to_owned())));
    }
    reasons
}

/// The examples as psql runs them: members of roles are the harness's own.
pub fn script() -> String {
    let mut script = String::from("\\set ON_ERROR_STOP on\n");
    for line in EXAMPLES.lines() {
        if let Some(role) = line.strip_prefix("-- As a member of awgp_") {
            script += &["SET ROLE awgp_test_", role, ";\n"].concat();
        } else if line == "-- As the superuser" {
            script += "RESET ROLE;\n";
        } else {
            script += line;
            script.push('\n');
        }
    }
    script
}
