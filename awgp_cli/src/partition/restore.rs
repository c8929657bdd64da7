//! `awgp partition restore`: a retired month, from its table or from its exported file.
//!
//! The file is verified here before anything is sent, and by the server before it is attached, all in one
//! transaction.

use crate::audit::verify::file::for_each_line;
use crate::audit::verify::month::{manifest_beside, verify_against};
use crate::opt::{Output, PartitionRestore};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use awgp_core::audit::manifest::Manifest;
use awgp_core::counted::counted;
use awgp_core::month::Month;
use std::path::Path;

/// Rows sent at a time.
const BATCH_ROWS: usize = 5_000;

/// Restores; returns what has been restored.
pub async fn restore(
    session: &mut Session,
    options: &PartitionRestore,
    output: Output,
) -> Result<String, Trouble> {
    let name = options.source.to_str().filter(|name| Month::of_partition(name).is_some());
    let manifest = match name {
        Some(_) => None,
        None => Some(verified(&options.source)?),
    };
    let work = session.begin(Context::default()).await?;
    if let Some(manifest) = &manifest {
        load(&work, &options.source, &manifest.partition_name).await?;
    }
    let name = manifest.as_ref().map_or(name, |manifest| Some(&manifest.partition_name)).unwrap_or_default();
    let sql = "SELECT * FROM jsonb_to_record(awgp.restore_partition($1)) AS restored (partition_name text, rows bigint)";
    let row = work.select(sql, &[&name]).await?.pop();
    let row = row.ok_or_else(|| Failure::new(Exit::Unexpected, "the server returned no row"))?;
    work.commit().await?;
    Ok(render::single(&row, output))
}

/// The manifest of a file that fits it.
fn verified(file: &Path) -> Result<Manifest, Failure> {
    let manifest = manifest_beside(file)?.ok_or_else(|| {
        Failure::new(Exit::BadArgument, format!("{} has no manifest beside it", file.display()))
            .hint("put NAME.manifest.json beside NAME.jsonl.zst, as `awgp partition export` wrote them")
    })?;
    let (_, findings) = verify_against(file, None, Some(&manifest))?;
    match findings.first() {
        None => Ok(manifest),
        Some(first) => Err(Failure::new(
            Exit::Findings,
            format!(
                "the file does not verify: {}, the first {}",
                counted(findings.len(), "finding"),
                first.kind.name()
            ),
        )
        .hint(format!("awgp audit verify --file {}", file.display()))),
    }
}

async fn load(work: &Work<'_>, file: &Path, name: &str) -> Result<(), Trouble> {
    let mut rows: Vec<String> = Vec::new();
    for_each_line(file, |line| {
        if !line.starts_with("{\"awgp\":") {
            rows.push(line.to_owned());
        }
        Ok(())
    })?;
    let sql = "SELECT awgp.load_partition_rows($1, $2)";
    if rows.is_empty() {
        work.run(sql, &[&name, &rows]).await?;
    }
    for batch in rows.chunks(BATCH_ROWS) {
        work.run(sql, &[&name, &batch]).await?;
    }
    Ok(())
}
