//! A fake world for exchange stories: its clock is advanced by hand, its
//! randomness comes from a seed, and every port does as it is told.
//!
//! A story states only how it deviates from a permitted exchange:
//!
//! ```
//! let world = sts_testkit::World::sample();
//! let token = world.token().claim("ref", "refs/heads/x").build();
//! assert_eq!(world.ask(&token).refused().reason.as_str(), "conditions_failed");
//! ```

mod ask;
mod broken;
mod clock;
mod documents;
mod entropy;
mod issuer;
mod key_source;
mod keys;
mod others;
mod ready;
mod received;
pub mod replay_model;
mod ring;
mod signer;
mod store;
mod world;

pub use ask::Ask;
pub use clock::HandClock;
pub use documents::{DEPLOY, Documents, ISSUER, OUR_ISSUER, REGISTRY};
pub use entropy::SeededEntropy;
pub use issuer::{FakeIssuer, TokenBuilder};
pub use key_source::FakeKeySource;
pub use keys::TestKey;
pub use others::Others;
pub use ready::ready;
pub use received::Received;
pub use ring::SCHEDULE;
pub use signer::SignatureLog;
pub use store::{MemoryStore, StoreFault};
pub use world::World;
