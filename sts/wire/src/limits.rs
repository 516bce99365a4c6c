//! Limits of the wire formats. Each has its unit in the name and its reason here.

/// Largest request body in bytes: a token of the largest size, percent-encoded, with room to spare.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// Largest subject token in bytes: AWS refuses above 20,000, real tokens stay below 4 KiB.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Deepest nesting of JSON that is read: real tokens need 4, and the parser must not eat the stack.
pub const JSON_DEPTH_MAX: usize = 32;

/// Most parameters in one request body: the protocol has about 20.
pub const PARAMS_MAX: usize = 64;

/// Longest key identifier in bytes: thumbprints have 43, certificates' hashes 64.
pub const KID_BYTES_MAX: usize = 256;

/// Longest token identifier (`jti`) in bytes: it is stored until the token has expired.
pub const TOKEN_ID_BYTES_MAX: usize = 256;

/// Longest issuer, audience or resource in bytes: they appear in every entry of the ledger.
pub const URI_BYTES_MAX: usize = 1024;

/// Longest subject in bytes that is accepted from an issuer: SPIFFE permits 2,048.
pub const SUBJECT_BYTES_MAX: usize = 2048;

/// Most keys of a key set that are read: real sets have fewer than 20, AWS refuses above 100.
pub const KEYS_MAX: usize = 100;

/// Most scopes in one request: each is compared with the grant.
pub const SCOPES_MAX: usize = 64;

/// Largest configuration file or document in bytes: 10,000 policies are spread over folders.
pub const YAML_BYTES_MAX: usize = 1024 * 1024;

/// Deepest nesting of YAML: the deepest document of ours needs 8.
pub const YAML_DEPTH_MAX: usize = 24;

/// Most faults of one file that are told: more than a few screens help nobody, and each shows its line.
pub const FAULTS_TOLD_MAX: usize = 100;

/// Most nodes in one YAML file: bounds the memory that a file of the largest size can take.
pub const YAML_NODES_MAX: usize = 200_000;
