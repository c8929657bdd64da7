//! The ledger of the model: a pool, two assistants' days, and what is held of them.

use super::calls::{Call, Cents};
use super::world::{Outcome, done, no, place};
use uuid::Uuid;

/// What the pool may spend, and each assistant a day, in cents.
pub const POOL: Cents = 1_000;
pub const DAYS: [Cents; 2] = [600, 400];

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the columns of an entry")]
pub struct Entry {
    pub id: Uuid,
    pub assistant: usize,
    pub pool: bool,
    pub cents: Cents,
    pub overrun: bool,
    pub key: Option<usize>,
    pub reversed: bool,
    pub reverses: bool,
}

#[derive(Clone, Debug)]
pub struct Reservation {
    pub id: Uuid,
    pub assistant: usize,
    pub cents: Cents,
    pub state: &'static str,
    pub key: Option<usize>,
}

/// What is spent and held of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    pub spent: Cents,
    pub held: Cents,
}

impl Account {
    fn fits(self, limit: Cents, cents: Cents) -> bool {
        cents == 0 || self.spent + self.held + cents <= limit
    }

    /// Whether money that is gone exceeds the limit: what is spent, or, where it takes more than was held for
    /// it, with what others hold.
    fn is_over(self, limit: Cents, cents: Cents, beyond: bool) -> bool {
        cents > 0 && self.spent + cents + if beyond { self.held } else { 0 } > limit
    }
}

#[derive(Clone, Debug, Default)]
pub struct Money {
    pub entries: Vec<Entry>,
    pub reservations: Vec<Reservation>,
    pub pool: Account,
    pub days: [Account; 2],
}

impl Money {
    pub fn call(&mut self, call: &Call, active: [bool; 2]) -> Outcome {
        match call {
            Call::Cost { assistant, pool, cents, incurred, key } => {
                self.cost(*assistant, *pool, *cents, *incurred, *key)
            }
            Call::Reverse { entry } => self.reverse(*entry),
            Call::Reserve { assistant, pool, cents, key } => {
                if !active[*assistant] {
                    return no("55000 assistant_not_active");
                }
                if !pool {
                    return no("P0002 no_credit_pool");
                }
                if let Some(before) =
                    self.reservations.iter().find(|before| key.is_some() && before.key == *key)
                {
                    let same = (before.assistant, before.cents) == (*assistant, *cents);
                    return if same { done() } else { no("22023 idempotency_conflict") };
                }
                self.reserve(*assistant, *cents, *key)?;
                done()
            }
            Call::Settle { reservation, cents } => {
                let Some(at) = place(*reservation, self.reservations.len()) else {
                    return no("P0002 unknown_reservation");
                };
                self.settle(at, *cents)?;
                done()
            }
            Call::Release { reservation } => match place(*reservation, self.reservations.len()) {
                None => no("P0002 unknown_reservation"),
                Some(at) => self.release(at),
            },
            _ => no("no call of the ledger"),
        }
    }

    fn enter(
        &mut self,
        assistant: usize,
        pool: bool,
        cents: Cents,
        overrun: bool,
        key: Option<usize>,
    ) -> usize {
        self.days[assistant].spent += cents;
        self.pool.spent += if pool { cents } else { 0 };
        let (reversed, reverses) = (false, false);
        self.entries.push(Entry {
            id: Uuid::nil(),
            assistant,
            pool,
            cents,
            overrun,
            key,
            reversed,
            reverses,
        });
        self.entries.len() - 1
    }

    fn cost(
        &mut self,
        assistant: usize,
        pool: bool,
        cents: Cents,
        incurred: bool,
        key: Option<usize>,
    ) -> Outcome {
        if let Some(before) = self.entries.iter().find(|before| key.is_some() && before.key == key) {
            let same = (before.assistant, before.pool, before.cents) == (assistant, pool, cents);
            return if same { done() } else { no("22023 idempotency_conflict") };
        }
        if incurred {
            self.incur(assistant, pool, cents);
            return done();
        }
        let fits =
            self.days[assistant].fits(DAYS[assistant], cents) && (!pool || self.pool.fits(POOL, cents));
        if !fits {
            return no("53400 budget_exceeded");
        }
        self.enter(assistant, pool, cents, false, key);
        done()
    }

    /// Money that is spent already.
    pub fn incur(&mut self, assistant: usize, pool: bool, cents: Cents) -> usize {
        let over = self.days[assistant].is_over(DAYS[assistant], cents, true)
            || pool && self.pool.is_over(POOL, cents, true);
        self.enter(assistant, pool, cents, over, None)
    }

    fn reverse(&mut self, entry: usize) -> Outcome {
        let Some(at) = place(entry, self.entries.len()) else { return no("P0002 unknown_transaction") };
        if self.entries[at].reversed || self.entries[at].reverses {
            return no("55000 not_reversible");
        }
        self.entries[at].reversed = true;
        let Entry { assistant, pool, cents, .. } = self.entries[at];
        let made = self.enter(assistant, pool, -cents, false, None);
        self.entries[made].reverses = true;
        done()
    }

    pub fn reserve(&mut self, assistant: usize, cents: Cents, key: Option<usize>) -> Result<usize, String> {
        if !self.days[assistant].fits(DAYS[assistant], cents) || !self.pool.fits(POOL, cents) {
            return Err("53400 budget_exceeded".to_owned());
        }
        self.days[assistant].held += cents;
        self.pool.held += cents;
        self.reservations.push(Reservation { id: Uuid::nil(), assistant, cents, state: "held", key });
        Ok(self.reservations.len() - 1)
    }

    fn give_back(&mut self, reservation: usize, state: &'static str) {
        let Reservation { assistant, cents, .. } = self.reservations[reservation];
        self.days[assistant].held -= cents;
        self.pool.held -= cents;
        self.reservations[reservation].state = state;
    }

    pub fn settle(&mut self, reservation: usize, cents: Cents) -> Result<usize, String> {
        if self.reservations[reservation].state != "held" {
            return Err("55000 reservation_resolved".to_owned());
        }
        let Reservation { assistant, cents: held, .. } = self.reservations[reservation];
        self.give_back(reservation, "settled");
        let beyond = cents > held;
        let over = beyond
            || self.days[assistant].is_over(DAYS[assistant], cents, false)
            || self.pool.is_over(POOL, cents, false);
        Ok(self.enter(assistant, true, cents, over, None))
    }

    pub fn release(&mut self, reservation: usize) -> Outcome {
        match self.reservations[reservation].state {
            "held" => self.give_back(reservation, "released"),
            "settled" => return no("55000 reservation_resolved"),
            _ => {}
        }
        done()
    }
}
