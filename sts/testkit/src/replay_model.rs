//! What replay modes promise, as a model that knows no store: every store is
//! held against it with random interleavings of uses.

use sts_core::intent::{Guard, Intent, ReplayUse, Verdict};
use sts_core::ports::{Store, Unavailable};
use sts_core::trust::ReplayMode;
use sts_wire::time::Timestamp;

/// One attempt to use a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Which token.
    pub token: u8,
    /// For which audience.
    pub audience: u8,
    /// Under which mode.
    pub mode: ReplayMode,
    /// Whether it is a permit, which claims the use, or a denial, which only looks.
    pub claim: bool,
}

impl Attempt {
    /// As an exchange would write it: reusable tokens leave no use, and look for one that counts for all.
    #[must_use]
    pub fn intent(&self) -> Intent {
        let replay = ReplayUse {
            bundle: "bundle".to_owned(),
            token_id: format!("token-{}", self.token),
            audience: format!("https://{}.example", self.audience),
            mode: self.mode,
            remembered_until: Timestamp::from_seconds(2_000_000_000),
            claim: self.claim && self.mode != ReplayMode::Reusable,
        };
        Intent {
            guard: Guard::default(),
            blockable: None,
            replay: Some(replay),
            fresh: b"fresh".to_vec(),
            replayed: b"replayed".to_vec(),
        }
    }

    /// Whether an earlier permitted use forbids this one.
    fn is_forbidden_by(&self, earlier: &Self) -> bool {
        let counts = earlier.claim && earlier.mode != ReplayMode::Reusable;
        let same = earlier.token == self.token;
        let meets = earlier.audience == self.audience
            || earlier.mode == ReplayMode::SingleUse
            || self.mode == ReplayMode::SingleUse;
        let reusable = self.mode == ReplayMode::Reusable;
        counts && same && if reusable { earlier.mode == ReplayMode::SingleUse } else { meets }
    }
}

/// What a store made of the attempts, one after the other: which were kept.
///
/// # Errors
/// The store failed, or kept something else than the model does.
pub async fn run(store: &dyn Store, attempts: &[Attempt]) -> Result<Vec<Attempt>, Unavailable> {
    let mut kept: Vec<Attempt> = Vec::new();
    for attempt in attempts {
        let forbidden = kept.iter().any(|earlier| attempt.is_forbidden_by(earlier));
        match (store.record(attempt.intent()).await?, forbidden) {
            (Verdict::Kept { .. }, false) => kept.push(*attempt),
            (Verdict::Replayed { .. }, true) => {}
            (verdict, _) => {
                return Err(Unavailable(format!("{attempt:?} after {kept:?} gave {verdict:?}")));
            }
        }
    }
    Ok(kept)
}

/// Whether more permits were kept than the modes allow, in whatever order they came.
#[must_use]
pub fn is_excessive(kept: &[Attempt]) -> bool {
    let counted =
        || kept.iter().filter(|attempt| attempt.claim && attempt.mode != ReplayMode::Reusable);
    let pairs = counted().enumerate().flat_map(|(index, attempt)| {
        counted().skip(index.saturating_add(1)).map(move |other| (attempt, other))
    });
    pairs.into_iter().any(|(attempt, other)| attempt.is_forbidden_by(other))
}
