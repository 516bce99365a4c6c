//! Orders about signing keys.

use super::{Asked, Operator, Order, OrderFault, reasoned};
use serde_json::{Value, json};
use sts_core::keys::{KeyChange, KeyRow, RevocationReason, compromise, revoke, rotate, rotate_now};
use sts_jose::SigningAlgorithm;
use sts_wire::time::Timestamp;

impl Operator {
    /// Every key with its times, and what happens next.
    pub(super) async fn list_keys(&self, now: Timestamp) -> Result<Value, OrderFault> {
        let rows = self.store.keys().await?;
        let keys: Vec<Value> = rows.iter().map(|row| self.describe(row, &rows, now)).collect();
        Ok(json!({"now": now.to_string(), "keys": keys}))
    }

    /// A key as people and scripts read it.
    fn describe(&self, row: &KeyRow, rows: &[KeyRow], now: Timestamp) -> Value {
        let times = row.times(rows.iter(), &self.schedule, now);
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        json!({
            "kid": row.public.kid, "algorithm": row.algorithm.name(), "slot": row.slot,
            "state": times.state.word(), "created_at": row.created_at.to_string(),
            "signs_from": row.not_before.to_string(), "signs_until": text(times.signs_until),
            "published_until": text(times.published_until), "revoked_at": text(row.revoked_at),
            "revoked_because": row.revoked_because.map(RevocationReason::word),
        })
    }

    /// Rotates, revokes or declares compromised; tells the ring as it is afterwards.
    pub(super) async fn change_keys(
        &self,
        order: &Order,
        asked: &Asked,
    ) -> Result<Value, OrderFault> {
        let rows = self.store.keys().await?;
        let (changes, yes) = self.plan(order, &rows, asked.now)?;
        let mut after = rows.clone();
        for change in &changes {
            if let Some(row) = after.iter_mut().find(|row| row.public.kid == change.kid()) {
                change.apply(row);
            }
        }
        if yes {
            let leaf = self.leaf("key", asked.now, &entry(order, &changes, asked))?;
            if !self.store.change_keys(rows, changes.clone(), leaf).await? {
                return Err(OrderFault::Refused(
                    "the key ring changed meanwhile, nothing was done: look at sts keys list and ask again".to_owned(),
                ));
            }
        }
        let keys: Vec<Value> =
            after.iter().map(|row| self.describe(row, &after, asked.now)).collect();
        let unknown_until = self.unknown_until(&changes, &after, asked.now);
        Ok(json!({
            "done": yes, "now": asked.now.to_string(), "changes": changes_told(&changes),
            "keys": keys, "unknown_until": unknown_until.map(|until| until.to_string()),
        }))
    }

    fn plan(
        &self,
        order: &Order,
        rows: &[KeyRow],
        now: Timestamp,
    ) -> Result<(Vec<KeyChange>, bool), OrderFault> {
        Ok(match order {
            Order::RotateKeys { algorithm, now: at_once, yes, .. } => {
                let mut changes = Vec::new();
                for algorithm in self.chosen(algorithm.as_deref())? {
                    let rotate = if *at_once { rotate_now } else { rotate };
                    changes.extend(rotate(rows, algorithm, &self.schedule, now)?);
                }
                (changes, *yes)
            }
            Order::RevokeKey { kid, reason, yes } => {
                reasoned(reason)?;
                (revoke(rows, kid, &self.schedule, now)?, *yes)
            }
            Order::CompromiseKey { kid, reason, yes } => {
                reasoned(reason)?;
                (compromise(rows, kid, &self.schedule, now)?, *yes)
            }
            _ => (Vec::new(), false),
        })
    }

    /// The algorithm named, or all that are signed with.
    fn chosen(&self, named: Option<&str>) -> Result<Vec<SigningAlgorithm>, OrderFault> {
        let Some(named) = named else { return Ok(self.algorithms.clone()) };
        let found = self.algorithms.iter().find(|algorithm| algorithm.name() == named);
        found.map(|algorithm| vec![*algorithm]).ok_or_else(|| {
            let known: Vec<_> = self.algorithms.iter().map(|algorithm| algorithm.name()).collect();
            OrderFault::Refused(format!(
                "no key signs with {named}: keys.algorithms of the configuration has {}",
                known.join(", ")
            ))
        })
    }

    /// Until when a verifier may keep a key set without a key that signs now.
    fn unknown_until(
        &self,
        changes: &[KeyChange],
        rows: &[KeyRow],
        now: Timestamp,
    ) -> Option<Timestamp> {
        let started = |change: &KeyChange| matches!(change, KeyChange::Start { .. });
        let started = changes.iter().filter(|change| started(change));
        let created = started.filter_map(|change| {
            Some(rows.iter().find(|row| row.public.kid == change.kid())?.created_at)
        });
        let known = created.map(|created| created.plus(self.schedule.lead())).max();
        known.filter(|known| *known > now)
    }
}

/// The entry of what changed.
fn entry(order: &Order, changes: &[KeyChange], asked: &Asked) -> Value {
    let (event, reason) = match order {
        Order::CompromiseKey { reason, .. } => ("compromised", reason.trim()),
        Order::RevokeKey { reason, .. } => ("revoked", reason.trim()),
        Order::RotateKeys { reason, .. } => ("rotated", reason.trim()),
        _ => ("changed", ""),
    };
    json!({
        "event": event, "reason": reason, "caller": asked.caller, "changes": changes_told(changes),
        "kid": changes.first().map(KeyChange::kid),
    })
}

fn changes_told(changes: &[KeyChange]) -> Vec<Value> {
    let told = |change: &KeyChange| match change {
        KeyChange::Revoke { kid, at, because } => {
            json!({"kid": kid, "revoked_at": at.to_string(), "because": because.word()})
        }
        KeyChange::Start { kid, at } => json!({"kid": kid, "signs_from": at.to_string()}),
        KeyChange::Retain { kid, retention } => json!({"kid": kid, "retention_s": retention.get()}),
    };
    changes.iter().map(told).collect()
}
