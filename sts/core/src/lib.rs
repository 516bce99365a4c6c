//! The meaning of an exchange: pure stages over values, ordered by one function.
//!
//! ```text
//! wire::TokenExchangeRequest + wire::UnverifiedToken
//!   -> verify::VerifiedToken -> admit::Principal -> policy::Grant
//!   -> prepare::Prepared -> record::Recorded -> mint::Minted
//! ```
//!
//! A value changes type when its trust changes, and only the stage that
//! establishes the trust can build the type. Nothing here knows a runtime, a
//! socket, a file, the environment, a clock or a random number: `now` is an
//! argument, and the rest comes through [`ports`].

pub mod admit;
pub mod block;
pub mod difference;
pub mod documents;
pub mod exchange;
pub mod ids;
pub mod intent;
pub mod keys;
pub mod ledger;
pub mod limits;
pub mod mint;
pub mod policy;
pub mod ports;
pub mod prepare;
pub mod reason;
pub mod record;
pub mod snapshot;
pub mod trust;
pub mod verify;
