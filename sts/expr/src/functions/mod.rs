//! Functions of our own. Pure, bounded, total: an error is a denial.

mod patterns;
mod subject;
mod texts;

pub(crate) use patterns::Pattern;
pub(crate) use subject::SUBJECT;
pub(crate) use texts::{Yields, network, qualified};

use cel::common::types::CelString;
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};

/// What a function of the library's form answers.
type Answer<'b, 'v> = Result<CowVal<'b, 'v>, ExecutionError>;

/// Declares every function. A declaration can only fail when a name is taken
/// twice, which the tests of the language would show.
pub(crate) fn declare(env: &mut Env) {
    subject::declare(env);
    patterns::declare(env);
    texts::declare(env);
}

/// An argument that is text.
fn text<'a>(name: &str, value: &'a CowVal<'_, '_>) -> Result<&'a str, ExecutionError> {
    let text = value.downcast_ref::<CelString<'_>>();
    text.map(CelString::inner).ok_or_else(|| ExecutionError::function_error(name, "not a string"))
}
