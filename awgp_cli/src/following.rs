//! What commands that follow the server have in common: a session that listens, until Ctrl-C ends it.

use awgp_client::{Exit, Failure, Session, Target, Trouble};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::Receiver;

/// Hears a signal from here on. A loop keeps it: one that listens anew in each round misses the signal that
/// comes beside something else.
pub fn heard(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind)
        .map_err(|error| Failure::new(Exit::Unexpected, format!("signals cannot be received: {error}")))
}

/// Runs with a session that is told of notifications, until it ends by itself or is interrupted.
pub async fn until_interrupted(
    target: &Target,
    run: impl AsyncFnOnce(&mut Session, &mut Receiver<()>) -> Result<(), Trouble>,
) -> Result<Exit, Failure> {
    let (mut session, mut notified) = Session::open_to_listen(target).await?;
    let outcome = tokio::select! {
        outcome = run(&mut session, &mut notified) => outcome,
        _ = tokio::signal::ctrl_c() => {
            session.close().await;
            return Ok(Exit::Interrupted);
        }
    };
    session.ended(outcome).await.map(|()| Exit::Success)
}

/// Returns at a notification, and after this time without one.
pub async fn next(notified: &mut Receiver<()>, at_most: Duration) -> Result<(), Trouble> {
    tokio::select! {
        notice = notified.recv() => if notice.is_none() {
            return Err(Failure::new(Exit::NoConnection, "the server closed the connection")
                .hint("look in the server's log, then try again").into());
        },
        () = tokio::time::sleep(at_most) => {}
    }
    Ok(())
}
