//! Functions of our own. Pure, bounded, total: an error is a denial.

use crate::limits::{SUBJECT_BYTES_MAX, SUBJECT_SEGMENTS_MAX};
use cel::common::types::{CelString, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};

/// Name of [`subject`] in expressions.
pub(crate) const SUBJECT: &str = "subject";

/// Declares every function. A declaration can only fail when a name is taken
/// twice, which the tests of this module would show.
pub(crate) fn declare(env: &mut Env) {
    for segments in 1..=SUBJECT_SEGMENTS_MAX {
        let id = format!("{SUBJECT}_{segments}");
        let declared = env.add_overload(
            SUBJECT,
            &id,
            std::iter::repeat_with(|| STRING_TYPE).take(segments).collect(),
            subject,
        );
        debug_assert!(declared.is_ok(), "each number of segments is declared once");
    }
}

/// `subject('gha', id, …)`: segments joined by `:`, with `%` and `:` inside a
/// segment escaped, so that no claim can forge the boundary of another.
fn subject<'b, 'v>(segments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let refused = |message: &str| ExecutionError::function_error(SUBJECT, message);
    let mut joined = String::new();
    for (index, segment) in segments.iter().enumerate() {
        let text =
            segment.downcast_ref::<CelString<'_>>().ok_or_else(|| refused("not a string"))?;
        if text.is_empty() || text.chars().any(char::is_control) {
            return Err(refused("a segment is empty or has control characters"));
        }
        if index > 0 {
            joined.push(':');
        }
        joined.push_str(&text.replace('%', "%25").replace(':', "%3A"));
    }
    if joined.len() > SUBJECT_BYTES_MAX {
        return Err(refused("the subject is longer than 127 bytes"));
    }
    Ok(CowVal::owned(CelString::from(joined)))
}
