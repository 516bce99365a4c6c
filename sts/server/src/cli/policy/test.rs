//! `sts policy test`: the cases beside the policies, for a person, a script or a CI system.

use super::compile;
use crate::cli::unknown;
use crate::config::Config;
use crate::output::{Exit, Failure, clean, describe, line};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use sts_core::documents::{Case, CaseFailure, run_case, untested};
use sts_io::files;
use sts_wire::names::Name;

/// Arguments of `sts policy test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the tests of this policy
    policy: Option<String>,
    /// The changed policies, in place of those of the configuration
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// Write a report in JUnit's format
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

type Played = (Case, Option<CaseFailure>);

/// Runs it.
pub(super) fn run(config: &Config, asked: &Arguments) -> Result<Exit, Failure> {
    let loaded = compile(config, asked.against.as_deref())?;
    if let Some(name) = &asked.policy
        && !loaded.snapshot.policies().iter().any(|policy| policy.name.as_str() == name)
    {
        let known = loaded.snapshot.policies().iter().map(|policy| policy.name.as_str());
        return Err(unknown("trust policy", name, known));
    }
    let wanted = |policy: &Name| asked.policy.as_ref().is_none_or(|name| policy.as_str() == name);
    let untested = untested(&loaded, wanted);
    let cases = loaded.cases.into_iter().filter(|case| wanted(case.policy()));
    let played: Vec<Played> = cases
        .map(|case| {
            let failure = run_case(&loaded.snapshot, &case);
            (case, failure)
        })
        .collect();
    if let Some(path) = &asked.junit {
        files::write(path, junit(&played).as_bytes(), 0o644).map_err(Failure::unavailable)?;
    }
    let failed = played.iter().filter(|(_, failure)| failure.is_some()).count();
    if asked.json {
        let cases: Vec<_> = played.iter().map(object).collect();
        let untested: Vec<_> = untested.iter().map(|one| describe(one, "warning")).collect();
        let summary =
            json!({"tests": played.len(), "failed": failed, "cases": cases, "untested": untested});
        line(summary.to_string());
    } else {
        untested.iter().for_each(|one| line(clean(&one.to_string(), true)));
        show(&played, failed);
    }
    Ok(if failed == 0 { Exit::Ok } else { Exit::Refused })
}

fn show(played: &[Played], failed: usize) {
    for (case, failure) in played {
        match failure {
            None => line(format!("ok      {} / {}", case.policy(), clean(case.name(), false))),
            Some(failure) => line(format!("FAILED  {}", clean(&failure.to_string(), true))),
        }
    }
    let passed = played.len().saturating_sub(failed);
    line(format!("{passed} of {} tests pass", played.len()));
}

fn object((case, failure): &Played) -> Value {
    json!({
        "policy": case.policy().as_str(), "case": case.name(), "file": case.file(), "ok": failure.is_none(),
        "line": failure.as_ref().map(|failure| failure.place.line),
        "message": failure.as_ref().map(|failure| failure.message.as_str()),
    })
}

/// A test suite with a case for each case, named by policy.
fn junit(played: &[Played]) -> String {
    let failed = played.iter().filter(|(_, failure)| failure.is_some()).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites><testsuite name=\"sts policy test\" tests=\"{}\" failures=\"{failed}\">\n",
        played.len()
    );
    for (case, failure) in played {
        let (policy, name, file) = (case.policy(), escaped(case.name()), escaped(case.file()));
        let _always =
            write!(text, "<testcase classname=\"{policy}\" name=\"{name}\" file=\"{file}\">");
        if let Some(failure) = failure {
            let _always = write!(text, "<failure message=\"{}\"/>", escaped(&failure.message));
        }
        text.push_str("</testcase>\n");
    }
    text + "</testsuite></testsuites>\n"
}

/// Text for an attribute; XML has no way to write most control characters.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_name_cannot_leave_its_attribute() {
        assert_eq!(escaped("a\"/><x y='1'&\u{0}\n"), "a&quot;/&gt;&lt;x y='1'&amp;\u{fffd}&#10;");
    }
}
