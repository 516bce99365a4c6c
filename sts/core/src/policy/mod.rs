//! Trust policies: what the documents say, found by index, decided, traced.

mod crowd;
mod decide;
mod examine;
mod index;
mod reconsider;
mod rehearse;
mod trace;

pub use crowd::LeftOut;
pub use decide::{Decision, Denial, Grant, Outcome, Question, decide};
pub use examine::{Examination, PinResult, examine};
pub use index::PolicyIndex;
pub use reconsider::{Reconsideration, Reconsidered, reconsider};
pub use rehearse::Rehearsal;
pub use trace::{ConditionTrace, GuardrailTrace, PolicyTrace, Trace, Verdict, Watched};

use crate::trust::{Care, Pin, PinValue, ReplayMode, TrustBundle};
use std::fmt;
use std::sync::Arc;
use sts_expr::Compiled;
use sts_jose::SigningAlgorithm;
use sts_wire::diagnostic::Place;
use sts_wire::names::{Audience, Name, Scope};
use sts_wire::time::{Seconds, Timestamp};

/// Where a document stands, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Its file, as messages name it.
    pub file: Arc<str>,
    /// Where in the file.
    pub place: Place,
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.place.line, self.place.column)
    }
}

/// A named condition.
#[derive(Debug)]
pub struct Condition {
    /// Its id: what callers may learn.
    pub id: Name,
    /// The expression.
    pub expression: Compiled,
    /// Where it begins, and where the character after it is; the same place twice when it has several lines.
    pub range: (Place, Place),
}

impl Condition {
    /// Its range as `7:30-66`, and `7:30` where it has several lines.
    #[must_use]
    pub fn shown_range(&self) -> String {
        let (begin, end) = self.range;
        let last = end.column.saturating_sub(1);
        let more = if end == begin { String::new() } else { format!("-{last}") };
        format!("{}:{}{more}", begin.line, begin.column)
    }
}

/// A trust policy: who may have what.
#[derive(Debug)]
pub struct TrustPolicy {
    /// Unique name.
    pub name: Name,
    /// The bundle whose tokens it speaks of.
    pub bundle: Arc<TrustBundle>,
    /// Claims that must equal a value; indexed.
    pub pins: Vec<Pin<PinValue>>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// What is granted.
    pub grant: GrantSpec,
    /// Evaluated and recorded, but never grants.
    pub shadow: bool,
    /// Replay, when it is tighter than the bundle's.
    pub replay: Option<ReplayMode>,
    /// When the document ends, or what it waives.
    pub expires: Option<Timestamp>,
    /// The team folder that it lies in.
    pub team: String,
    /// Lints that it waives.
    pub waives: Vec<String>,
    /// Who looks after it.
    pub care: Care,
    /// Where it stands.
    pub location: Location,
    /// Where each pin stands.
    pub pin_places: Vec<Place>,
}

/// What a policy grants.
#[derive(Debug)]
pub struct GrantSpec {
    /// The audience.
    pub audience: Arc<AudienceSpec>,
    /// Expression of the subject.
    pub subject: Compiled,
    /// Scopes.
    pub scopes: Vec<Scope>,
    /// Longest life.
    pub ttl_max: Seconds,
    /// Whether the subject token's expiry caps it as well.
    pub within_subject_token: bool,
    /// Further claims.
    pub claims: Vec<(String, Compiled)>,
}

/// A declared target.
#[derive(Debug, PartialEq, Eq)]
pub struct AudienceSpec {
    /// Name of the document.
    pub name: Name,
    /// The audience itself.
    pub audience: Audience,
    /// Folders whose policies may grant it.
    pub granted_by: Vec<String>,
    /// Scopes that exist for it.
    pub scopes: Vec<Scope>,
    /// SigningAlgorithm that its tokens are signed with.
    pub algorithm: SigningAlgorithm,
    /// Longest life of its tokens.
    pub ttl_max: Option<Seconds>,
    /// Policies whose tokens authenticate introspection callers.
    pub introspection: Vec<Name>,
    /// When the document ends.
    pub expires: Option<Timestamp>,
    /// Who looks after it.
    pub care: Care,
}

impl AudienceSpec {
    /// Whether the document has ended.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }
}

/// A deny-only rule above policies; it never ends.
pub struct Guardrail {
    /// Unique name.
    pub name: Name,
    /// The bundle whose tokens its conditions were checked against.
    pub bundle: Arc<TrustBundle>,
    /// Audiences it applies to; none means all.
    pub audiences: Option<Vec<Audience>>,
    /// Any that holds, or cannot be evaluated, denies.
    pub deny_if: Vec<Condition>,
    /// Who looks after it.
    pub care: Care,
    /// Where it stands.
    pub location: Location,
}

impl TrustPolicy {
    /// Whether the document has ended.
    #[must_use]
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|end| now >= end)
    }
}
