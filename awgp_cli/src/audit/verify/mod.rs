//! `awgp audit verify`: every row is read and hashed here; no function of the server is trusted.
//!
//! | file | what it does |
//! |---|---|
//! | [`plan`] | what is read, and the statements that read it |
//! | [`job`] | a connection that reads a share of the lanes in the common snapshot |
//! | [`scan`] | from rows in heap order to suspicions, without a sort |
//! | [`seal`] | sealed partitions against audit_log_integrity |
//! | [`signed`] | the notes of an auditor against the rows |
//! | [`erasable`] | erasable values against the commitments of the rows |
//! | [`structure`] | triggers, policies and partitions in the catalog |
//! | [`file`], [`month`] | an exported file, and the manifest beside it |
//! | [`files`] | exported files and notes instead of a database |
//! | [`names`] | the names that belong to ids in findings |
//! | [`report`], [`progress`] | the output |

pub mod erasable;
pub mod file;
pub mod files;
pub mod job;
pub mod month;
mod names;
pub mod plan;
pub mod progress;
pub mod report;
pub mod scan;
pub mod seal;
pub mod signed;
pub mod structure;

use super::cosigning;
use super::lineage;
use super::notes::{Known, Notes};
use super::scope::{self, Scope};
use super::timestamp;
use crate::following::heard;
use crate::invocation::{Invocation, print};
use crate::opt::AuditVerify;
use awgp_client::{Context, Exit, Failure, Session, Target, Trouble, Work};
use awgp_core::audit::finding::{Finding, Kind, Severity};
use awgp_core::audit::lane::LaneVerifier;
use awgp_core::audit::reconcile::Reconciler;
use awgp_core::reason::Reason;
use job::{Job, Shared};
use names::Names;
use plan::{Plan, Share};
use progress::Progress;
use report::{Report, Stops};
use scan::Evidence;
use seal::Seals;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::signal::unix::SignalKind;
use tokio::task::JoinSet;
use uuid::Uuid;

const REDRAW: Duration = Duration::from_millis(100);

/// Verifies and prints. The exit code is 12 when a finding has severity error.
pub async fn run(options: &AuditVerify, invocation: &Invocation<'_>) -> Result<Exit, Failure> {
    let Known { notes, keys } = Known::read(&options.checkpoint, options.public_key.as_deref())?;
    let cosigned = match (&notes, &options.witness) {
        (Some(notes), Some(file)) => Some(cosigning::verify(notes, &cosigning::policy(file)?)?),
        _ => None,
    };
    if options.public_key.is_some() && options.checkpoint.is_empty() && options.file.is_empty() {
        return Err(Failure::new(Exit::Usage, "a public key is given, and nothing that it has signed")
            .hint("add --checkpoint NOTE|DIR, or --file with an exported month"));
    }
    let mut report = match options.file.as_slice() {
        [_, ..] => {
            let asked = files::Beside { notes: notes.as_ref(), keys: &keys, is_part: options.part };
            files::verify(&options.file, options.install_id, &asked)?
        }
        [] => {
            let (target, context) = (invocation.target()?, invocation.context);
            Session::within(&target, async |leader| {
                lead(leader, &target, context, options, notes.as_ref()).await
            })
            .await?
        }
    };
    if let (Some(notes), Some(file)) = (&notes, &options.tsa_certificate) {
        report.timestamps = Some(timestamp::verify(notes, file)?);
    }
    report.cosigned = cosigned;
    report.keys = notes.map_or_else(Vec::new, |notes| notes.keys.keys().to_vec());
    print(&report.render(invocation.output), report.exit())
}

/// Verifies the log with jobs on their own connections, all in one snapshot.
async fn lead(
    leader: &mut Session,
    target: &Target,
    context: Context<'_>,
    options: &AuditVerify,
    notes: Option<&Notes>,
) -> Result<Report, Trouble> {
    let begun = Instant::now();
    leader.client().batch_execute(job::SESSION).await?;
    let work = leader.begin(Context::default()).await?;
    let scope = scope::enter(&work, context).await?;
    let (scope, tenants) = narrowed(scope, notes)?;
    let signed_install = notes.map_or(Ok(None), Notes::install_id)?;
    let install_id = options.install_id.or(signed_install);
    let mut plan = Plan::make(&work, &scope, install_id, options.partition.as_deref()).await?;
    if let Some(notes) = notes {
        plan = plan.with_signed(signed::links(&work, notes, &tenants).await?);
    }
    let stored = if plan.whole { seal::stored(&work).await? } else { Vec::new() };
    let seals = Seals::of(&plan.partitions, &stored);
    let snapshot = work.text("SELECT pg_export_snapshot()", &[]).await?;
    let job = |index| Job {
        target: target.clone(),
        tenant: context.tenant.map(str::to_owned),
        user: context.user.map(str::to_owned),
        snapshot: snapshot.clone(),
        share: Share { index, of: options.jobs },
    };
    let jobs = (0..options.jobs).map(job).collect();
    let plan = Arc::new(plan);
    let evidence = gather(jobs, &plan, &seals).await?;
    let mut report = conclude(&work, &plan, evidence, &stored, begun).await?;
    if let Some(expected) = options.install_id {
        report.findings.extend(lineage::other_install(&plan.lineage, expected));
    }
    if let Some(notes) = notes {
        report.proved = signed::judge(&work, notes, &tenants, &mut report.findings).await?;
        report.took = begun.elapsed();
    }
    report.names = Names::of(&work, &report.findings).await?;
    Ok(report)
}

/// The tenants of the notes that this login reads and that were requested.
fn narrowed(scope: Scope, notes: Option<&Notes>) -> Result<(Scope, Vec<Uuid>), Failure> {
    let Some(notes) = notes else { return Ok((scope, Vec::new())) };
    let tenants: Vec<Uuid> = match &scope {
        Scope::All => notes.tenants(),
        Scope::Tenants(visible) => notes.tenants().into_iter().filter(|id| visible.contains(id)).collect(),
    };
    // What is not read must not look proved.
    if tenants.is_empty() {
        return Err(Failure::of_reason(
            Reason::UnknownTenant,
            "the notes cover no tenant that is requested and visible",
        )
        .hint("name the notes of the tenant, or log in as an auditor"));
    }
    Ok((Scope::Tenants(tenants.clone()), tenants))
}

/// Verifies the log within a transaction, including its own uncommitted changes; also against notes, where
/// some are given.
pub async fn within(work: &Work<'_>, context: Context<'_>, notes: Option<&Notes>) -> Result<Report, Trouble> {
    let begun = Instant::now();
    // A proxy such as PgDog takes no statement beside SET.
    work.batch("SAVEPOINT before").await?;
    work.batch("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'").await?;
    let (scope, tenants) = narrowed(scope::enter(work, context).await?, notes)?;
    let install_id = notes.map_or(Ok(None), Notes::install_id)?;
    let mut plan = Plan::make(work, &scope, install_id, None).await?;
    if let Some(notes) = notes {
        plan = plan.with_signed(signed::links(work, notes, &tenants).await?);
    }
    work.batch("SAVEPOINT reading").await?;
    work.batch(job::FROM_THE_HEAP).await?;
    let evidence = job::read(work, &plan, Share::WHOLE, Seals::default(), &Shared::default()).await?;
    work.batch("ROLLBACK TO SAVEPOINT reading").await?;
    let mut report = conclude(work, &plan, vec![evidence], &[], begun).await?;
    if let Some(notes) = notes {
        report.proved = signed::judge(work, notes, &tenants, &mut report.findings).await?;
    }
    work.batch("ROLLBACK TO SAVEPOINT before").await?;
    Ok(report)
}

/// Runs the jobs and waits for all of them. The first error stops the others.
async fn gather(jobs: Vec<Job>, plan: &Arc<Plan>, seals: &Seals) -> Result<Vec<Evidence>, Trouble> {
    let mut interrupts = heard(SignalKind::interrupt())?;
    let shared = Arc::new(Shared::default());
    let progress = Progress::of_rows(plan.estimate());
    let mut running = JoinSet::new();
    for job in jobs {
        let (plan, seals, shared) = (Arc::clone(plan), seals.clone(), Arc::clone(&shared));
        let index = job.share.index;
        running.spawn_blocking(move || job.run(&plan, seals, &shared).map(|evidence| (index, evidence)));
    }
    let mut gathered = Vec::new();
    let mut first_trouble = None;
    let mut trouble = |trouble: Trouble| {
        shared.stop.store(true, Ordering::Relaxed);
        first_trouble.get_or_insert(trouble);
    };
    loop {
        tokio::select! {
            ended = running.join_next() => match ended {
                None => break,
                Some(Ok(Ok(evidence))) => gathered.push(evidence),
                Some(Ok(Err(found))) => trouble(found),
                Some(Err(panic)) => trouble(Failure::new(Exit::Unexpected, format!("a job ended: {panic}")).into()),
            },
            () = tokio::time::sleep(REDRAW) => progress.set(shared.rows.load(Ordering::Relaxed)),
            _ = interrupts.recv() => trouble(Failure::new(Exit::Interrupted, "interrupted").into()),
        }
    }
    progress.clear();
    match first_trouble {
        Some(trouble) => Err(trouble),
        None => {
            // The findings do not depend on which job ends first.
            gathered.sort_by_key(|(index, _)| *index);
            Ok(gathered.into_iter().map(|(_, evidence)| evidence).collect())
        }
    }
}

/// Whether a finding is about the rows of the partition whose seal another finding is about.
fn names_rows_of(findings: &[Finding], seal: &Finding) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error && finding.partition_name == seal.partition_name)
}

/// From all evidence to findings: lanes first, so that a row moved from one to another is recognised; then
/// partitions, seals and guards.
async fn conclude(
    work: &Work<'_>,
    plan: &Plan,
    evidence: Vec<Evidence>,
    stored: &[seal::Stored],
    begun: Instant,
) -> Result<Report, Trouble> {
    let mut reconciler = Reconciler::default();
    let mut begun_lanes = BTreeSet::new();
    let (mut rows, mut lanes, mut seals) = (0, 0, Seals::default());
    let may_have_erasable = evidence.iter().any(|part| part.may_have_erasable);
    for part in evidence {
        rows += part.rows;
        lanes += part.lanes.len();
        begun_lanes.extend(part.lanes);
        seals.merge(part.seals);
        (0..part.lanes_from_genesis).for_each(|_| reconciler.note_lane_from_genesis());
        part.suspicions.into_iter().for_each(|suspicion| reconciler.add(suspicion));
    }
    let mut suspicions = Vec::new();
    for lane in plan.sealed_lanes().filter(|lane| !begun_lanes.contains(lane)) {
        // A lane that a seal names, without any row left.
        LaneVerifier::new(lane, plan.lane_facts(lane)).finish(&mut suspicions);
    }
    suspicions.into_iter().for_each(|suspicion| reconciler.add(suspicion));
    let mut findings: Vec<Finding> = reconciler.finish();
    structure::name_partitions(work, &mut findings).await?;
    if plan.only.is_none() {
        findings = structure::partitions(work, findings).await?;
    }
    // Where rows were changed the seal cannot fit either: one act is one finding.
    let mut broken = seals.check(&plan.partitions, stored);
    broken.retain(|seal| seal.kind == Kind::IntegrityMissing || !names_rows_of(&findings, seal));
    findings.extend(broken);
    findings.extend(structure::guards(work).await?);
    findings.extend(erasable::findings(work, plan, may_have_erasable).await?);
    if plan.whole {
        findings.extend(structure::retirements(work).await?);
    }
    Ok(Report {
        findings,
        names: Names::default(),
        rows,
        lanes: Some(lanes),
        took: begun.elapsed(),
        proved: Vec::new(),
        stops: Stops::default(),
        witness: None,
        keys: Vec::new(),
        timestamps: None,
        cosigned: None,
    })
}
