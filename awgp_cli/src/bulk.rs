//! Many things at once from CSV: all of them, or none and the line of each fault.

use crate::making::{self, Made};
use crate::opt::{Load, Output};
use crate::render;
use awgp_client::{Call, Exit, Failure, Session, Trouble, Work, input, shown};
use serde_json::json;
use std::collections::BTreeMap;

/// A line of the file: its values by column, without those that are empty.
pub struct Line {
    number: u64,
    values: BTreeMap<String, String>,
}

impl Line {
    /// The value of a column.
    pub fn get(&self, column: &str) -> Option<&String> {
        self.values.get(column)
    }

    /// The value of a column that every line has.
    pub fn required(&self, column: &str) -> Result<&String, Failure> {
        self.get(column).ok_or_else(|| {
            Failure::new(Exit::BadArgument, format!("{column} is empty"))
                .hint(format!("every line needs {column}"))
        })
    }

    /// The parts of a value between semicolons.
    pub fn several(&self, column: &str) -> Vec<String> {
        let parts = self.get(column).into_iter().flat_map(|text| text.split(';'));
        parts.map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }
}

/// The lines of a file whose header names columns of these.
pub fn read(options: &Load, columns: &[&str]) -> Result<Vec<Line>, Failure> {
    let place = options.file.display();
    let known = format!("the first line names the columns, of these: {}", columns.join(", "));
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(Exit::BadArgument, format!("{place}: {error}")).hint(known.clone())
    };
    let text = input::file(&options.file).map_err(|error| unreadable(&error))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .map_err(|error| unreadable(&error))?
        .iter()
        .map(|name| name.to_lowercase().replace([' ', '-'], "_"))
        .collect();
    if let Some(unknown) = header.iter().find(|name| !columns.contains(&name.as_str())) {
        return Err(unreadable(&format!("there is no column \"{unknown}\"")));
    }
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let number = record.position().map_or(0, csv::Position::line);
        let values = header.iter().zip(record.iter()).filter(|(_, value)| !value.is_empty());
        let values = values.map(|(name, value)| (name.clone(), value.to_owned())).collect();
        lines.push(Line { number, values });
    }
    Ok(lines)
}

/// What became of the lines.
#[derive(Default)]
struct Done {
    created: usize,
    there: usize,
    faults: Vec<(u64, Trouble)>,
}

/// Makes a thing of every line in one transaction, which is committed only if every line fits. `call` is the
/// call for a line, and the query and key of what may be there already.
pub async fn load(
    session: &mut Session,
    context: awgp_client::Context<'_>,
    options: &Load,
    lines: &[Line],
    call: impl AsyncFn(&Work<'_>, &Line) -> Result<(Call, Option<(&'static str, String)>), Trouble>,
    output: Output,
) -> Result<(String, Exit), Trouble> {
    let work = session.begin_in_tenant(context).await?;
    let mut done = Done::default();
    for line in lines {
        match one(&work, line, options, &call).await {
            Ok(Made::New(_)) => done.created += 1,
            Ok(Made::There(_)) => done.there += 1,
            Err(trouble) => done.faults.push((line.number, trouble)),
        }
    }
    if done.faults.is_empty() && !options.dry_run {
        work.commit().await?;
    } else {
        drop(work);
    }
    let mut faults = Vec::new();
    for (line, trouble) in done.faults {
        faults.push((line, session.explain(trouble).await));
    }
    let exit = if faults.is_empty() { Exit::Success } else { Exit::Findings };
    Ok((told(done.created, done.there, &faults, options, output), exit))
}

async fn one(
    work: &Work<'_>,
    line: &Line,
    options: &Load,
    call: &impl AsyncFn(&Work<'_>, &Line) -> Result<(Call, Option<(&'static str, String)>), Trouble>,
) -> Result<Made, Trouble> {
    // Names of a line are looked up too: a refusal must not end the transaction.
    work.batch("SAVEPOINT line").await?;
    let made = match call(work, line).await {
        Ok((call, existing)) => {
            let existing = existing.as_ref().filter(|_| options.if_not_exists);
            making::one(work, &call, existing.map(|(sql, key)| (*sql, key.as_str()))).await
        }
        Err(trouble) => Err(trouble),
    };
    let end = if made.is_ok() {
        "RELEASE SAVEPOINT line"
    } else {
        "ROLLBACK TO SAVEPOINT line; RELEASE SAVEPOINT line"
    };
    work.batch(end).await?;
    made
}

fn told(created: usize, there: usize, faults: &[(u64, Failure)], options: &Load, output: Output) -> String {
    let (created, there) = if faults.is_empty() { (created, there) } else { (0, 0) };
    if output == Output::Json {
        let faults: Vec<_> = faults
            .iter()
            .map(|(line, failure)| {
                let mut fault = json!({"line": line});
                if let Ok(serde_json::Value::Object(said)) = serde_json::from_str(&failure.json()) {
                    fault.as_object_mut().into_iter().for_each(|fault| fault.extend(said.clone()));
                }
                fault
            })
            .collect();
        return render::pretty(
            &json!({"created": created, "there_already": there, "dry_run": options.dry_run, "faults": faults}),
        );
    }
    if !faults.is_empty() {
        let cells = faults.iter().map(|(line, failure)| {
            let note = |name| failure.noted(name).unwrap_or_default().to_owned();
            vec![line.to_string(), shown::line(&failure.message), note("reason"), note("hint")]
        });
        let table = render::grid(&["line", "error", "reason", "hint"], cells.collect());
        let number = faults.len();
        let lines =
            if number == 1 { "1 line does not fit".to_owned() } else { format!("{number} lines do not fit") };
        return format!("{table}{lines}: nothing was changed\n");
    }
    let made = if options.dry_run { "would be created" } else { "created" };
    let already = if there > 0 { format!(", {there} there already") } else { String::new() };
    format!("{created} {made}{already}\n")
}
