//! The exchange: one function that calls the stages in order over ports.

mod entries;

use crate::admit::admit;
use crate::ids::DecisionId;
use crate::intent::Verdict;
use crate::keys::Ring;
use crate::ledger::Host;
use crate::limits::{DECIDE_ATTEMPTS, KEY_SET_RETRY_AFTER, RETRY_AFTER};
use crate::mint::mint;
use crate::policy::{Decision, Denial, Grant, Outcome, Question, Watched, decide};
use crate::ports::{CatchUp, Entropy, EntropyFault, KeySource, Store, Unavailable};
use crate::prepare::{PrepareFault, prepare};
use crate::reason::Reason;
use crate::record::{RecordOutcome, record};
use crate::snapshot::Snapshot;
use crate::trust::TrustBundle;
use crate::verify::{VerifiedToken, VerifyFault, find_bundle, verify};
use arc_swap::ArcSwap;
use entries::Entries;
use std::sync::Arc;
use sts_jose::{KeyedHasher, SignedToken};
use sts_wire::answer::{FailedPolicy, Issued};
use sts_wire::jws::UnverifiedToken;
use sts_wire::names::{Issuer, Name};
use sts_wire::time::{Seconds, Timestamp};
use sts_wire::token_exchange::TokenExchangeRequest;

/// What never changes while a process runs.
pub struct Settings {
    /// Our issuer, exactly.
    pub issuer: Issuer,
    /// Who writes entries.
    pub host: Host,
    /// The server's cap on lifetimes.
    pub ttl_max: Seconds,
    /// Clock skew that is allowed.
    pub leeway: Seconds,
}

/// Everything an exchange needs: capabilities, and what is in force now.
pub struct App {
    /// Constants.
    pub settings: Settings,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Issuers' keys.
    pub key_source: Arc<dyn KeySource>,
    /// Replay and ledger.
    pub store: Arc<dyn Store>,
    /// Asked when the store says that documents or keys are others than those here.
    pub catch_up: Arc<dyn CatchUp>,
    /// Hashes what could be guessed.
    pub hasher: KeyedHasher,
    /// The documents in force; swapped whole.
    pub snapshot: ArcSwap<Snapshot>,
    /// The key ring in force; swapped whole.
    pub ring: ArcSwap<Ring>,
}

/// Where a request came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caller {
    /// Address of the connection's other end.
    pub source: Option<String>,
    /// `User-Agent` as sent.
    pub user_agent: Option<String>,
}

/// A refused exchange, as far as a caller may know, and what operators' logs may add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// Conditions that did not hold; only after the pins matched.
    pub failed: Vec<FailedPolicy>,
    /// For our own log: never sent. Of the caller's text it holds an audience at most, once its token is believed.
    pub detail: Option<String>,
    /// Name of the trust bundle, once it is known.
    pub bundle: Option<Name>,
    /// Whether the ledger has an entry of it; the others are counted.
    pub recorded: bool,
    /// When our own outage may be over.
    pub retry_after: Seconds,
    /// What policies that only watch would have done.
    pub watched: Vec<Watched>,
}

impl Refused {
    /// A refusal without more to say.
    #[must_use]
    pub const fn because(reason: Reason) -> Self {
        Self {
            reason,
            failed: Vec::new(),
            detail: None,
            bundle: None,
            recorded: false,
            retry_after: RETRY_AFTER,
            watched: Vec::new(),
        }
    }

    fn recorded(reason: Reason) -> Self {
        Self { recorded: true, ..Self::because(reason) }
    }

    fn detailed(reason: Reason, detail: &impl ToString) -> Self {
        Self { detail: Some(detail.to_string()), ..Self::because(reason) }
    }

    fn about(self, principal: &VerifiedToken) -> Self {
        Self { bundle: Some(principal.bundle().name.clone()), ..self }
    }
}

impl From<VerifyFault> for Refused {
    fn from(fault: VerifyFault) -> Self {
        Self::detailed(Reason::SubjectTokenRejected, &fault)
    }
}

impl From<Unavailable> for Refused {
    fn from(fault: Unavailable) -> Self {
        Self::detailed(Reason::Unavailable, &fault)
    }
}

impl From<EntropyFault> for Refused {
    fn from(fault: EntropyFault) -> Self {
        Self::detailed(Reason::Unavailable, &fault)
    }
}

/// A permitted exchange.
pub struct Permitted {
    /// The answer.
    pub issued: Issued,
    /// The policy that permitted.
    pub policy: Name,
    /// The trust bundle.
    pub bundle: Name,
    /// What policies that only watch would have done.
    pub watched: Vec<Watched>,
}

/// One attempt at deciding and recording.
enum Attempt {
    Done(Box<Permitted>),
    /// Documents or keys changed under it.
    Again,
}

impl App {
    /// Exchanges a subject token. `now` is sampled once, by the caller.
    ///
    /// # Errors
    /// [`Refused`], also when we could not decide.
    pub async fn exchange(
        &self,
        id: DecisionId,
        now: Timestamp,
        request: &TokenExchangeRequest,
        caller: Caller,
    ) -> Result<Permitted, Refused> {
        let asked = entries::request(request, caller);
        for _ in 0..DECIDE_ATTEMPTS {
            let (snapshot, ring) = (self.snapshot.load_full(), self.ring.load_full());
            let verified = self.believe(&snapshot, &request.subject_token, now).await?;
            let bundle = verified.bundle().name.clone();
            let principal = admit(verified).map_err(|fault| Refused {
                bundle: Some(bundle),
                ..Refused::detailed(Reason::Denied, &fault)
            })?;
            let entries = Entries {
                app: self,
                id,
                now,
                snapshot: &snapshot,
                principal: &principal,
                asked: &asked,
                target: &request.target,
            };
            match self
                .settle(&entries, request)
                .await
                .map_err(|refused| refused.about(&principal))?
            {
                Attempt::Done(permitted) => return Ok(*permitted),
                Attempt::Again => self.catch_up_from(&snapshot, &ring).await,
            }
        }
        Err(Refused::detailed(Reason::Unavailable, &"documents or keys kept changing"))
    }

    /// Returns when there may be others than these: at once where there are already.
    async fn catch_up_from(&self, snapshot: &Arc<Snapshot>, ring: &Arc<Ring>) {
        let same = Arc::ptr_eq(snapshot, &self.snapshot.load_full())
            && Arc::ptr_eq(ring, &self.ring.load_full());
        if same {
            self.catch_up.catch_up().await;
        }
    }

    /// Makes a set of documents the one that decides. Exchanges that were
    /// decided by the old one and are not recorded yet decide again, by this one.
    ///
    /// # Errors
    /// Not written, or not known to be: the old set goes on deciding, and must
    /// be adopted anew when the store says that another one is current.
    pub async fn adopt(&self, snapshot: Arc<Snapshot>, leaf: Vec<u8>) -> Result<(), Unavailable> {
        // In the store's queue before anybody sees it, so that no exchange is
        // told that what it was decided by is not current yet.
        let adopting = self.store.adopt_snapshot(snapshot.to_row(), leaf);
        let old = self.snapshot.swap(snapshot);
        let adopted = adopting.await;
        if adopted.is_err() {
            self.snapshot.store(old);
        }
        adopted
    }

    /// Stages 1 and 2: bytes to a verified token.
    async fn believe(
        &self,
        snapshot: &Snapshot,
        text: &str,
        now: Timestamp,
    ) -> Result<VerifiedToken, Refused> {
        let token = UnverifiedToken::parse(text).map_err(VerifyFault::from)?;
        let bundle = find_bundle(&token, snapshot.bundles(), now)?;
        let believed = self.believe_in(bundle, token, now).await;
        believed.map_err(|refused| Refused { bundle: Some(bundle.name.clone()), ..refused })
    }

    /// The same for a token that says it belongs to this bundle: its key comes
    /// from that bundle's own set.
    async fn believe_in(
        &self,
        bundle: &Arc<TrustBundle>,
        token: UnverifiedToken,
        now: Timestamp,
    ) -> Result<VerifiedToken, Refused> {
        let kid = SignedToken::key_id_of(&token, &bundle.algorithms).map_err(VerifyFault::from)?;
        let kid = kid.clone();
        let keys = self.key_source.keys(bundle, &kid).await;
        let keys = keys.map_err(|fault| Refused {
            retry_after: KEY_SET_RETRY_AFTER,
            ..Refused::from(fault)
        })?;
        let key = keys.find(&kid).ok_or(VerifyFault::UnknownKey)?;
        let signed = SignedToken::verify(token, key).map_err(VerifyFault::from)?;
        Ok(verify(&signed, bundle, now, self.settings.leeway)?)
    }

    /// Stages 4 to 7: decide, prepare, record, mint.
    async fn settle(
        &self,
        entries: &Entries<'_>,
        request: &TokenExchangeRequest,
    ) -> Result<Attempt, Refused> {
        let question = Question {
            audience: &request.target,
            scopes: request.scopes.as_deref(),
            policy: request.policy.as_ref(),
            now: entries.now,
            ttl_max: self.settings.ttl_max,
        };
        let snapshot = entries.snapshot;
        let decision = decide(snapshot.engine(), snapshot.index(), entries.principal, &question);
        match &decision.outcome {
            Outcome::Permit(grant) => self.permit(entries, &decision, grant).await,
            Outcome::Deny(denial) => self.deny(entries, &decision, denial, None).await,
        }
    }

    async fn permit(
        &self,
        entries: &Entries<'_>,
        decision: &Decision,
        grant: &Grant,
    ) -> Result<Attempt, Refused> {
        let ring = self.ring.load_full();
        let key = ring.active(grant.algorithm(), entries.now);
        let key = key.ok_or_else(|| {
            Refused::detailed(Reason::Unavailable, &"no key signs with this algorithm")
        })?;
        let clock = (entries.now, self.settings.leeway);
        let prepared = prepare(grant, &self.settings.issuer, &key, clock, self.entropy.as_ref());
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(PrepareFault::Entropy(fault)) => return Err(fault.into()),
            Err(fault @ PrepareFault::KeyEnds) => {
                return Err(Refused::detailed(Reason::Unavailable, &fault));
            }
            Err(fault @ (PrepareFault::TooLarge | PrepareFault::Lint(_))) => {
                let denial = Denial { reason: Reason::Denied, failed: decision.trace.failed() };
                let attempt = self.deny(entries, decision, &denial, None).await;
                return attempt
                    .map_err(|refused| Refused { detail: Some(fault.to_string()), ..refused });
            }
        };
        let intent = entries.permit(decision, grant, &prepared)?;
        match record(self.store.as_ref(), prepared, intent).await? {
            RecordOutcome::Replayed => Err(Refused::recorded(Reason::Replayed)),
            RecordOutcome::Changed => Ok(Attempt::Again),
            RecordOutcome::Blocked { block } => {
                let denial = Denial { reason: Reason::Blocked, failed: decision.trace.failed() };
                self.deny(entries, decision, &denial, Some(&block)).await
            }
            RecordOutcome::Recorded(recorded) => {
                let mut issued = mint(recorded).await?.into_issued();
                issued.decision_id = entries.id.to_string();
                let bundle = entries.principal.bundle().name.clone();
                Ok(Attempt::Done(Box::new(Permitted {
                    issued,
                    policy: grant.policy().clone(),
                    bundle,
                    watched: decision.trace.watched(),
                })))
            }
        }
    }

    /// A denial whose pins matched is recorded before it is told, and a token
    /// that was used before learns only that.
    async fn deny(
        &self,
        entries: &Entries<'_>,
        decision: &Decision,
        denial: &Denial,
        block: Option<&str>,
    ) -> Result<Attempt, Refused> {
        let refused = Refused { failed: denial.failed.clone(), ..Refused::because(denial.reason) };
        if decision.trace.is_unmatched() {
            return Err(Refused { detail: Some(entries.unmatched()), ..refused });
        }
        let intent = entries.denial(decision, denial, block)?;
        match self.store.record(intent).await? {
            Verdict::Kept { .. } => {
                Err(Refused { recorded: true, watched: decision.trace.watched(), ..refused })
            }
            Verdict::Replayed { .. } => Err(Refused::recorded(Reason::Replayed)),
            // A denial is stopped by no block.
            Verdict::Changed | Verdict::Blocked { .. } => Ok(Attempt::Again),
        }
    }
}
