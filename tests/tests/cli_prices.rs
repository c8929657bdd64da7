//! `awgp price`, on the list that the LiteLLM project publishes.

use awgp_tests::cli::{awgp, json, table};
use awgp_tests::command::Folder;
use awgp_tests::{Database, Login, fixture, toolchain};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The list as another reader sees it: every number the text it is written as.
fn published() -> HashMap<String, HashMap<String, Box<serde_json::value::RawValue>>> {
    let text = std::fs::read_to_string(toolchain::path("AWGP_LITELLM_PRICES")).expect("the list can be read");
    serde_json::from_str(&text).expect("the list is an object of objects")
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is a count"))
}

fn sum(counts: &Value) -> u64 {
    counts.as_object().expect("an object of counts").values().map(number).sum()
}

fn import(database: &Database, file: &str, more: &[&str]) -> Value {
    json(database, Login::Admin, &[&["price", "import", file], more].concat()).expect(0).json()
}

#[tokio::test]
async fn the_published_list_is_imported_counted_and_imported_again_without_a_change() {
    let database = Database::new().await;
    let path = toolchain::path("AWGP_LITELLM_PRICES");
    let first = import(&database, &path, &[]);
    let entries = published().len() as u64;
    assert_eq!(number(&first["entries"]), entries);
    assert!(entries > 2_000, "{entries}");
    assert_eq!(number(&first["taken"]["models"]) + sum(&first["left_out"]), entries);
    assert_eq!(first["added"], first["taken"]);
    assert!(number(&first["taken"]["models"]) > 1_500, "{first}");
    for provider in ["openai", "anthropic", "azure", "bedrock", "gemini", "local"] {
        assert!(number(&first["by_provider"][provider]) > 10, "{provider}: {first}");
    }
    for reason in ["example", "unknown_mode", "other_unit", "no_token_price", "other_tiers"] {
        assert!(number(&first["left_out"][reason]) > 0, "{reason}: {first}");
    }
    // An entry that is another name of one has its price.
    let names = published().values().filter(|entry| entry.contains_key("alias_of")).count() as u64;
    assert!(names > 50 && number(&first["left_out"]["no_provider"]) < names, "{first}");
    let superuser = database.superuser().await;
    let sql =
        "SELECT count(*) FROM awgp.model_prices WHERE model = 'gpt-astra-latest' AND provider = 'azure_ai'";
    assert!(superuser.query_one(sql, &[]).await.expect("a count").get::<_, i64>(0) > 0);
    let sql = "SELECT count(*), count(DISTINCT (provider, model)) FROM awgp.model_prices";
    let row = superuser.query_one(sql, &[]).await.expect("counts");
    let rows = [row.get::<_, i64>(0), row.get(1)].map(|count| u64::try_from(count).expect("a count"));
    assert_eq!(rows, [number(&first["taken"]["prices"]), number(&first["taken"]["models"])]);

    let second = import(&database, &path, &[]);
    assert_eq!(second["added"], json!({"models": 0, "prices": 0}));
    assert_eq!(second["unchanged"], first["taken"]["models"]);
    assert_eq!((&second["taken"], &second["left_out"]), (&first["taken"], &first["left_out"]));
}

#[tokio::test]
async fn every_price_in_the_database_is_the_published_one_to_the_last_digit() {
    let database = Database::new().await;
    import(&database, &toolchain::path("AWGP_LITELLM_PRICES"), &[]);
    let superuser = database.superuser().await;
    let published = published();
    // numeric reads the very text of the list; so does nothing that goes by way of a float.
    let sql = "SELECT input_price = $3::text::numeric AND output_price = COALESCE($4::text::numeric, 0)
                      AND cached_price IS NOT DISTINCT FROM $5::text::numeric
               FROM awgp.model_prices WHERE provider = $1 AND model = $2 AND from_input_tokens = 0";
    let statement = superuser.prepare(sql).await.expect("it is prepared");
    let mut compared = 0;
    for (name, entry) in &published {
        let text = |field: &str| entry.get(field).map(|raw| raw.get().trim_matches('"').to_owned());
        let provider = text("litellm_provider").unwrap_or_default();
        if !["openai", "anthropic", "openrouter", "azure", "bedrock", "novita"].contains(&provider.as_str()) {
            continue;
        }
        let model = name.strip_prefix(&format!("{provider}/")).unwrap_or(name);
        let cached = text("cache_read_input_token_cost").or_else(|| text("input_cost_per_token_cache_hit"));
        let (input, output) = (text("input_cost_per_token"), text("output_cost_per_token"));
        let row = superuser
            .query_opt(&statement, &[&provider, &model, &input, &output, &cached])
            .await
            .expect("a price");
        let Some(row) = row else { continue };
        assert_eq!(row.get::<_, Option<bool>>(0), Some(true), "{name}: {input:?} {output:?} {cached:?}");
        compared += 1;
    }
    assert!(compared > 500, "{compared} prices were compared");
}

#[tokio::test]
async fn a_price_that_changed_is_added_and_the_old_one_stays() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    let file = folder.file("prices.json");
    let list = |input: &str| {
        format!(
            r#"{{"gpt-x": {{"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": {input},
                            "output_cost_per_token": 2e-06}},
                "ollama/llama": {{"litellm_provider": "ollama", "mode": "chat", "input_cost_per_token": 0,
                                  "output_cost_per_token": 0}}}}"#
        )
    };
    std::fs::write(&file, list("1e-06")).expect("a file");
    let first = import(&database, &file, &["--valid-from", "2026-01-01T00:00:00Z"]);
    assert_eq!(first["added"], json!({"models": 2, "prices": 2}));
    assert_eq!(first["source"], "prices.json");
    std::fs::write(&file, list("1.5e-06")).expect("a file");
    let second = import(&database, &file, &["--valid-from", "2026-02-01T00:00:00Z", "--source", "February"]);
    assert_eq!((&second["added"]["models"], &second["unchanged"]), (&json!(1), &json!(1)));
    let shown = json(&database, Login::Admin, &["price", "show", "openai", "gpt-x"]).expect(0);
    let rows = shown.json();
    let prices: Vec<_> = rows.as_array().expect("rows").iter().map(|row| &row["source"]).collect();
    assert_eq!(prices, ["February", "prices.json"]);
    assert!(shown.stdout.contains("\"input_price\": 0.0000015,"), "{}", shown.stdout);
    for (at, input) in [("2026-01-15T00:00:00Z", "0.000001,"), ("2026-02-15T00:00:00Z", "0.0000015,")] {
        let arguments = ["price", "list", "--provider", "openai", "--at", at];
        let text = json(&database, Login::Admin, &arguments).expect(0).stdout;
        assert!(text.contains(&format!("\"input_price\": {input}")), "{at}: {text}");
    }
}

#[tokio::test]
async fn only_the_providers_that_are_asked_for_are_taken_and_names_are_told_on_demand() {
    let database = Database::new().await;
    let arguments = ["--provider", "anthropic", "--provider", "local", "--names"];
    let told = import(&database, &toolchain::path("AWGP_LITELLM_PRICES"), &arguments);
    let providers: Vec<_> = told["by_provider"].as_object().expect("counts").keys().collect();
    assert_eq!(providers, ["anthropic", "local"]);
    let others = number(&told["other_providers"]);
    assert_eq!(number(&told["taken"]["models"]) + others + sum(&told["left_out"]), number(&told["entries"]));
    assert_eq!(told["names"]["example"], json!(["sample_spec"]));
    for (reason, names) in told["names"].as_object().expect("names") {
        assert_eq!(names.as_array().map(|names| names.len() as u64), told["left_out"][reason].as_u64());
    }
    let text = table(&database, Login::Admin, &["price", "import", &toolchain::path("AWGP_LITELLM_PRICES")])
        .expect(0)
        .stdout;
    let first: Vec<&str> = text.lines().nth(2).expect("a row").split_whitespace().take(2).collect();
    assert_eq!(first, ["entries", &number(&told["entries"]).to_string()], "{text}");
}

#[tokio::test]
async fn a_price_is_set_by_hand_once_and_listed_as_csv() {
    let database = Database::new().await;
    let set = ["price", "set", "local", "own, model", "--input-price", "1e-24", "--output-price", "0.5"];
    let row = json(&database, Login::Admin, &set).expect(0);
    assert!(row.stdout.contains("\"input_price\": 0.000000000000000000000001"), "{}", row.stdout);
    assert_eq!(json(&database, Login::Admin, &set).expect(0).json(), Value::Null);
    let url = database.url(Login::Admin);
    let csv = awgp(&["price", "list", "--output", "csv"], &[("DATABASE_URL", &url)]).expect(0).stdout;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "provider,model,from_input_tokens,input_price,output_price,cached_price,valid_from,source,id"
    );
    assert!(lines[1].starts_with("local,\"own, model\",0,0.000000000000000000000001,0.5,,"), "{csv}");
    assert_eq!(lines.len(), 2);
    let digits = ["price", "set", "local", "m", "--input-price", "1e-25", "--output-price", "0"];
    assert_eq!(json(&database, Login::Admin, &digits).expect(6).error()["reason"], "out_of_range");
    json(&database, Login::Admin, &["price", "show", "local", "none"]).expect(8);
    awgp(&["tenant", "show", "x", "--output", "csv"], &[("DATABASE_URL", &url)]).expect(2);
}

#[tokio::test]
async fn only_an_administrator_imports_and_what_is_no_list_is_refused() {
    let database = Database::new().await;
    fixture::group(&database).await;
    let path = toolchain::path("AWGP_LITELLM_PRICES");
    json(&database, Login::App, &["price", "import", &path, "--tenant", "north"]).expect(3);
    let folder = Folder::new(&database);
    let file = folder.file("no-list.json");
    std::fs::write(&file, "[1, 2]").expect("a file");
    for file in [file.as_str(), "no-such-file.json"] {
        let failure = json(&database, Login::Admin, &["price", "import", file]).expect(6).error();
        assert!(failure["hint"].as_str().is_some_and(|hint| hint.contains("LiteLLM")), "{failure}");
    }
    // An application reads prices with a tenant in context.
    let set = ["price", "set", "local", "m", "--input-price", "0", "--output-price", "0"];
    json(&database, Login::Admin, &set).expect(0);
    let seen = |arguments: &[&str]| json(&database, Login::App, arguments).expect(0).json();
    assert_eq!(seen(&["price", "list"]), json!([]));
    assert_eq!(seen(&["price", "list", "--tenant", "north"]).as_array().map(Vec::len), Some(1));
}

fn list_of(entries: &[(&str, Value)]) -> String {
    let entry = |(name, provider): &(&str, Value)| {
        let entry = json!({
            "litellm_provider": provider, "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6
        });
        ((*name).to_owned(), entry)
    };
    Value::Object(entries.iter().map(entry).collect()).to_string()
}

#[tokio::test]
async fn a_name_that_cannot_be_kept_is_left_out_alone_and_counted() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    let file = folder.file("list.json");
    let long = "m".repeat(301);
    let openai = json!("openai");
    let entries = [
        ("good", openai.clone()),
        (long.as_str(), openai.clone()),
        (&long[1..], openai.clone()),
        ("openai/", openai.clone()),
        (" \u{a0}", openai.clone()),
        ("nul\u{0}", openai.clone()),
        ("esc\u{1b}[2J", openai),
        ("other", json!(long)),
    ];
    std::fs::write(&file, format!("\u{feff}{}", list_of(&entries))).expect("a file");
    let told = import(&database, &file, &[]);
    assert_eq!((&told["taken"]["models"], &told["added"]["models"]), (&json!(2), &json!(2)), "{told}");
    assert_eq!(told["left_out"], json!({"bad_name": 6}));
}

#[tokio::test]
async fn a_list_of_which_nothing_fits_is_a_bad_argument() {
    let database = Database::new().await;
    let folder = Folder::new(&database);
    let file = folder.file("list.json");
    let refused = |text: &str, more: &[&str]| {
        std::fs::write(&file, text).expect("a file");
        json(&database, Login::Admin, &[&["price", "import", &file], more].concat()).expect(6).error()
    };
    let detail = |error: &Value| {
        serde_json::from_str::<Value>(error["detail"].as_str().expect("counts")).expect("JSON")
    };
    let blank = list_of(&[("openai/", json!("openai")), ("x", json!(""))]);
    assert_eq!(detail(&refused(&blank, &[]))["left_out"], json!({"no_provider": 1, "bad_name": 1}));
    assert_eq!(detail(&refused("{}", &[]))["entries"], 0);
    let other = refused(&list_of(&[("m", json!("openai"))]), &["--provider", "local"]);
    assert_eq!(detail(&other)["other_providers"], 1);
    let lines = refused("{\"a\": 1}\n{\"b\": 2}\n", &[]);
    assert!(lines["error"].as_str().is_some_and(|message| message.contains("JSON Lines")), "{lines}");
    let cut = refused(r#"{"a": {}, "b\ud83d": {}}"#, &[]);
    assert_eq!(cut["reason"], "json_unsupported", "{cut}");
}

#[tokio::test]
async fn a_cell_of_csv_is_no_formula_and_hides_nothing() {
    let database = Database::new().await;
    for model in ["=HYPERLINK(1)", "@a", "-1", "a\u{202e}b"] {
        let set = ["price", "set", "local", "--input-price", "1", "--output-price", "0", "--", model];
        table(&database, Login::Admin, &set).expect(0);
    }
    let url = database.url(Login::Admin);
    let csv = awgp(&["price", "list", "--output", "csv"], &[("DATABASE_URL", &url)]).expect(0).stdout;
    for cell in ["local,'=HYPERLINK(1),0,1,0,", "local,'@a,0,", "local,-1,0,", "local,a\\u{202e}b,0,"] {
        assert!(csv.contains(cell), "{cell}: {csv}");
    }
}
