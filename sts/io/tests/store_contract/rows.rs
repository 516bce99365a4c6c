//! What the suite writes.

use sts_core::block::Blockable;
use sts_core::intent::{Guard, Intent, KeyInUse, ReplayUse};
use sts_core::keys::KeyRow;
use sts_core::ports::SnapshotRow;
use sts_core::trust::ReplayMode;
use sts_jose::SigningAlgorithm;
use sts_testkit::TestKey;
use sts_wire::time::{Seconds, Timestamp};

pub(super) const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The key of a slot; `number` is that of its test key.
pub(super) fn key(algorithm: SigningAlgorithm, slot: u64, number: u64) -> KeyRow {
    KeyRow {
        algorithm,
        slot,
        public: TestKey::numbered(number).public(),
        created_at: NOW,
        not_before: Timestamp::from_millis(NOW.millis() + 123),
        retention: Seconds::new(990),
        revoked_at: None,
        revoked_because: None,
        sealed_private: vec![0, 255, 7],
    }
}

pub(super) fn snapshot(digest: &str) -> SnapshotRow {
    SnapshotRow { digest: digest.to_owned(), documents: r#"{"a.yaml":"x"}"#.to_owned() }
}

/// A write that relies on nothing and claims nothing.
pub(super) fn plain(leaf: &str) -> Intent {
    Intent {
        guard: Guard::default(),
        blockable: None,
        replay: None,
        fresh: leaf.as_bytes().to_vec(),
        replayed: format!("replayed {leaf}").into_bytes(),
    }
}

pub(super) fn guarded(kid: Option<&str>, snapshot: Option<&str>) -> Intent {
    // The keys of these rows begin to sign a little after NOW.
    let at = NOW.plus(Seconds::new(1));
    let key = kid.map(|kid| KeyInUse { kid: kid.to_owned(), at });
    let guard = Guard { key, snapshot: snapshot.map(str::to_owned) };
    Intent { guard, ..plain("guarded") }
}

/// What blocks look at.
pub(super) fn blockable(now: Timestamp) -> Blockable {
    Blockable {
        bundle: "github".to_owned(),
        tenants: vec!["65".to_owned()],
        subjects: ["repo:a".to_owned(), "gha:74".to_owned()],
        policy: "deploy".to_owned(),
        audience: "https://a.example".to_owned(),
        now,
    }
}

/// A claimed use of a token.
pub(super) fn used(bundle: &str, token: &str, audience: &str, mode: ReplayMode) -> Intent {
    let replay = ReplayUse {
        bundle: bundle.to_owned(),
        token_id: token.to_owned(),
        audience: audience.to_owned(),
        mode,
        remembered_until: NOW,
        claim: true,
    };
    Intent { replay: Some(replay), ..plain("used") }
}

/// The same as a denial does it: looked up only.
pub(super) fn looked_up(mut intent: Intent) -> Intent {
    if let Some(replay) = intent.replay.as_mut() {
        replay.claim = false;
    }
    intent
}
