//! What a trail proves of stops, and what of it is lacking or contradicts.

use awgp_core::audit::chain::Lane;
use awgp_core::audit::row::RowRef;
use awgp_core::stop::proof::Proofs;
use awgp_core::stop::verdict::{Kind, State, Verdict};
use awgp_core::stop::{BEGAN, ENDED, Scope};
use serde_json::{Value, json};
use uuid::Uuid;

const STOP: Uuid = Uuid::from_u128(9);
const TENANT: Uuid = Uuid::from_u128(1);
const ADA: Uuid = Uuid::from_u128(7);

/// A row of a little trail: lane, number, what it is, its state after and before, its metadata.
struct Line(i16, i64, &'static str, &'static str, Value, Value, Value);

fn pass(proofs: &mut Proofs, with: fn(&mut Proofs, &RowRef<'_>), lines: &[Line]) {
    for Line(lane, seq, entity, action, after, before, metadata) in lines {
        let texts = [after.to_string(), before.to_string(), metadata.to_string()];
        with(
            proofs,
            &RowRef {
                id: *seq,
                timestamp_us: *seq * 1_000_000,
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

fn judged(lines: &[Line]) -> Option<Verdict> {
    let mut proofs = Proofs::of(STOP);
    pass(&mut proofs, Proofs::learn, lines);
    pass(&mut proofs, Proofs::judge, lines);
    proofs.finish().pop()
}

fn begun(lane: i16, seq: i64, assistant: Uuid) -> Line {
    Line(lane, seq, "governed_actions", "insert", json!({"assistant_id": assistant}), json!(null), json!({}))
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
    let lines = [said(0, 1, BEGAN, &[], "tenant"), begun(0, 2, ADA), said(0, 3, ENDED, &[(0, 2)], "tenant")];
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
#[test]
fn rows_that_were_cut_out_between_a_stop_and_its_end_leave_it_open() {
    let cut =
        [begun(0, 1, ADA), said(0, 2, BEGAN, &[(0, 1)], "tenant"), said(0, 5, ENDED, &[(0, 4)], "tenant")];
    let verdict = judged(&cut).expect("a stop");
    let found: Vec<_> = verdict.found.iter().map(|found| (found.kind, found.seq)).collect();
    assert_eq!(found, [(Kind::RowsMissing, Some(3))]);
    assert_eq!(verdict.state(true), State::Open);
    // A lane that the end names and nobody has.
    let lane = [said(0, 1, BEGAN, &[], "tenant"), said(0, 2, ENDED, &[(0, 1), (1, 2)], "tenant")];
    assert_eq!(kinds(&lane), [Kind::RowsMissing]);
    // Where rows are lacking, the end may be among them: nobody is accused.
    let open = [said(0, 1, BEGAN, &[], "tenant"), begun(0, 9, ADA)];
    let verdict = judged(&open).expect("a stop");
    assert_eq!(verdict.state(true), State::Open);
    let accused = [said(0, 1, BEGAN, &[], "tenant"), begun(0, 2, ADA)];
    assert_eq!(judged(&accused).expect("a stop").state(true), State::Contradicted);
}

#[test]
fn a_lane_without_a_row_between_the_stop_and_its_end_need_not_be_there() {
    let lines = [
        said(0, 1, BEGAN, &[(3, 7)], "tenant"),
        said(0, 2, ENDED, &[(0, 1), (3, 7)], "tenant"),
        begun(0, 3, ADA),
    ];
    assert_eq!(kinds(&lines), []);
    let mut other = said(0, 2, ENDED, &[(0, 1)], "tenant");
    other.4["heads"] = json!([[0, 1, "h0-1"], [3, 7, "another"]]);
    assert_eq!(kinds(&[said(0, 1, BEGAN, &[(3, 7)], "tenant"), other]), [Kind::HeadDiffers]);
}

#[test]
fn a_link_stands_in_for_its_row_and_an_adoption_for_its_number() {
    let lines = [said(0, 3, BEGAN, &[(0, 2)], "tenant"), begun(0, 5, Uuid::nil())];
    let with = |hash: &str, is_adopted: bool| {
        let mut proofs = Proofs::default();
        pass(&mut proofs, Proofs::learn, &lines[..1]);
        let lane = Lane { tenant_id: TENANT, chain_lane: 0 };
        proofs.link(lane, 2, hash);
        if is_adopted {
            proofs.adopted(lane, 4);
        }
        pass(&mut proofs, Proofs::judge, &lines);
        proofs.finish().remove(0).found.iter().map(|found| found.kind).collect::<Vec<_>>()
    };
    assert_eq!(with("h0-2", true), [Kind::Begun]);
    assert_eq!(with("h0-2", false), [Kind::RowsMissing, Kind::Begun]);
    assert_eq!(with("another", true), [Kind::HeadDiffers, Kind::Begun]);
}

#[test]
fn a_row_that_two_files_have_counts_once() {
    let lines = [begun(0, 1, ADA), said(0, 2, BEGAN, &[(0, 1)], "tenant"), begun(0, 3, ADA)];
    let mut proofs = Proofs::default();
    for with in [Proofs::learn, Proofs::judge] {
        pass(&mut proofs, with, &lines);
        pass(&mut proofs, with, &lines);
    }
    let verdict = proofs.finish().remove(0);
    assert_eq!((verdict.begun, verdict.found.len()), (2, 1));
    // At another place it is another event.
    let twice = [said(0, 1, BEGAN, &[], "tenant"), said(0, 2, BEGAN, &[], "tenant")];
    assert_eq!(kinds(&twice), [Kind::SaidTwice]);
}

#[test]
fn an_event_that_cannot_be_one_is_unreadable() {
    for (key, value) in [
        ("scope", json!("room")),
        ("assistant_id", json!("x")),
        ("assistant_id", json!(ADA)),
        ("heads", json!([[0, 0, "h"]])),
        ("heads", json!([[0, 1, "h"], [0, 1, "h"]])),
        ("heads", json!(null)),
        ("tenants", json!(["x"])),
    ] {
        let mut event = said(0, 1, BEGAN, &[], "tenant");
        event.4[key] = value.clone();
        let verdict = judged(&[event]).expect("a stop");
        assert_eq!(
            verdict.found.iter().map(|found| found.kind).collect::<Vec<_>>(),
            [Kind::Unreadable],
            "{key} {value}"
        );
        assert_eq!((verdict.state(true), verdict.is_ended), (State::Open, false));
    }
}

#[test]
fn a_sentence_says_when_whose_and_whether() {
    let lines = [said(0, 1, BEGAN, &[], "assistant"), said(0, 2, ENDED, &[(0, 1)], "assistant")];
    let verdict = judged(&lines).expect("a stop");
    assert_eq!(verdict.scope, Some(Scope::Assistant));
    assert_eq!(
        verdict.sentence(true, Some(false)),
        format!(
            "stop {STOP} of assistant {ADA} from 1970-01-01T00:00:01.000000Z to \
             1970-01-01T00:00:02.000000Z: nothing began until it was lifted; no note signs it"
        )
    );
    assert!(verdict.sentence(false, None).ends_with(": not proved: the chain does not hold"));
    let told = judged(&[said(0, 1, BEGAN, &[], "tenant"), begun(0, 2, ADA)]).expect("a stop");
    assert!(told.sentence(true, None).ends_with(": contradicted: 1 finding"));
    assert_eq!(told.to_json(true, None)["findings"][0]["kind"], "begun");
}
