//! Limits of expressions. Each has its unit in the name and its reason here.

/// Longest condition in bytes: every shape of this length was measured to parse within [`PARSE_STACK_BYTES`].
pub const EXPRESSION_BYTES_MAX: usize = 4096;

/// Most nodes of a condition's tree: real conditions have fewer than 60.
pub const NODES_MAX: usize = 512;

/// Deepest tree that is evaluated: evaluation recurses on the stack of a worker.
pub const DEPTH_MAX: usize = 64;

/// Stack for parsing and dropping trees, in bytes: the parser recurses on
/// left-recursive chains without a limit of its own, more so in a debug build.
pub const PARSE_STACK_BYTES: usize = if cfg!(debug_assertions) { 256 << 20 } else { 16 << 20 };

/// Largest compiled pattern in bytes: `(a{1,100}){1,100}b` fits the library's own limit and took seconds.
pub const PATTERN_BYTES_MAX: usize = 64 * 1024;

/// Longest text in bytes that a pattern is held against: matching may take time by the pattern's size for
/// each byte, and what has a pattern in practice (references, paths, names) is shorter. Longer is an error.
pub const PATTERN_TEXT_BYTES_MAX: usize = 1024;

/// Most patterns that a process compiles: ten thousand policies fit, and what was replaced stays.
pub const PATTERNS_MAX: usize = 100_000;

/// Most steps of an expression, and of all conditions of a document together. A step was measured to take 36 to
/// 50 ns, so that this is 5 ms; conditions without patterns and lists take fewer than 100.
pub const STEPS_MAX: u64 = 100_000;

/// Steps of a pattern for each KiB that it has when compiled, on a text of [`PATTERN_TEXT_BYTES_MAX`]: for those
/// that cannot be made deterministic, 30 to 70 ns were measured for each byte and KiB.
pub const PATTERN_STEPS_PER_KIB: u64 = 1440;

/// Steps of taking a text of 4 KiB apart or escaping it: 34 µs were measured at worst.
pub const SCAN_STEPS: u64 = 720;

/// Steps of a search for a part in a text of 4 KiB: 5 µs were measured at worst.
pub const SEARCH_STEPS: u64 = 128;

/// Most long texts among the items of one list: a token of 16 KiB has room for 12 KiB of claims.
pub const TEXTS_IN_TOKEN_MAX: u64 = 12;

/// Longest minted subject in bytes: Google refuses longer ones (RFC 7519 sets no limit).
pub const SUBJECT_BYTES_MAX: usize = 127;

/// Most segments of a minted subject: one overload of the function is declared for each number.
pub const SUBJECT_SEGMENTS_MAX: usize = 8;
