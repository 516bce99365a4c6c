//! Orders about blocks.

use super::{Asked, Operator, OrderFault, reasoned};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use sts_core::block::{Block, BlockTarget};
use sts_core::limits::BLOCKS_MAX;
use sts_core::snapshot::Snapshot;
use sts_core::trust::TrustBundle;
use sts_wire::diagnostic::nearest;
use sts_wire::time::{Seconds, Timestamp};

impl Operator {
    /// Every block, and whether it still stops anything.
    pub(super) async fn list_blocks(&self, now: Timestamp) -> Result<Value, OrderFault> {
        let blocks = self.store.blocks().await?;
        let blocks: Vec<Value> = blocks.iter().map(|block| describe(block, now)).collect();
        Ok(json!({"now": now.to_string(), "blocks": blocks}))
    }

    /// The block that an order asks for.
    pub(super) fn block(
        &self,
        members: &Map<String, Value>,
        reason: &str,
        seconds: Option<u64>,
        now: Timestamp,
    ) -> Result<Block, OrderFault> {
        let mut target = BlockTarget::default();
        for (name, value) in members {
            let value = value.as_str().filter(|value| !value.is_empty()).ok_or_else(|| {
                OrderFault::Refused(format!("--{name} is empty: it would stop nothing"))
            })?;
            if !target.set(name, value.to_owned()) {
                return Err(OrderFault::Refused(format!("a block has no {name}")));
            }
        }
        if target.members().next().is_none() {
            return Err(OrderFault::Refused(
                "say what to stop: --bundle, --tenant, --subject, --policy or --audience"
                    .to_owned(),
            ));
        }
        let until = seconds.map(|seconds| now.plus(Seconds::new(seconds)));
        let reason = reasoned(reason)?.to_owned();
        Ok(Block { id: self.id(now)?, target, reason, since: now, until })
    }

    /// Puts it up, unless it is only asked what that would be.
    pub(super) async fn add_block(
        &self,
        block: Block,
        yes: bool,
        asked: &Asked,
    ) -> Result<Value, OrderFault> {
        let told = describe(&block, asked.now);
        let unknown = self.snapshot.as_ref().map(|known| unknown(&block.target, known));
        if yes {
            if self.store.blocks().await?.len() >= BLOCKS_MAX {
                return Err(OrderFault::Refused(format!(
                    "there are {BLOCKS_MAX} blocks, which is the most: remove those that have ended (sts block list)"
                )));
            }
            let leaf =
                self.leaf("block", asked.now, &entry("added", &told, &block.reason, asked))?;
            self.store.add_block(block, leaf).await?;
        }
        Ok(json!({"done": yes, "block": told, "unknown": unknown.unwrap_or_default()}))
    }

    /// Removes it, unless it is only asked which one that would be.
    pub(super) async fn remove_block(
        &self,
        id: &str,
        reason: &str,
        yes: bool,
        asked: &Asked,
    ) -> Result<Value, OrderFault> {
        let unknown =
            || OrderFault::Refused(format!("there is no block {id}: sts block list shows them"));
        let blocks = self.store.blocks().await?;
        let block = blocks.iter().find(|block| block.id == id).ok_or_else(unknown)?;
        let told = describe(block, asked.now);
        if yes {
            let leaf = self.leaf("block", asked.now, &entry("removed", &told, reason, asked))?;
            if !self.store.remove_block(id.to_owned(), leaf).await? {
                return Err(unknown());
            }
        }
        Ok(json!({"done": yes, "block": told}))
    }
}

/// What a block names that no document in force does: it may be misspelt, and would stop nothing.
fn unknown(target: &BlockTarget, snapshot: &Snapshot) -> Vec<String> {
    let bundles = || snapshot.bundles().iter();
    let meant = |bundle: &&Arc<TrustBundle>| {
        target.bundle.as_ref().is_none_or(|name| name == bundle.name.as_str())
    };
    let values = bundles().filter(meant).flat_map(|bundle| &bundle.admit);
    let tenants: Vec<String> =
        values.flat_map(|rule| &rule.value).map(|value| text(&value.to_claim())).collect();
    let known = |member: &str| -> Vec<&str> {
        match member {
            "bundle" => bundles().map(|bundle| bundle.name.as_str()).collect(),
            "tenant" => tenants.iter().map(String::as_str).collect(),
            "policy" => snapshot.policies().iter().map(|policy| policy.name.as_str()).collect(),
            _ => snapshot.audiences().iter().map(|one| one.audience.as_str()).collect(),
        }
    };
    let told = |(member, value): (&'static str, &str)| {
        // Subjects are chosen by issuers: none of them is known before it comes.
        if member == "subject" || known(member).contains(&value) {
            return None;
        }
        let near = nearest(value, known(member));
        let near = near.map_or_else(String::new, |near| format!(": did you mean {near}?"));
        Some(format!("no document in force knows the {member} {value}{near}"))
    };
    target.members().filter_map(told).collect()
}

/// A claim as an operator names it.
fn text(claim: &Value) -> String {
    claim.as_str().map_or_else(|| claim.to_string(), str::to_owned)
}

fn describe(block: &Block, now: Timestamp) -> Value {
    json!({
        "id": block.id, "stops": block.target.to_json(), "reason": block.reason,
        "since": block.since.to_string(), "until": block.until.map(|until| until.to_string()),
        "in_force": block.until.is_none_or(|until| now < until),
    })
}

fn entry(event: &str, block: &Value, reason: &str, asked: &Asked) -> Value {
    json!({"event": event, "block": block, "reason": reason.trim(), "caller": asked.caller})
}
