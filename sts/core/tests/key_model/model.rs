//! The model: the store's rows, two processes, and what verifiers may hold.

use stateright::{Model, Property};
use std::sync::Arc;
use sts_core::keys::{
    KeyChange, KeyRow, KeySchedule, KeyState, PlannedKey, Ring, RingKey, compromise, plan, rotate,
};
use sts_core::ports::{Answer, Signer, Unavailable};
use sts_jose::SigningAlgorithm::Es256;
use sts_wire::jwk::{PublishedJwk, PublishedParams};
use sts_wire::time::{Seconds, Timestamp};

/// An instant is a second.
const SCHEDULE: KeySchedule = KeySchedule {
    rotation_period: Seconds::new(4),
    publish_ahead: Seconds::new(1),
    verifier_cache: Seconds::new(1),
    ttl_max: Seconds::new(1),
    leeway: Seconds::new(1),
    poll: Seconds::new(1),
};

/// More slots than the horizon has room for.
const SLOTS: usize = 8;

/// Which rules hold; without one, the model must find what it is for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// The recording transaction asks whether the key still signs.
    pub(crate) guard: bool,
    /// A key that was planned too long ago is not inserted.
    pub(crate) insert_by: bool,
    /// A set that was read long ago may be kept only briefly.
    pub(crate) age: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self { guard: true, insert_by: true, age: true }
    }
}

/// Two processes that share a store.
pub(crate) struct Sharing {
    pub(crate) rules: Rules,
    pub(crate) horizon: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    created: i64,
    not_before: i64,
    revoked: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Process {
    /// What it read, and when; nothing before it started.
    view: Option<(i64, Vec<Key>)>,
    /// Slot and first instant of keys that it is about to insert.
    planned: Vec<(usize, i64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct State {
    now: i64,
    rows: Vec<Key>,
    processes: [Process; 2],
    /// Until when some verifier may hold a key set without the key of this slot.
    unknown_until: [i64; SLOTS],
    /// Until when a token of the key of this slot lives.
    lives_until: [i64; SLOTS],
    /// Slots that had to sign before verifiers were sure to know them.
    forced: [bool; SLOTS],
    operations: u8,
    /// Slots that processes sign with now, and until when such a token lives.
    signing: Vec<(usize, i64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Tick,
    Read(usize),
    Insert(usize),
    Crash(usize),
    Rotate,
    Compromise,
}

struct Unused;

impl Signer for Unused {
    fn sign<'a>(&'a self, _: &'a [u8]) -> Answer<'a, Result<Vec<u8>, Unavailable>> {
        Box::pin(std::future::ready(Err(Unavailable(String::new()))))
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second)
}

fn kid(slot: usize) -> String {
    slot.to_string()
}

fn rows(keys: &[Key]) -> Vec<KeyRow> {
    let row = |(slot, key): (usize, &Key)| KeyRow {
        algorithm: Es256,
        slot: slot as u64,
        public: PublishedJwk::new(
            kid(slot),
            "ES256",
            PublishedParams::Ec { crv: "P-256".into(), x: String::new(), y: String::new() },
        ),
        created_at: at(key.created),
        not_before: at(key.not_before),
        retention: Seconds::new(0),
        revoked_at: key.revoked.map(at),
        revoked_because: None,
        sealed_private: Vec::new(),
    };
    keys.iter().enumerate().map(row).collect()
}

impl Process {
    fn ring(&self) -> Option<Ring> {
        let (read_at, keys) = self.view.as_ref()?;
        let signer: Arc<dyn Signer> = Arc::new(Unused);
        let keys = rows(keys).into_iter().map(|row| RingKey { row, signer: Arc::clone(&signer) });
        Some(Ring::new(keys.collect(), SCHEDULE, at(*read_at)))
    }
}

impl State {
    fn sign(&self, rings: &[Ring], rules: Rules) -> Vec<(usize, i64)> {
        let stored = rows(&self.rows);
        let signs = |ring: &Ring| {
            let active = ring.active(Es256, at(self.now))?;
            let slot = usize::try_from(active.key.row.slot).ok()?;
            let holds = !rules.guard || stored.get(slot)?.signs_at(stored.iter(), at(self.now));
            let ttl = active.cap(SCHEDULE.ttl_max, at(self.now), SCHEDULE.leeway)?;
            holds.then(|| (slot, self.now + i64::try_from(ttl.get()).unwrap_or(i64::MAX)))
        };
        rings.iter().filter_map(signs).collect()
    }

    /// What verifiers fetch at this instant, and what is signed.
    fn observe(&mut self, rules: Rules) {
        self.forget();
        let rings: Vec<Ring> = self.processes.iter().filter_map(Process::ring).collect();
        for ring in &rings {
            let age = if rules.age { ring.max_age(at(self.now)) } else { SCHEDULE.verifier_cache };
            let until = self.now + i64::try_from(age.get()).unwrap_or(i64::MAX);
            let published: Vec<&str> =
                ring.published(at(self.now)).into_iter().map(|key| key.kid.as_str()).collect();
            for slot in (0..SLOTS).filter(|slot| !published.contains(&kid(*slot).as_str())) {
                self.unknown_until[slot] = self.unknown_until[slot].max(until);
            }
        }
        self.signing = self.sign(&rings, rules);
        for (slot, until) in self.signing.clone() {
            self.lives_until[slot] = self.lives_until[slot].max(until);
        }
    }

    /// Makes states alike that differ in nothing that matters any more: times
    /// long past, the age of what is too old to be kept, and which process is which.
    fn forget(&mut self) {
        let second = |seconds: Seconds| i64::try_from(seconds.get()).unwrap_or(i64::MAX);
        let past = |until: &mut i64, margin: i64, now: i64| {
            if *until + margin <= now {
                *until = 0;
            }
        };
        self.unknown_until.iter_mut().for_each(|until| past(until, 0, self.now));
        let leeway = second(SCHEDULE.leeway);
        self.lives_until.iter_mut().for_each(|until| past(until, leeway, self.now));
        let oldest = self.now - second(SCHEDULE.lead());
        for (read_at, _) in self.processes.iter_mut().filter_map(|one| one.view.as_mut()) {
            *read_at = oldest.max(*read_at);
        }
        self.processes.sort();
    }

    fn insert(&mut self, process: usize, rules: Rules) {
        let (slot, not_before) = self.processes[process].planned.remove(0);
        let lead = i64::try_from(SCHEDULE.lead().get()).unwrap_or(i64::MAX);
        let late = slot > 0 && self.now + lead > not_before;
        if slot == self.rows.len() && !(rules.insert_by && late) {
            self.rows.push(Key { created: self.now, not_before, revoked: None });
        }
    }

    fn operate(&mut self, action: Action) -> Option<()> {
        let stored = rows(&self.rows);
        let active = stored.iter().find(|row| row.signs_at(stored.iter(), at(self.now)))?;
        let changes = match action {
            Action::Rotate => rotate(&stored, Es256, &SCHEDULE, at(self.now)),
            _ => compromise(&stored, &active.public.kid, &SCHEDULE, at(self.now)),
        };
        for change in changes.ok()? {
            let slot: usize = change.kid().parse().ok()?;
            match change {
                KeyChange::Revoke { at, .. } => self.rows[slot].revoked = Some(at.seconds()),
                KeyChange::Start { at, .. } => self.rows[slot].not_before = at.seconds(),
                KeyChange::Retain { .. } => {}
            }
            self.forced[slot] |= action == Action::Compromise;
        }
        self.operations += 1;
        Some(())
    }
}

impl Model for Sharing {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            now: 0,
            rows: Vec::new(),
            processes: [Process::default(), Process::default()],
            unknown_until: [0; SLOTS],
            lives_until: [0; SLOTS],
            forced: [false; SLOTS],
            operations: 0,
            signing: Vec::new(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.now < self.horizon {
            actions.push(Action::Tick);
        }
        for (number, process) in state.processes.iter().enumerate() {
            actions.push(Action::Read(number));
            if !process.planned.is_empty() {
                actions.push(Action::Insert(number));
            }
            if process.view.is_some() {
                actions.push(Action::Crash(number));
            }
        }
        if state.operations == 0 {
            actions.extend([Action::Rotate, Action::Compromise]);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Tick => state.now += 1,
            Action::Read(process) => {
                let stored = rows(&state.rows);
                let planned = plan(at(state.now), &stored, Es256, &SCHEDULE).into_iter();
                let place = |key: PlannedKey| (key.slot as usize, key.not_before.seconds());
                state.processes[process] = Process {
                    view: Some((state.now, state.rows.clone())),
                    planned: planned.map(place).collect(),
                };
            }
            Action::Insert(process) => state.insert(process, self.rules),
            Action::Crash(process) => state.processes[process] = Process::default(),
            Action::Rotate | Action::Compromise => state.operate(action)?,
        }
        state.observe(self.rules);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("verifiers know what signs", |_: &Self, state: &State| {
                // An empty ring never served a set: its first key signs at once.
                let known = |slot: usize| {
                    slot == 0 || state.forced[slot] || state.unknown_until[slot] <= state.now
                };
                state.signing.iter().all(|(slot, _)| known(*slot))
            }),
            Property::always("one key signs", |_: &Self, state: &State| {
                state.signing.windows(2).all(|both| both[0].0 == both[1].0)
            }),
            Property::always(
                "what was signed can be verified while it lives",
                |_: &Self, state: &State| {
                    let stored = rows(&state.rows);
                    let leeway = i64::try_from(SCHEDULE.leeway.get()).unwrap_or(i64::MAX);
                    stored.iter().zip(state.lives_until).all(|(row, until)| {
                        let state_of = row.times(stored.iter(), &SCHEDULE, at(state.now)).state;
                        until == 0
                            || state.now >= until + leeway
                            || state_of.is_published()
                            || state_of == KeyState::Revoked
                    })
                },
            ),
            Property::always(
                "the set is never empty once a key signs",
                |_: &Self, state: &State| {
                    let fresh = Process {
                        view: Some((state.now, state.rows.clone())),
                        planned: Vec::new(),
                    };
                    let set = fresh.ring().map_or(0, |ring| ring.published(at(state.now)).len());
                    state.rows.is_empty() || set > 0
                },
            ),
            Property::sometimes("a third key signs", |_: &Self, state: &State| {
                state.signing.iter().any(|(slot, _)| *slot == 2)
            }),
        ]
    }
}
