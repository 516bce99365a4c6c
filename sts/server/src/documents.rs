//! Documents from the two folders of a configuration.

use crate::config::{Config, ConfigFault};
use std::path::Path;
use sts_core::documents::{DocumentFile, Folder, Loaded, Target, load};
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
    let target = Target {
        issuer: config.issuer.clone(),
        development: config.development,
        algorithms: config.algorithms.clone(),
    };
    load(&all, &target).map_err(ConfigFault::Faults)
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
