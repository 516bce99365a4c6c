//! Many exchanges in one transaction, with a verdict for each.

use super::blocks;
use super::fault::PostgresFault;
use super::rows::{hash, used_audience, wanted_audience};
use super::session::Session;
use super::transaction::{BEGIN, Head, NewUses};
use crate::store::queue::{RecordJob, in_time};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use sts_core::block::Block;
use sts_core::intent::{Guard, Intent, KeyInUse, ReplayUse, Verdict};
use sts_core::trust::ReplayMode;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

/// Bundle and hashed id of a token.
type Token = (String, Vec<u8>);

/// What the verdicts rest on, read under the lock; then also what this batch adds to it.
struct Seen {
    next_index: u64,
    snapshot: Option<String>,
    /// When each of the asked keys signs, in milliseconds.
    signing: BTreeMap<String, Range<i64>>,
    blocks: Vec<Block>,
    /// The hashed audiences that each of the asked tokens was used for.
    uses: BTreeMap<Token, BTreeSet<Vec<u8>>>,
}

/// What is to be written.
#[derive(Default)]
struct Writes<'a> {
    leaves: Vec<&'a [u8]>,
    uses: NewUses,
}

impl Session {
    /// Records what is still in time once the lock is had; gives back those
    /// jobs, and the verdict of each.
    pub(super) async fn record(
        &self,
        batch: &mut Vec<RecordJob>,
    ) -> Result<Vec<Verdict>, PostgresFault> {
        let mut seen = self.look(batch).await?;
        *batch = in_time(std::mem::take(batch));
        let first = seen.next_index;
        let mut writes = Writes::default();
        let verdicts = batch.iter().map(|job| seen.judge(&job.intent, &mut writes)).collect();
        if writes.leaves.is_empty() {
            self.leave().await?;
        } else {
            self.finish(first, &writes.leaves, &writes.uses).await?;
        }
        Ok(verdicts)
    }

    /// Locks, and reads everything that this batch depends on. All is sent at
    /// once; each statement runs after the one before it has ended.
    async fn look(&self, batch: &[RecordJob]) -> Result<Seen, PostgresFault> {
        let intents = || batch.iter().map(|job| &job.intent);
        let keys: BTreeSet<&str> =
            intents().filter_map(|intent| Some(intent.guard.key.as_ref()?.kid.as_str())).collect();
        let keys: Vec<&str> = keys.into_iter().collect();
        let tokens: BTreeSet<Token> =
            intents().filter_map(|intent| intent.replay.as_ref()).map(token).collect();
        let (bundles, tokens): (Vec<String>, Vec<Vec<u8>>) = tokens.into_iter().unzip();
        let asked: [&(dyn ToSql + Sync); 2] = [&bundles, &tokens];
        let keys: [&(dyn ToSql + Sync); 1] = [&keys];
        let statements = &self.statements;
        let (_, head, keys, blocks, uses) = tokio::try_join!(
            biased;
            self.client.batch_execute(BEGIN),
            self.client.query_one(&statements.lock_head, &[]),
            self.client.query(&statements.signing_times, &keys),
            self.client.query(&statements.blocks, &[]),
            self.client.query(&statements.uses, &asked),
        )?;
        let Head { next_index, snapshot } = Head::read(&head)?;
        let signing = keys.iter().map(signing_time).collect::<Result<_, _>>()?;
        let blocks = blocks.iter().map(blocks::read).collect::<Result<_, _>>()?;
        let mut seen = Seen { next_index, snapshot, signing, blocks, uses: BTreeMap::new() };
        for row in uses {
            let token = (row.try_get(0)?, row.try_get(1)?);
            seen.uses.entry(token).or_default().insert(row.try_get(2)?);
        }
        Ok(seen)
    }
}

/// A key, and from when until when it signs.
fn signing_time(row: &Row) -> Result<(String, Range<i64>), tokio_postgres::Error> {
    let until: Option<i64> = row.try_get(2)?;
    Ok((row.try_get(0)?, row.try_get(1)?..until.unwrap_or(i64::MAX)))
}

fn token(replay: &ReplayUse) -> Token {
    (replay.bundle.clone(), hash(&replay.token_id))
}

impl Seen {
    fn judge<'a>(&mut self, intent: &'a Intent, writes: &mut Writes<'a>) -> Verdict {
        if !self.holds(&intent.guard) {
            return Verdict::Changed;
        }
        let stopping = |exchange| self.blocks.iter().find(|block| block.stops(exchange));
        if let Some(block) = intent.blockable.as_ref().and_then(stopping) {
            return Verdict::Blocked { block: block.id.clone() };
        }
        if let Some(replay) = &intent.replay {
            if self.was_used(replay) {
                return Verdict::Replayed { index: self.append(&intent.replayed, writes) };
            }
            if replay.claim {
                self.claim(replay, &mut writes.uses);
            }
        }
        Verdict::Kept { index: self.append(&intent.fresh, writes) }
    }

    fn holds(&self, guard: &Guard) -> bool {
        let signs = |key: &KeyInUse| {
            self.signing.get(&key.kid).is_some_and(|times| times.contains(&key.at.millis()))
        };
        guard.key.as_ref().is_none_or(signs)
            && (guard.snapshot.is_none() || guard.snapshot == self.snapshot)
    }

    fn was_used(&self, replay: &ReplayUse) -> bool {
        let every = used_audience(ReplayMode::SingleUse, "");
        let wanted = wanted_audience(replay);
        self.uses.get(&token(replay)).is_some_and(|audiences| {
            let any = replay.mode == ReplayMode::SingleUse && !audiences.is_empty();
            any || audiences.contains(&every) || audiences.contains(&wanted)
        })
    }

    fn claim(&mut self, replay: &ReplayUse, uses: &mut NewUses) {
        let (bundle, hashed) = token(replay);
        let audience = used_audience(replay.mode, &replay.audience);
        uses.bundles.push(bundle.clone());
        uses.tokens.push(hashed.clone());
        uses.audiences.push(audience.clone());
        uses.until.push(replay.remembered_until.millis());
        self.uses.entry((bundle, hashed)).or_default().insert(audience);
    }

    fn append<'a>(&mut self, leaf: &'a [u8], writes: &mut Writes<'a>) -> u64 {
        let index = self.next_index;
        self.next_index = index.saturating_add(1);
        writes.leaves.push(leaf);
        index
    }
}
