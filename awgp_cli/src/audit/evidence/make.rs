//! Making a pack: everything is read in one snapshot, by what the login may read.

use super::pack::Pack;
use super::proofs::Prover;
use super::scripts::SCRIPTS;
use super::trail::{self, Time};
use super::{answers, page};
use crate::audit::notes::{Notes, check_there};
use crate::audit::scope::{self, Scope};
use crate::audit::verify::job;
use crate::audit::verify::plan::{parse, read_install_id};
use crate::audit::{key, verify};
use crate::opt::{AuditEvidence, Output};
use crate::render;
use crate::when::{self, Edge};
use awgp_client::{Context, Exit, Failure, Session, Trouble, Work};
use awgp_core::audit::evidence::index::{Absent, Facts, Index};
use awgp_core::audit::evidence::mapping::Mapping;
use awgp_core::audit::evidence::{
    BEFORE, FORMAT, INDEX, KEY, MONTHS, NOTES, PAGE, README, RECEIPTS, SCRIPTS as FOLDER,
};
use awgp_core::civil::format_timestamp;
use awgp_core::counted::counted;
use awgp_core::reason::Reason;
use serde_json::json;
use std::path::{Path, PathBuf};
use uuid::Uuid;

const README_TEXT: &str = include_str!("readme.txt");
const MICROSECONDS: &str = "SELECT (extract(epoch FROM $1::text::timestamptz) * 1000000)::bigint";
const NAME: &str = "SELECT COALESCE((SELECT name FROM awgp.tenants WHERE id = $1::text::uuid), '')";

/// What a pack is made from besides the database.
struct Given {
    notes: Option<Notes>,
    public_key: Option<String>,
    months: Vec<(String, String)>,
}

impl Given {
    fn of(options: &AuditEvidence) -> Result<Self, Failure> {
        let public_key = options.public_key.as_deref().map(key::public).transpose()?;
        let read = |public_key: &String| {
            let mut notes = Notes::read_all(&options.checkpoint, public_key)?;
            // A pack has one key. Notes of a key that it has replaced, or that replaces it, stay out.
            notes.signed.retain(|signed| signed.signed_by == *public_key);
            Ok::<_, Failure>(notes)
        };
        let notes = public_key.as_ref().map(read).transpose()?;
        Ok(Self { notes, public_key, months: months(&options.months)? })
    }
}

/// Makes a pack, and says what is in it.
pub async fn make(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditEvidence,
    output: Output,
) -> Result<String, Trouble> {
    let given = Given::of(options)?;
    let mapping = Mapping::of_this_version();
    let out = options.out.as_deref().unwrap_or(Path::new(""));
    let mut pack = Pack::begin(out)?;
    session.client().batch_execute(job::SESSION).await?;
    let work = session.begin(Context::default()).await?;
    let tenant_id = tenant(&work, context).await?;
    let install_id = match (options.install_id, given.notes.as_ref().map_or(Ok(None), Notes::install_id)?) {
        (Some(id), _) | (None, Some(id)) => id,
        (None, None) => read_install_id(&work).await?,
    };
    let time = time(&work, options).await?;
    let head = head(&work, &mapping, (tenant_id, install_id), &time).await?;
    put_readable(&mut pack, &head)?;
    let absent = notes(&mut pack, &given, tenant_id)?;
    let read = trail::write(&work, &mut pack, &mapping, (tenant_id, install_id), &time).await?;
    let mut prover = Prover { work: &work, tenant_id, notes: given.notes.as_ref(), absent };
    if given.public_key.is_some() {
        prover.receipts(&mut pack, &read.actions).await?;
        prover.before(&mut pack, &mapping, &time.from).await?;
    }
    let mut absent = prover.absent;
    for (name, text) in &given.months {
        pack.whole(&format!("{MONTHS}{name}"), text)?;
    }
    let answers = answers::write(&work, &mut pack, tenant_id, &mut absent).await?;
    work.commit().await?;
    let rows = answers::counted(&mapping, &answers);
    let files = pack.files();
    let facts = Facts {
        files: files.iter().map(|sum| (sum.file.as_str(), sum.sha256)).collect(),
        absent: absent.iter().map(|absent| (absent.file.as_str(), absent.reason.as_str())).collect(),
        events: &read.counts,
        rows,
    };
    let sentences = facts.sentences(&mapping);
    let index = Index { absent, sentences, ..head };
    let page = page::html(&index, files);
    pack.whole(INDEX, &render::pretty(&index))?;
    pack.whole(PAGE, &page)?;
    let digest = pack.finish()?;
    Ok(said(&index, out, &String::from_utf8_lossy(&digest.to_hex()), output))
}

/// The one tenant of the pack.
async fn tenant(work: &Work<'_>, context: Context<'_>) -> Result<Uuid, Trouble> {
    let none = || {
        Failure::new(Exit::Usage, "no tenant is given")
            .note("reason", Reason::NoTenantContext.name())
            .hint("add --tenant SLUG: a pack is of one tenant")
    };
    match scope::enter(work, context).await? {
        Scope::All => Err(none().into()),
        Scope::Tenants(ids) if ids.len() == 1 => Ok(ids[0]),
        // A holding sees its subsidiaries too. The pack is of itself.
        Scope::Tenants(_) => parse(&work.text("SELECT awgp.current_tenant()::text", &[]).await?),
    }
}

async fn time(work: &Work<'_>, options: &AuditEvidence) -> Result<Time, Trouble> {
    let mut moments = Vec::new();
    for (option, text, edge) in [("--from", &options.from, Edge::Begin), ("--to", &options.to, Edge::End)] {
        let moment = when::moment(work, option, text.as_ref(), edge).await?;
        moments.push(work.number(MICROSECONDS, &[&moment]).await?);
    }
    let (from, to) = (moments[0], moments[1]);
    if from >= to {
        return Err(Failure::new(Exit::BadArgument, "--to is not after --from")
            .hint("a day alone is that whole day: --from 2026-11-01 --to 2026-11-30 is November")
            .into());
    }
    Ok(Time { from: format_timestamp(from), to: format_timestamp(to), span: from..to })
}

/// The index without what is found.
async fn head(
    work: &Work<'_>,
    mapping: &Mapping,
    (tenant_id, install_id): (Uuid, Uuid),
    time: &Time,
) -> Result<Index, Trouble> {
    let made_at = work.number("SELECT (extract(epoch FROM pg_catalog.now()) * 1000000)::bigint", &[]).await?;
    Ok(Index {
        awgp: "evidence".to_owned(),
        format: FORMAT,
        version: mapping.version.clone(),
        tenant_id,
        tenant: work.text(NAME, &[&tenant_id.to_string()]).await?,
        install_id,
        from: time.from.clone(),
        to: time.to.clone(),
        made_at: format_timestamp(made_at),
        made_by: work.text("SELECT session_user::text", &[]).await?,
        absent: Vec::new(),
        frames: mapping.frames.clone(),
        sentences: Vec::new(),
    })
}

/// What a reader reads first, and the scripts.
fn put_readable(pack: &mut Pack, head: &Index) -> Result<(), Failure> {
    let text = README_TEXT
        .replace("{tenant}", &render::cell(&page::subject(head)))
        .replace("{from}", &head.from)
        .replace("{to}", &head.to)
        .replace("{made_at}", &head.made_at)
        .replace("{version}", &head.version);
    pack.whole(README, &text)?;
    for (name, script) in SCRIPTS {
        pack.whole(&format!("{FOLDER}{name}"), script)?;
    }
    Ok(())
}

/// Writes the tenant's notes and their key. Notes of groups name other tenants, and stay out.
fn notes(pack: &mut Pack, given: &Given, tenant_id: Uuid) -> Result<Vec<Absent>, Failure> {
    let (Some(public_key), Some(notes)) = (&given.public_key, &given.notes) else {
        let reason = "No note was given when the pack was made.";
        let absent = |file: &str| Absent { file: file.to_owned(), reason: reason.to_owned() };
        return Ok([NOTES, RECEIPTS, BEFORE].into_iter().map(absent).collect());
    };
    let notes = notes.checkpoints(tenant_id);
    if notes.is_empty() {
        return Err(Failure::of_reason(
            Reason::UnknownTenant,
            format!("the notes say nothing of the tenant {tenant_id}"),
        )
        .hint("sign its trail: awgp audit checkpoint --key FILE --out DIR --all-tenants"));
    }
    pack.whole(KEY, &format!("{public_key}\n"))?;
    for (checkpoint, signed) in notes {
        pack.whole(&format!("{NOTES}{tenant_id}.{}.note", checkpoint.size), &signed.note)?;
    }
    Ok(Vec::new())
}

/// The manifests of exported months: name and text.
fn months(paths: &[PathBuf]) -> Result<Vec<(String, String)>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        check_there(path)?;
        let files = if path.is_dir() { verify::month::manifests(path)? } else { vec![path.clone()] };
        for file in files {
            let (manifest, text) = verify::month::manifest(&file)?;
            found.push((format!("{}.manifest.json", manifest.partition_name), text));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn said(index: &Index, out: &Path, digest: &str, output: Output) -> String {
    let stand = index.sentences.iter().filter(|sentence| sentence.proof.is_some()).count();
    let gaps = index.sentences.len() - stand;
    match output {
        Output::Json => render::pretty(&json!({
            "file": out, "tenant_id": index.tenant_id, "from": index.from, "to": index.to, "sentences": stand,
            "gaps": gaps, "absent": index.absent, "manifest_sha256": digest,
        })),
        Output::Table => {
            let mut text = format!(
                "{}: {}, {} to {}: {} with a proof, {} named as gaps\n",
                render::cell(&out.display().to_string()),
                render::cell(&page::subject(index)),
                index.from,
                index.to,
                counted(stand as u64, "sentence"),
                gaps
            );
            for absent in &index.absent {
                text.push_str(&render::cell(&format!("not in it: {}. {}", absent.file, absent.reason)));
                text.push('\n');
            }
            text + &format!("SHA-256 of its MANIFEST.json, to tell whoever gets it: {digest}\n")
        }
    }
}
