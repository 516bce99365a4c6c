//! `keys.signer`: the token that signs, and how any part of the configuration names a token.

use super::keys;
use super::lower::path;
use std::path::Path;
use sts_io::pkcs11::TokenSettings;
use sts_wire::yaml::{Fields, Lower, Node};

/// Paths of module, label and PIN.
pub(super) type TokenPaths = [&'static str; 3];

const PATHS: TokenPaths = ["keys.signer.module", "keys.signer.token", "keys.signer.pin_file"];

/// Reads `keys.signer`.
pub(super) fn read(lower: Lower<'_>, node: &Node, folder: &Path) -> Option<TokenSettings> {
    let mut fields = keys::map(lower, node, "keys.signer")?;
    let kind = keys::required(&mut fields, "keys.signer.kind");
    if let Some(kind) = kind.filter(|kind| kind.scalar() != Some("pkcs11")) {
        let help = "leave signer out to sign in this process";
        lower.fault_with_help(kind.place, "keys.signer.kind is pkcs11", help);
    }
    let token = token(lower, &mut fields, folder, PATHS);
    fields.finish();
    token.filter(|_| kind.is_some())
}

/// The keys that name a token.
pub(super) fn token(
    lower: Lower<'_>,
    fields: &mut Fields<'_>,
    folder: &Path,
    [module, token, pin_file]: TokenPaths,
) -> Option<TokenSettings> {
    let module = path(lower, fields, module, folder);
    let token = keys::required(fields, token).and_then(|node| lower.parsed(node, token, label));
    let pin_file = path(lower, fields, pin_file, folder);
    Some(TokenSettings { module: module?, token: token?, pin_file: pin_file? })
}

/// PKCS #11 §3.5 pads labels of tokens with blanks to 32 bytes; those of keys are no longer here.
pub(super) fn label(text: &str) -> Result<String, &'static str> {
    if !text.is_empty() && text.len() <= 32 && !text.ends_with(' ') {
        Ok(text.to_owned())
    } else {
        Err("it is a label of 1 to 32 bytes that ends in no blank")
    }
}
