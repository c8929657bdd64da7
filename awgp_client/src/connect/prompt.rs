//! A password that the user is asked for, once for all connections of a command.

use std::sync::{Arc, Mutex};

/// Asks for the password of a login; None where nobody can be asked.
type Ask = dyn Fn(&str) -> Option<String> + Send + Sync;

/// How the user is asked for a password.
#[derive(Clone)]
pub struct Prompt {
    ask: Arc<Ask>,
    is_forced: bool,
    answer: Arc<Mutex<Option<String>>>,
}

impl Prompt {
    /// Asks when a server wants a password and there is none; if forced, before the first connection,
    /// whatever is known already.
    pub fn new(is_forced: bool, ask: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { ask: Arc::new(ask), is_forced, answer: Arc::default() }
    }

    /// The password before a connection: what was answered earlier, or what the user is forced to give now.
    pub(super) fn before(&self, login: &str) -> Option<String> {
        let answered = self.answer.lock().ok().and_then(|answer| answer.clone());
        if answered.is_none() && self.is_forced { self.asked(login) } else { answered }
    }

    /// Asks.
    pub(super) fn asked(&self, login: &str) -> Option<String> {
        let given = (self.ask)(login)?;
        if let Ok(mut answer) = self.answer.lock() {
            *answer = Some(given.clone());
        }
        Some(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_password_is_asked_for_once() {
        let times = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&times);
        let prompt = Prompt::new(true, move |login| {
            counted.fetch_add(1, Ordering::Relaxed);
            Some(format!("{login}'s"))
        });
        assert_eq!(prompt.before("ann").as_deref(), Some("ann's"));
        assert_eq!(prompt.clone().before("ann").as_deref(), Some("ann's"));
        assert_eq!(times.load(Ordering::Relaxed), 1);
        assert_eq!(Prompt::new(false, |_| Some("x".to_owned())).before("ann"), None);
    }
}
