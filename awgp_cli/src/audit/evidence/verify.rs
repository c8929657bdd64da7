//! Whether a pack holds: each file against the others, and the trail against the notes. No file is believed
//! because another one of the pack says so, where the notes or the auditor's key can tell.

use super::answers::{self, Answer};
use super::open::Opened;
use super::page;
use super::scripts::SCRIPTS;
use super::verdict::Verdict;
use crate::audit::key;
use crate::audit::notes::{Notes, Signed};
use crate::audit::verify::report;
use crate::opt::EvidenceVerify;
use awgp_client::Failure;
use awgp_core::audit::chain::{Digest, Lane};
use awgp_core::audit::evidence::index::{Facts, Index, Sum};
use awgp_core::audit::evidence::mapping::Mapping;
use awgp_core::audit::evidence::reading::{Read, Reading, is_own};
use awgp_core::audit::evidence::window::{self, Known};
use awgp_core::audit::evidence::{
    ANCHORS, ANSWERS, BEFORE, FORMAT, INDEX, KEY, MONTHS, NOTES, PAGE, README, RECEIPTS, SCRIPTS as FOLDER,
    TRAIL,
};
use awgp_core::audit::export::{Contents, FileVerifier, Line};
use awgp_core::audit::finding::Severity;
use awgp_core::audit::manifest::Manifest;
use awgp_core::audit::note::{self, Statement};
use awgp_core::audit::proof::Proof;
use awgp_core::audit::receipt::Receipt;
use awgp_core::audit::witness::{Named, asked, witness};
use awgp_core::civil::parse_timestamp;
use awgp_core::counted::counted;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use uuid::Uuid;

/// A pack that is being verified.
struct Judge {
    opened: Opened,
    index: Index,
    time: Range<i64>,
    public_key: Option<String>,
    mapping: Mapping,
    /// The notes, of the pack and of whoever verifies: name and content.
    notes: Vec<(String, Statement)>,
}

/// Verifies a pack.
pub fn verify(options: &EvidenceVerify) -> Result<Verdict, Failure> {
    let given = options.public_key.as_deref().map(key::public).transpose()?;
    let read = |public_key: &String| Notes::read_all(&options.checkpoint, public_key);
    let kept = given.as_ref().map(read).transpose()?.map_or_else(Vec::new, |notes| notes.signed);
    let mut verdict = Verdict::default();
    let mut opened = Opened::open(&options.file, &mut verdict)?;
    verdict.manifest_sha256 =
        opened.manifest.map(|digest| String::from_utf8_lossy(&digest.to_hex()).into_owned());
    for file in [README, PAGE, INDEX, TRAIL] {
        if opened.manifest.is_some() && !opened.files.contains_key(file) {
            verdict.say_missing(file, "a pack has it");
        }
    }
    let public_key = given.clone().or_else(|| own_key(&mut opened, &mut verdict));
    let Some((index, time)) = index(&mut opened, &mut verdict) else { return Ok(verdict) };
    let mut judge =
        Judge { opened, index, time, public_key, mapping: Mapping::of_this_version(), notes: Vec::new() };
    judge.notes(&kept, &mut verdict);
    let months = judge.months(&mut verdict);
    let read = judge.trail(&months, &mut verdict);
    judge.receipts(&read.actions, &mut verdict);
    judge.before(&mut verdict);
    judge.sentences(&read, &mut verdict);
    judge.scripts(&mut verdict);
    judge.own_word(given.is_some(), &mut verdict);
    Ok(verdict)
}

/// The key in the pack.
fn own_key(opened: &mut Opened, verdict: &mut Verdict) -> Option<String> {
    opened.files.get(KEY)?;
    let read = opened.text(KEY).and_then(|text| {
        let key = text.trim().to_owned();
        note::key_name(&key).map(|_| key).map_err(|refused| refused.to_string())
    });
    read.map_err(|what| verdict.say(KEY, "key", what)).ok()
}

fn index(opened: &mut Opened, verdict: &mut Verdict) -> Option<(Index, Range<i64>)> {
    opened.files.get(INDEX)?;
    let read = opened.text(INDEX).and_then(|text| {
        let index: Index = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let time = parse_timestamp(&index.from).zip(parse_timestamp(&index.to));
        match time {
            Some((from, to)) if index.awgp == "evidence" && index.format == FORMAT => Ok((index, from..to)),
            _ => Err("this version of AWGP does not know its format".to_owned()),
        }
    });
    read.map_err(|what| verdict.say(INDEX, "index", what)).ok()
}

impl Judge {
    /// The notes of the pack that the key has signed, and those that somebody has kept.
    fn notes(&mut self, kept: &[Signed], verdict: &mut Verdict) {
        for file in self.opened.within(NOTES) {
            let Some(public_key) = &self.public_key else {
                verdict.say(&file, "note", "there is no public key to check it with");
                continue;
            };
            let opened = self
                .opened
                .text(&file)
                .and_then(|text| note::open(&text, public_key).map_err(|refused| refused.to_string()));
            match opened {
                Ok(statement) if is_of(&statement, &self.index) => self.notes.push((file, statement)),
                Ok(_) => verdict.say(&file, "note", "it is of another tenant or another install"),
                Err(what) => verdict.say(&file, "note", what),
            }
        }
        let tenant_id = self.index.tenant_id;
        let is_own =
            |statement: &Statement| matches!(statement, Statement::Tree(tree) if tree.tenant_id == tenant_id);
        let own = kept.iter().filter(|signed| is_own(&signed.statement));
        let named = own.map(|signed| {
            let name = signed.path.file_name().unwrap_or_default().to_string_lossy();
            (format!("{name}, which you have kept,"), signed.statement.clone())
        });
        let before = self.notes.len();
        self.notes.extend(named);
        if self.notes.len() == before && !kept.is_empty() {
            verdict.own_word.push("the notes that you have kept say nothing of this tenant".to_owned());
        }
    }

    /// The manifests of months; the notes in them must be signed by the key.
    fn months(&mut self, verdict: &mut Verdict) -> Vec<(String, Manifest)> {
        let mut months = Vec::new();
        for file in self.opened.within(MONTHS) {
            let read = self
                .opened
                .text(&file)
                .and_then(|text| serde_json::from_str::<Manifest>(&text).map_err(|error| error.to_string()));
            let manifest = match read {
                Ok(manifest) if manifest.install_id == self.index.install_id => manifest,
                Ok(_) => {
                    verdict.say(&file, "month", "it is of another install");
                    continue;
                }
                Err(what) => {
                    verdict.say(&file, "month", what);
                    continue;
                }
            };
            manifest.notes().1.into_iter().for_each(|bad| verdict.say(&file, "month", bad.detail));
            let is_other = |key: &String| self.public_key.as_ref().is_some_and(|expected| expected != key);
            let signed = manifest.checkpoints.iter().filter(|checkpoint| checkpoint.note.is_some());
            if signed.filter_map(|checkpoint| checkpoint.signed_by.as_ref()).any(is_other) {
                verdict.say(&file, "month", "a note in it is signed by another key");
            }
            months.push((file, manifest));
        }
        months
    }

    /// The trail by itself, against the notes and against the months; and all that follows from it.
    fn trail(&mut self, months: &[(String, Manifest)], verdict: &mut Verdict) -> Read {
        let tenant_id = self.index.tenant_id;
        let mut wanted = asked(self.notes.iter().map(|(_, statement)| statement));
        let anchors =
            months.iter().flat_map(|(_, month)| &month.anchors).filter(|of| of.tenant_id == tenant_id);
        wanted.links.extend(anchors.map(|of| (Lane { tenant_id, chain_lane: of.chain_lane }, of.last_seq)));
        let mut verifier = FileVerifier::new(Some(self.index.install_id)).asking(wanted);
        let mut reading = Reading::new(&self.mapping, tenant_id, self.time.clone());
        if !self.opened.files.contains_key(TRAIL) {
            return reading.finish();
        }
        let read = self.opened.lines(TRAIL, |line| {
            verifier.line(line).map_err(|error| error.to_string())?;
            if let Ok(Line::Row(row)) = Line::parse(line) {
                let Ok(()) = reading.row(&row, |_, _| Ok::<(), std::convert::Infallible>(()));
            }
            Ok(())
        });
        let read = read.and_then(|()| verifier.finish_with_contents().map_err(|error| error.to_string()));
        let mut all = reading.finish();
        all.is_whole = read.is_ok();
        match read {
            Err(what) => verdict.say(TRAIL, "trail", what),
            Ok((contents, findings)) => {
                if all.foreign > 0 {
                    verdict.say(TRAIL, "trail", "it has rows of another tenant");
                }
                let notes: Vec<Named<'_>> =
                    self.notes.iter().map(|(name, statement)| (name.clone(), statement)).collect();
                let files = [contents];
                // A pack is a part of the trail; that it is all of its time is looked at apart.
                let witnessed = witness(&files, &notes, true, findings);
                let errors = witnessed.findings.iter().filter(|finding| finding.severity == Severity::Error);
                for finding in errors {
                    let lane = finding.chain_lane.map_or(String::new(), |lane| format!(" of lane {lane}"));
                    let row = finding.chain_seq.map_or(String::new(), |seq| format!(" at row {seq}"));
                    verdict.say(
                        TRAIL,
                        "trail",
                        format!("{}{row}{lane}: {}", finding.kind.name(), finding.detail),
                    );
                }
                verdict.own_word.extend(
                    witnessed.own_word.iter().map(|said| format!("the trail: {}", report::own(said))),
                );
                verdict.proved = witnessed.proved;
                let [contents] = files;
                self.anchors(months, &contents, verdict);
                self.window(&all, &contents, verdict);
                self.records(&all, verdict);
            }
        }
        all
    }

    /// The links of exported months that the trail has too.
    fn anchors(&self, months: &[(String, Manifest)], contents: &Contents, verdict: &mut Verdict) {
        let tenant_id = self.index.tenant_id;
        for (file, month) in months {
            for anchor in month.anchors.iter().filter(|anchor| anchor.tenant_id == tenant_id) {
                let lane = Lane { tenant_id, chain_lane: anchor.chain_lane };
                let begins = contents.rows.held.iter().filter(|of| of.lane == lane).map(|of| of.after);
                let begins = begins.filter(|after| after.seq == anchor.last_seq).map(|after| after.hash);
                let row = contents.rows.at.get(&(lane, anchor.last_seq)).copied();
                if begins.chain(row).any(|hash| hash != anchor.last_hash) {
                    let what =
                        format!("lane {} has another hash at row {}", anchor.chain_lane, anchor.last_seq);
                    verdict.say(file, "month", what);
                }
            }
        }
    }

    /// Whether the trail has all rows of the time.
    fn window(&mut self, read: &Read, contents: &Contents, verdict: &mut Verdict) {
        let mut known = Known::default();
        for (_, statement) in &self.notes {
            let Statement::Tree(checkpoint) = statement else { continue };
            for (chain_lane, link) in &checkpoint.lanes {
                let last = known.signed.entry(*chain_lane).or_default();
                *last = (*last).max(link.seq);
            }
        }
        if let Some(answer) = self.answer(ANCHORS, verdict) {
            for row in &answer.rows {
                let number = |name: &str| row.text(name).and_then(|text| text.parse::<i64>().ok());
                let lane = number("chain_lane").and_then(|lane| i16::try_from(lane).ok());
                if let (Some(lane), Some(first), Some(last)) = (lane, number("first_seq"), number("last_seq"))
                {
                    known.elsewhere.entry(lane).or_default().push((first, last));
                }
            }
        }
        let tenant_id = self.index.tenant_id;
        let (lacking, elsewhere) =
            window::lacking(tenant_id, &self.time, &read.edges, &contents.rows.there, &known);
        for window::Lacking { chain_lane, first_seq, last_seq } in lacking {
            let detail = format!(
                "rows {first_seq} to {last_seq} of lane {chain_lane} are not there, and nothing shows that they are of \
                 another time"
            );
            verdict.say(TRAIL, "window", detail);
        }
        for window::Lacking { chain_lane, first_seq, last_seq } in elsewhere {
            verdict.own_word.push(format!(
                "{ANCHORS}: rows {first_seq} to {last_seq} of lane {chain_lane} are in months that were exported and retired"
            ));
        }
    }

    /// Each file of records is what the trail yields.
    fn records(&self, read: &Read, verdict: &mut Verdict) {
        for (record, sum) in self.mapping.records.iter().zip(&read.records) {
            match self.opened.files.get(&record.file) {
                None => verdict.say_missing(&record.file, "a pack has it"),
                Some(digest) if *digest != sum.sha256 => {
                    let detail = format!("it is not what the trail yields: {}", counted(sum.lines, "line"));
                    verdict.say(&record.file, "records", detail);
                }
                Some(_) => {}
            }
        }
    }

    /// Each receipt holds, and each action of the time has one or is named.
    fn receipts(&mut self, actions: &BTreeSet<Uuid>, verdict: &mut Verdict) {
        let files = self.opened.within(RECEIPTS);
        let mut held = 0;
        for file in &files {
            match self.receipt(file) {
                Ok(()) => held += 1,
                Err(what) => verdict.say(file, "receipt", what),
            }
        }
        if held > 0 {
            verdict.holds.push(format!("receipts of actions that hold: {held}"));
        }
        let absent: BTreeSet<&str> = self.index.absent.iter().map(|absent| absent.file.as_str()).collect();
        for action in actions {
            let file = format!("{RECEIPTS}{action}.json");
            let is_named = absent.contains(RECEIPTS) || absent.contains(file.as_str());
            if !self.opened.files.contains_key(&file) && !is_named {
                verdict.say_missing(&file, "the trail has this action, and the index does not say why");
            }
        }
    }

    fn receipt(&mut self, file: &str) -> Result<(), String> {
        let text = self.opened.text(file)?;
        let receipt = Receipt::parse(&text).map_err(|error| error.to_string())?;
        let public_key = self.public_key.as_ref().ok_or("there is no public key to check it with")?;
        let proven = receipt.check(public_key).map_err(|doubt| doubt.to_string())?;
        let is_own = proven.install_id == self.index.install_id
            && receipt.tenant_id == self.index.tenant_id
            && file == format!("{RECEIPTS}{}.json", receipt.action_id);
        if is_own {
            Ok(())
        } else {
            Err("it is of another action, tenant or install than its place".to_owned())
        }
    }

    /// Each proof of what was in force before holds.
    fn before(&mut self, verdict: &mut Verdict) {
        let mut held = 0;
        for file in self.opened.within(BEFORE) {
            match self.proof(&file) {
                Ok(()) => held += 1,
                Err(what) => verdict.say(&file, "proof", what),
            }
        }
        if held > 0 {
            verdict.holds.push(format!("proofs of what was recorded before this time that hold: {held}"));
        }
    }

    fn proof(&mut self, file: &str) -> Result<(), String> {
        let text = self.opened.text(file)?;
        let proof = Proof::parse(&text).map_err(|error| error.to_string())?;
        let public_key = self.public_key.as_ref().ok_or("there is no public key to check it with")?;
        let proven = proof.check(public_key).map_err(|unproven| unproven.to_string())?;
        let row = &proof.row;
        let is_own = proven.install_id == self.index.install_id
            && row.tenant_id == self.index.tenant_id
            && file == format!("{BEFORE}{}.json", row.id)
            && row.timestamp_us < self.time.start
            && self.mapping.before.contains(&row.entity_type)
            && is_own(row);
        if is_own { Ok(()) } else { Err("its event is not one that stands here".to_owned()) }
    }

    fn answer(&mut self, file: &str, verdict: &mut Verdict) -> Option<Answer> {
        self.opened.files.get(file)?;
        let read = self.opened.text(file).and_then(|text| answers::read(&text));
        read.map_err(|what| verdict.say(file, "answer", what)).ok()
    }

    /// The sentences of the index follow from the files.
    fn sentences(&mut self, read: &Read, verdict: &mut Verdict) {
        let mut answers = BTreeMap::new();
        for file in self.opened.within(ANSWERS) {
            if let Some(answer) = self.answer(&file, verdict) {
                answers.insert(file, answer);
            }
        }
        let absent = self.index.absent.iter().map(|absent| (absent.file.as_str(), absent.reason.as_str()));
        let facts = Facts {
            files: self.opened.stated.iter().map(|(file, digest)| (file.as_str(), *digest)).collect(),
            absent: absent.collect(),
            events: &read.counts,
            rows: answers::counted(&self.mapping, &answers),
        };
        let expected = facts.sentences(&self.mapping);
        for (place, sentence) in expected.iter().enumerate() {
            // What was found about a file is not said of its sentences again.
            let file = self.mapping.sentences[place].file.as_deref().unwrap_or_default();
            let is_sound = !self.opened.stated.contains_key(file) || self.opened.files.contains_key(file);
            let is_read = read.is_whole || self.mapping.sentences[place].count.is_none();
            if is_sound && is_read && self.index.sentences.get(place) != Some(sentence) {
                verdict.say(
                    INDEX,
                    "index",
                    format!("the sentence \"{}\" does not follow from the files", sentence.id),
                );
            }
        }
        if self.index.sentences.len() > expected.len() || self.index.frames != self.mapping.frames {
            verdict.say(INDEX, "index", "it has sentences, articles or clauses that are not AWGP's");
        }
    }

    /// The scripts are those of this version.
    fn scripts(&self, verdict: &mut Verdict) {
        for (name, script) in SCRIPTS {
            let file = format!("{FOLDER}{name}");
            if self.opened.files.get(&file) == Some(&Digest::of(script.as_bytes())) {
                continue;
            }
            if self.index.version == self.mapping.version {
                verdict.say(&file, "scripts", format!("it is not that of AWGP {}", self.mapping.version));
            } else {
                verdict.own_word.push(format!(
                    "{file}: it is that of AWGP {}, which did not check it",
                    self.index.version
                ));
            }
        }
    }

    /// What only the pack says.
    fn own_word(&mut self, has_key: bool, verdict: &mut Verdict) {
        let mut say = |sentence: String| verdict.own_word.push(sentence);
        if !has_key && self.public_key.is_some() {
            say(format!(
                "{KEY}: that this is the auditor's key. Get it from the auditor, and give it with --public-key"
            ));
        }
        if self.notes.is_empty() {
            say("the trail: no note says anything about it; it was perhaps computed again as a whole"
                .to_owned());
        }
        let answers = self.opened.within(ANSWERS);
        if !answers.is_empty() {
            say(format!("what the server said about itself: {}", answers.join(", ")));
        }
        for absent in &self.index.absent {
            say(format!("that {} could not be had: {}", absent.file, absent.reason));
        }
        say(format!("{INDEX}: made at {} by {}", self.index.made_at, self.index.made_by));
        if self.is_page_own() {
            say(format!("{README}: it is for reading"));
        } else {
            say(format!("{README} and {PAGE}: they are for reading, and this program did not make them"));
        }
    }

    /// Whether the page is what this version makes of the index.
    fn is_page_own(&mut self) -> bool {
        let Ok(text) = self.opened.text(PAGE) else { return false };
        let Ok(manifest) = self.opened.text(awgp_core::audit::evidence::MANIFEST) else { return false };
        let manifest: Result<awgp_core::audit::evidence::index::Manifest, _> =
            serde_json::from_str(&manifest);
        let Ok(manifest) = manifest else { return false };
        let files: Vec<Sum> = manifest.files.into_iter().take_while(|sum| sum.file != INDEX).collect();
        text == page::html(&self.index, &files)
    }
}

/// Whether a note is the tenant's own.
fn is_of(statement: &Statement, index: &Index) -> bool {
    match statement {
        Statement::Tree(tree) => tree.tenant_id == index.tenant_id && tree.install_id == index.install_id,
        Statement::Group(_) | Statement::Rekey(_) => false,
    }
}
