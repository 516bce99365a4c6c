//! Dates of documents: L018, L019, L020.

use super::Finding;
use crate::documents::head::Head;
use crate::limits::{EXPIRY_NOTICE, REVIEW_NOTICE};
use sts_wire::diagnostic::Place;
use sts_wire::time::Timestamp;
use sts_wire::yaml::Node;

/// What the dates in the head of a document say.
pub(in crate::documents) fn look(node: &Node, head: &Head, now: Timestamp) -> Vec<Finding> {
    let metadata = node.get("metadata");
    let place = |key: &str| -> Place {
        let written = metadata.and_then(|metadata| metadata.get(key));
        written.map_or(node.place, |node| node.place)
    };
    let mut found = Vec::new();
    if head.care.review_by.is_some_and(|end| now.plus(REVIEW_NOTICE) >= end) {
        let due =
            if head.care.review_by.is_some_and(|end| now >= end) { "overdue" } else { "due soon" };
        found.push(Finding::quality(
            "L018",
            place("review_by"),
            format!("the review of this document is {due}"),
            "look whether it is still wanted, and set the next date",
        ));
    }
    match head.expires {
        Some(end) if now >= end => found.push(Finding::quality(
            "L020",
            place("expires"),
            "the document has ended: it grants nothing any more".to_owned(),
            "remove it",
        )),
        Some(end) if now.plus(EXPIRY_NOTICE) >= end => found.push(Finding::quality(
            "L019",
            place("expires"),
            "the document ends soon, and what it lets in is refused from then on".to_owned(),
            "set a later date, or tell those who use it",
        )),
        _ => {}
    }
    found
}
