//! What the store in memory holds, and its one transaction.

use std::collections::BTreeMap;
use sts_core::block::Block;
use sts_core::intent::{Guard, Intent, KeyInUse, ReplayUse, Verdict};
use sts_core::keys::{KeyChange, KeyRow};
use sts_core::ports::{Resealed, Sealed, SnapshotRow};
use sts_core::trust::ReplayMode;
use sts_wire::time::Timestamp;

/// Bundle and id of a token, and the audience that it was used for; none
/// stands for every audience.
type Use = (String, String, Option<String>);

/// Everything.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) entries: Vec<Vec<u8>>,
    /// Until when each is remembered.
    uses: BTreeMap<Use, Timestamp>,
    /// By algorithm and slot.
    keys: BTreeMap<(&'static str, u64), KeyRow>,
    secrets: BTreeMap<&'static str, Vec<u8>>,
    current: Option<String>,
    snapshots: BTreeMap<String, SnapshotRow>,
    pub(super) blocks: Vec<Block>,
}

impl Tables {
    pub(super) fn record(&mut self, intent: &Intent) -> Verdict {
        if !self.holds(&intent.guard) {
            return Verdict::Changed;
        }
        let stopping = |exchange| self.blocks.iter().find(|block| block.stops(exchange));
        if let Some(block) = intent.blockable.as_ref().and_then(stopping) {
            return Verdict::Blocked { block: block.id.clone() };
        }
        if let Some(replay) = &intent.replay {
            if self.was_used(replay) {
                return Verdict::Replayed { index: self.append(&intent.replayed) };
            }
            if replay.claim {
                let audience =
                    (replay.mode != ReplayMode::SingleUse).then(|| replay.audience.clone());
                let used = (replay.bundle.clone(), replay.token_id.clone(), audience);
                self.uses.insert(used, replay.remembered_until);
            }
        }
        Verdict::Kept { index: self.append(&intent.fresh) }
    }

    fn append(&mut self, leaf: &[u8]) -> u64 {
        let index = self.entries.len() as u64;
        self.entries.push(leaf.to_vec());
        index
    }

    fn was_used(&self, replay: &ReplayUse) -> bool {
        let mut uses = self
            .uses
            .keys()
            .filter(|(bundle, id, _)| *bundle == replay.bundle && *id == replay.token_id);
        uses.any(|(_, _, audience)| match replay.mode {
            ReplayMode::SingleUse => true,
            ReplayMode::OncePerAudience => {
                audience.as_ref().is_none_or(|audience| *audience == replay.audience)
            }
            ReplayMode::Reusable => audience.is_none(),
        })
    }

    fn holds(&self, guard: &Guard) -> bool {
        let signs = |key: &KeyInUse| {
            let row = self.keys.values().find(|row| row.public.kid == key.kid);
            row.is_some_and(|row| row.signs_at(self.keys.values(), key.at))
        };
        guard.key.as_ref().is_none_or(signs)
            && guard.snapshot.as_ref().is_none_or(|digest| self.current.as_ref() == Some(digest))
    }

    pub(super) fn keys(&self) -> Vec<KeyRow> {
        self.keys.values().cloned().collect()
    }

    pub(super) fn insert_key(&mut self, row: KeyRow, leaf: Vec<u8>) -> bool {
        let place = (row.algorithm.name(), row.slot);
        let taken = self.keys.contains_key(&place)
            || self.keys.values().any(|other| other.public.kid == row.public.kid);
        if !taken {
            self.keys.insert(place, row);
            self.entries.push(leaf);
        }
        !taken
    }

    pub(super) fn change_keys(&mut self, changes: &[KeyChange], leaf: Vec<u8>) -> bool {
        let changed = self.change(changes);
        if changed {
            self.entries.push(leaf);
        }
        changed
    }

    /// The same without an entry.
    pub(super) fn change(&mut self, changes: &[KeyChange]) -> bool {
        let mut keys = self.keys.clone();
        let mut applies = |change: &KeyChange| {
            let row = keys.values_mut().find(|row| row.public.kid == change.kid());
            row.is_some_and(|row| change.apply(row))
        };
        let all = changes.iter().all(&mut applies);
        if all {
            self.keys = keys;
        }
        all
    }

    pub(super) fn reseal(&mut self, resealed: Vec<Resealed>, leaf: Vec<u8>) -> bool {
        let same = |one: &Resealed| self.sealed(&one.what).is_some_and(|found| *found == one.old);
        if !resealed.iter().all(same) {
            return false;
        }
        for one in resealed {
            if let Some(found) = self.sealed(&one.what) {
                *found = one.new;
            }
        }
        self.entries.push(leaf);
        true
    }

    fn sealed(&mut self, what: &Sealed) -> Option<&mut Vec<u8>> {
        match what {
            Sealed::Secret(name) => self.secrets.get_mut(name),
            Sealed::Key(kid) => {
                let mut rows = self.keys.values_mut();
                Some(&mut rows.find(|row| row.public.kid == *kid)?.sealed_private)
            }
        }
    }

    pub(super) fn add_block(&mut self, block: Block, leaf: Vec<u8>) {
        self.blocks.push(block);
        self.entries.push(leaf);
    }

    pub(super) fn remove_block(&mut self, id: &str, leaf: Vec<u8>) -> bool {
        let before = self.blocks.len();
        self.blocks.retain(|block| block.id != id);
        let removed = self.blocks.len() < before;
        if removed {
            self.entries.push(leaf);
        }
        removed
    }

    pub(super) fn prune_replay(&mut self, ended_before: Timestamp) -> u64 {
        let before = self.uses.len();
        self.uses.retain(|_, until| *until >= ended_before);
        before.saturating_sub(self.uses.len()) as u64
    }

    pub(super) fn secret(
        &mut self,
        name: &'static str,
        candidate: Option<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        if let Some(candidate) = candidate {
            self.secrets.entry(name).or_insert(candidate);
        }
        self.secrets.get(name).cloned()
    }

    pub(super) fn adopt_snapshot(&mut self, row: &SnapshotRow, leaf: Vec<u8>) {
        if self.current.as_ref() != Some(&row.digest) {
            self.current = Some(row.digest.clone());
            self.snapshots.entry(row.digest.clone()).or_insert_with(|| row.clone());
            self.entries.push(leaf);
        }
    }

    pub(super) fn snapshot(&self, digest: Option<String>) -> Option<SnapshotRow> {
        let digest = digest.or_else(|| self.current.clone())?;
        self.snapshots.get(&digest).cloned()
    }
}
