//! What goes wrong, done to the server.

use super::memory::Memory;
use super::plan::{Fault, Life};
use super::stage::Stage;
use crate::own_server::{answers_within, crash, kill};
use crate::trail::Dice;
use crate::{Login, connect_to};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};
use tokio_postgres::Client;

/// Settings of a server whose locks run out.
const FEW_LOCKS: [(&str, &str); 5] = [
    ("max_locks_per_transaction", "10"),
    ("max_connections", "30"),
    ("max_prepared_transactions", "16"),
    ("max_worker_processes", "2"),
    ("max_wal_senders", "0"),
];
/// A guard against waiting for ever.
const A_LONG_TIME: Duration = Duration::from_mins(2);
/// How long is waited for what may not come: that a full disk shows, that a server comes back by itself.
const SOME_TIME: Duration = Duration::from_secs(8);

/// Prepares the server for the life.
pub async fn begin(life: &Life) {
    let postgres = connect_to("postgres", Login::Superuser).await;
    set(&postgres, "fsync", if life.fsync { "on" } else { "off" }).await;
    postgres.execute("SELECT pg_reload_conf()", &[]).await.expect("settings are read");
    if life.fault == Fault::FewLocks {
        for (name, value) in FEW_LOCKS {
            set(&postgres, name, value).await;
        }
        drop(postgres);
        crash().await;
    }
}

/// Gives the server back what the life has taken.
pub async fn end(life: &Life) {
    if life.fault != Fault::FewLocks {
        return;
    }
    let postgres = connect_to("postgres", Login::Superuser).await;
    for (name, _) in FEW_LOCKS {
        let sql = format!("ALTER SYSTEM RESET {name}");
        postgres.batch_execute(&sql).await.expect("a superuser may");
    }
    // What the server was started with is in the same file.
    set(&postgres, "max_connections", "500").await;
    set(&postgres, "max_prepared_transactions", "50").await;
    drop(postgres);
    crash().await;
}

async fn set(postgres: &Client, name: &str, value: &str) {
    let sql = format!("ALTER SYSTEM SET {name} = '{value}'");
    postgres.batch_execute(&sql).await.expect("a superuser may");
}

/// Whether the server is on a disk that may be filled.
pub fn has_disk() -> bool {
    std::env::var_os("AWGP_SCRATCH_DISK").is_some()
}

/// Waits until so many transactions were acknowledged. False where that does not come about: everybody has
/// gone, or a long time has passed.
pub async fn until_acknowledged(memory: &Memory, count: u64, is_alone: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + A_LONG_TIME;
    while memory.acknowledged() < count {
        if is_alone() || Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    true
}

/// Does it, and returns when the clients have what they need to end by themselves.
pub async fn strike(
    fault: Fault,
    stage: &Stage,
    memory: &Memory,
    dice: &mut Dice,
    is_alone: impl Fn() -> bool,
) {
    match fault {
        Fault::Nothing => memory.stop(),
        Fault::Server => {
            memory.no_return();
            crash().await;
        }
        Fault::Backend => {
            let superuser = stage.database.superuser().await;
            memory.no_return();
            kill_one(&superuser, &is_alone).await;
        }
        Fault::InsideCommit(point, before) => {
            memory.no_return();
            memory.arm(point, before);
        }
        Fault::Terminated => {
            let superuser = stage.database.superuser().await;
            for _ in 0..12 {
                throw_out(&superuser, dice).await;
                until_acknowledged(memory, memory.acknowledged() + 4, &is_alone).await;
            }
            memory.stop();
        }
        Fault::FewLocks | Fault::LittleMemory => {
            until_acknowledged(memory, memory.acknowledged() + 60, &is_alone).await;
            memory.stop();
        }
        Fault::FullDisk => {
            fill(memory, dice).await;
            // A server that finds no room for its log ends, and so does one that finds none when it recovers.
            if !answers_within(SOME_TIME).await {
                crash().await;
            }
            until_acknowledged(memory, memory.acknowledged() + 10, is_alone).await;
            memory.no_return();
            crash().await;
        }
    }
}

const BUSY: &str =
    "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename = 'awgp_test_app'
                    AND xact_start IS NOT NULL ORDER BY xact_start, pid";

/// Kills a process that is in a transaction. It may have ended before the signal came: then another one,
/// until the server has noticed.
async fn kill_one(superuser: &Client, is_alone: &impl Fn() -> bool) {
    while !is_alone() {
        let Ok(busy) = superuser.query(BUSY, &[]).await else { return };
        if let Some(row) = busy.last() {
            kill("KILL", row.get::<_, i32>(0).unsigned_abs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Cancels what somebody does, or ends their connection.
async fn throw_out(superuser: &Client, dice: &mut Dice) {
    let function = if dice.roll(2) == 0 { "pg_cancel_backend" } else { "pg_terminate_backend" };
    let sql = format!("SELECT {function}(pid) FROM ({BUSY} OFFSET {} LIMIT 1) AS one", dice.roll(6));
    superuser.query(&sql, &[]).await.expect("a superuser may");
}

/// Fills the disk but for a little, waits until that has been noticed, and frees it.
async fn fill(memory: &Memory, dice: &mut Dice) {
    let folder = std::env::var("AWGP_SCRATCH_DISK").expect("a disk of its own");
    let path = PathBuf::from(folder).join("ballast");
    let mut ballast = std::fs::File::create(&path).expect("a file on the disk");
    let mut bytes = 0;
    for size in [1 << 20, 4096] {
        let zeros = vec![0; size];
        while ballast.write_all(&zeros).is_ok() {
            bytes += size as u64;
        }
    }
    ballast.set_len(bytes.saturating_sub(dice.roll(1 << 21))).expect("a little is given back");
    let (noticed, deadline) = (memory.failed() + 30, Instant::now() + SOME_TIME);
    while memory.failed() < noticed && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    std::fs::remove_file(&path).expect("the disk is freed");
}

/// Lets a process have no more memory than it has and a little.
pub fn limit_memory(pid: u32, more_kib: u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
    let kib: Option<u64> =
        size.and_then(|size| size.split_whitespace().next()).and_then(|kib| kib.parse().ok());
    let Some(kib) = kib else { return };
    let limit = format!("--as={}", (kib + more_kib) << 10);
    let limited = |command: &mut Command| {
        let output = command.args(["--pid", &pid.to_string(), &limit]).output();
        output.is_ok_and(|output| output.status.success())
    };
    // Root alone may not be enough to limit the process of another user; that user is.
    let user = Command::new("stat").args(["-c", "%U", &format!("/proc/{pid}")]).output();
    let user =
        user.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let done = limited(&mut Command::new("prlimit"))
        || limited(Command::new("runuser").args(["-u", &user, "--", "prlimit"]));
    assert!(done || !PathBuf::from(format!("/proc/{pid}")).exists(), "prlimit is part of util-linux");
}
