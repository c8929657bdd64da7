//! `awgp price`: the prices of tokens.

use crate::given;
use crate::invocation::Invocation;
use crate::list::{self, List, down, up};
use crate::opt::{Format, Output, Price, PriceImport, PriceList, PriceSet, PriceShow};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Call, Context, Exit, Failure, Session, Trouble, input};
use awgp_core::money::litellm::{self, LeftOut};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

const COLUMNS: [&str; 9] = [
    "provider",
    "model",
    "from_input_tokens",
    "input_price",
    "output_price",
    "cached_price",
    "valid_from",
    "source",
    "id",
];

/// The columns for people: dollars per million tokens, as price lists print them.
const FOR_PEOPLE: [&str; 7] = [
    "provider",
    "model",
    "from_input_tokens",
    "input_per_million",
    "output_per_million",
    "cached_per_million",
    "valid_from",
];

const PRICES: &str = "SELECT * FROM awgp.model_price_list";

/// An import, for programs.
#[derive(Serialize)]
struct Imported {
    source: String,
    entries: usize,
    taken: Count,
    added: Count,
    unchanged: usize,
    other_providers: usize,
    left_out: BTreeMap<&'static str, usize>,
    in_part: BTreeMap<&'static str, usize>,
    by_provider: BTreeMap<String, usize>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    names: Map<String, Value>,
}

/// Models, and their prices by the size of a call.
#[derive(Serialize)]
struct Count {
    models: usize,
    prices: usize,
}

/// Runs one command of the noun.
pub async fn run(noun: &Price, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Invocation { context, format, output, .. } = *invocation;
    invocation
        .answer(async |session| match noun {
            Price::Import(options) => import(session, options, output).await,
            Price::Set(options) => set(session, options, output).await,
            Price::List(options) => list(session, context, options, format).await,
            Price::Show(options) => show(session, context, options, format).await,
        })
        .await
}

/// Imports a price list of LiteLLM.
async fn import(session: &mut Session, options: &PriceImport, output: Output) -> Result<String, Trouble> {
    let file = options.file.display();
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::BadArgument, format!("{file}: {error}")).hint(
            "name the price list that LiteLLM publishes, model_prices_and_context_window.json; its PyPI \
             package includes it",
        )
    };
    let text = input::file(&options.file).map_err(|error| unreadable(&error))?;
    if given::is_json_lines(&text) {
        return Err(unreadable(&"this is JSON Lines, and a price list is one JSON object").into());
    }
    let mut list = litellm::read(&text).map_err(|error| {
        // An error in well-formed JSON names its position.
        input::json(&file.to_string(), &text).err().unwrap_or_else(|| unreadable(&error))
    })?;
    let all = list.taken.len();
    if !options.provider.is_empty() {
        list.taken.retain(|price| options.provider.contains(&price.provider));
    }
    let name =
        || options.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source = options.source.clone().unwrap_or_else(name);
    if list.taken.is_empty() {
        return Err(nothing_fits(options, &list, all).into());
    }
    let rows: Vec<_> = list.rows().collect();
    let prices = serde_json::to_string(&rows).map_err(|error| unreadable(&error))?;
    let taken = Count { models: list.taken.len(), prices: rows.len() };

    let work = session.begin(Context::default()).await?;
    let valid_from = when::moment(&work, "--valid-from", options.valid_from.as_ref(), Edge::Begin).await?;
    let call = Call::new("import_prices")
        .arg("prices", "jsonb", Some(prices))
        .arg("source", "text", Some(&source))
        .arg("valid_from", "timestamptz", valid_from);
    let added = work.call(&call).await?;
    work.commit().await?;

    let models: BTreeSet<_> = added.iter().map(|row| (row.text("provider"), row.text("model"))).collect();
    let mut by_provider: BTreeMap<String, usize> = BTreeMap::new();
    list.taken.iter().for_each(|price| *by_provider.entry(price.provider.clone()).or_default() += 1);
    let left_out = by_reason(&list);
    let imported = Imported {
        source,
        entries: list.entries,
        unchanged: taken.models - models.len(),
        added: Count { models: models.len(), prices: added.len() },
        other_providers: all - taken.models,
        taken,
        left_out: left_out.iter().map(|(reason, names)| (reason.name(), names.len())).collect(),
        in_part: list.in_part.iter().map(|(kind, number)| (kind.name(), *number)).collect(),
        by_provider,
        names: if options.names {
            left_out.iter().map(|(reason, names)| (reason.name().to_owned(), json!(names))).collect()
        } else {
            Map::new()
        },
    };
    Ok(match output {
        Output::Json => render::pretty(&imported),
        Output::Table => told(&imported, &list, &left_out),
    })
}

/// The names of what was left out.
fn by_reason(list: &litellm::PriceList) -> BTreeMap<LeftOut, Vec<&str>> {
    let mut left_out: BTreeMap<LeftOut, Vec<&str>> = BTreeMap::new();
    list.left_out.iter().for_each(|(name, reason)| left_out.entry(*reason).or_default().push(name));
    left_out
}

/// A list without a price that can be imported; `read` is how many models of any provider it has.
fn nothing_fits(options: &PriceImport, list: &litellm::PriceList, read: usize) -> Failure {
    let left_out: Map<String, Value> = by_reason(list)
        .iter()
        .map(|(reason, names)| (reason.name().to_owned(), names.len().into()))
        .collect();
    let hint = if read > 0 {
        "name a provider of the list with --provider, as AWGP calls it, or leave --provider out"
    } else {
        "name the price list that LiteLLM publishes; docs/prices.md lists the entries that are taken"
    };
    let detail = json!({"entries": list.entries, "other_providers": read, "left_out": left_out});
    Failure::new(
        Exit::BadArgument,
        format!("{}: it has no price that can be imported", options.file.display()),
    )
    .note("detail", detail.to_string())
    .hint(hint)
}

/// An import for people.
fn told(imported: &Imported, list: &litellm::PriceList, left_out: &BTreeMap<LeftOut, Vec<&str>>) -> String {
    let Imported { entries, taken, added, unchanged, .. } = imported;
    let line = |what: &str, number: usize, about: String| vec![what.to_owned(), number.to_string(), about];
    let mut lines = vec![
        line("entries", *entries, imported.source.clone()),
        line("taken", taken.models, format!("models, {} prices", taken.prices)),
        line("added", added.models, format!("models, {} prices", added.prices)),
        line("unchanged", *unchanged, "models".to_owned()),
    ];
    if imported.other_providers > 0 {
        lines.push(line("not requested", imported.other_providers, "models of other providers".to_owned()));
    }
    for (reason, names) in left_out {
        lines.push(line("left out", names.len(), reason.meaning().to_owned()));
        if !imported.names.is_empty() {
            lines.extend(names.iter().map(|name| vec![String::new(), String::new(), render::cell(name)]));
        }
    }
    for (kind, number) in &list.in_part {
        lines.push(line("not stored", *number, format!("taken without the price of {}", kind.meaning())));
    }
    render::grid(&["", "number", "what"], lines)
}

/// Adds one price.
async fn set(session: &mut Session, options: &PriceSet, output: Output) -> Result<String, Trouble> {
    let price = json!([{
        "provider": options.provider, "model": options.model, "input_price": options.input_price,
        "output_price": options.output_price, "cached_price": options.cached_price
    }]);
    for text in [Some(&options.input_price), Some(&options.output_price), options.cached_price.as_ref()]
        .into_iter()
        .flatten()
    {
        // Refused here if it has too many digits: the server would round it.
        let read: Result<awgp_core::money::price::PerToken, _> = text.parse();
        read.map_err(|error| {
            Failure::of_reason(awgp_core::reason::Reason::OutOfRange, error.to_string())
                .hint("write the price of one token as a decimal, such as 0.00000015 or 1.5e-07")
        })?;
    }
    let work = session.begin(Context::default()).await?;
    let valid_from = when::moment(&work, "--valid-from", options.valid_from.as_ref(), Edge::Begin).await?;
    let call = Call::new("import_prices")
        .arg("prices", "jsonb", Some(price.to_string()))
        .arg("source", "text", Some(&options.source))
        .arg("valid_from", "timestamptz", valid_from);
    let added = work.call(&call).await?.pop();
    let sql = format!("{PRICES} WHERE id = $1::text::uuid");
    let id = added.and_then(|row| row.text("id"));
    let rows = work.select(&sql, &[&id]).await?;
    work.commit().await?;
    match (rows.first(), output) {
        (Some(row), _) => Ok(render::single(row, output)),
        (None, Output::Json) => Ok(render::pretty(&Value::Null)),
        (None, Output::Table) => Ok("this price is in force already\n".to_owned()),
    }
}

/// Lists the prices in force.
async fn list(
    session: &mut Session,
    context: Context<'_>,
    options: &PriceList,
    format: Format,
) -> Result<String, Trouble> {
    let sql = "SELECT * FROM awgp.prices_in_force($1::text::timestamptz)
               WHERE ($2::text IS NULL OR provider = $2) AND ($3::text IS NULL OR strpos(model, $3) > 0)";
    let work = session.begin(context).await?;
    let at = when::moment(&work, "--at", options.at.as_ref(), Edge::Begin).await?;
    let list = List {
        query: sql.into(),
        parameters: vec![&at, &options.provider, &options.model],
        order: &[
            up("r.provider", "text"),
            up("r.model", "text"),
            up("r.from_input_tokens", "bigint"),
            up("r.id", "uuid"),
        ],
        columns: &FOR_PEOPLE,
        whole: &COLUMNS,
        words: &["provider", "model"],
        moment: "valid_from",
    };
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    if text == "no rows\n" && context.tenant.is_none() {
        return Ok("no rows: without --tenant only a member of awgp_admin sees prices\n".to_owned());
    }
    Ok(text)
}

/// Shows the history of one price.
async fn show(
    session: &mut Session,
    context: Context<'_>,
    options: &PriceShow,
    format: Format,
) -> Result<String, Trouble> {
    let work = session.begin(context).await?;
    let PriceShow { provider, model, .. } = options;
    let list = List {
        query: format!("{PRICES} WHERE provider = $1 AND model = $2").into(),
        parameters: vec![provider, model],
        order: &[
            down("r.valid_from", "timestamptz"),
            up("r.from_input_tokens", "bigint"),
            up("r.id", "uuid"),
        ],
        columns: &FOR_PEOPLE,
        whole: &COLUMNS,
        words: &["source"],
        moment: "valid_from",
    };
    let sql = "SELECT count(*) FROM awgp.model_price_list WHERE provider = $1 AND model = $2";
    let known = work.number(sql, &[provider, model]).await?;
    let text = list::show(&work, &list, &options.limit, &options.narrow, format).await?;
    work.commit().await?;
    if known == 0 {
        let message = format!("there is no visible price of {provider}'s model \"{model}\"");
        return Err(Failure::new(Exit::NotFound, message)
            .hint(
                "find the model with `awgp price list --model TEXT`; without --tenant only a member of \
                 awgp_admin sees prices",
            )
            .into());
    }
    Ok(text)
}
