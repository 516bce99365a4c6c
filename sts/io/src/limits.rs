//! Limits of the adapters. Each has its unit in the name and its reason here.

use std::ops::Range;
use std::time::Duration;
use sts_wire::time::Seconds;

/// Longest fetch of an issuer's documents, all in all: a request waits for it.
pub const FETCH_TIME_MAX: Duration = Duration::from_secs(3);

/// Largest document that is fetched from an issuer, in bytes: real key sets stay below 40 KiB.
pub const FETCH_BYTES_MAX: usize = 128 * 1024;

/// Shortest time between two fetches for one bundle: an unknown `kid` must not hammer the issuer.
pub const FETCH_COOL_DOWN: Duration = Duration::from_secs(10);

/// Age at which a key set is used no more without a fetch: a key removed upstream stops verifying by then.
pub const KEY_SET_REFRESH: Duration = Duration::from_secs(300);

/// Part of [`KEY_SET_REFRESH`], in percent, after which a set in use is fetched ahead, so that no request waits.
pub const REFRESH_AHEAD_PERCENT: Range<u32> = 50..80;

/// Longest time without a token of an issuer after which its key set is not fetched ahead any more: nobody waits for it.
pub const KEY_SET_IDLE: Duration = Duration::from_secs(3600);

/// How long a failed fetch spares requests with a known key another one: by then the next one ahead has been tried.
pub const FAILURE_STANDS: Duration = Duration::from_secs(30);

/// How long a bundle is held to the budget after a fetch in vain: one that nobody floods needs none, so that
/// a flood for others cannot keep its new keys away.
pub const MISS_REMEMBERED: Duration = Duration::from_secs(60);

/// Most fetches at once for unknown `kid`s, of all bundles together: callers choose a `kid`, and must not make us flood issuers.
pub const UNKNOWN_KEY_FETCHES_MAX: u32 = 50;

/// Time after which one more fetch for an unknown `kid` is permitted: five a second, as many as fifty bundles
/// may cause by their cool-downs, so that a flood for some does not starve the others' new keys.
pub const UNKNOWN_KEY_FETCH_EVERY: Duration = Duration::from_millis(200);

/// Longest wait for a write to begin: past it a request is abandoned, before its commit.
pub const RECORD_DEADLINE: Duration = Duration::from_secs(1);

/// Longest wait for a commit that has begun, beyond the deadline: then the answer is 503 and the entry may exist.
pub const COMMIT_GRACE: Duration = Duration::from_secs(2);

/// Most jobs waiting for the store's thread: beyond it work is shed with 503 at once.
pub const STORE_QUEUE_MAX: usize = 4096;

/// Most writes in one transaction: more would only lengthen the wait of the first.
pub const COMMIT_BATCH_MAX: usize = 256;

/// Most entries that one read takes from the store: its thread serves exchanges in between.
pub const READ_BATCH_MAX: u64 = 1000;

/// How long after its end a use of a token is still remembered, in seconds: a margin for clocks set back.
pub const REPLAY_MARGIN: Seconds = Seconds::new(3600);

/// Largest file that is read, in bytes: configuration, documents, keys and tokens are far smaller.
pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Most files and folders, documents or not, below one folder that lies directly among the documents, which is one
/// team's: ten thousand policies fit.
pub const FOLDER_ENTRIES_MAX: usize = 20_000;

/// Most folders inside each other in which documents are looked for: a link to a folder around it must end somewhere.
pub const DOCUMENT_FOLDERS_DEEP_MAX: usize = 8;

/// Longest attempt to connect to the shared store, all in all: an exchange that finds no connection waits for it.
pub const STORE_CONNECT_TIME_MAX: Duration = Duration::from_secs(1);

/// Longest pause after a failed attempt to connect to the shared store: it is found again a second after it is back.
pub const STORE_CONNECT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// First pause after a failed attempt to connect to the shared store: the next ones double it.
pub const STORE_CONNECT_PAUSE_MIN: Duration = Duration::from_millis(50);

/// Longest statement of the shared store: past it nobody waits for its answer. A commit is not ended by it.
pub const STORE_STATEMENT_TIME_MAX: Duration = Duration::from_secs(2);

/// How long a replica that stopped in the middle of a transaction keeps the others from writing: its session ends then.
pub const STORE_STALL_MAX: Duration = Duration::from_secs(1);

/// Longest wait for another replica that brings the tables of the shared store up to date: it does so once a version.
pub const STORE_MIGRATION_TIME_MAX: Duration = Duration::from_secs(60);

/// Most uses of tokens that one statement of the shared store forgets: exchanges go on in between.
pub const PRUNE_BATCH_MAX: u64 = 5_000;

/// Longest call of a key-encryption key that is elsewhere: the ring waits for it, and no exchange does.
pub const SEAL_TIME_MAX: Duration = Duration::from_secs(3);

/// Most characters of another system's own words that a message repeats: they name the cause in a few.
pub const FOREIGN_TEXT_MAX: usize = 300;

/// Most calls of one PKCS #11 token at a time: small tokens have as many sessions, and a hanging one must not hold every thread.
pub const TOKEN_SESSIONS_MAX: usize = 8;

/// Longest call of a PKCS #11 token: an exchange may wait for its signature.
pub const TOKEN_TIME_MAX: Duration = Duration::from_secs(3);

/// Longest generation of a key in a PKCS #11 token: small ones look for primes of RSA for many seconds.
pub const TOKEN_GENERATE_TIME_MAX: Duration = Duration::from_secs(30);

/// Shortest time between two beginnings of a PKCS #11 module while its token is away: libraries leak or break when they begin
/// anew many times a second, and a token is back a moment later all the same.
pub const TOKEN_RENEW_PAUSE: Duration = Duration::from_secs(2);
