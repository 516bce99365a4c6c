//! What a document says, by what more or less of it does.

use super::Effect;
use crate::policy::Condition;
use crate::trust::{Care, ReplayMode};
use std::collections::{BTreeMap, BTreeSet};
use sts_expr::Compiled;
use sts_wire::time::{Seconds, Timestamp};

/// A document, reduced to what it says.
pub(super) struct Shape<'a> {
    /// What its being there does.
    pub(super) meaning: Effect,
    /// What holds back: without one of them more is let in.
    pub(super) rules: BTreeMap<String, String>,
    /// What lets in.
    pub(super) gains: BTreeSet<String>,
    /// One of these values; the more, the wider; absent is any.
    pub(super) choices: BTreeMap<String, BTreeSet<String>>,
    /// The more, the wider; absent is widest.
    pub(super) limits: BTreeMap<String, Limit>,
    /// What is demanded, or denied.
    pub(super) expressions: BTreeMap<String, Expression<'a>>,
    /// What has no order.
    pub(super) texts: BTreeMap<String, String>,
    /// What decides nothing.
    pub(super) remarks: BTreeMap<String, String>,
}

/// A size, and how a person reads it.
#[derive(PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) size: i64,
    pub(super) shown: String,
}

/// An expression that holds back.
pub(super) struct Expression<'a> {
    pub(super) compiled: &'a Compiled,
    /// Whether it denies where it holds, rather than where it does not.
    pub(super) denies: bool,
}

impl<'a> Shape<'a> {
    pub(super) const fn new(meaning: Effect) -> Self {
        Self {
            meaning,
            rules: BTreeMap::new(),
            gains: BTreeSet::new(),
            choices: BTreeMap::new(),
            limits: BTreeMap::new(),
            expressions: BTreeMap::new(),
            texts: BTreeMap::new(),
            remarks: BTreeMap::new(),
        }
    }

    pub(super) fn rule(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.rules.insert(name.into(), value.into());
    }

    pub(super) fn gains<T: std::fmt::Display>(
        &mut self,
        word: &str,
        values: impl IntoIterator<Item = T>,
    ) {
        self.gains.extend(values.into_iter().map(|value| format!("{word} {value}")));
    }

    pub(super) fn choice(&mut self, name: String, values: impl IntoIterator<Item = String>) {
        self.choices.insert(name, values.into_iter().collect());
    }

    pub(super) fn text(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.texts.insert(name.into(), value.into());
    }

    pub(super) fn limit(&mut self, name: impl Into<String>, size: i64, shown: String) {
        self.limits.insert(name.into(), Limit { size, shown });
    }

    pub(super) fn lifetime(&mut self, name: &str, lifetime: Option<Seconds>) {
        if let Some(lifetime) = lifetime {
            self.limit(name, lifetime.millis(), lifetime.to_string());
        }
    }

    pub(super) fn expiry(&mut self, expires: Option<Timestamp>) {
        if let Some(end) = expires {
            self.limit("expires", end.millis(), end.to_string());
        }
    }

    pub(super) fn replay(&mut self, mode: ReplayMode) {
        let (size, shown) = match mode {
            ReplayMode::SingleUse => (0, "single_use"),
            ReplayMode::OncePerAudience => (1, "once_per_audience"),
            ReplayMode::Reusable => (2, "reusable"),
        };
        self.limit("replay", size, shown.to_owned());
    }

    pub(super) fn conditions(&mut self, conditions: &'a [Condition], denies: bool) {
        let word = if denies { "denies" } else { "demands" };
        for Condition { id, expression, range: _ } in conditions {
            let name = format!("{word} {id}");
            self.expressions.insert(name, Expression { compiled: expression, denies });
        }
    }

    pub(super) fn care(&mut self, care: &Care) {
        let Care { owner, review_by } = care;
        self.remarks.insert("owner".to_owned(), owner.clone());
        if let Some(date) = review_by {
            self.remarks.insert("review_by".to_owned(), date.to_string());
        }
    }
}
