//! Documents from the two folders of a configuration.

use crate::config::{Config, ConfigFault};
use std::path::Path;
use sts_core::documents::{DocumentFile, Folder, Loaded, Target, load};
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_io::clock::SystemClock;
use sts_io::files::{self, FileFault};

/// Reads and compiles what the configuration names.
///
/// # Errors
/// Every fault of every document.
pub(crate) fn read(config: &Config) -> Result<Loaded, ConfigFault> {
    read_from(config, &config.policies)
}

/// The same with another folder of policies.
///
/// # Errors
/// Every fault of every document.
pub(crate) fn read_from(config: &Config, policies: &Path) -> Result<Loaded, ConfigFault> {
    let mut all = collect(Folder::TrustBundles, &config.trust_bundles)?;
    all.extend(collect(Folder::Policies, policies)?);
    compile(config, &all)
}

/// What the configuration names, and one more trust bundle: its path below the
/// folder, and its name for messages.
///
/// # Errors
/// Every fault of every document.
pub(crate) fn read_with_bundle(
    config: &Config,
    (relative, shown): (String, String),
    text: String,
) -> Result<Loaded, ConfigFault> {
    let mut all = collect(Folder::TrustBundles, &config.trust_bundles)?;
    all.extend(collect(Folder::Policies, &config.policies)?);
    all.push(DocumentFile { folder: Folder::TrustBundles, shown, relative, text });
    compile(config, &all)
}

/// One trust bundle alone.
///
/// # Errors
/// Every fault of it.
pub(crate) fn compile_bundle(
    config: &Config,
    shown: String,
    text: String,
) -> Result<Snapshot, ConfigFault> {
    let relative = "bundle.yaml".to_owned();
    let file = DocumentFile { folder: Folder::TrustBundles, shown, relative, text };
    compile(config, &[file]).map(|loaded| loaded.snapshot)
}

fn compile(config: &Config, files: &[DocumentFile]) -> Result<Loaded, ConfigFault> {
    let target = Target {
        now: SystemClock.now(),
        issuer: config.issuer.clone(),
        development: config.development,
        algorithms: config.algorithms.clone(),
    };
    load(files, &target).map_err(ConfigFault::Faults)
}

fn collect(folder: Folder, path: &Path) -> Result<Vec<DocumentFile>, FileFault> {
    let shown = |relative: &str| path.join(relative).display().to_string();
    let file = |(relative, text): (String, String)| DocumentFile {
        folder,
        shown: shown(&relative),
        relative,
        text,
    };
    Ok(files::documents(path)?.into_iter().map(file).collect())
}
