//! `awgp partition export`: a sealed month as JSON Lines with zstd, and the manifest that describes its
//! contents.
//!
//! Everything is read in one snapshot. The file is then read again from the disk and verified as an auditor
//! would verify it, before it and its manifest get their names; the manifest last, so that where there is a
//! manifest there is a file.

use crate::audit::export::write_log;
use crate::audit::key;
use crate::audit::notes::Notes;
use crate::audit::scope::{self, Scope};
use crate::audit::verify::job;
use crate::audit::verify::month::{digest_of, verify_against};
use crate::audit::verify::plan::{named, parse, partitions, read_install_id, text, within};
use crate::opt::{Output, PartitionExport};
use crate::render;
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use awgp_core::audit::chain::Digest;
use awgp_core::audit::manifest::{Anchor, Checkpoint, FORMAT, Manifest};
use awgp_core::counted::counted;
use serde_json::json;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const SEAL: &str = "
    SELECT last_sequence_number, cumulative_hash FROM awgp.audit_log_integrity WHERE partition_name = $1";

const ANCHORS: &str = "
    SELECT tenant_id, chain_lane, first_seq, last_seq, last_hash FROM awgp.audit_chain_anchors
    WHERE partition_name = $1 ORDER BY tenant_id, chain_lane";

const CHECKPOINTS: &str = "
    SELECT DISTINCT ON (c.tenant_id) c.tenant_id, c.tree_size, c.body, c.signed_by
    FROM awgp.audit_checkpoints c
    WHERE c.tenant_id IN (SELECT a.tenant_id FROM awgp.audit_chain_anchors a WHERE a.partition_name = $1)
    ORDER BY c.tenant_id, c.tree_size DESC";

/// Exports a month; returns what was written.
pub async fn export(
    session: &mut Session,
    options: &PartitionExport,
    output: Output,
) -> Result<String, Trouble> {
    session.client().batch_execute(job::SESSION).await?;
    let work = session.begin(Context::default()).await?;
    if scope::enter(&work, Context::default()).await? != Scope::All {
        return Err(Failure::new(
            Exit::NotAllowed,
            "a month has every tenant's rows, and this login may not read all of them",
        )
        .hint("use a login that is a member of awgp_auditor")
        .into());
    }
    let install_id = read_install_id(&work).await?;
    let condition = within(&named(&partitions(&work).await?, &options.name)?);
    let (last_sequence_number, cumulative_hash) = seal(&work, &options.name).await?;
    let anchors = anchors(&work, &options.name).await?;
    let mut checkpoints = checkpoints(&work, &options.name).await?;
    if let Some(public_key) = &options.public_key {
        let public_key = key::public(public_key)?;
        let notes = Notes::read_all(&options.checkpoint, &public_key)?;
        checkpoints.iter_mut().for_each(|stored| carry(stored, &notes));
    }
    let file = Partial::beside(&options.out, &format!("{}.jsonl.zst", options.name))?;
    let mut log = compressed(&file.partial)?;
    let rows = write_log(&work, &condition, install_id, &mut |bytes| {
        log.write_all(bytes).map_err(|error| unwritable(&error))
    })
    .await?;
    work.commit().await?;
    log.finish().and_then(|file| file.sync_all()).map_err(|error| unwritable(&error))?;
    let (file_sha256, file_bytes) = digest_of(&file.partial)?;
    let manifest = Manifest {
        format: FORMAT,
        partition_name: options.name.clone(),
        install_id,
        file: format!("{}.jsonl.zst", options.name),
        file_sha256,
        file_bytes,
        rows,
        last_sequence_number,
        cumulative_hash,
        anchors,
        checkpoints,
    };
    refuse_unlike(&file.partial, &manifest)?;
    let beside = Partial::beside(&options.out, &format!("{}.manifest.json", options.name))?;
    let written = File::create(&beside.partial).and_then(|mut file| {
        file.write_all(render::pretty(&manifest).as_bytes()).and_then(|()| file.sync_all())
    });
    written.map_err(|error| unwritable(&error))?;
    let (place, manifest_place) = (file.complete()?, beside.complete()?);
    Ok(match output {
        Output::Json => render::pretty(&json!({
            "partition_name": options.name, "rows": rows, "file": place, "bytes": file_bytes,
            "sha256": file_sha256, "manifest": manifest_place,
        })),
        Output::Table => {
            format!(
                "exported and verified {}, {file_bytes} bytes: {}\n",
                counted(rows, "row"),
                render::cell(&place)
            )
        }
    })
}

/// Reads the file again and refuses one that does not fit the manifest.
fn refuse_unlike(file: &Path, manifest: &Manifest) -> Result<(), Failure> {
    let (_, findings) = verify_against(file, None, Some(manifest))?;
    match findings.first() {
        None => Ok(()),
        Some(first) => Err(Failure::new(
            Exit::Findings,
            format!(
                "the month does not verify: {}, the first {}",
                counted(findings.len(), "finding"),
                first.kind.name()
            ),
        )
        .note("detail", first.detail.clone())
        .hint(format!("awgp audit verify --partition {}", manifest.partition_name))),
    }
}

async fn seal(work: &Work<'_>, name: &str) -> Result<(i64, Digest), Trouble> {
    let row = work.select(SEAL, &[&name]).await?.pop().ok_or_else(|| {
        Failure::of_reason(awgp_core::reason::Reason::PartitionNotSealed, "the partition is not sealed")
            .hint(format!("awgp partition seal {name}"))
    })?;
    let hash = Digest::from_hex(text(&row, "cumulative_hash").as_bytes());
    let hash = hash.ok_or_else(|| Failure::new(Exit::Findings, "the seal's hash is not a hash"))?;
    Ok((parse(&text(&row, "last_sequence_number"))?, hash))
}

async fn anchors(work: &Work<'_>, name: &str) -> Result<Vec<Anchor>, Trouble> {
    let rows = work.select(ANCHORS, &[&name]).await?;
    rows.iter()
        .map(|row| {
            Ok(Anchor {
                tenant_id: parse(&text(row, "tenant_id"))?,
                chain_lane: parse(&text(row, "chain_lane"))?,
                first_seq: parse(&text(row, "first_seq"))?,
                last_seq: parse(&text(row, "last_seq"))?,
                last_hash: Digest::from_hex(text(row, "last_hash").as_bytes()).unwrap_or(Digest([0; 32])),
            })
        })
        .collect()
}

/// Puts the tenant's newest note that this database can have made in place of what it has stored.
fn carry(stored: &mut Checkpoint, notes: &Notes) {
    let known = u64::try_from(stored.tree_size).unwrap_or(0);
    let newest = notes.checkpoints(stored.tenant_id).into_iter().rfind(|(signed, _)| signed.size <= known);
    if let Some((signed, note)) = newest {
        stored.tree_size = i64::try_from(signed.size).unwrap_or(i64::MAX);
        stored.body = signed.to_text();
        (stored.signed_by, stored.note) = (Some(note.signed_by.clone()), Some(note.note.clone()));
    }
}

async fn checkpoints(work: &Work<'_>, name: &str) -> Result<Vec<Checkpoint>, Trouble> {
    let rows = work.select(CHECKPOINTS, &[&name]).await?;
    rows.iter()
        .map(|row| {
            Ok(Checkpoint {
                tenant_id: parse(&text(row, "tenant_id"))?,
                tree_size: parse(&text(row, "tree_size"))?,
                body: text(row, "body"),
                signed_by: row.text("signed_by").filter(|key| !key.is_empty()),
                note: None,
            })
        })
        .collect()
}

fn compressed(path: &Path) -> Result<zstd::Encoder<'static, File>, Failure> {
    let opened = File::create(path).and_then(|file| {
        let mut encoder = zstd::Encoder::new(file, 0)?;
        encoder.include_checksum(true)?;
        Ok(encoder)
    });
    opened.map_err(|error| {
        Failure::new(Exit::BadArgument, format!("{}: {error}", path.display()))
            .hint("name an existing, writable folder")
    })
}

/// A file that gets its name when it is complete, and is removed if it is not.
struct Partial {
    partial: PathBuf,
    name: PathBuf,
}

impl Partial {
    fn beside(folder: &Path, name: &str) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::new(Exit::BadArgument, format!("{}: {error}", folder.display()))
                .hint("name a folder that can be created and written to")
        })?;
        Ok(Self { partial: folder.join(format!("{name}.partial")), name: folder.join(name) })
    }

    fn complete(self) -> Result<String, Failure> {
        fs::rename(&self.partial, &self.name).map_err(|error| unwritable(&error))?;
        Ok(self.name.display().to_string())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // It no longer exists if it was completed.
        let _ = fs::remove_file(&self.partial);
    }
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::new(Exit::Unexpected, format!("the export cannot be written: {error}"))
}
