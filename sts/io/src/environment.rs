//! The process' environment: read here and nowhere else.

use rustix::process::{Resource, getrlimit, setrlimit};
use std::path::PathBuf;

/// A variable, when it is set to text that is not empty.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The working directory.
#[must_use]
pub fn working_directory() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

/// How this program can be called again from the working directory.
#[must_use]
pub fn executable() -> String {
    let path = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("sts"));
    let short =
        working_directory().and_then(|folder| path.strip_prefix(folder).ok().map(PathBuf::from));
    short.unwrap_or(path).display().to_string()
}

/// How many descriptors this process may have open, after asking for as many
/// as its hard limit permits.
#[must_use]
pub fn descriptors() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused, the limit stays what it was, which is read next.
    let _refused = setrlimit(Resource::Nofile, limit);
    let current = getrlimit(Resource::Nofile).current;
    current.and_then(|current| usize::try_from(current).ok()).unwrap_or(usize::MAX)
}

/// The effective user of this process.
#[must_use]
pub fn user_id() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// This process.
#[must_use]
pub fn process_id() -> u32 {
    std::process::id()
}
