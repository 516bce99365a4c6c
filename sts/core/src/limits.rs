//! Limits of the exchange. Each has its unit in the name and its reason here.

use sts_wire::time::Seconds;

/// Longest claim in bytes that is read from a token: a branch name may be this long, no sane one is.
pub const CLAIM_BYTES_MAX: usize = 4096;

/// Most items of a list claim when the bundle sets no `max`: GitLab sends up to 200 groups, others a handful.
pub const LIST_ITEMS_DEFAULT: u64 = 64;

/// Largest `max` that a bundle may set for a list claim: conditions go through every item.
pub const LIST_ITEMS_MAX: u64 = 256;

/// Most policies of one team that one token may match by its pins: each is evaluated and recorded.
pub const CANDIDATES_MAX: usize = 64;

/// Most pairs of policies that are held against each other because one of them says nothing understood of its
/// caller: such policies are few, and a pair takes a few microseconds.
pub const OVERLAPS_LOOKED_AT_MAX: usize = 100_000;

/// Most teams of one load that are looked at beside all others as they were, to find which of two that do not fit
/// together is at fault: the whole set is compiled for each. Of more, whoever is told of is held.
pub const TEAMS_JUDGED_MAX: usize = 8;

/// Most conditions in one policy or guardrail: each appears in every trace.
pub const CONDITIONS_MAX: usize = 32;

/// Most claims that a policy may mint beside the registered ones.
pub const MINTED_CLAIMS_MAX: usize = 50;

/// Largest minted token in bytes: common header limits are 8 KiB.
pub const MINTED_TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Longest user agent in bytes that an entry keeps: it is the caller's text.
pub const USER_AGENT_BYTES_MAX: usize = 256;

/// Longest part of an undeclared audience that our log names, in characters: declared ones are far shorter.
pub const LOGGED_AUDIENCE_CHARS_MAX: usize = 200;

/// Shortest life of a minted token in seconds: what would expire at once is not issued.
pub const TTL_MIN: Seconds = Seconds::new(1);

/// How long before a document's review is due it is spoken of: a person finds the time within a month.
pub const REVIEW_NOTICE: Seconds = Seconds::new(30 * 86_400);

/// How long before a document ends it is spoken of: two weeks are enough to set a later date, and hardly anybody is away for longer.
pub const EXPIRY_NOTICE: Seconds = Seconds::new(14 * 86_400);

/// Hardest cap on the life of a minted token: a credential lives for minutes.
pub const TTL_CAP: Seconds = Seconds::new(3600);

/// Longest life of a subject token when the bundle sets none: platforms with longer ones say so.
pub const SUBJECT_TOKEN_LIFETIME_DEFAULT: Seconds = Seconds::new(3600);

/// How often an exchange decides anew when the snapshot or a key changed under it.
pub const DECIDE_ATTEMPTS: usize = 3;

/// Most keys in our own key set: one relying party of the field reads no more than 10.
pub const PUBLISHED_KEYS_MAX: usize = 10;

/// When to try again after an outage of ours, in seconds: most are over by then, and one that is not costs little.
pub const RETRY_AFTER: Seconds = Seconds::new(1);

/// When to try again where an issuer's keys could not be had, in seconds: it is not asked again before.
pub const KEY_SET_RETRY_AFTER: Seconds = Seconds::new(10);

/// How long at most until every replica knows what one of them wrote to the key ring, in seconds: they look this often.
pub const KEY_POLL_MAX: Seconds = Seconds::new(10);

/// Most blocks at a time: each transaction looks through them all, and an operator must be able to.
pub const BLOCKS_MAX: usize = 1000;

/// How long making, sealing and adding a key may take, in seconds, where it is needed as soon as may be: one that comes later is planned anew.
pub const KEY_INSERT_TIME: Seconds = Seconds::new(1);
