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

/// Most patterns that a process compiles: ten thousand policies fit, and what was replaced stays.
pub const PATTERNS_MAX: usize = 100_000;

/// Longest minted subject in bytes: Google refuses longer ones (RFC 7519 sets no limit).
pub const SUBJECT_BYTES_MAX: usize = 127;

/// Most segments of a minted subject: one overload of the function is declared for each number.
pub const SUBJECT_SEGMENTS_MAX: usize = 8;
