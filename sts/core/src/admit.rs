//! Which tenants of a shared issuer are let in at all.

use crate::verify::VerifiedToken;
use std::ops::Deref;

/// A verified token of a tenant that the bundle admits. Only [`admit`] builds it.
#[derive(Debug)]
pub struct Principal(VerifiedToken);

impl Deref for Principal {
    type Target = VerifiedToken;
    fn deref(&self) -> &VerifiedToken {
        &self.0
    }
}

/// The token is genuine, but its tenant is not admitted. It is counted and never
/// ledgered: anyone can obtain a token of a public platform for our audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tenant is not admitted")]
pub struct NotAdmitted;

/// Lets a token in when every claim of the allow-list has one of its values.
///
/// # Errors
/// [`NotAdmitted`].
pub fn admit(token: VerifiedToken) -> Result<Principal, NotAdmitted> {
    let admitted = token.bundle().admit.iter().all(|rule| rule.admits(token.claims()));
    if admitted { Ok(Principal(token)) } else { Err(NotAdmitted) }
}
