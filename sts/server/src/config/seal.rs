//! `seal`: where the key-encryption key is.

use super::lower::path;
use std::path::Path;
use sts_io::seal::{KeySettings, SealSettings};
use sts_wire::yaml::{Fields, Lower, Node};

/// Kinds, as a configuration writes them.
const KINDS: &str = "file";

/// Reads `seal`, with the key that came before where there is one.
pub(super) fn read(lower: Lower<'_>, node: &Node, folder: &Path) -> Option<SealSettings> {
    let mut fields = lower.fields(node, "seal")?;
    let previous = fields.optional("previous");
    let key = key(lower, fields, folder);
    let previous = previous.map(|node| key_of_previous(lower, node, folder));
    Some(SealSettings { key: key?, previous: previous.flatten() })
}

fn key_of_previous(lower: Lower<'_>, node: &Node, folder: &Path) -> Option<KeySettings> {
    key(lower, lower.fields(node, "seal.previous")?, folder)
}

fn key(lower: Lower<'_>, mut fields: Fields<'_>, folder: &Path) -> Option<KeySettings> {
    let kind = fields.required("kind")?;
    let settings = match kind.scalar() {
        Some("file") => path(lower, &mut fields, "key_file", folder)
            .map(|key_file| KeySettings::File { key_file }),
        _ => {
            lower.fault(kind.place, format!("kind is one of {KINDS}"));
            return None;
        }
    };
    fields.finish();
    settings
}
