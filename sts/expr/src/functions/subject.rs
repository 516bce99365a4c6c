//! `subject(…)`: names that no claim can forge.

use super::{Answer, text};
use crate::limits::{SUBJECT_BYTES_MAX, SUBJECT_SEGMENTS_MAX};
use cel::common::types::{CelString, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Env, ExecutionError};

/// Its name in expressions.
pub(crate) const SUBJECT: &str = "subject";

/// One overload for each number of segments.
pub(super) fn declare(env: &mut Env) {
    for segments in 1..=SUBJECT_SEGMENTS_MAX {
        let id = format!("{SUBJECT}_{segments}");
        let types = std::iter::repeat_with(|| STRING_TYPE).take(segments).collect();
        let declared = env.add_overload(SUBJECT, &id, types, subject);
        debug_assert!(declared.is_ok(), "each number of segments is declared once");
    }
}

/// `subject('gha', id, …)`: segments joined by `:`, with `%` and `:` inside a
/// segment escaped, so that no claim can forge the boundary of another.
fn subject<'b, 'v>(segments: Vec<CowVal<'b, 'v>>) -> Answer<'b, 'v> {
    let refused = |message: &str| ExecutionError::function_error(SUBJECT, message);
    let mut joined = String::new();
    for (index, segment) in segments.iter().enumerate() {
        let text = text(SUBJECT, segment)?;
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
