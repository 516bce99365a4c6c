//! The process' environment: read here and nowhere else.

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
