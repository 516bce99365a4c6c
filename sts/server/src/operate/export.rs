//! The key set and discovery as files, for a bucket or a CDN in front of which
//! no server stands; and the keys of before, signed.

use super::{Asked, Operator, OrderFault};
use crate::http::{discovery, issuer_path};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use sts_core::keys::{KeyRow, KeyState, Ring};
use sts_core::ports::Unavailable;
use sts_wire::base64url;
use sts_wire::time::Timestamp;

/// File of the keys that sign no more.
const HISTORY: &str = "historical-keys.jwt";

impl Operator {
    /// The files by their paths, how long they may be cached, and until when
    /// they must have been written anew.
    pub(super) async fn export_keys(&self, asked: &Asked) -> Result<Value, OrderFault> {
        let keyring = self.keyring().await?;
        let ring = keyring.refresh(asked.now).await.map_err(super::keyring_fault)?;
        let set = ring.published(asked.now);
        if set.is_empty() {
            return Err(OrderFault::Refused("there is no key to publish".to_owned()));
        }
        let discovery = discovery(&self.config);
        let path = issuer_path(self.config.issuer.as_str());
        let mut files = BTreeMap::from([
            (below(&path, "jwks"), json!({ "keys": set }).to_string()),
            (below(&path, ".well-known/openid-configuration"), discovery.to_string()),
            (
                below("", &format!(".well-known/oauth-authorization-server{path}")),
                discovery.to_string(),
            ),
        ]);
        files.insert(below(&path, HISTORY), self.history(&ring, asked.now).await?);
        // A key that is made from now on signs no earlier than a lead later, and caches keep these files.
        let stale_if_error = self.schedule.stale_if_error();
        Ok(json!({
            "files": files, "max_age_s": ring.max_age(asked.now).get(),
            "stale_if_error_s": stale_if_error.get(),
            "again_by": asked.now.plus(stale_if_error).to_string(),
        }))
    }

    /// Every key that signs no more, with when and why, as a signed document
    /// (OpenID Federation 1.0 §8.7.2).
    async fn history(&self, ring: &Ring, now: Timestamp) -> Result<String, OrderFault> {
        let rows: Vec<&KeyRow> = ring.rows().collect();
        let mut keys: Vec<(u64, Value)> = Vec::new();
        for row in &rows {
            let times = row.times(rows.iter().copied(), &self.schedule, now);
            let past =
                matches!(times.state, KeyState::Retired | KeyState::Removed | KeyState::Revoked);
            if past {
                keys.push((row.slot, historical(row, times.published_until)));
            }
        }
        keys.sort_by_key(|(slot, _)| *slot);
        let keys: Vec<Value> = keys.into_iter().map(|(_, key)| key).collect();
        let claims =
            json!({"iss": self.config.issuer.as_str(), "iat": now.seconds(), "keys": keys});
        let algorithm = self.algorithms.first().copied();
        let active = algorithm.and_then(|algorithm| ring.active(algorithm, now));
        let active = active.ok_or_else(|| Unavailable("no key signs".to_owned()))?;
        let row = &active.key.row;
        let header =
            json!({"typ": "jwk-set+jwt", "alg": row.algorithm.name(), "kid": row.public.kid});
        let part = |value: &Value| base64url::encode(value.to_string().as_bytes());
        let input = format!("{}.{}", part(&header), part(&claims));
        let signature = active.key.signer.sign(input.as_bytes()).await?;
        Ok(format!("{input}.{}", base64url::encode(&signature)))
    }
}

/// A key as §8.7.2 has it: `exp` is when it left, or will leave, the key set.
fn historical(row: &KeyRow, until: Option<Timestamp>) -> Value {
    let mut key: Map<String, Value> = match json!(row.public) {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    key.insert("iat".to_owned(), json!(row.created_at.seconds()));
    key.insert("nbf".to_owned(), json!(row.not_before.seconds()));
    key.insert("exp".to_owned(), json!(until.map(Timestamp::seconds)));
    if let Some(at) = row.revoked_at {
        let reason = row.revoked_because.map_or("unspecified", |because| because.word());
        key.insert("revoked".to_owned(), json!({"revoked_at": at.seconds(), "reason": reason}));
    }
    key.into()
}

fn below(path: &str, name: &str) -> String {
    format!("{path}/{name}").trim_start_matches('/').to_owned()
}
