//! The JSON Schemas in `policies/schema/`, by which editors complete and check documents: described here, once,
//! and held against the readers of documents, so that they cannot become a second truth.
//!
//! The same descriptions make `policies/DOCUMENTS.md`, the page for people.
//!
//! `STS_WRITE_SCHEMAS=1 cargo test -p sts-core --test schemas` writes them anew.

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod bundle;
#[cfg(test)]
mod fresh;
#[cfg(test)]
mod page;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod table;
