//! `awgp audit checkpoint`: signs the present state of each tenant's trail.
//!
//! The database creates the checkpoint, and this program does not trust it: from the folder's last note on it
//! computes the tree from the rows, and signs what it has computed. A tree that does not extend the last
//! signed one is not signed. Then the database gets the note, so that it knows what may be retired.

use super::cosigning::Witnesses;
use super::lineage;
use super::notes::Notes;
use super::rekey::replaced;
use super::scope::{self, Scope};
use super::signing::Signing;
use super::timestamp::Authority;
use super::verify::plan::{parse, text};
use super::walk;
use crate::opt::{AuditCheckpoint, Output};
use crate::render;
use awgp_client::{Context, Exit, Failure, Row, Session, Trouble, Work};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::group::{Group, Member};
use awgp_core::reason::Reason;
use serde_json::{Value, json};
use std::path::Path;
use uuid::Uuid;

/// Every tenant that has a row, with one index lookup each.
const ALL: &str = "
    WITH RECURSIVE tenant (id) AS (
        (SELECT tenant_id FROM awgp.audit_logs ORDER BY tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT a.tenant_id FROM awgp.audit_logs AS a WHERE a.tenant_id > tenant.id
                ORDER BY a.tenant_id LIMIT 1)
        FROM tenant WHERE tenant.id IS NOT NULL)
    SELECT id FROM tenant WHERE id IS NOT NULL ORDER BY id";

/// The direct subsidiaries of these tenants that have a row, including inactive ones: their trail continues.
const SUBSIDIARIES: &str = "
    SELECT parent_tenant_id AS holding_id, id FROM awgp.tenants
    WHERE parent_tenant_id::text = ANY ($1)
      AND EXISTS (SELECT FROM awgp.audit_logs AS a WHERE a.tenant_id = tenants.id)
    ORDER BY parent_tenant_id, id";

const COLUMNS: [&str; 5] = ["kind", "tenant_id", "tree_size", "signed", "note"];

/// The trees to sign.
struct Targets {
    tenants: Vec<Uuid>,
    /// Holdings with their direct subsidiaries.
    holdings: Vec<(Uuid, Vec<Uuid>)>,
}

/// Signs, and lists the notes.
pub async fn checkpoint(
    session: &mut Session,
    context: Context<'_>,
    options: &AuditCheckpoint,
    output: Output,
) -> Result<String, Trouble> {
    let authority = Authority::of(options)?;
    let witnesses = options.witness.as_deref().map(Witnesses::of).transpose()?;
    let signing = Signing::of(&options.by)?;
    let mut notes = Notes::in_folder(&options.out, &signing.public_key)?;
    if notes.keys.newest() != signing.public_key {
        return Err(replaced(&signing.public_key, notes.keys.newest()).into());
    }
    if let Some(split) = notes.split_views().first() {
        return Err(not_extended(&format!("the folder holds two histories: {}", split.detail)).into());
    }
    let work = session.begin(Context::default()).await?;
    let targets = targets(&work, context, options.all_tenants).await?;
    drop(work);
    let mut signer = Signer { session, folder: &options.out, notes: &mut notes, signing: &signing };
    let mut told = Vec::new();
    for tenant in &targets.tenants {
        told.push(signer.tenant(*tenant).await?);
    }
    for (holding, members) in &targets.holdings {
        told.push(signer.group(*holding, members)?);
    }
    // Every note is signed before others are asked: an authority or a witness that fails costs no note.
    let mut columns = COLUMNS.to_vec();
    if let Some(witnesses) = &witnesses {
        for row in told.iter_mut().filter(|row| row["kind"] == "tenant") {
            let tenant = Uuid::parse_str(row["tenant_id"].as_str().unwrap_or_default()).unwrap_or_default();
            row["cosignatures"] = json!(witnesses.cosign(session, &notes, tenant).await?);
        }
        columns.push("cosignatures");
    }
    if let Some(authority) = &authority {
        for row in &mut told {
            let at = authority.stamp(Path::new(row["note"].as_str().unwrap_or_default()))?;
            row["stamped_at"] = json!(at);
        }
        columns.push("stamped_at");
    }
    let rows: Result<Vec<Row>, _> = told.iter().map(|row| Row::from_json(&row.to_string())).collect();
    let rows = rows.map_err(|error| Failure::new(Exit::Unexpected, error.to_string()))?;
    Ok(render::list(&rows, &columns, output))
}

async fn targets(work: &Work<'_>, context: Context<'_>, all: bool) -> Result<Targets, Trouble> {
    let mut tenants: Vec<Uuid> = Vec::new();
    if all {
        for row in work.select(ALL, &[]).await? {
            tenants.push(parse(&text(&row, "id"))?);
        }
    } else {
        let none = || {
            Failure::new(Exit::Usage, "no tenant is given to sign")
                .note("reason", Reason::NoTenantContext.name())
                .hint("add --tenant SLUG, or --all-tenants")
        };
        let Scope::Tenants(found) = scope::enter(work, context).await? else { return Err(none().into()) };
        tenants.push(*found.first().ok_or_else(none)?);
    }
    let ids: Vec<String> = tenants.iter().map(Uuid::to_string).collect();
    let mut holdings: Vec<(Uuid, Vec<Uuid>)> = Vec::new();
    for row in work.select(SUBSIDIARIES, &[&ids]).await? {
        let (holding, id): (Uuid, Uuid) = (parse(&text(&row, "holding_id"))?, parse(&text(&row, "id"))?);
        match holdings.last_mut().filter(|(last, _)| *last == holding) {
            Some((_, members)) => members.push(id),
            None => holdings.push((holding, vec![holding, id])),
        }
        tenants.push(id);
    }
    tenants.sort_unstable();
    tenants.dedup();
    Ok(Targets { tenants, holdings })
}

struct Signer<'a> {
    session: &'a mut Session,
    folder: &'a Path,
    notes: &'a mut Notes,
    signing: &'a Signing,
}

impl Signer<'_> {
    /// Signs a tenant's tree, where it has grown.
    async fn tenant(&mut self, tenant_id: Uuid) -> Result<Value, Trouble> {
        let made = self.made(tenant_id).await?;
        let last = self.notes.checkpoints(tenant_id).last().map(|(last, _)| (*last).clone());
        if self.notes.install_id()?.is_some_and(|install_id| install_id != made.install_id) {
            return Err(not_extended("the notes in the folder are from another database").into());
        }
        let work = self.session.begin(Context::default()).await?;
        let computed = compute(&work, tenant_id, last.as_ref(), &made).await?;
        drop(work);
        let is_new = last.as_ref() != Some(&computed);
        let signed = if is_new {
            let name = format!("{tenant_id}.{}", computed.size);
            let Signing { public_key, .. } = self.signing;
            self.notes.sign(self.folder, &name, &computed.to_text(), &[self.signing.signer()], public_key)?
        } else {
            let Some((_, signed)) = self.notes.checkpoints(tenant_id).pop() else {
                return Err(not_extended("the last note is gone").into());
            };
            signed
        };
        let (path, note, signed_by) = (signed.path.clone(), signed.note.clone(), signed.signed_by.clone());
        let work = self.session.begin(Context::default()).await?;
        work.run("SELECT awgp.confirm_checkpoint($1::text, $2::text)", &[&note, &signed_by]).await?;
        work.commit().await?;
        Ok(json!({
            "kind": "tenant", "tenant_id": tenant_id, "tree_size": computed.size,
            "root_hash": computed.root, "signed": is_new, "note": path,
        }))
    }

    /// Lets the database append new rows, and commits: a note of a tree that was rolled back would be a
    /// second history.
    async fn made(&mut self, tenant_id: Uuid) -> Result<Checkpoint, Trouble> {
        let work = self.session.begin(Context::default()).await?;
        let sql = "SELECT awgp.audit_checkpoint($1::text::uuid) ->> 'body'";
        let body = work.text(sql, &[&tenant_id.to_string()]).await?;
        work.commit().await?;
        Checkpoint::parse(&body).map_err(|malformed| {
            not_extended(&format!("the database's checkpoint cannot be read: {malformed}")).into()
        })
    }

    /// Signs one note over the last notes of a holding and its subsidiaries, where one of them is new.
    fn group(&mut self, holding_id: Uuid, members: &[Uuid]) -> Result<Value, Failure> {
        let mut trees = Vec::new();
        let mut install_id = Uuid::nil();
        for tenant_id in members {
            let Some((checkpoint, _)) = self.notes.checkpoints(*tenant_id).pop() else { continue };
            install_id = checkpoint.install_id;
            trees.push(Member { tenant_id: *tenant_id, size: checkpoint.size, root: checkpoint.root });
        }
        trees.sort_by_key(|tree| *tree.tenant_id.as_bytes());
        let group = Group { install_id, holding_id, members: trees };
        let last = self.notes.group(holding_id).filter(|(last, _)| **last == group);
        let is_new = last.is_none();
        let path = match last {
            Some((_, signed)) => signed.path.clone(),
            None => {
                let name = format!("{holding_id}.group.{}.{}", group.members.len(), group.rows());
                let Signing { public_key, .. } = self.signing;
                let signers = [self.signing.signer()];
                self.notes.sign(self.folder, &name, &group.to_text(), &signers, public_key)?.path.clone()
            }
        };
        Ok(json!({
            "kind": "group", "tenant_id": holding_id, "tree_size": group.rows(), "members": group.members.len(),
            "root_hash": group.root(), "signed": is_new, "note": path,
        }))
    }
}

/// The checkpoint as this program computes it from the rows. It must be the one that the database has
/// created.
async fn compute(
    work: &Work<'_>,
    tenant_id: Uuid,
    last: Option<&Checkpoint>,
    made: &Checkpoint,
) -> Result<Checkpoint, Trouble> {
    if let Some(last) = last.filter(|last| made.size < last.size) {
        let what = format!("{} rows were signed, and the database has {}", last.size, made.size);
        return Err(not_extended(&what).into());
    }
    let lineage = lineage::of_tenant(work, tenant_id, made.install_id).await?;
    let walked = walk::walk(work, &lineage, tenant_id, last, made.size).await?;
    let walked = walked.map_err(|what| not_extended(&what))?;
    let computed = Checkpoint {
        install_id: made.install_id,
        tenant_id,
        size: made.size,
        root: walked.frontier.root(),
        lanes: walked.lanes.into_iter().collect(),
    };
    if computed != *made {
        return Err(not_extended("the rows yield another tree than the database's").into());
    }
    Ok(computed)
}

fn not_extended(what: &str) -> Failure {
    Failure::of_reason(Reason::CheckpointNotExtended, format!("nothing was signed: {what}"))
        .hint("find out what was changed with: awgp audit verify --checkpoint DIR --public-key KEY")
}
