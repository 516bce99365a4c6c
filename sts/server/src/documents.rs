//! Documents from the two folders of a configuration.

use crate::config::{Config, ConfigFault};
use std::path::Path;
use sts_core::documents::{DocumentFile, Folder, HeldTeam, Loaded, Target, load, load_held};
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_io::clock::SystemClock;
use sts_io::files::{self, FileFault, FolderIdentity, FoundDocument};

/// A compiled set, and the teams whose folders are at fault.
pub(crate) type Held = (Loaded, Vec<HeldTeam>);

/// Which two folders the configuration leads to now.
pub(crate) type Identity = (FolderIdentity, FolderIdentity);

/// How often a set is read before it is said to be changing.
const READS_MAX: usize = 3;

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

/// What becomes of a set without any policy, where there were some.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Emptying {
    /// It is refused: a folder that is filled after it appeared is empty at first.
    Refused,
    /// It is taken: somebody said that it is meant.
    Accepted,
}

/// The same for a server that runs: a team's folder at fault is replaced by
/// what `last` has of it.
///
/// # Errors
/// Every fault of a trust bundle, audience or guardrail; or the files change
/// while they are read; or no policy would be left.
pub(crate) fn read_held(
    config: &Config,
    last: &[DocumentFile],
    emptying: Emptying,
) -> Result<Held, ConfigFault> {
    let mut before = collect_all(config)?;
    for _ in 1..READS_MAX {
        let now = collect_all(config)?;
        if now == before {
            let found = load_held(&now, last, &target(config)).map_err(ConfigFault::Faults)?;
            return match emptying {
                Emptying::Refused => not_emptied(config, found, last),
                Emptying::Accepted => Ok(found),
            };
        }
        before = now;
    }
    Err(ConfigFault::Changing)
}

fn not_emptied(config: &Config, found: Held, last: &[DocumentFile]) -> Result<Held, ConfigFault> {
    if found.0.snapshot.policies().is_empty() {
        // What does not compile any more lets nobody in, whatever it held.
        let before = compile(config, last).map_or(0, |last| last.snapshot.policies().len());
        if before > 0 {
            return Err(ConfigFault::Emptied(before));
        }
    }
    Ok(found)
}

/// Which folders there are; none while one is absent.
pub(crate) fn identity(config: &Config) -> Option<Identity> {
    Some((files::identity(&config.trust_bundles)?, files::identity(&config.policies)?))
}

/// Every file of the two folders; one that cannot be read says so in the set.
///
/// # Errors
/// A folder cannot be listed, or holds too many.
pub(crate) fn collect_all(config: &Config) -> Result<Vec<DocumentFile>, FileFault> {
    let mut all = collect(Folder::TrustBundles, &config.trust_bundles)?;
    all.extend(collect(Folder::Policies, &config.policies)?);
    Ok(all)
}

/// What the configuration names, and one more file that is not there yet.
///
/// # Errors
/// Every fault of every document.
pub(crate) fn read_with(config: &Config, more: DocumentFile) -> Result<Loaded, ConfigFault> {
    let mut all = collect_all(config)?;
    all.push(more);
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
    let file = DocumentFile::new(Folder::TrustBundles, relative, shown, text);
    compile(config, &[file]).map(|loaded| loaded.snapshot)
}

/// Compiles files that are at hand.
///
/// # Errors
/// Every fault of every document.
pub(crate) fn compile(config: &Config, files: &[DocumentFile]) -> Result<Loaded, ConfigFault> {
    load(files, &target(config)).map_err(ConfigFault::Faults)
}

fn target(config: &Config) -> Target {
    Target {
        now: SystemClock.now(),
        issuer: config.issuer.clone(),
        development: config.development,
        algorithms: config.algorithms.clone(),
    }
}

fn collect(folder: Folder, path: &Path) -> Result<Vec<DocumentFile>, FileFault> {
    let file = |found: FoundDocument| {
        let shown = path.join(&found.relative).display().to_string();
        match found.text {
            Ok(text) => DocumentFile::new(folder, found.relative, shown, text),
            Err(fault) => DocumentFile::unreadable(folder, found.relative, shown, fault.why()),
        }
    };
    Ok(files::documents(path)?.into_iter().map(file).collect())
}
