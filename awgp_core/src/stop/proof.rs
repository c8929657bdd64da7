//! What a trail proves of a stop: that nothing began between it and its end.
//!
//! The trail of a tenant has lanes, each with an order of its own; there is no order across lanes. The
//! event of a stop names the last link of each lane of its tenant (its *heads*), read while no beginning
//! could commit. What a lane has up to the head was committed before the stop, what begins something after
//! it was committed later. The event of the end names the heads then. So in each lane, after the head of
//! the stop and up to the head of the end, no row may begin something in the scope; without an end, none at
//! all may after the head.
//!
//! The event's hash covers the heads, and a head's hash covers its lane up to it. So rows before the stop
//! cannot be changed, moved or invented later without the chain or a head contradicting. This module
//! compares heads with rows; that the rows follow each other, [`crate::audit::verify`] checks.
//!
//! Failure handling: what cannot be read is a finding, so that a proof never holds for want of something.

use super::{BEGAN, ENDED, ENTITY, Scope};
use crate::audit::row::RowRef;
use crate::named::named;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

named! {
    /// Why a trail does not prove it.
    Kind {
        /// Something began between the stop and its end.
        Begun = "begun",
        /// A row where a head of the event is has another hash.
        HeadDiffers = "head_differs",
        /// A row that is the head of a lane in an event is not there.
        HeadMissing = "head_missing",
        /// A tenant that the stop covers has rows and no event of the stop.
        NotSaid = "not_said",
        /// An event of the stop is there twice.
        SaidTwice = "said_twice",
        /// A row that may begin something, or an event of the stop, cannot be read.
        Unreadable = "unreadable",
    }
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What.
    pub kind: Kind,
    /// The tenant of the trail.
    pub tenant: Uuid,
    /// The lane.
    pub lane: Option<i16>,
    /// The number in the lane.
    pub seq: Option<i64>,
    /// The row.
    pub audit_id: Option<i64>,
    /// In words.
    pub detail: String,
}

/// What an event of the stop says.
#[derive(Clone, Debug, Deserialize)]
struct Said {
    scope: String,
    assistant_id: Option<Uuid>,
    /// The last link of each lane: lane, number, hash.
    heads: Vec<(i16, i64, String)>,
    /// The tenants that the stop covers, where the event is in the trail of who was stopped.
    #[serde(default)]
    tenants: Vec<Uuid>,
}

/// The two events in one tenant's trail.
#[derive(Clone, Debug, Default)]
struct Marks {
    began: Option<Said>,
    ended: Option<Said>,
}

/// The proof of one stop. First every row is passed to [`Proof::learn`], then every row to [`Proof::judge`].
#[derive(Debug)]
pub struct Proof {
    stop: Uuid,
    marks: BTreeMap<Uuid, Marks>,
    /// The heads that have not come by yet, with their hashes.
    heads: BTreeMap<(Uuid, i16, i64), String>,
    /// The tenants that have rows.
    shown: BTreeSet<Uuid>,
    found: Vec<Found>,
    begun: u64,
}

/// What the proof says.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What does not fit; nothing where it holds.
    pub found: Vec<Found>,
    /// The tenants in whose trails the stop's event is.
    pub said: Vec<Uuid>,
    /// The tenants that the stop covered and of whom no row was shown.
    pub not_shown: Vec<Uuid>,
    /// True where every trail shown that has the stop also has its end.
    pub is_ended: bool,
    /// How many beginnings the rows have in all, before and after included.
    pub begun: u64,
}

impl Proof {
    /// The proof of a stop.
    pub fn of(stop: Uuid) -> Self {
        Self {
            stop,
            marks: BTreeMap::new(),
            heads: BTreeMap::new(),
            shown: BTreeSet::new(),
            found: Vec::new(),
            begun: 0,
        }
    }

    /// First pass: finds the events of the stop.
    pub fn learn(&mut self, row: &RowRef<'_>) {
        self.shown.insert(row.tenant_id);
        let ours = row.entity_type == ENTITY.as_bytes() && row.entity_id == Some(self.stop);
        let is_end = row.action == ENDED.as_bytes();
        // What a client has logged under the same name is no event of a stop.
        if !ours || !(is_end || row.action == BEGAN.as_bytes()) || has(row.metadata, "origin") {
            return;
        }
        let Some(said) = row.after_state.and_then(|state| serde_json::from_slice::<Said>(state).ok()) else {
            return self.find(Kind::Unreadable, row, "the event of the stop cannot be read".to_owned());
        };
        for (lane, seq, hash) in &said.heads {
            self.heads.insert((row.tenant_id, *lane, *seq), hash.clone());
        }
        let marks = self.marks.entry(row.tenant_id).or_default();
        let mark = if is_end { &mut marks.ended } else { &mut marks.began };
        if mark.replace(said).is_some() {
            self.find(Kind::SaidTwice, row, "the trail has this event of the stop twice".to_owned());
        }
    }

    /// Second pass: compares heads, and finds what began.
    pub fn judge(&mut self, row: &RowRef<'_>) {
        let place = (row.tenant_id, row.chain_lane, row.chain_seq);
        if let Some(hash) = self.heads.remove(&place)
            && hash.as_bytes() != row.integrity_hash
        {
            self.find(Kind::HeadDiffers, row, format!("the stop names the hash {hash} for this row"));
        }
        let beginning = beginning(row);
        if beginning == Beginning::Nothing {
            return;
        }
        self.begun += 1;
        let Some(marks) = self.marks.get(&row.tenant_id) else { return };
        let head = |said: &Said| {
            let of_lane = said.heads.iter().find(|(lane, _, _)| *lane == row.chain_lane);
            of_lane.map_or(0, |(_, seq, _)| *seq)
        };
        // A tenant that was made while the stop was in force and has only the end: all before it counts.
        let after = marks.began.as_ref().is_none_or(|said| row.chain_seq > head(said));
        let before = marks.ended.as_ref().is_none_or(|said| row.chain_seq <= head(said));
        if !after || !before {
            return;
        }
        let assistant =
            marks.began.as_ref().or(marks.ended.as_ref()).and_then(|said| {
                (said.scope == Scope::Assistant.name()).then_some(said.assistant_id).flatten()
            });
        let unclear = match (&beginning, assistant) {
            (Beginning::Of(assistants), Some(stopped)) if !assistants.is_empty() => {
                if !assistants.contains(&stopped) {
                    return;
                }
                false
            }
            (Beginning::Of(_), None) => false,
            _ => true,
        };
        if unclear {
            let detail = "it cannot be told whether this row begins something in the scope".to_owned();
            return self.find(Kind::Unreadable, row, detail);
        }
        let what = String::from_utf8_lossy(row.entity_type);
        let detail = format!("something began while it was stopped: {what}");
        self.find(Kind::Begun, row, detail);
    }

    fn find(&mut self, kind: Kind, row: &RowRef<'_>, detail: String) {
        self.found.push(Found {
            kind,
            tenant: row.tenant_id,
            lane: Some(row.chain_lane),
            seq: Some(row.chain_seq),
            audit_id: Some(row.id),
            detail,
        });
    }

    /// The verdict; None where no event of the stop was among the rows.
    pub fn finish(mut self) -> Option<Verdict> {
        if self.marks.is_empty() && self.found.is_empty() {
            return None;
        }
        for ((tenant, lane, seq), _) in std::mem::take(&mut self.heads) {
            self.found.push(Found {
                kind: Kind::HeadMissing,
                tenant,
                lane: Some(lane),
                seq: Some(seq),
                audit_id: None,
                detail: "the stop names this row as the last of its lane, and it is not there".to_owned(),
            });
        }
        let covered: Vec<Uuid> = self
            .marks
            .values()
            .filter_map(|marks| marks.began.as_ref())
            .flat_map(|said| said.tenants.clone())
            .collect();
        for tenant in &covered {
            let said = self.marks.get(tenant).is_some_and(|marks| marks.began.is_some());
            if self.shown.contains(tenant) && !said {
                self.found.push(Found {
                    kind: Kind::NotSaid,
                    tenant: *tenant,
                    lane: None,
                    seq: None,
                    audit_id: None,
                    detail: "the stop covers this tenant, and its trail does not have the event".to_owned(),
                });
            }
        }
        Some(Verdict {
            said: self.marks.keys().copied().collect(),
            not_shown: covered.into_iter().filter(|tenant| !self.shown.contains(tenant)).collect(),
            is_ended: self.marks.values().all(|marks| marks.ended.is_some()),
            begun: self.begun,
            found: self.found,
        })
    }
}

impl Verdict {
    /// As JSON, for the answer of `verify_stop()` and of the command.
    pub fn to_json(&self) -> Value {
        let found = |found: &Found| {
            json!({
                "kind": found.kind.name(),
                "tenant_id": found.tenant,
                "chain_lane": found.lane,
                "chain_seq": found.seq,
                "audit_id": found.audit_id,
                "detail": found.detail,
            })
        };
        json!({
            "is_ended": self.is_ended,
            "beginnings": self.begun,
            "tenants": self.said,
            "not_shown": self.not_shown,
            "findings": self.found.iter().map(found).collect::<Vec<Value>>(),
        })
    }
}

/// What a row begins.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Beginning {
    Nothing,
    /// Something for these assistants; none where it cannot be told for whom.
    Of(Vec<Uuid>),
    /// Perhaps something: its states were left out.
    Unclear,
}

/// Whether an object has the key at its top.
fn has(object: Option<&[u8]>, key: &str) -> bool {
    let value: Option<Value> = object.and_then(|text| serde_json::from_slice(text).ok());
    value.is_some_and(|value| value.get(key).is_some())
}

fn beginning(row: &RowRef<'_>) -> Beginning {
    let candidate = matches!(
        (row.entity_type, row.action),
        (b"governed_actions" | b"credit_reservations", b"insert")
            | (b"work_items", b"update")
            | (b"message", b"message.allowed")
    );
    if !candidate || has(row.metadata, "origin") || has(row.metadata, "imported") {
        return Beginning::Nothing;
    }
    let parsed = |state: Option<&[u8]>| state.and_then(|text| serde_json::from_slice::<Value>(text).ok());
    let Some(after) = parsed(row.after_state) else { return Beginning::Unclear };
    let id = |state: &Value, key: &str| state.get(key).and_then(Value::as_str).and_then(|id| id.parse().ok());
    match row.entity_type {
        b"message" => {
            let ids = [row.entity_id, id(&after, "to_assistant_id")];
            Beginning::Of(ids.into_iter().flatten().collect())
        }
        b"work_items" => {
            let (Some(before), Some(status)) = (parsed(row.before_state), after.get("status")) else {
                return Beginning::Unclear;
            };
            let same = |key: &str| before.get(key) == after.get(key);
            if status != "in_progress" || (same("status") && same("assistant_id")) {
                return Beginning::Nothing;
            }
            Beginning::Of(id(&after, "assistant_id").into_iter().collect())
        }
        _ => Beginning::Of(id(&after, "assistant_id").into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STOP: Uuid = Uuid::from_u128(9);
    const TENANT: Uuid = Uuid::from_u128(1);
    const ADA: Uuid = Uuid::from_u128(7);

    /// A row of a little trail: lane, number, what it is, its state after and before, its metadata.
    struct Line(i16, i64, &'static str, &'static str, Value, Value, Value);

    fn judged(lines: &[Line]) -> Option<Verdict> {
        let mut proof = Proof::of(STOP);
        for pass in [Proof::learn, Proof::judge] {
            for Line(lane, seq, entity, action, after, before, metadata) in lines {
                let texts = [after.to_string(), before.to_string(), metadata.to_string()];
                pass(
                    &mut proof,
                    &RowRef {
                        id: *seq,
                        timestamp_us: 0,
                        tenant_id: TENANT,
                        actor_type: b"system",
                        actor_id: None,
                        action: action.as_bytes(),
                        entity_type: entity.as_bytes(),
                        entity_id: (*entity == "stop").then_some(STOP),
                        before_state: Some(texts[1].as_bytes()),
                        after_state: Some(texts[0].as_bytes()),
                        metadata: Some(texts[2].as_bytes()),
                        chain_lane: *lane,
                        chain_seq: *seq,
                        integrity_hash: format!("h{lane}-{seq}").as_bytes(),
                        updated: false,
                        spooled: None,
                    },
                );
            }
        }
        proof.finish()
    }

    fn begun(lane: i16, seq: i64, assistant: Uuid) -> Line {
        Line(
            lane,
            seq,
            "governed_actions",
            "insert",
            json!({"assistant_id": assistant}),
            json!(null),
            json!({}),
        )
    }

    fn said(lane: i16, seq: i64, action: &'static str, heads: &[(i16, i64)], scope: &str) -> Line {
        let heads: Vec<Value> =
            heads.iter().map(|(lane, seq)| json!([lane, seq, format!("h{lane}-{seq}")])).collect();
        let assistant = (scope == "assistant").then_some(ADA);
        let state = json!({"scope": scope, "assistant_id": assistant, "heads": heads, "tenants": [TENANT]});
        Line(lane, seq, "stop", action, state, json!(null), json!({}))
    }

    fn kinds(lines: &[Line]) -> Vec<Kind> {
        judged(lines).expect("a stop").found.iter().map(|found| found.kind).collect()
    }

    #[test]
    fn what_is_after_a_head_in_its_lane_began_after_the_stop_whatever_the_other_lanes_say() {
        let quiet = [begun(0, 1, ADA), said(0, 2, BEGAN, &[(0, 1), (1, 1)], "tenant"), begun(1, 1, ADA)];
        assert_eq!(kinds(&quiet), []);
        // The second row of lane 1 may have any time and any id: it comes after the head.
        let late = [
            begun(0, 1, ADA),
            said(0, 2, BEGAN, &[(0, 1), (1, 1)], "tenant"),
            begun(1, 1, ADA),
            begun(1, 2, ADA),
        ];
        assert_eq!(kinds(&late), [Kind::Begun]);
        // A lane that the stop does not name had no row then.
        let new = [said(0, 1, BEGAN, &[], "tenant"), begun(3, 1, ADA)];
        assert_eq!(kinds(&new), [Kind::Begun]);
    }

    #[test]
    fn what_is_after_the_end_may_begin_again() {
        let lines = [
            said(0, 1, BEGAN, &[], "tenant"),
            said(0, 2, ENDED, &[(0, 1)], "tenant"),
            begun(0, 3, ADA),
            begun(1, 1, ADA),
        ];
        let verdict = judged(&lines).expect("a stop");
        assert_eq!((verdict.found.len(), verdict.is_ended, verdict.begun), (0, true, 2));
        let lines =
            [said(0, 1, BEGAN, &[], "tenant"), begun(0, 2, ADA), said(0, 3, ENDED, &[(0, 2)], "tenant")];
        assert_eq!(kinds(&lines), [Kind::Begun]);
    }

    #[test]
    fn the_stop_of_an_assistant_leaves_the_others_alone() {
        let bob = Uuid::from_u128(8);
        let lines = [said(0, 1, BEGAN, &[], "assistant"), begun(0, 2, bob)];
        assert_eq!(kinds(&lines), []);
        let lines = [said(0, 1, BEGAN, &[], "assistant"), begun(0, 2, bob), begun(0, 3, ADA)];
        assert_eq!(kinds(&lines), [Kind::Begun]);
    }

    #[test]
    fn a_head_that_is_gone_or_another_row_is_found() {
        let mut lines = vec![begun(0, 1, ADA), said(0, 2, BEGAN, &[(0, 1)], "tenant")];
        lines.remove(0);
        assert_eq!(kinds(&lines), [Kind::HeadMissing]);
        let mut other = said(0, 2, BEGAN, &[], "tenant");
        other.4["heads"] = json!([[0, 1, "another"]]);
        assert_eq!(kinds(&[begun(0, 1, ADA), other]), [Kind::HeadDiffers]);
    }

    #[test]
    fn what_a_client_logs_or_an_import_brings_is_neither_a_stop_nor_a_beginning() {
        let mut logged = said(0, 1, BEGAN, &[], "tenant");
        logged.6 = json!({"origin": "log_event"});
        assert!(judged(&[logged]).is_none());
        let mut imported = begun(0, 2, ADA);
        imported.6 = json!({"imported": true});
        assert_eq!(kinds(&[said(0, 1, BEGAN, &[], "tenant"), imported]), []);
    }

    #[test]
    fn a_work_item_begins_when_its_status_says_so_or_another_assistant_goes_on_with_it() {
        let item = |seq, from: &str, to: &str, was: Uuid| {
            let (after, before) =
                (json!({"status": to, "assistant_id": ADA}), json!({"status": from, "assistant_id": was}));
            Line(0, seq, "work_items", "update", after, before, json!({}))
        };
        let stop = || said(0, 1, BEGAN, &[], "tenant");
        assert_eq!(kinds(&[stop(), item(2, "backlog", "in_progress", ADA)]), [Kind::Begun]);
        assert_eq!(kinds(&[stop(), item(2, "in_progress", "in_progress", ADA)]), []);
        assert_eq!(kinds(&[stop(), item(2, "in_progress", "in_progress", Uuid::nil())]), [Kind::Begun]);
        assert_eq!(kinds(&[stop(), item(2, "in_progress", "completed", ADA)]), []);
        let mut left_out = item(2, "backlog", "in_progress", ADA);
        left_out.4 = json!({"left_out": {"bytes": 1}});
        assert_eq!(kinds(&[stop(), left_out]), [Kind::Unreadable]);
    }
}
