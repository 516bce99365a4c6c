//! Signing: takes what was recorded, by value, and nothing else.
//!
//! What was not recorded cannot be minted; this does not compile:
//!
//! ```compile_fail
//! async fn skip_the_ledger(prepared: sts_core::prepare::Prepared) {
//!     let _ = sts_core::mint::mint(prepared).await;
//! }
//! ```
//!
//! while this does:
//!
//! ```
//! async fn with_its_entry(recorded: sts_core::record::Recorded) {
//!     let _ = sts_core::mint::mint(recorded).await;
//! }
//! ```

use crate::ports::Unavailable;
use crate::record::Recorded;
use sts_wire::answer::Issued;
use sts_wire::base64url;

/// A signed token whose entry is durable. Only [`mint`] builds it.
pub struct Minted(Issued);

impl Minted {
    /// The answer, but for the decision's id.
    #[must_use]
    pub fn into_issued(self) -> Issued {
        self.0
    }
}

/// Signs.
///
/// # Errors
/// The key cannot be used now; the entry stays and shows a credential that never left.
pub async fn mint(recorded: Recorded) -> Result<Minted, Unavailable> {
    let (prepared, index) = recorded.into_parts();
    let signature = prepared.signer().sign(prepared.signing_input().as_bytes()).await?;
    let token = format!("{}.{}", prepared.signing_input(), base64url::encode(&signature));
    let mut issued = Issued::new(token, prepared.expires_in().get(), prepared.scopes());
    issued.ledger_index = index;
    Ok(Minted(issued))
}
