//! The keys that only some kinds of a map have.

use super::Without::{Refused, Value, Words};
use super::{Key, PATH, key};

/// Every one, in the order of the page.
pub(super) const KEYS: &[Key] = &[
    key(
        "seal.module",
        Refused,
        ["`pkcs11`: the library of the token's maker.", PATH, "/usr/lib/softhsm/libsofthsm2.so"],
    ),
    key("seal.token", Refused, ["`pkcs11`: the token's label.", "label of 1 to 32 bytes", "hsm"]),
    key(
        "seal.key",
        Refused,
        [
            "`pkcs11`: label of an AES key of 256 bits, for CKM_AES_GCM, generated in the token when the store is empty. `transit`: name of a key of type `aes256-gcm96`, which is made by whoever runs the engine.",
            "label, or name",
            "sts",
        ],
    ),
    key(
        "seal.pin_file",
        Refused,
        [
            "`pkcs11`: the PIN of the token's user. Only the server's user may read it. A wrong one is tried once, and none when it would be the last try.",
            PATH,
            "pin",
        ],
    ),
    key(
        "seal.url",
        Refused,
        ["`transit`: address of OpenBao or Vault.", "https URL", "https://bao.example.com"],
    ),
    key(
        "seal.mount",
        Value("transit"),
        [
            "`transit`: where the engine is mounted; a namespace may go before it.",
            "path",
            "transit",
        ],
    ),
    key(
        "seal.token_file",
        Refused,
        [
            "`transit`: a token that may `update` `encrypt` and `decrypt` of the key. Read at each call, so that an agent may renew it.",
            PATH,
            "token",
        ],
    ),
    key(
        "seal.key_id",
        Refused,
        ["`aws_kms`: id, ARN or alias of a symmetric key.", "name", "alias/sts"],
    ),
    key("seal.region", Refused, ["`aws_kms`: region of the key.", "region", "eu-central-1"]),
    key(
        "seal.endpoint",
        Words("that of the region"),
        [
            "`aws_kms`: address of the API, where it is another.",
            "https URL",
            "https://kms.eu-central-1.amazonaws.com/",
        ],
    ),
    key(
        "seal.credentials_file",
        Words("`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`"),
        [
            "`aws_kms`: credentials under `[default]`, as AWS' own tools read them; they may `kms:Encrypt` and `kms:Decrypt`. Read at each call.",
            PATH,
            "aws-credentials",
        ],
    ),
    key(
        "seal.ca_file",
        Words("public certificates"),
        [
            "`transit`, `aws_kms`: certificates that the server's is checked by, in PEM.",
            PATH,
            "ca.crt",
        ],
    ),
    key("keys.signer.kind", Refused, ["What holds the keys.", "`pkcs11`", "pkcs11"]),
    key(
        "keys.signer.module",
        Refused,
        ["The library of the token's maker.", PATH, "/usr/lib/softhsm/libsofthsm2.so"],
    ),
    key(
        "keys.signer.token",
        Refused,
        [
            "The token's label. It needs CKM_ECDSA for ES256, and CKM_SHA256_RSA_PKCS for RS256.",
            "label of 1 to 32 bytes",
            "hsm",
        ],
    ),
    key(
        "keys.signer.pin_file",
        Refused,
        ["The PIN of the token's user, as in `seal.pin_file`.", PATH, "pin"],
    ),
];
