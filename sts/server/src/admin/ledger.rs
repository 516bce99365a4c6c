//! Reading the ledger, over the socket and from a store that no server holds.

use super::server::{caller, record, refused};
use crate::http::Edge;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::Response;
use futures_util::stream;
use std::sync::Arc;
use sts_core::ports::{Store, Unavailable};
use sts_io::limits::READ_BATCH_MAX;

/// Every entry, one a line, up to the one that this call itself adds.
pub(super) async fn show(State(edge): State<Arc<Edge>>, request: Request) -> Response<Body> {
    match record(&edge, "ledger.show", caller(&request)).await {
        Ok(last) => Response::new(Body::from_stream(entries(edge, last))),
        Err(fault) => refused(&fault),
    }
}

/// Batches of lines: the store serves exchanges in between.
fn entries(
    edge: Arc<Edge>,
    last: u64,
) -> impl stream::Stream<Item = Result<Bytes, Unavailable>> + Send {
    stream::try_unfold((edge, 0_u64), move |(edge, from)| async move {
        if from > last {
            return Ok(None);
        }
        let left = last.saturating_sub(from).saturating_add(1);
        let batch = edge.service.app.store.entries(from, left.min(READ_BATCH_MAX)).await?;
        let next =
            batch.last().map_or(last.saturating_add(1), |(index, _)| index.saturating_add(1));
        let lines: Vec<u8> = batch.iter().flat_map(|(index, leaf)| line(*index, leaf)).collect();
        Ok(Some((Bytes::from(lines), (edge, next))))
    })
}

/// The leaf's own bytes with its index as a first member: without it, what is
/// shown is what is kept.
fn line(index: u64, leaf: &[u8]) -> Vec<u8> {
    let members = leaf.strip_prefix(b"{").unwrap_or(leaf);
    [format!("{{\"index\":{index},").as_bytes(), members, b"\n"].concat()
}

/// The same lines straight from a store that no server holds.
pub(super) async fn offline(
    store: &dyn Store,
    mut each: impl FnMut(&[u8]),
) -> Result<(), Unavailable> {
    let mut from = 0;
    loop {
        let batch = store.entries(from, READ_BATCH_MAX).await?;
        let Some((last, _)) = batch.last() else {
            return Ok(());
        };
        from = last.saturating_add(1);
        batch.iter().for_each(|(index, leaf)| each(&line(*index, leaf)));
    }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_line_is_the_entry_and_its_index() {
        let shown = line(7, br#"{"decision":"permit","time":"x"}"#);
        assert_eq!(shown, b"{\"index\":7,\"decision\":\"permit\",\"time\":\"x\"}\n");
    }
}
