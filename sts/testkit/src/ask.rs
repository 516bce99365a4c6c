//! A request of a story, stated by its deviations.

use crate::broken::{broken, sound};
use crate::documents::DEPLOY;
use crate::world::World;
use sts_core::exchange::{Permitted, Refused};
use sts_wire::names::{Audience, Name, Scope};
use sts_wire::token_exchange::TokenExchangeRequest;

/// A request that is not sent yet.
#[must_use]
pub struct Ask<'w> {
    world: &'w World,
    request: TokenExchangeRequest,
}

impl<'w> Ask<'w> {
    pub(crate) fn new(world: &'w World, subject_token: &str) -> Self {
        let request = TokenExchangeRequest {
            subject_token: subject_token.to_owned(),
            target: sound(Audience::new(DEPLOY)),
            scopes: None,
            policy: None,
        };
        Self { world, request }
    }

    /// For another audience.
    #[track_caller]
    pub fn audience(mut self, audience: &str) -> Self {
        self.request.target = sound(Audience::new(audience));
        self
    }

    /// For these scopes only.
    #[track_caller]
    pub fn scopes(mut self, scopes: &[&str]) -> Self {
        self.request.scopes = Some(scopes.iter().map(|scope| sound(Scope::new(scope))).collect());
        self
    }

    /// By this policy.
    #[track_caller]
    pub fn policy(mut self, name: &str) -> Self {
        self.request.policy = Some(sound(Name::new(name)));
        self
    }

    /// Sends it.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn outcome(self) -> Result<Permitted, Refused> {
        self.world.exchange(&self.request)
    }

    /// Sends it, and expects a permit.
    #[track_caller]
    pub fn permitted(self) -> Permitted {
        match self.outcome() {
            Ok(permitted) => permitted,
            Err(refused) => broken(format!("expected a permit, found {refused:?}")),
        }
    }

    /// Sends it, and expects a refusal.
    #[track_caller]
    pub fn refused(self) -> Refused {
        match self.outcome() {
            Ok(permitted) => broken(format!("expected a refusal, {} permitted", permitted.policy)),
            Err(refused) => refused,
        }
    }
}
