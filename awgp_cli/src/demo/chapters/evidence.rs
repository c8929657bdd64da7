//! Evidence: a cut tail is found beside the checkpoint that the database keeps, which a superuser could
//! remove too. An auditor who kept a signed note needs nothing but the note and their public key; and they
//! prove one event to people without a database.

use crate::audit::notes::Notes;
use crate::audit::verify::{self, report::Report};
use crate::audit::{check_proof, checkpoint, key, keygen, proof};
use crate::demo::stage::{Made, Stage};
use crate::opt::{AuditCheckProof, AuditCheckpoint, AuditKeygen, AuditProve, Output, SigningKey};
use awgp_client::{Context, Exit, Failure, Trouble, Work};
use awgp_core::audit::finding::Kind;
use std::path::{Path, PathBuf};

/// How many rows the superuser cuts.
const CUT: i64 = 3;

/// The tenant's longest lane: its last row, and that row's partition.
const TAIL: &str = "
    SELECT a.chain_lane, a.chain_seq, a.id, format('%I.%I', n.nspname, c.relname) AS partition
    FROM awgp.audit_logs a
    JOIN pg_catalog.pg_class c ON c.oid = a.tableoid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE a.tenant_id = $1::text::uuid ORDER BY a.chain_seq DESC, a.chain_lane LIMIT 1";

/// Runs the chapter.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "Evidence",
        "An auditor signs the present state of the trail, and keeps the note outside the database.",
    )?;
    let Some(tenant) = stage.made.get(1).cloned() else { unreachable!("a scenario has two subsidiaries") };
    let folder = std::env::temp_dir().join(format!("awgp-demo-{}", stage.run));
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::new(Exit::Unexpected, format!("{} cannot be made: {error}", folder.display()))
    })?;
    let told = tell_in(stage, &tenant, &folder).await;
    // Files that remain in the system's temporary folder are harmless.
    let _ = std::fs::remove_dir_all(&folder);
    told
}

async fn tell_in(stage: &mut Stage<'_>, tenant: &Made, folder: &Path) -> Result<(), Trouble> {
    let (private, public_key) = keys(folder)?;
    let notes_folder = folder.join("notes");
    let by = SigningKey { key: Some(private), ..SigningKey::default() };
    let out = notes_folder.clone();
    let options =
        AuditCheckpoint { by, out, all_tenants: false, timestamp: None, timestamp_ca: None, witness: None };
    checkpoint::checkpoint(&mut stage.sessions.auditor, tenant.context(), &options, Output::Json).await?;
    let notes = Notes::read(&notes_folder, &public_key)?;
    let rows = notes.signed.first().map_or(0, |signed| signed.statement.trees()[0].size);
    stage
        .narrator
        .step(&format!("the auditor has signed {rows} rows with a key that the server never sees"))?;
    let report = as_auditor(stage, tenant, &notes).await?;
    stage.narrator.equal("findings against the note", 0, count(&report))?;
    stage.narrator.equal("trails that were proved to extend what was signed", 1, proved(&report))?;
    a_superuser_cuts(stage, tenant, &notes).await?;
    let report = as_auditor(stage, tenant, &notes).await?;
    stage.narrator.equal("findings after the cut was rolled back", 0, count(&report))?;
    one_event_is_proved(stage, tenant, folder, &notes, &public_key).await
}

fn keys(folder: &Path) -> Result<(PathBuf, String), Failure> {
    let file = folder.join("auditor.key");
    let options = AuditKeygen { out: Some(file.clone()), plain: true, ..AuditKeygen::named("awgp-demo") };
    let public_key = keygen::keygen(&options, Output::Table)?.trim().to_owned();
    Ok((file, public_key))
}

/// In a transaction that is rolled back, so that the trail stays complete.
async fn a_superuser_cuts(stage: &mut Stage<'_>, tenant: &Made, notes: &Notes) -> Result<(), Trouble> {
    let work = stage.sessions.dba.begin(Context::default()).await?;
    let first = cut_quietly(&work, tenant).await?;
    stage
        .narrator
        .step(&format!("a superuser switches the guard off and deletes the last {CUT} rows of a lane"))?;
    let by_itself = verify::within(&work, tenant.context(), None).await?;
    stage.narrator.equal(
        "findings beside the checkpoint that the database keeps, as long as nobody removes that too",
        1,
        count(&by_itself),
    )?;
    let against = verify::within(&work, tenant.context(), Some(notes)).await?;
    drop(work);
    stage.narrator.equal("findings against the note", 1, count(&against))?;
    let cut = against.findings.iter().find(|finding| finding.kind == Kind::CutTail);
    let named = cut.and_then(|finding| finding.chain_seq).unwrap_or(0);
    Ok(stage.narrator.equal("the cut tail is named, from the first row that is missing", first, named)?)
}

/// Deletes the last rows of the tenant's longest lane; returns the number of the first of them.
async fn cut_quietly(work: &Work<'_>, tenant: &Made) -> Result<i64, Trouble> {
    let unable = || Failure::new(Exit::Unexpected, "the tail of the trail could not be cut");
    let tail = work.select(TAIL, &[&tenant.id]).await?.pop().ok_or_else(unable)?;
    let text = |name: &str| tail.text(name).unwrap_or_default();
    let (table, lane) = (text("partition"), text("chain_lane"));
    let last: i64 = text("chain_seq").parse().map_err(|_| unable())?;
    let lane: i16 = lane.parse().map_err(|_| unable())?;
    let first = last - CUT + 1;
    work.batch(&format!("ALTER TABLE {table} DISABLE TRIGGER guard_audit")).await?;
    let sql = format!(
        "DELETE FROM {table} WHERE tenant_id = $1::text::uuid AND chain_lane = $2 AND chain_seq >= $3"
    );
    let deleted = work.run(&sql, &[&tenant.id, &lane, &first]).await?;
    work.batch(&format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_audit")).await?;
    if i64::try_from(deleted) == Ok(CUT) { Ok(first) } else { Err(unable().into()) }
}

async fn one_event_is_proved(
    stage: &mut Stage<'_>,
    tenant: &Made,
    folder: &Path,
    notes: &Notes,
    public_key: &str,
) -> Result<(), Trouble> {
    let work = stage.sessions.auditor.begin(Context::default()).await?;
    let sql =
        "SELECT min(id) FROM awgp.audit_logs WHERE tenant_id = $1::text::uuid AND entity_type = 'approvals'";
    let id = work.number(sql, &[&tenant.id]).await?;
    drop(work);
    let (file, note) = (folder.join("proof.json"), notes.signed[0].path.clone());
    let options = AuditProve { id, checkpoint: note, out: file.clone() };
    proof::prove(&mut stage.sessions.auditor, tenant.context(), &options, Output::Json).await?;
    let check = |file: PathBuf| {
        check_proof::check(&AuditCheckProof { file, public_key: public_key.to_owned() }, Output::Table)
    };
    stage.narrator.equal(
        "proofs of the approval's record that hold, checked without the server",
        1,
        held(&check(file.clone())),
    )?;
    let edited = folder.join("edited.json");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    key::write_new(&edited, text.replace("\"action\": \"insert\"", "\"action\": \"update\""), false)?;
    Ok(stage.narrator.equal("such proofs that hold with one word changed", 0, held(&check(edited)))?)
}

fn held(outcome: &Result<String, Failure>) -> i64 {
    i64::from(outcome.is_ok())
}

async fn as_auditor(stage: &mut Stage<'_>, tenant: &Made, notes: &Notes) -> Result<Report, Trouble> {
    let work = stage.sessions.auditor.begin(Context::default()).await?;
    verify::within(&work, tenant.context(), Some(notes)).await
}

fn count(report: &Report) -> i64 {
    i64::try_from(report.findings.len()).unwrap_or(i64::MAX)
}

fn proved(report: &Report) -> i64 {
    i64::try_from(report.proved.len()).unwrap_or(i64::MAX)
}
