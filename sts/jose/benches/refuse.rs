//! What texts cost that are refused before any key is touched: time, and the
//! memory that they make us allocate (`max alloc`), which stays below the cap
//! on a token.
//!
//! `cargo bench -p sts-jose --bench refuse`

use divan::{AllocProfiler, Bencher, black_box};
use sts_wire::base64url;
use sts_wire::jws::UnverifiedToken;
use sts_wire::limits::TOKEN_BYTES_MAX;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// A segment that fills what the cap leaves, of this text again and again.
fn filled(piece: &str) -> String {
    let bytes = TOKEN_BYTES_MAX / 4 * 3 - 64;
    base64url::encode(piece.repeat(bytes / piece.len()).as_bytes())
}

const NAMES: [&str; 8] = [
    "too large",
    "dots",
    "no header",
    "no payload",
    "deep payload",
    "wide payload",
    "twice",
    "list",
];

fn text(name: &str) -> String {
    let header = base64url::encode(br#"{"alg":"RS256","kid":"k"}"#);
    match name {
        "too large" => "A".repeat(TOKEN_BYTES_MAX * 4),
        "dots" => ".".repeat(TOKEN_BYTES_MAX),
        "no header" => format!("{}.e30.AA", filled("{")),
        "no payload" => format!("{header}.{}.AA", filled("x")),
        "deep payload" => format!("{header}.{}.AA", filled("{\"a\":")),
        "wide payload" => format!("{header}.{}.AA", filled("{\"a\":1,\"b\":2}")),
        "twice" => format!("{header}.{}.AA", base64url::encode(br#"{"iss":"a","iss":"b"}"#)),
        _ => format!("{header}.{}.AA", filled("[[],[],")),
    }
}

#[divan::bench(args = NAMES)]
fn refused_before_any_key(bencher: Bencher<'_, '_>, name: &str) {
    let text = text(name);
    bencher.bench(|| UnverifiedToken::parse(black_box(&text)).is_err());
}

/// The most that a text can cost which is a token by its form: it is refused
/// next, for its issuer, and lists of nothing take ten times their room.
#[divan::bench]
fn parsed_and_as_wide_as_can_be(bencher: Bencher<'_, '_>) {
    let header = base64url::encode(br#"{"alg":"RS256","kid":"k"}"#);
    let items = TOKEN_BYTES_MAX / 4 * 3 / 3 - 64;
    let payload = format!("{{\"a\":[{}0]}}", "[],".repeat(items));
    let text = format!("{header}.{}.AA", base64url::encode(payload.as_bytes()));
    bencher.bench(|| UnverifiedToken::parse(black_box(&text)).is_ok());
}
