//! What must hold for every input whatever it is: a function for each kind of
//! input that a stranger chooses. It says whether the input was accepted, and
//! panics when something does not hold.

mod documents;
mod expressions;
mod keys;
mod request;
mod tokens;

/// A property of every input, and inputs to begin with.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Holds it against one input; true when the input was accepted.
    pub check: fn(&[u8]) -> bool,
    /// Inputs that are accepted.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: [Target; 10] = [
    Target { name: "jws", check: tokens::jws, seeds: tokens::jws_seeds },
    Target { name: "header", check: tokens::header, seeds: tokens::header_seeds },
    Target { name: "claims", check: tokens::claims, seeds: tokens::claims_seeds },
    Target { name: "key-set", check: keys::key_set, seeds: keys::key_set_seeds },
    Target { name: "discovery", check: keys::discovery, seeds: keys::discovery_seeds },
    Target { name: "form", check: request::form, seeds: request::form_seeds },
    Target { name: "json", check: request::json, seeds: request::json_seeds },
    Target { name: "documents", check: documents::check, seeds: documents::seeds },
    Target { name: "compile", check: expressions::compile, seeds: expressions::compile_seeds },
    Target { name: "evaluate", check: expressions::evaluate, seeds: expressions::evaluate_seeds },
];

/// The target of a name.
#[must_use]
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
