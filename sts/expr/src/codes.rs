//! What a fault is called: one code for a kind of fault, which stays when its
//! words change. `policies/FAULTS.md` has a section for each.

/// It is not an expression.
pub const SYNTAX: &str = "C001";
/// The trust bundle does not declare the claim.
pub const UNKNOWN_CLAIM: &str = "C002";
/// The claim may be absent where it is read.
pub const ABSENT_CLAIM: &str = "C003";
/// Values of two types are held against each other.
pub const TWO_TYPES: &str = "C004";
/// A value of another type is needed.
pub const WRONG_TYPE: &str = "C005";
/// A value that the claim never has.
pub const IMPOSSIBLE_VALUE: &str = "C006";
/// A pattern or network that is no literal.
pub const NOT_LITERAL: &str = "C007";
/// A pattern or network that is none, or is too large.
pub const BAD_PATTERN: &str = "C008";
/// A function or operator that is not offered.
pub const NO_FUNCTION: &str = "C009";
/// Something is indexed.
pub const INDEXED: &str = "C010";
/// A kind of value that is not offered.
pub const NO_VALUE: &str = "C011";
/// A name or member that there is not.
pub const NO_NAME: &str = "C012";
/// The whole has the wrong type for what it is used for.
pub const RESULT_TYPE: &str = "C013";
/// A sensitive claim is used for more than a comparison.
pub const SENSITIVE: &str = "C014";
/// It comes out the same for every token.
pub const CONSTANT: &str = "C015";
/// It is too long, too large or too deep.
pub const TOO_LARGE: &str = "C016";
/// It takes too long for some token.
pub const TOO_COSTLY: &str = "C017";
/// A character that nobody sees, or that poses as another.
pub const DECEIT: &str = "C018";

/// Every code.
pub const ALL: [&str; 18] = [
    SYNTAX,
    UNKNOWN_CLAIM,
    ABSENT_CLAIM,
    TWO_TYPES,
    WRONG_TYPE,
    IMPOSSIBLE_VALUE,
    NOT_LITERAL,
    BAD_PATTERN,
    NO_FUNCTION,
    INDEXED,
    NO_VALUE,
    NO_NAME,
    RESULT_TYPE,
    SENSITIVE,
    CONSTANT,
    TOO_LARGE,
    TOO_COSTLY,
    DECEIT,
];
