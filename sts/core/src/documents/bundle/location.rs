//! `keys:` of a trust bundle: where its key set is.

use super::claims::strings;
use crate::trust::{KeyLocation, KeySetSource};
use ipnet::IpNet;
use sts_wire::time::Seconds;
use sts_wire::yaml::{Lower, Node};

/// How long a key set is used that cannot be refreshed, when the bundle does not say.
const MAX_STALE_DEFAULT: Seconds = Seconds::new(6 * 3600);

/// Reads it; `folder` is that of the document, which paths are relative to.
pub(super) fn read(lower: Lower<'_>, node: &Node, folder: &str) -> Option<KeyLocation> {
    let mut fields = lower.fields(node, "keys")?;
    let discovery = fields.boolean("discovery");
    let url = fields.optional("jwks_uri").and_then(|node| lower.string(node, "jwks_uri"));
    let file = fields.optional("file").and_then(|node| lower.string(node, "file"));
    let hosts = fields.optional("hosts").map(|node| strings(lower, node)).unwrap_or_default();
    let networks = fields.list("network");
    let text = |node: Option<&Node>, what| {
        node.and_then(|node| lower.string(node, what)).map(|path| beside(folder, path))
    };
    let ca_file = text(fields.optional("ca_file"), "ca_file");
    let token_file = text(fields.optional("token_file"), "token_file");
    let max_stale = fields.duration("max_stale").unwrap_or(MAX_STALE_DEFAULT);
    fields.finish();
    let network = |text: &str| text.parse::<IpNet>().map_err(|_| "it is a network like 10.0.0.0/8");
    let network =
        networks.iter().filter_map(|node| lower.parsed(node, "network", network)).collect();
    let source = match (discovery, url, file) {
        (Some(true), None, None) => KeySetSource::Discovery,
        (None | Some(false), Some(url), None) => KeySetSource::Url(url.to_owned()),
        (None | Some(false), None, Some(file)) => KeySetSource::File(beside(folder, file)),
        _ => {
            lower.fault(node.place, "keys has exactly one of discovery: true, jwks_uri and file");
            return None;
        }
    };
    Some(KeyLocation { source, hosts, ca_file, max_stale, network, token_file })
}

/// A path that was written relative to the document, relative to the folder of trust bundles.
fn beside(folder: &str, path: &str) -> String {
    if folder.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}
