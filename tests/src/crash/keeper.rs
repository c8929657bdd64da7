//! Those who keep the trail while others write: an auditor who signs and exports, a maintainer who retires
//! months and brings them back, and the server's own checkpoints.

use super::memory::Memory;
use super::stage::Stage;
use crate::Login;
use crate::cli::{Outcome, awgp};
use crate::command::Folder;
use crate::trail::Dice;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// The keepers of a round, with their files and what they remember.
pub struct Keeper {
    stage: Arc<Stage>,
    folder: Folder,
    public_key: String,
    months: Mutex<BTreeMap<String, Month>>,
    done: Mutex<BTreeMap<&'static str, u64>>,
}

/// What is known of a month.
#[derive(Clone, Debug)]
pub struct Month {
    /// Its state, as `awgp.partition_status` says.
    pub state: &'static str,
    /// The state after a call whose answer was lost.
    pub in_doubt: Option<&'static str>,
    /// Whether it was exported, and its file verified.
    pub is_exported: bool,
}

impl Keeper {
    /// Makes a key; no month has left yet.
    pub fn new(stage: Arc<Stage>) -> Self {
        let folder = Folder::new(&stage.database);
        let made = awgp(&["audit", "keygen", "--plain", "--out", &folder.file("key")], &[]).expect(0);
        let month = Month { state: "sealed", in_doubt: None, is_exported: false };
        let months = stage.months.iter().map(|name| (name.clone(), month.clone())).collect();
        Self {
            stage,
            folder,
            public_key: made.stdout.trim().to_owned(),
            months: Mutex::new(months),
            done: Mutex::default(),
        }
    }

    /// Keeps the trail until the life is over. Maintenance comes first: a month may have to be made.
    pub async fn run(self: Arc<Self>, memory: Arc<Memory>, mut dice: Dice) {
        let mut first = true;
        while !memory.is_over() {
            let choice = if std::mem::take(&mut first) { 2 } else { dice.roll(6) };
            let keeper = Arc::clone(&self);
            let name = self.stage.months[usize::try_from(dice.roll(3)).unwrap_or(0)].clone();
            if choice == 0 {
                self.bring_to_the_disk().await;
            } else {
                // The command line is a process; waiting for it must not hold up the clients.
                let task = tokio::task::spawn_blocking(move || match choice {
                    1 => keeper.sign(),
                    2 => keeper.maintain(),
                    _ => keeper.turn(&name),
                });
                task.await.expect("the keeper goes on");
            }
            // Once, where the server is killed under them.
            if !memory.may_return() {
                return;
            }
        }
    }

    /// The months.
    pub fn months(&self) -> BTreeMap<String, Month> {
        self.months.lock().expect("no keeper has panicked").clone()
    }

    /// A month is in this state.
    pub fn found(&self, name: &str, state: &'static str) {
        self.change(name, |month| (month.state, month.in_doubt) = (state, None));
    }

    /// How often each thing was done.
    pub fn done(&self) -> BTreeMap<&'static str, u64> {
        self.done.lock().expect("no keeper has panicked").clone()
    }

    /// What `awgp audit verify` says of every note that was signed; None where there is none.
    pub fn verify_notes(&self) -> Option<Outcome> {
        let notes = self.folder.file("notes");
        let any = std::fs::read_dir(&notes).ok()?.flatten().any(|file| {
            let name = file.file_name();
            !name.to_string_lossy().starts_with('.')
        });
        let arguments = ["audit", "verify", "--checkpoint", &notes, "--public-key", &self.public_key];
        any.then(|| self.awgp(Login::Auditor, &arguments))
    }

    fn awgp(&self, login: Login, arguments: &[&str]) -> Outcome {
        // A month that is to leave waits for every transaction that has written, prepared ones too.
        let patience = ("PGOPTIONS", "-c statement_timeout=3s");
        awgp(arguments, &[("DATABASE_URL", &self.stage.database.url(login)), patience])
    }

    fn count(&self, what: &'static str) {
        *self.done.lock().expect("no keeper has panicked").entry(what).or_default() += 1;
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Month)) {
        let mut months = self.months.lock().expect("no keeper has panicked");
        months.get_mut(name).map(change);
    }

    async fn bring_to_the_disk(&self) {
        let Ok(superuser) = self.stage.database.try_connect(Login::Superuser).await else { return };
        if superuser.batch_execute("CHECKPOINT").await.is_ok() {
            self.count("checkpoints of the server");
        }
    }

    fn sign(&self) {
        let (key, notes) = (self.folder.file("key"), self.folder.file("notes"));
        let arguments = ["audit", "checkpoint", "--key", &key, "--out", &notes, "--all-tenants"];
        if self.awgp(Login::Auditor, &arguments).code == 0 {
            self.count("times all tenants were signed for");
        }
    }

    fn maintain(&self) {
        if self.awgp(Login::Maintainer, &["maintenance", "run"]).code == 0 {
            self.count("runs of maintenance");
        }
    }

    /// What comes next for a month: it is exported and retired, or it is brought back.
    fn turn(&self, name: &str) {
        let month = self.months()[name].clone();
        if month.in_doubt.is_some() || (!month.is_exported && !self.export(name)) {
            return;
        }
        if month.state == "retired" {
            return self.step(name, "restored", Login::Maintainer, &["partition", "restore", name]);
        }
        self.sign();
        self.step(name, "retired", Login::Maintainer, &["partition", "retire", name, "--yes"]);
    }

    /// Exports a month, and verifies the file as somebody without a server would.
    fn export(&self, name: &str) -> bool {
        let out = self.folder.file("months");
        if self.awgp(Login::Auditor, &["partition", "export", name, "--out", &out]).code != 0 {
            return false;
        }
        awgp(&["audit", "verify", "--file", &format!("{out}/{name}.jsonl.zst")], &[]).expect(0);
        self.change(name, |month| month.is_exported = true);
        self.count("months exported");
        true
    }

    /// A step that the server answers or not.
    fn step(&self, name: &str, state: &'static str, login: Login, arguments: &[&str]) {
        self.change(name, |month| month.in_doubt = Some(state));
        let outcome = self.awgp(login, arguments);
        if outcome.code == 0 {
            self.found(name, state);
            self.count(if state == "retired" { "months retired" } else { "months brought back" });
        } else if was_refused(&outcome) {
            self.change(name, |month| month.in_doubt = None);
        }
    }
}

/// Whether the server has answered that it did not do it. Who has lost the connection (10) does not know.
fn was_refused(outcome: &Outcome) -> bool {
    ![-1, 1, 2, 10].contains(&outcome.code) && !outcome.stderr.contains("terminat")
}
