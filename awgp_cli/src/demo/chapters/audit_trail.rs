//! The audit trail: work is recorded, the record verifies, nobody may change it; and when a superuser changes
//! it, verification names the row.

use crate::audit::verify::{self, report::Report};
use crate::demo::stage::{Made, Stage, attempt_in};
use awgp_client::{Context, Exit, Failure, Trouble, Work};
use awgp_core::audit::finding::Kind;
use awgp_core::counted::counted;

/// The approval that is requested, in plain SQL as an application's ORM would write it.
const ASK: &str = "
    INSERT INTO awgp.approvals (tenant_id, work_item_id, title, risk_level, requested_by, expires_at)
    VALUES (awgp.current_tenant(), $1::text::uuid, 'May it be paid?', 4, $2::text::uuid, now() + interval '1 day')
    RETURNING id::text";

/// The record of the approval: its number and its partition.
const RECORD: &str = "
    SELECT a.id FROM awgp.audit_logs a
    WHERE a.entity_type = 'approvals' AND a.entity_id = $1::text::uuid ORDER BY a.id LIMIT 1";

/// Runs the chapter.
pub async fn tell(stage: &mut Stage<'_>) -> Result<(), Trouble> {
    stage.narrator.chapter(
        "The audit trail",
        "Every change is chained in its own transaction; the login that reads the trail is an auditor's.",
    )?;
    let Some(tenant) = stage.made.get(1).cloned() else { unreachable!("a scenario has two subsidiaries") };
    let approval = work_is_done(stage, &tenant).await?;
    let report = verified(stage, &tenant).await?;
    stage.narrator.equal("findings in the trail of this tenant", 0, count(&report))?;
    stage.narrator.step(&format!(
        "{} in {} were read and hashed by this program",
        counted(report.rows, "row"),
        counted(report.lanes.unwrap_or(0), "lane")
    ))?;
    let sql = "UPDATE awgp.audit_logs SET action = 'nothing'";
    let attempt = stage.attempt(tenant.context(), sql, &[]).await?;
    stage.narrator.refused("the application edits the trail", &["42501"], &attempt)?;
    a_superuser_edits(stage, &tenant, &approval).await?;
    let report = verified(stage, &tenant).await?;
    Ok(stage.narrator.equal("findings after the edit was rolled back", 0, count(&report))?)
}

/// A few changes by one person in one transaction, and their events.
async fn work_is_done(stage: &mut Stage<'_>, tenant: &Made) -> Result<String, Trouble> {
    let Some((email, user)) = tenant.users.iter().next() else { unreachable!("a tenant has users") };
    let work = stage.sessions.app.begin(Context { tenant: Some(&tenant.slug), user: Some(email) }).await?;
    let update =
        "UPDATE awgp.work_items SET priority = 6 - priority WHERE id = $1::text::uuid AND priority <> 3";
    let mut changed = 0;
    for item in &tenant.work_items {
        changed += work.run(update, &[item]).await?;
    }
    let approval = work.text(ASK, &[&tenant.any_work_item(), user]).await?;
    work.commit().await?;
    let work = stage.sessions.app.begin(tenant.context()).await?;
    let sql = "SELECT count(*) FROM awgp.audit_logs WHERE actor_type = 'user' AND actor_id = $1::text::uuid
               AND ((entity_type = 'work_items' AND action = 'update') OR entity_id = $2::text::uuid)";
    let events = work.number(sql, &[user, &approval]).await?;
    drop(work);
    // Requesting makes the item wait, which is a change too.
    let expected = i64::try_from(changed).unwrap_or(i64::MAX).saturating_add(2);
    stage.narrator.equal(
        &format!("events that {email} left: changed work items, one of them twice, and one approval"),
        expected,
        events,
    )?;
    Ok(approval)
}

/// In a transaction that is rolled back, so that the trail stays complete.
async fn a_superuser_edits(stage: &mut Stage<'_>, tenant: &Made, approval: &str) -> Result<(), Trouble> {
    let work = stage.sessions.dba.begin(Context::default()).await?;
    let id = work.number(RECORD, &[&approval]).await?;
    work.batch("SET LOCAL session_replication_role = replica").await?;
    let attempt =
        attempt_in(&work, "UPDATE awgp.audit_logs SET actor_id = NULL WHERE id = $1", &[&id]).await?;
    drop(work);
    stage.narrator.refused(
        "a superuser edits it, with triggers off for replication",
        &["42501"],
        &attempt,
    )?;
    let work = stage.sessions.dba.begin(Context::default()).await?;
    edit_quietly(&work, id).await?;
    stage.narrator.step(
        "a superuser switches the guard off, lowers the risk in the approval's record, and switches it on",
    )?;
    let report = verify::within(&work, tenant.context(), None).await?;
    drop(work);
    let rows = report.findings.iter().map(|finding| {
        let number = |value: Option<i64>| value.map_or(String::new(), |value| value.to_string());
        vec![
            finding.kind.name().to_owned(),
            finding.partition_name.clone().unwrap_or_default(),
            number(finding.chain_lane.map(i64::from)),
            number(finding.chain_seq),
            number(finding.audit_id),
        ]
    });
    stage.narrator.table(&["finding", "partition", "lane", "number", "row"], rows.collect())?;
    stage.narrator.equal("findings", 1, count(&report))?;
    let changed = report.findings.iter().find(|finding| finding.kind == Kind::ChangedRow);
    let named = changed.and_then(|finding| finding.audit_id).unwrap_or(0);
    Ok(stage.narrator.equal("the changed row that is named is the approval's record", id, named)?)
}

async fn edit_quietly(work: &Work<'_>, id: i64) -> Result<(), Trouble> {
    let partition = "SELECT format('%I.%I', n.nspname, c.relname) FROM awgp.audit_logs a
        JOIN pg_catalog.pg_class c ON c.oid = a.tableoid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE a.id = $1";
    let table = work.text(partition, &[&id]).await?;
    work.batch(&format!("ALTER TABLE {table} DISABLE TRIGGER guard_audit")).await?;
    let sql = format!(
        "UPDATE {table} SET after_state = jsonb_set(after_state, '{{risk_level}}', '0') WHERE id = $1"
    );
    let edited = work.run(&sql, &[&id]).await?;
    work.batch(&format!("ALTER TABLE {table} ENABLE ALWAYS TRIGGER guard_audit")).await?;
    if edited != 1 {
        return Err(Failure::new(Exit::Unexpected, "the approval's record could not be edited").into());
    }
    Ok(())
}

/// The tenant's trail, verified through the auditor's login.
async fn verified(stage: &mut Stage<'_>, tenant: &Made) -> Result<Report, Trouble> {
    let work = stage.sessions.auditor.begin(Context::default()).await?;
    verify::within(&work, tenant.context(), None).await
}

fn count(report: &Report) -> i64 {
    i64::try_from(report.findings.len()).unwrap_or(i64::MAX)
}
