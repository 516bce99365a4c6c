//! Logs: one JSON object a line on standard error, never a token or a secret.

use tracing::Level;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Starts logging. The level of our own crates comes from `STS_LOG` or
/// `RUST_LOG` (`error` … `trace`); libraries stay at `warn`, since what they
/// say at lower levels is not ours to vouch for.
pub(crate) fn start(default: Level) {
    let asked = ["STS_LOG", "RUST_LOG"].into_iter().find_map(sts_io::environment::variable);
    let level = asked.and_then(|text| text.parse::<Level>().ok()).unwrap_or(default);
    let targets = Targets::new().with_target("sts", level).with_default(LevelFilter::WARN);
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
    // A second start, as in tests, keeps the first.
    let _already = tracing_subscriber::registry().with(targets).with(lines).try_init();
}
