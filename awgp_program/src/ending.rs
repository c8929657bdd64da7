//! When a program is told to end.

use tokio::signal::unix::{SignalKind, signal};

/// Ctrl-C, or what `kill` and systemd send, from this call on.
pub fn ended() -> impl Future<Output = ()> {
    let signals = signal(SignalKind::terminate())
        .and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    async move {
        match signals {
            Ok((mut terminate, mut interrupt)) => tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            },
            // Without a handler the signal ends the process by itself.
            Err(_) => std::future::pending().await,
        }
    }
}
