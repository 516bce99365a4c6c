//! The entries of one exchange: both are built before the transaction keeps one.

use super::{App, Caller, Refused};
use crate::admit::Principal;
use crate::block::Blockable;
use crate::ids::DecisionId;
use crate::intent::{Guard, Intent, KeyInUse, ReplayUse};
use crate::ledger::{DecisionEntry, Request, leaf, sensitive_hashed};
use crate::limits::LOGGED_AUDIENCE_CHARS_MAX;
use crate::policy::{Decision, Denial, Grant};
use crate::prepare::Prepared;
use crate::reason::Reason;
use crate::snapshot::Snapshot;
use crate::trust::ReplayMode;
use serde_json::{Value, json};
use sts_wire::base64url;
use sts_wire::names::{Audience, Scope};
use sts_wire::time::Timestamp;
use sts_wire::token_exchange::TokenExchangeRequest;

/// What every entry of one exchange says alike.
pub(super) struct Entries<'a> {
    pub(super) app: &'a App,
    pub(super) id: DecisionId,
    pub(super) now: Timestamp,
    pub(super) snapshot: &'a Snapshot,
    pub(super) principal: &'a Principal,
    pub(super) asked: &'a Request,
    pub(super) target: &'a Audience,
}

/// The caller's request as entries show it.
pub(super) fn request(request: &TokenExchangeRequest, caller: Caller) -> Request {
    let words =
        |scopes: &Vec<Scope>| scopes.iter().map(Scope::as_str).collect::<Vec<_>>().join(" ");
    Request {
        audience: request.target.as_str().to_owned(),
        scope: request.scopes.as_ref().map(words),
        policy: request.policy.as_ref().map(|name| name.as_str().to_owned()),
        source: caller.source,
        user_agent: caller.user_agent.as_deref().map(Request::shorten),
    }
}

impl<'a> Entries<'a> {
    /// What our log says of a denial that is not recorded.
    pub(super) fn unmatched(&self) -> String {
        if self.snapshot.audience(self.target).is_some() {
            return "no policy's pins match this token and audience".to_owned();
        }
        // SECURITY: visible ASCII. What is near to it is not looked for here: the time that takes would tell
        // callers which audiences there are.
        let shown: String = self.target.as_str().chars().take(LOGGED_AUDIENCE_CHARS_MAX).collect();
        format!(
            "the audience {shown} is not declared: sts policy explain --audience names the nearest"
        )
    }

    /// The write of a permit.
    pub(super) fn permit(
        &self,
        decision: &Decision,
        grant: &Grant,
        prepared: &Prepared,
    ) -> Result<Intent, Refused> {
        let mut entry = self.entry(decision, "permit", None);
        entry.policy = Some(grant.policy().as_str());
        entry.grant = Some(describe_grant(grant, prepared));
        entry.kid = Some(prepared.kid());
        entry.jti = Some(prepared.jti());
        entry.signing_input_sha256 = Some(base64url::encode(&prepared.signing_input_sha256()));
        let fresh = self.leaf(&entry)?;
        let replayed = self.leaf(&replayed(entry))?;
        let guard = Guard {
            key: Some(KeyInUse { kid: prepared.kid().to_owned(), at: self.now }),
            snapshot: Some(self.snapshot.digest().as_str().to_owned()),
        };
        let blockable = Some(Blockable::new(self.principal, grant, self.now));
        Ok(Intent { guard, blockable, replay: self.replay(grant.replay(), true), fresh, replayed })
    }

    /// The write of a denial.
    pub(super) fn denial(
        &self,
        decision: &Decision,
        denial: &Denial,
        block: Option<&str>,
    ) -> Result<Intent, Refused> {
        let mut entry = self.entry(decision, "deny", Some(denial.reason));
        entry.block = block;
        let fresh = self.leaf(&entry)?;
        let replayed = self.leaf(&replayed(entry))?;
        let guard = Guard { key: None, snapshot: Some(self.snapshot.digest().as_str().to_owned()) };
        let replay = self.replay(decision.replay, false);
        Ok(Intent { guard, blockable: None, replay, fresh, replayed })
    }

    fn entry(
        &self,
        decision: &'a Decision,
        verdict: &'static str,
        reason: Option<Reason>,
    ) -> DecisionEntry<'a> {
        let bundle = self.principal.bundle();
        let hasher = &self.app.hasher;
        DecisionEntry {
            decision_id: self.id.to_string(),
            decision: verdict,
            reason: reason.map(Reason::as_str),
            trust_bundle: bundle.name.as_str(),
            issuer: bundle.issuer.as_str(),
            subject: self.principal.subject(),
            claims: sensitive_hashed(self.principal.claims(), &bundle.claims, hasher),
            request: self.asked,
            policy: None,
            block: None,
            snapshot: self.snapshot.digest().as_str(),
            trace: &decision.trace,
            grant: None,
            kid: None,
            jti: None,
            signing_input_sha256: None,
            subject_token_hash: base64url::encode(
                &hasher.hash(self.principal.signing_input_sha256()),
            ),
        }
    }

    fn leaf(&self, entry: &DecisionEntry<'_>) -> Result<Vec<u8>, Refused> {
        let bytes = leaf(&self.app.settings.host, self.now, "exchange", entry);
        bytes.map_err(|fault| {
            Refused::detailed(Reason::Unavailable, &format!("the entry cannot be written: {fault}"))
        })
    }

    fn replay(&self, mode: ReplayMode, claim: bool) -> Option<ReplayUse> {
        Some(ReplayUse {
            bundle: self.principal.bundle().name.as_str().to_owned(),
            token_id: self.principal.token_id()?.to_owned(),
            audience: self.asked.audience.clone(),
            // A reusable token leaves no use, but one that was used up stays so.
            claim: claim && mode != ReplayMode::Reusable,
            mode,
            remembered_until: self.principal.validity().expires_at.plus(self.app.settings.leeway),
        })
    }
}

/// The same decision had the token been used before: no credential is named.
fn replayed(entry: DecisionEntry<'_>) -> DecisionEntry<'_> {
    DecisionEntry {
        decision: "deny",
        reason: Some(Reason::Replayed.as_str()),
        policy: None,
        block: None,
        grant: None,
        kid: None,
        jti: None,
        signing_input_sha256: None,
        ..entry
    }
}

fn describe_grant(grant: &Grant, prepared: &Prepared) -> Value {
    json!({
        "audience": grant.audience().as_str(),
        "subject": grant.subject(),
        "scopes": grant.scopes().iter().map(Scope::as_str).collect::<Vec<_>>(),
        "ttl_s": prepared.expires_in().get(),
        "expires_at": prepared.expires_at().to_string(),
        "claims": grant.claims(),
        "algorithm": grant.algorithm().name(),
    })
}
