//! Exchanges as stories in a fake world: one module per theme, each refusal beside a permit.

#[cfg(test)]
mod audiences;
#[cfg(test)]
mod blocks;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod conditions;
#[cfg(test)]
mod contract;
mod crowds;
#[cfg(test)]
mod difference;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod faulty_bundles;
#[cfg(test)]
mod faulty_policies;
#[cfg(test)]
mod guardrails;
#[cfg(test)]
mod held;
#[cfg(test)]
mod index;
#[cfg(test)]
mod ledger;
#[cfg(test)]
mod lifetime;
#[cfg(test)]
mod lints;
#[cfg(test)]
mod permit;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reconsider;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod selection;
#[cfg(test)]
mod spiffe;
#[cfg(test)]
mod subject_tokens;
