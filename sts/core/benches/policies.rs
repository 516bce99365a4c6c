//! What policies cost: loading them, keeping them, deciding with 10 and with
//! 10,000 of them in turn in one run, and the costliest expressions that load.
//!
//! `cargo bench -p sts-core --bench policies`

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};
use sts_core::admit::{Principal, admit};
use sts_core::documents::{Loaded, run_cases};
use sts_core::policy::{Outcome, Question, decide};
use sts_core::snapshot::Snapshot;
use sts_core::verify::verify;
use sts_expr::limits::STEPS_MAX;
use sts_expr::{Inputs, Use, on_large_stack};
use sts_jose::{Algorithm, SignedToken, VerifyingKeySet};
use sts_testkit::{DEPLOY, Documents, FakeIssuer, ISSUER, TokenBuilder};
use sts_wire::jwk::parse_set;
use sts_wire::jws::UnverifiedToken;
use sts_wire::names::Audience;
use sts_wire::time::{Seconds, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
const FEW: usize = 10;
const MANY: usize = 10_000;
/// Rounds in which both sets decide in turn; the fastest of each counts, since others share the machine.
const ROUNDS: usize = 300;
const DECISIONS: u32 = 500;

/// As the binary has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), String> {
    let mut out = std::io::stdout();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut row = |what: &str, measured: String, target: &str| {
        writeln!(out, "{what:<52} {measured:>14}   {target}").map_err(|error| error.to_string())
    };
    row("cores", cores.to_string(), "")?;
    let before = resident_kib();
    let (few, _) = timed(|| load(FEW));
    let busy = cpu_ms();
    let (many, took) = timed(|| load(MANY));
    let busy = cpu_ms().zip(busy).map(|(after, before)| after.saturating_sub(before));
    row("compile 10,000 policies from text", millis(took), "2000 ms")?;
    let shown = busy.map_or("unknown".to_owned(), |ms| format!("{ms} ms"));
    row("time on a processor that it took", shown, "")?;
    let grown = resident_kib().zip(before).map(|(after, before)| after.saturating_sub(before));
    let shown = grown.map_or("unknown".to_owned(), |kib| format!("{} MiB", kib / 1024));
    row("resident memory that it took, with 10,000 test cases", shown, "150 MiB")?;
    let (few, many) = (few?, many?);
    let (failures, took) = timed(|| run_cases(&many.snapshot, &many.cases));
    row(&format!("run its {} test cases", many.cases.len()), millis(took), "")?;
    if !failures.is_empty() {
        return Err(format!("{} test cases fail", failures.len()));
    }
    let principal = principal(&few.snapshot).ok_or("the token is not believed")?;
    let (ten, thousands) = in_turn(&few.snapshot, &many.snapshot, &principal)?;
    row("decide with 10, five conditions and trace", nanos(ten), "5000 ns")?;
    row("decide with 10,000", nanos(thousands), "5000 ns")?;
    let ratio = thousands.as_secs_f64() / ten.as_secs_f64();
    row("ratio", format!("{ratio:.3}"), "1.1")?;
    for (name, expression) in COSTLY {
        let (steps, took) = costly(&few.snapshot, expression)?;
        row(&format!("{name}, {steps} steps of {STEPS_MAX}"), micros(took), "5000 µs")?;
    }
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    #[expect(clippy::disallowed_methods, reason = "a benchmark is about time")]
    let begin = Instant::now();
    let done = black_box(work());
    (done, begin.elapsed())
}

fn millis(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

fn micros(duration: Duration) -> String {
    format!("{} µs", duration.as_micros())
}

fn nanos(duration: Duration) -> String {
    format!("{} ns", duration.as_nanos())
}

/// None where the system does not say.
fn resident_kib() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "only the system knows what the process takes")]
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// User and system time of all threads, which others on the machine do not lengthen.
fn cpu_ms() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "only the system knows what the process takes")]
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    // A tick of this file is 10 ms.
    Some(ticks()?.saturating_add(ticks()?).saturating_mul(10))
}

/// So many policies for repositories of their own, each with five conditions and a test case.
fn load(count: usize) -> Result<Loaded, String> {
    let policies = (0..count).map(|number| {
        let text = format!(
            "apiVersion: sts/v1
kind: TrustPolicy
metadata: {{name: shop-{number:05}, owner: team-shop}}
trust_bundle: github-actions
pins: {{repository_owner_id: \"65\", repository_id: \"{number}\", environment: production}}
conditions:
  - {{id: main-branch, expr: \"assertion.ref == 'refs/heads/main'\"}}
  - {{id: safe-event, expr: \"assertion.event_name in ['push', 'workflow_dispatch']\"}}
  - {{id: named, expr: \"has(assertion.repository) && assertion.repository == 'octo-org/repo-{number}'\"}}
  - {{id: branch, expr: \"assertion.ref.fullMatch('refs/heads/[a-z0-9-]+')\"}}
  - {{id: first, expr: \"has(assertion.attempt) && assertion.attempt < 3\"}}
grant:
  audience: https://deploy.example.com
  subject: \"subject('gha', assertion.repository_id, assertion.environment)\"
  scopes: [\"deploy:shop\", \"deploy:read\"]
  ttl: {{max: 10m}}
tests:
  - {{name: deploy, claims: {{repository_owner_id: \"65\", repository_id: \"{number}\", environment: production, ref: refs/heads/main, event_name: push, repository: octo-org/repo-{number}, attempt: 1}}, expect: permit}}
"
        );
        (format!("policies/shop/{number:05}.yaml"), text)
    });
    let documents = policies.fold(Documents::sample(), |set, (path, text)| set.with(&path, &text));
    documents.load().map_err(|faults| faults.first().map(ToString::to_string).unwrap_or_default())
}

fn token() -> (FakeIssuer, TokenBuilder) {
    let issuer = FakeIssuer::new(ISSUER, 1);
    let token = issuer.token(NOW, "id");
    let token = token.claim("repository_id", "7").claim("repository", "octo-org/repo-7");
    (issuer, token.claim("attempt", 1))
}

fn principal(snapshot: &Snapshot) -> Option<Principal> {
    let (issuer, token) = token();
    let set = serde_json::json!({"keys": [issuer.public()]}).to_string();
    let keys = VerifyingKeySet::load(&parse_set(set.as_bytes()).ok()?.keys, &Algorithm::ALL).0;
    let bundle = snapshot.bundles().iter().next()?;
    let token = UnverifiedToken::parse(&token.build()).ok()?;
    let id = SignedToken::key_id_of(&token, &bundle.algorithms).ok()?.clone();
    let signed = SignedToken::verify(token, keys.find(&id)?).ok()?;
    admit(verify(&signed, bundle, NOW, Seconds::new(30)).ok()?).ok()
}

/// A decision with each set: the fastest of many rounds in which they take turns.
fn in_turn(
    few: &Snapshot,
    many: &Snapshot,
    principal: &Principal,
) -> Result<(Duration, Duration), String> {
    let audience = Audience::new(DEPLOY).map_err(|fault| fault.to_string())?;
    let question = Question {
        audience: &audience,
        scopes: None,
        policy: None,
        now: NOW,
        ttl_max: Seconds::new(900),
    };
    let decision = |set: &Snapshot| decide(set.engine(), set.index(), principal, &question);
    for set in [few, many] {
        let made = decision(set);
        let conditions = made.trace.policies.iter().map(|policy| policy.conditions.len());
        if !matches!(made.outcome, Outcome::Permit(_)) || conditions.sum::<usize>() != 5 {
            return Err(format!("not the decision that is measured: {made:?}"));
        }
    }
    let batch = |set: &Snapshot| {
        let ((), took) = timed(|| (0..DECISIONS).for_each(|_| drop(black_box(decision(set)))));
        took / DECISIONS
    };
    let rounds: Vec<_> = (0..ROUNDS).map(|_| (batch(few), batch(many))).collect();
    let fastest = |side: fn(&(Duration, Duration)) -> Duration| rounds.iter().map(side).min();
    fastest(|both| both.0).zip(fastest(|both| both.1)).ok_or_else(|| "no rounds".to_owned())
}

/// Expressions that are just let, on claims that are as bad as they can be.
const COSTLY: [(&str, &str); 4] = [
    ("an ambiguous pattern", "assertion.ref.fullMatch('[ab]*b[ab]{800}')"),
    (
        "four counted patterns",
        "assertion.ref.fullMatch('[ab]*b[ab]{200}') || assertion.ref.fullMatch('[ab]*ba[ab]{200}') || assertion.ref.fullMatch('[ab]*a[ab]{200}') || assertion.ref.fullMatch('[ab]*ab[ab]{200}')",
    ),
    (
        "patterns for each item",
        "has(assertion.groups) && assertion.groups.exists(g, g.fullMatch('[ab]*b[ab]{12}') || g.fullMatch('[ab]*a[ab]{12}'))",
    ),
    (
        "texts taken apart for each item",
        "has(assertion.groups) && assertion.groups.exists(g, subject(g, assertion.ref) == 'x')",
    ),
];

/// Steps, and the time of an evaluation, each on texts of its own: a pattern remembers
/// what it saw. One in ten may take longer, for what else the machine does.
fn costly(snapshot: &Snapshot, expression: &str) -> Result<(u64, Duration), String> {
    let bundle = snapshot.bundles().iter().next().ok_or("no bundle")?;
    let engine = snapshot.engine();
    let compiled = on_large_stack(|| engine.compile(expression, Use::Condition, &bundle.schema()));
    let compiled = compiled.map_err(|faults| format!("{expression}: {faults:?}"))?;
    let mut noise = 0x5eed_u64;
    let mut text = || -> String {
        let letter = |_| {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            if noise & 1 == 0 { 'a' } else { 'b' }
        };
        (0..1024).map(letter).collect()
    };
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        let claims = serde_json::json!({"ref": text(), "groups": [text(), text(), text(), text()]});
        let claims = claims.as_object().ok_or("no claims")?;
        let inputs = Inputs::new(engine, claims);
        took.push(timed(|| compiled.holds(&inputs)).1);
    }
    took.sort();
    let slow = took.get(took.len() / 10 * 9).copied().ok_or("no evaluations")?;
    Ok((compiled.steps(), slow))
}
