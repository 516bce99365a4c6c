//! A store in memory that keeps the promises of the port, and breaks on demand.

mod tables;

use std::sync::{Mutex, MutexGuard, PoisonError};
use sts_core::block::Block;
use sts_core::intent::{Intent, Verdict};
use sts_core::keys::RevocationReason::Compromised;
use sts_core::keys::{KeyChange, KeyRow};
use sts_core::ports::{Answer, Entries, Resealed, SnapshotRow, Store, Unavailable};
use sts_wire::time::Timestamp;
use tables::Tables;

/// How the next write goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreFault {
    /// Nothing is written.
    BeforeWrite,
    /// It is written, and the answer is lost.
    AfterWrite,
}

/// The time by the store's own clock, which stands still: the worlds' time begins later.
const CLOCK: Timestamp = Timestamp::from_seconds(1_700_000_000);

type Meanwhile = Box<dyn FnOnce() + Send>;

/// The store.
#[derive(Default)]
pub struct MemoryStore {
    tables: Mutex<Tables>,
    fault: Mutex<Option<StoreFault>>,
    meanwhile: Mutex<Option<Meanwhile>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryStore {
    /// From now on every record goes wrong like this, or none does.
    pub fn fail(&self, fault: Option<StoreFault>) {
        *lock(&self.fault) = fault;
    }

    /// Does something between the next decision and its record.
    pub fn meanwhile(&self, change: impl FnOnce() + Send + 'static) {
        *lock(&self.meanwhile) = Some(Box::new(change));
    }

    /// Marks a key as revoked.
    pub fn revoke_key(&self, kid: &str, at: Timestamp) {
        let change = KeyChange::Revoke { kid: kid.to_owned(), at, because: Compromised };
        lock(&self.tables).change(&[change]);
    }

    /// Every entry.
    #[must_use]
    pub fn leaves(&self) -> Vec<Vec<u8>> {
        lock(&self.tables).entries.clone()
    }

    fn record_now(&self, intent: &Intent) -> Result<Verdict, Unavailable> {
        // Taken out first: what happens meanwhile may use this store.
        let meanwhile = lock(&self.meanwhile).take();
        if let Some(change) = meanwhile {
            change();
        }
        let fault = *lock(&self.fault);
        if fault == Some(StoreFault::BeforeWrite) {
            return Err(Unavailable("the story failed the write".to_owned()));
        }
        let verdict = lock(&self.tables).record(intent);
        match fault {
            Some(_) => Err(Unavailable("the story lost the answer".to_owned())),
            None => Ok(verdict),
        }
    }
}

fn answer<'a, T: Send + 'a>(value: T) -> Answer<'a, Result<T, Unavailable>> {
    Box::pin(std::future::ready(Ok(value)))
}

impl Store for MemoryStore {
    fn record(&self, intent: Intent) -> Answer<'_, Result<Verdict, Unavailable>> {
        Box::pin(std::future::ready(self.record_now(&intent)))
    }

    fn keys(&self) -> Answer<'_, Result<Vec<KeyRow>, Unavailable>> {
        answer(lock(&self.tables).keys())
    }

    fn insert_key(
        &self,
        row: KeyRow,
        insert_by: Option<Timestamp>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        let in_time = insert_by.is_none_or(|end| CLOCK <= end);
        answer(in_time && lock(&self.tables).insert_key(row, leaf))
    }

    fn change_keys(
        &self,
        seen: Vec<KeyRow>,
        changes: Vec<KeyChange>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        answer(lock(&self.tables).change_keys(&seen, &changes, leaf))
    }

    fn reseal(
        &self,
        resealed: Vec<Resealed>,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<bool, Unavailable>> {
        answer(lock(&self.tables).reseal(resealed, leaf))
    }

    fn blocks(&self) -> Answer<'_, Result<Vec<Block>, Unavailable>> {
        answer(lock(&self.tables).blocks.clone())
    }

    fn add_block(&self, block: Block, leaf: Vec<u8>) -> Answer<'_, Result<(), Unavailable>> {
        lock(&self.tables).add_block(block, leaf);
        answer(())
    }

    fn remove_block(&self, id: String, leaf: Vec<u8>) -> Answer<'_, Result<bool, Unavailable>> {
        answer(lock(&self.tables).remove_block(&id, leaf))
    }

    fn secret(
        &self,
        name: &'static str,
        candidate: Option<Vec<u8>>,
    ) -> Answer<'_, Result<Option<Vec<u8>>, Unavailable>> {
        answer(lock(&self.tables).secret(name, candidate))
    }

    fn adopt_snapshot(
        &self,
        row: SnapshotRow,
        leaf: Vec<u8>,
    ) -> Answer<'_, Result<(), Unavailable>> {
        let fault = *lock(&self.fault);
        if fault != Some(StoreFault::BeforeWrite) {
            lock(&self.tables).adopt_snapshot(&row, leaf);
        }
        match fault {
            Some(_) => Box::pin(std::future::ready(Err(Unavailable(
                "the story failed the adoption".to_owned(),
            )))),
            None => answer(()),
        }
    }

    fn current_snapshot(&self) -> Answer<'_, Result<Option<String>, Unavailable>> {
        answer(lock(&self.tables).snapshot(None).map(|row| row.digest))
    }

    fn snapshot(
        &self,
        digest: Option<String>,
    ) -> Answer<'_, Result<Option<SnapshotRow>, Unavailable>> {
        answer(lock(&self.tables).snapshot(digest))
    }

    fn entries(&self, from: u64, limit: u64) -> Answer<'_, Result<Entries, Unavailable>> {
        let take = usize::try_from(limit).unwrap_or(usize::MAX);
        let leaves = (0_u64..).zip(self.leaves());
        answer(leaves.filter(|(index, _)| *index >= from).take(take).collect())
    }

    fn prune_replay(&self, ended_before: Timestamp) -> Answer<'_, Result<u64, Unavailable>> {
        answer(lock(&self.tables).prune_replay(ended_before))
    }

    fn ping(&self) -> Answer<'_, Result<(), Unavailable>> {
        answer(())
    }
}
