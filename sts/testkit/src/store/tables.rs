//! What the store in memory holds, and its one transaction.

use std::collections::{BTreeMap, BTreeSet};
use sts_core::intent::{Guard, Intent, ReplayUse, Verdict};
use sts_core::keys::KeyRow;
use sts_core::ports::SnapshotRow;
use sts_core::trust::ReplayMode;
use sts_wire::time::Timestamp;

/// Bundle and id of a token, and the audience that it was used for; none
/// stands for every audience.
type Use = (String, String, Option<String>);

/// Everything.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub(super) entries: Vec<Vec<u8>>,
    uses: BTreeSet<Use>,
    /// By algorithm and slot.
    keys: BTreeMap<(&'static str, u64), KeyRow>,
    secrets: BTreeMap<&'static str, Vec<u8>>,
    current: Option<String>,
    snapshots: BTreeMap<String, SnapshotRow>,
}

impl Tables {
    pub(super) fn record(&mut self, intent: &Intent) -> Verdict {
        if !self.holds(&intent.guard) {
            return Verdict::Changed;
        }
        if let Some(replay) = &intent.replay {
            if self.was_used(replay) {
                return Verdict::Replayed { index: self.append(&intent.replayed) };
            }
            if replay.claim {
                let audience =
                    (replay.mode != ReplayMode::SingleUse).then(|| replay.audience.clone());
                self.uses.insert((replay.bundle.clone(), replay.token_id.clone(), audience));
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
            .iter()
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
        let signs = |kid: &String| {
            self.keys.values().any(|row| row.public.kid == *kid && row.revoked_at.is_none())
        };
        guard.kid.as_ref().is_none_or(signs)
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

    pub(super) fn revoke_key(&mut self, kid: &str, at: Timestamp) {
        for row in self.keys.values_mut().filter(|row| row.public.kid == kid) {
            row.revoked_at = Some(at);
        }
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
