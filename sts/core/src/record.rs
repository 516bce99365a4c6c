//! The one write of an exchange: replay claim and entry, durable together or not at all.
//!
//! Whether a token was used before exists only inside the transaction. Both
//! entries are prepared, and the store keeps one.

use crate::intent::{Intent, Verdict};
use crate::ports::{Store, Unavailable};
use crate::prepare::Prepared;

/// A prepared token whose entry is durable: the only thing that can be signed.
/// Only [`record`] builds it.
pub struct Recorded {
    prepared: Prepared,
    index: u64,
}

impl Recorded {
    pub(crate) fn into_parts(self) -> (Prepared, u64) {
        (self.prepared, self.index)
    }
}

/// How recording a permit came out.
pub enum RecordOutcome {
    /// It may be minted.
    Recorded(Recorded),
    /// The token was used before.
    Replayed,
    /// A block stops it.
    Blocked {
        /// The block's id.
        block: String,
    },
    /// Decide again.
    Changed,
}

/// Records a permit; takes the prepared token and gives it back only when its
/// entry is durable.
///
/// # Errors
/// Nothing was written, or nothing is known: nothing may leave.
pub async fn record(
    store: &dyn Store,
    prepared: Prepared,
    intent: Intent,
) -> Result<RecordOutcome, Unavailable> {
    Ok(match store.record(intent).await? {
        Verdict::Kept { index } => RecordOutcome::Recorded(Recorded { prepared, index }),
        Verdict::Replayed { .. } => RecordOutcome::Replayed,
        Verdict::Blocked { block } => RecordOutcome::Blocked { block },
        Verdict::Changed => RecordOutcome::Changed,
    })
}
