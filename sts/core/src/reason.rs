//! Why an exchange was refused: the stable words that users and checks rely on.

/// Reason of a refusal. Adding one must break the edge's table, so it is exhaustive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The request is not a well-formed exchange request.
    MalformedRequest,
    /// A token type that is not served.
    UnsupportedTokenType,
    /// The subject token is not to be believed, for us and now.
    SubjectTokenRejected,
    /// No policy speaks for this token and target.
    Denied,
    /// Policies matched, and conditions of each did not hold.
    ConditionsFailed,
    /// A guardrail denies.
    Guardrail,
    /// An operator's block stops it.
    Blocked,
    /// More than one policy permits and the request names none.
    AmbiguousPolicy,
    /// The subject token was used before.
    Replayed,
    /// The target is malformed, or there is more than one.
    MalformedTarget,
    /// A scope is malformed or not granted.
    ScopeNotGranted,
    /// Another grant type.
    UnsupportedGrantType,
    /// Client credentials that nothing can verify.
    ClientRejected,
    /// The request or the token is too large.
    TooLarge,
    /// We could not decide: our own outage is never a refusal.
    Unavailable,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 15] = [
        Self::MalformedRequest,
        Self::UnsupportedTokenType,
        Self::SubjectTokenRejected,
        Self::Denied,
        Self::ConditionsFailed,
        Self::Guardrail,
        Self::Blocked,
        Self::AmbiguousPolicy,
        Self::Replayed,
        Self::MalformedTarget,
        Self::ScopeNotGranted,
        Self::UnsupportedGrantType,
        Self::ClientRejected,
        Self::TooLarge,
        Self::Unavailable,
    ];

    /// The stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MalformedRequest => "malformed_request",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::SubjectTokenRejected => "subject_token_rejected",
            Self::Denied => "denied",
            Self::ConditionsFailed => "conditions_failed",
            Self::Guardrail => "guardrail",
            Self::Blocked => "blocked",
            Self::AmbiguousPolicy => "ambiguous_policy",
            Self::Replayed => "replayed",
            Self::MalformedTarget => "malformed_target",
            Self::ScopeNotGranted => "scope_not_granted",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::ClientRejected => "client_rejected",
            Self::TooLarge => "too_large",
            Self::Unavailable => "unavailable",
        }
    }
}
