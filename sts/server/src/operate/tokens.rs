//! Which tokens of a key still live: what a compromise puts at risk.

use serde_json::{Value, json};
use std::sync::Arc;
use sts_core::limits::TTL_CAP;
use sts_core::ports::{Store, Unavailable};
use sts_io::limits::READ_BATCH_MAX;
use sts_wire::time::{Seconds, Timestamp};

/// How far clocks of replicas may disagree, in seconds: an entry may be that much older than it says.
const DISORDER: Seconds = Seconds::new(600);

/// Hands each token that the key signed and that has not expired to `each`,
/// newest first. Reads the ledger backwards, as far as a token can live.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn live_tokens(
    store: &Arc<dyn Store>,
    kid: &str,
    now: Timestamp,
    mut each: impl FnMut(Value),
) -> Result<(), Unavailable> {
    let oldest = now.minus(TTL_CAP).minus(DISORDER).to_string();
    let mut end = length(store).await?;
    while end > 0 {
        let start = end.saturating_sub(READ_BATCH_MAX);
        let entries = store.entries(start, end.saturating_sub(start)).await?;
        let entries: Vec<Value> = entries
            .iter()
            .filter_map(|(_, leaf)| serde_json::from_slice::<Value>(leaf).ok())
            .collect();
        let text = |entry: &Value, name: &str| -> String {
            entry.pointer(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let now = now.to_string();
        // Both are RFC 3339 in UTC with milliseconds, which sort as texts.
        let lives =
            |entry: &&Value| text(entry, "/kid") == kid && text(entry, "/grant/expires_at") > now;
        for entry in entries.iter().rev().filter(lives) {
            each(json!({
                "audience": text(entry, "/grant/audience"), "subject": text(entry, "/grant/subject"),
                "jti": text(entry, "/jti"), "expires_at": text(entry, "/grant/expires_at"),
                "policy": text(entry, "/policy"), "decision_id": text(entry, "/decision_id"),
            }));
        }
        if entries.iter().all(|entry| text(entry, "/time") < oldest) {
            return Ok(());
        }
        end = start;
    }
    Ok(())
}

/// How many entries there are: doubled until there is none, then halved.
async fn length(store: &Arc<dyn Store>) -> Result<u64, Unavailable> {
    let (mut there, mut absent) = (0_u64, 1_u64);
    while !store.entries(absent.saturating_sub(1), 1).await?.is_empty() {
        (there, absent) = (absent, absent.saturating_mul(2));
    }
    while absent.saturating_sub(there) > 1 {
        let middle = there.midpoint(absent);
        if store.entries(middle.saturating_sub(1), 1).await?.is_empty() {
            absent = middle;
        } else {
            there = middle;
        }
    }
    Ok(there)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sts_core::intent::Intent;
    use sts_testkit::MemoryStore;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn permit(index: u64, kid: &str, lives_for: i64) -> Vec<u8> {
        let minted = Timestamp::from_seconds(NOW.seconds() - 300);
        let expires = Timestamp::from_seconds(NOW.seconds() + lives_for).to_string();
        let grant = json!({"audience": "https://a.example", "expires_at": expires});
        let entry = json!({"kid": kid, "time": minted.to_string(), "jti": index.to_string(), "grant": grant});
        entry.to_string().into_bytes()
    }

    async fn live(store: &Arc<dyn Store>, kid: &str) -> Vec<String> {
        let mut found = Vec::new();
        let each = |token: Value| found.push(token["jti"].as_str().unwrap().to_owned());
        live_tokens(store, kid, NOW, each).await.unwrap();
        found
    }

    #[tokio::test]
    async fn only_what_the_key_signed_and_has_not_expired_is_told() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        assert!(live(&store, "k").await.is_empty());
        let entries =
            [permit(0, "k", 1), permit(1, "k", 0), permit(2, "other", 60), b"{}".to_vec()];
        for leaf in entries.into_iter().chain([permit(4, "k", 60)]) {
            store.record(Intent::entry(leaf)).await.unwrap();
        }
        assert_eq!(live(&store, "k").await, ["4", "0"]);
        assert_eq!(live(&store, "other").await, ["2"]);
    }

    #[tokio::test]
    async fn every_page_of_the_time_in_question_is_read_and_none_before() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let old =
            json!({"kid": "k", "time": "2020-01-01T00:00:00.000Z", "grant": {"expires_at": "9"}});
        for _ in 0..READ_BATCH_MAX * 3 {
            store.record(Intent::entry(old.to_string().into_bytes())).await.unwrap();
        }
        for index in 0..READ_BATCH_MAX * 2 + 7 {
            store.record(Intent::entry(permit(index, "k", 60))).await.unwrap();
        }
        let found = live(&store, "k").await;
        let recent = found.iter().filter(|jti| !jti.is_empty()).count() as u64;
        assert_eq!(recent, READ_BATCH_MAX * 2 + 7);
        assert!((found.len() as u64) < READ_BATCH_MAX * 5, "it stopped where nothing can live");
    }
}
