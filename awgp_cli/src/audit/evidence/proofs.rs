//! Receipts of the actions of the time, and proofs of what was in force when it began.

use super::answers::{Said, tried};
use super::pack::Pack;
use crate::audit::notes::{Notes, Signed};
use crate::audit::verify::plan::{parse, text};
use crate::render;
use awgp_client::receipt;
use awgp_client::{Exit, Failure, Trouble, Work, proof};
use awgp_core::audit::checkpoint::Checkpoint;
use awgp_core::audit::evidence::index::Absent;
use awgp_core::audit::evidence::mapping::Mapping;
use awgp_core::audit::evidence::{BEFORE, RECEIPTS};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The last event before a time of each thing of these kinds, as AWGP has recorded it.
const LAST: &str = "
    SELECT id FROM (
        SELECT DISTINCT ON (entity_type, entity_id) id, action FROM awgp.audit_logs
        WHERE tenant_id = $1::text::uuid AND entity_type = ANY ($2::text::text[]) AND entity_id IS NOT NULL
          AND action IN ('insert', 'update', 'delete') AND \"timestamp\" < $3::text::timestamptz
          AND NOT COALESCE(metadata ? 'origin', false)
        ORDER BY entity_type, entity_id, id DESC) AS last
    WHERE action <> 'delete' ORDER BY id";

/// Proves things of one tenant by its notes.
pub struct Prover<'a, 'w> {
    /// The snapshot.
    pub work: &'a Work<'w>,
    /// The tenant.
    pub tenant_id: Uuid,
    /// The notes, where some were given.
    pub notes: Option<&'a Notes>,
    /// What could not be proved.
    pub absent: Vec<Absent>,
}

impl<'a> Prover<'a, '_> {
    /// The tenant's own checkpoints, the smallest first.
    fn checkpoints(&self) -> Vec<(&'a Checkpoint, &'a Signed)> {
        self.notes.map_or_else(Vec::new, |notes| notes.checkpoints(self.tenant_id))
    }

    /// Writes the receipt of each action.
    pub async fn receipts(&mut self, pack: &mut Pack, actions: &BTreeSet<Uuid>) -> Result<(), Trouble> {
        for action in actions {
            let file = format!("{RECEIPTS}{action}.json");
            let made = tried(self.work, self.receipt(*action)).await?;
            self.put(pack, file, made)?;
        }
        Ok(())
    }

    async fn receipt(&self, action: Uuid) -> Result<String, Trouble> {
        let condition = format!("tenant_id = '{}'::uuid", self.tenant_id);
        let events = receipt::events(self.work, action, &condition).await?;
        let notes = self.checkpoints();
        let covers = notes.iter().find(|(checkpoint, _)| checkpoint.size >= events.least);
        let Some((_, signed)) = covers else {
            return Err(receipt::uncovered("no note that was given covers all events of the action").into());
        };
        let made = receipt::made(self.work, &events, signed.note.clone()).await?;
        let made = made.map_err(|doubt| Failure::new(Exit::Unexpected, doubt.to_string()))?;
        Ok(render::pretty(&made))
    }

    /// Writes the proof of the last state of each thing before the time.
    pub async fn before(&mut self, pack: &mut Pack, mapping: &Mapping, from: &str) -> Result<(), Trouble> {
        let kinds = format!("{{{}}}", mapping.before.join(","));
        let Some((_, newest)) = self.checkpoints().pop() else { return Ok(()) };
        for row in self.work.select(LAST, &[&self.tenant_id.to_string(), &kinds, &from]).await? {
            let id: i64 = parse(&text(&row, "id"))?;
            let proved = async {
                let condition = format!("tenant_id = '{}'::uuid", self.tenant_id);
                let made = Box::pin(proof::prove(self.work, id, &condition, newest.note.clone())).await?;
                let made = made.map_err(|unproven| Failure::new(Exit::Unexpected, unproven.to_string()))?;
                Ok::<String, Trouble>(render::pretty(&made.proof))
            };
            let made = tried(self.work, proved).await?;
            self.put(pack, format!("{BEFORE}{id}.json"), made)?;
        }
        Ok(())
    }

    fn put(&mut self, pack: &mut Pack, file: String, made: Said<String>) -> Result<(), Failure> {
        match made {
            Ok(text) => pack.whole(&file, &text),
            Err(reason) => {
                self.absent.push(Absent { file, reason });
                Ok(())
            }
        }
    }
}
