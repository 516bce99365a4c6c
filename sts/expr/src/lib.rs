//! The expression engine of trust policies: CEL, checked before it is loaded.
//!
//! The only crate that knows `cel`. The library parses and evaluates; what an
//! expression may say at all is decided by our own checker ([`check`]), since
//! even conformant CEL is unsafe untyped: `'65' != 65` is true, and would allow.
//!
//! Evaluation reads nothing but its input: no clock, no network, no randomness.

mod breadth;
mod check;
pub mod codes;
mod compile;
mod cost;
mod evaluate;
mod facts;
mod functions;
pub mod limits;
mod schema;
mod syntax;
mod values;
#[cfg(test)]
mod vectors;

pub use breadth::Breadth;
pub use compile::{Compiled, Engine, Fault, Use, on_large_stack};
pub use evaluate::{EvalError, Inputs};
pub use facts::{
    Alternative, Facts, Home, Known, OpenPart, Openness, Reference, WorkflowFact, reference_in,
};
pub use schema::{Claim, ClaimType, Schema};
