//! What has no entry of its own, counted: anyone in the world can get a token
//! for our audience, and must not be able to fill the ledger. One entry per
//! bundle, reason and minute says how often.

use crate::reason::Reason;
use serde::Serialize;
use std::collections::BTreeMap;
use sts_wire::names::Name;
use sts_wire::time::Timestamp;

/// How often what was refused since the last summary. There are at most as many
/// counts as bundles times reasons: nothing a caller writes makes a new one.
#[derive(Debug, Clone)]
pub struct Summaries {
    counts: BTreeMap<(Option<Name>, Reason), u64>,
    since: Timestamp,
}

/// The members of a summary's entry, beside those that every entry has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Name of the trust bundle, where the token named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust_bundle: Option<String>,
    /// Why they were refused.
    pub reason: &'static str,
    /// How many.
    pub count: u64,
    /// From when, RFC 3339; until the entry's own time.
    pub since: String,
    #[serde(skip)]
    key: (Option<Name>, Reason),
}

impl Summaries {
    /// Nothing counted yet.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { counts: BTreeMap::new(), since: now }
    }

    /// Counts a refusal that is not recorded.
    pub fn count(&mut self, bundle: Option<&Name>, reason: Reason) {
        let count = self.counts.entry((bundle.cloned(), reason)).or_default();
        *count = count.saturating_add(1);
    }

    /// What was counted until now; counting begins anew.
    pub fn take(&mut self, now: Timestamp) -> Vec<Summary> {
        let since = std::mem::replace(&mut self.since, now).to_string();
        let counts = std::mem::take(&mut self.counts);
        let summary = |(key, count): ((Option<Name>, Reason), u64)| Summary {
            trust_bundle: key.0.as_ref().map(|name| name.as_str().to_owned()),
            reason: key.1.as_str(),
            count,
            since: since.clone(),
            key,
        };
        counts.into_iter().map(summary).collect()
    }

    /// Counts on with one that could not be written.
    pub fn put_back(&mut self, summary: Summary) {
        let count = self.counts.entry(summary.key).or_default();
        *count = count.saturating_add(summary.count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_makes_one_summary_for_each_bundle_and_reason() {
        let time = Timestamp::from_seconds;
        let mut summaries = Summaries::new(time(0));
        let bundle = Name::new("github-actions").unwrap();
        for _ in 0..1000 {
            summaries.count(Some(&bundle), Reason::Denied);
            summaries.count(None, Reason::SubjectTokenRejected);
        }
        summaries.count(Some(&bundle), Reason::SubjectTokenRejected);
        let taken = summaries.take(time(60));
        let told: Vec<_> =
            taken.iter().map(|s| (s.trust_bundle.as_deref(), s.reason, s.count)).collect();
        let expected = [
            (None, "subject_token_rejected", 1000),
            (Some("github-actions"), "subject_token_rejected", 1),
            (Some("github-actions"), "denied", 1000),
        ];
        assert_eq!(told, expected);
        assert!(summaries.take(time(120)).is_empty());
    }

    #[test]
    fn what_could_not_be_written_is_counted_on() {
        let mut summaries = Summaries::new(Timestamp::from_seconds(0));
        summaries.count(None, Reason::Denied);
        let lost = summaries.take(Timestamp::from_seconds(60));
        summaries.count(None, Reason::Denied);
        lost.into_iter().for_each(|summary| summaries.put_back(summary));
        let taken = summaries.take(Timestamp::from_seconds(120));
        assert_eq!((taken.len(), taken[0].count), (1, 2));
    }
}
