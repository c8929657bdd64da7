//! What is passed: values that could be meant, by name and type, and hostile
//! ones, by type. All are SQL expressions.

use super::catalog::{Argument, Function};

/// Moments outside of the years 1 to 9999, which every function refuses.
pub const MOMENTS_OUTSIDE: [&str; 6] = [
    "'infinity'::timestamptz",
    "'-infinity'::timestamptz",
    "'4713-11-24 00:00:00+00 BC'::timestamptz",
    "'0044-03-15 00:00:00+00 BC'::timestamptz",
    "'20000-01-01 00:00:00+00'::timestamptz",
    "'294276-12-31 23:59:59.999999+00'::timestamptz",
];

/// Spans that lead out of them from any moment inside.
pub const SPANS_OUTSIDE: [&str; 3] = [
    "'178000000 years'::interval",
    "'-178000000 years'::interval",
    "'2000000000 days 20000 years'::interval",
];

const MOMENTS: [&str; 5] = [
    "'0001-01-01 00:00:00+00'::timestamptz",
    "'1970-01-01 00:00:00+00'::timestamptz",
    "'9999-12-01 00:00:00+00'::timestamptz",
    "'9999-12-31 23:59:59.999999+00'::timestamptz",
    "now() - interval '1 day'",
];
const SPANS: [&str; 4] =
    ["'0'::interval", "'-1 day'::interval", "'1 microsecond'::interval", "'900 years'::interval"];
const TEXTS: [&str; 12] = [
    "''",
    "' '",
    "'x'",
    "'NORTH'",
    "repeat('x', 300000)",
    "repeat('ä', 4000)",
    "E'a\\nb\\t\\x01'",
    "'infinity'",
    "'{}'",
    "'null'",
    "'a,b'",
    "$q$'; DROP TABLE awgp.tenants; --$q$",
];
const UUIDS: [&str; 3] = [
    "'00000000-0000-0000-0000-000000000000'::uuid",
    "'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid",
    "'11111111-1111-4111-8111-111111111111'::uuid",
];
const NUMBERS: [&str; 9] = [
    "0::numeric",
    "-1::numeric",
    "0.0000001::numeric",
    "'NaN'::numeric",
    "'Infinity'::numeric",
    "'-Infinity'::numeric",
    "999999999999.999999::numeric",
    "repeat('9', 2000)::numeric",
    "1e-2000::numeric",
];
const FLOATS: [&str; 6] =
    ["0::float8", "-1::float8", "'NaN'::float8", "'Infinity'::float8", "1e308::float8", "5e-324::float8"];
const JSONS: [&str; 15] = [
    "'null'::jsonb",
    "'1'::jsonb",
    "'true'::jsonb",
    "'\"x\"'::jsonb",
    "'[]'::jsonb",
    "'{}'::jsonb",
    "'[null]'::jsonb",
    "'[[]]'::jsonb",
    "'[{}]'::jsonb",
    "'{\"a\": null}'::jsonb",
    "'{\"a\": 1e400}'::jsonb",
    "(repeat('[', 2000) || repeat(']', 2000))::jsonb",
    "(repeat('{\"a\":', 2000) || '1' || repeat('}', 2000))::jsonb",
    "to_jsonb(repeat('x', 300000))",
    "(SELECT jsonb_agg(n) FROM generate_series(1, 10000) AS n)",
];
const TABLES: [&str; 8] = [
    "0::oid::regclass",
    "4294967295::oid::regclass",
    "'pg_catalog.pg_class'::regclass",
    "'awgp.audit_logs'::regclass",
    "'awgp.tenants'::regclass",
    "'awgp.tenants_pkey'::regclass",
    "'awgp.budget_status'::regclass",
    "'information_schema.tables'::regclass",
];
/// Arrays of any type; `@` stands for it.
const ARRAYS: [&str; 5] = [
    "'{}'::@[]",
    "'{NULL}'::@[]",
    "'{NULL,NULL}'::@[]",
    "'[5:6]={NULL,NULL}'::@[]",
    "'{{NULL},{NULL}}'::@[]",
];
const TEXT_ARRAYS: [&str; 6] = [
    "'{\"\"}'::text[]",
    "'{\" \",x}'::text[]",
    "'{{a,b},{c,d}}'::text[]",
    "'{\"a,b\"}'::text[]",
    "array_fill('x'::text, ARRAY[10000])",
    "ARRAY[repeat('x', 300000)]",
];
const UUID_ARRAYS: [&str; 3] = [
    "ARRAY['00000000-0000-0000-0000-000000000000'::uuid, NULL]",
    "ARRAY[ARRAY['00000000-0000-0000-0000-000000000000'::uuid]]",
    "array_fill('11111111-1111-4111-8111-111111111111'::uuid, ARRAY[10000])",
];
const INTEGER_ARRAYS: [&str; 4] =
    ["'{0,-1}'", "'{2147483647}'", "'{{1,2},{3,4}}'", "array_fill(1, ARRAY[10000])"];

/// The hostile values of a type; NULL is one of every type.
pub fn hostile(kind: &str) -> Vec<String> {
    let mut values: Vec<String> = vec![format!("NULL::{kind}")];
    let own = |list: &[&str]| list.iter().map(|value| (*value).to_owned()).collect::<Vec<_>>();
    values.extend(match kind {
        "text" => own(&TEXTS),
        "uuid" => own(&UUIDS),
        "boolean" => own(&["true", "false"]),
        "smallint" => own(&["0::smallint", "(-32768)::smallint", "32767::smallint"]),
        "integer" => own(&["0", "-1", "121", "-2147483648", "2147483647"]),
        "bigint" => own(&["0", "-1", "121", "2147483648", "(-9223372036854775808)", "9223372036854775807"]),
        "numeric" => own(&NUMBERS),
        "double precision" => own(&FLOATS),
        "real" => own(&["'NaN'::real", "'-Infinity'::real", "3e38::real", "(-0.0)::real"]),
        "awgp.number" => [own(&NUMBERS), own(&FLOATS)].concat(),
        "jsonb" => own(&JSONS),
        "timestamp with time zone" => [own(&MOMENTS_OUTSIDE), own(&MOMENTS)].concat(),
        "interval" => [own(&SPANS_OUTSIDE), own(&SPANS)].concat(),
        "regclass" => own(&TABLES),
        "bytea" => {
            own(&["''::bytea", "'\\x00'::bytea", "sha256('x')", "convert_to(repeat('x', 300000), 'UTF8')"])
        }
        _ if kind.ends_with("[]") => vec![],
        // A type that nobody has thought of would be tried with NULL alone.
        _ => panic!("hostile() has no values of {kind}"),
    });
    if let Some(element) = kind.strip_suffix("[]") {
        values.extend(ARRAYS.iter().map(|value| value.replace('@', element)));
        values.extend(match element {
            "text" => own(&TEXT_ARRAYS),
            "uuid" => own(&UUID_ARRAYS),
            "integer" | "bigint" => INTEGER_ARRAYS.iter().map(|value| format!("({value})::{kind}")).collect(),
            _ => vec![],
        });
    }
    values
}

/// What could be meant, by the argument's name. An id is a row of the tenant in context.
const BY_NAME: &[(&str, &str)] = &[
    ("tenant_id", ":tenant"),
    ("parent_tenant_id", ":holding"),
    ("only_tenant_id", ":tenant"),
    ("user_id", ":user"),
    ("delegate_id", ":other"),
    ("assistant_id", ":assistant"),
    ("from_assistant_id", ":assistant"),
    ("to_assistant_id", ":assistant"),
    ("work_item_id", ":work_item"),
    ("approval_id", ":approval"),
    ("delegation_id", ":delegation"),
    ("reservation_id", ":reservation"),
    ("transaction_id", ":transaction"),
    ("conversation_log_id", ":conversation"),
    ("flag_id", ":flag"),
    ("action_id", ":action"),
    ("hold_id", ":hold"),
    ("stop_id", ":stop"),
    ("scope", "'tenant'"),
    ("audit_id", ":audit_row"),
    ("approver_ids", "ARRAY[:other]"),
    ("table", "'public.orders'::regclass"),
    ("exclude", "'{note}'::text[]"),
    ("mask", "'{note}'::text[]"),
    ("provider", "'openai'"),
    ("model", "'gpt-4'"),
    ("channel", "'internal'"),
    ("slug", "'fresh'"),
    ("slug_or_id", "'north'"),
    ("email_or_id", "'admin@north.example'"),
    ("email", "'fresh@north.example'"),
    ("role", "'viewer'"),
    ("template_slug", "'own'"),
    ("status", "'inactive'"),
    ("outcome", "'succeeded'"),
    ("verb", "'start'"),
    ("detection_method", "'pattern'"),
    ("confidence_score", "0.5"),
    ("max_cost_per_day", "5"),
    ("action", "'look'"),
    ("messages", "'[{\"role\": \"user\", \"content\": \"x\"}]'::jsonb"),
    ("message", "'{\"role\": \"user\", \"content\": \"x\"}'::jsonb"),
    (
        "prices",
        "'[{\"provider\": \"local\", \"model\": \"m\", \"input_price\": 0.1, \"output_price\": 0.1}]'::jsonb",
    ),
    ("risk_levels", "'{1}'"),
    ("risk_level", "1"),
    ("steps", "'{expire_approvals}'::text[]"),
    ("time_zone", "'Europe/Berlin'"),
    ("reset_day", "31"),
    ("rate_limit_scope", "'policy'"),
    ("algorithms", "'{RS256}'::text[]"),
    ("subject_claim", "'sub'"),
    ("ends_at", "now() + interval '1 day'"),
    ("due_at", "now() + interval '1 day'"),
    ("partition_name", ":partition"),
    ("months_ahead", "2"),
    ("from_assistant_types", "'{custom}'::text[]"),
    ("to_assistant_types", "'{custom}'::text[]"),
    ("allowed_channels", "'{internal}'::text[]"),
    ("overrides", "'{}'::jsonb"),
];

/// What could be meant, by the type.
const BY_TYPE: &[(&str, &str)] = &[
    ("text", "'plain'"),
    ("uuid", ":user"),
    ("boolean", "false"),
    ("smallint", "1::smallint"),
    ("integer", "1"),
    ("bigint", "1"),
    ("numeric", "0.5"),
    ("awgp.number", "0.5"),
    ("double precision", "0.5::float8"),
    ("real", "0.5::real"),
    ("jsonb", "'{}'::jsonb"),
    ("timestamp with time zone", "now()"),
    ("interval", "'1 hour'::interval"),
];

/// A value that could be meant.
pub fn plausible(function: &Function, argument: &Argument) -> String {
    let find = |list: &[(&str, &str)], name: &str| {
        list.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    };
    let name = match (argument.name.as_str(), function.name.as_str()) {
        ("name", name) if name.contains("partition") || name == "retirement_blocked_by" => "partition_name",
        ("type", "create_tenant") => return "'subsidiary'".to_owned(),
        ("type", _) => return "'custom'".to_owned(),
        ("id", "complete_work_item" | "fail_work_item") => return ":running_item".to_owned(),
        ("id", "start_work_item") | ("work_item_id", "request_approval" | "begin_action") => {
            return ":open_item".to_owned();
        }
        ("approval_id", "approve" | "reject" | "explain_approval") => return ":asked".to_owned(),
        ("provider", "create_credit_pool") => return "'anthropic'".to_owned(),
        ("status", "review_hallucination") => return "'confirmed'".to_owned(),
        ("id", name) if name.contains("work_item") => "work_item_id",
        (name, _) => name,
    };
    find(BY_NAME, name)
        .or_else(|| find(BY_TYPE, &argument.kind))
        .unwrap_or_else(|| format!("NULL::{}", argument.kind))
}

/// True for a value of time that is to be refused.
pub fn is_outside(function: &Function, argument: &Argument, value: &str) -> bool {
    // A delegation may have no end.
    let no_end = (function.name.as_str(), argument.name.as_str(), value)
        == ("delegate_approvals", "ends_at", "'infinity'::timestamptz");
    (MOMENTS_OUTSIDE.contains(&value) || SPANS_OUTSIDE.contains(&value)) && !no_end
}
