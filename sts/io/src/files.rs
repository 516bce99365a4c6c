//! Files: read with a bound, written so that nobody sees half of one.
#![expect(clippy::disallowed_methods, reason = "this is the one module that touches files")]

mod documents;

pub use documents::{FoundDocument, documents};

use crate::limits::FILE_BYTES_MAX;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A file operation failed: which, on what, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {}: {cause}", path.display())]
pub struct FileFault {
    verb: &'static str,
    path: PathBuf,
    cause: io::Error,
}

impl FileFault {
    /// Whether the file does not exist.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.cause.kind() == io::ErrorKind::NotFound
    }

    /// Why, without the path.
    #[must_use]
    pub fn why(&self) -> String {
        self.cause.to_string()
    }
}

fn fault(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileFault {
    let path = path.to_owned();
    move |cause| FileFault { verb, path, cause }
}

/// Reads a whole file of at most [`FILE_BYTES_MAX`].
///
/// # Errors
/// [`FileFault`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileFault> {
    read_at_most(path, FILE_BYTES_MAX)
}

fn read_at_most(path: &Path, bytes_max: u64) -> Result<Vec<u8>, FileFault> {
    let file = fs::File::open(path).map_err(fault("read", path))?;
    let mut bytes = Vec::new();
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(fault("read", path))?;
    if bytes.len() as u64 > bytes_max {
        let why = format!("it is larger than {} MiB", bytes_max >> 20);
        return Err(fault("read", path)(io::Error::other(why)));
    }
    Ok(bytes)
}

/// Reads a whole text file.
///
/// # Errors
/// [`FileFault`], also when it is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, FileFault> {
    as_text(path, read(path)?)
}

fn as_text(path: &Path, bytes: Vec<u8>) -> Result<String, FileFault> {
    let refused = |_| fault("read", path)(io::Error::other("it is not UTF-8"));
    String::from_utf8(bytes).map_err(refused)
}

/// Reads standard input, bounded like a file.
///
/// # Errors
/// [`FileFault`].
pub fn read_stdin() -> Result<String, FileFault> {
    let path = Path::new("standard input");
    let mut text = String::new();
    io::stdin().take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(fault("read", path))?;
    Ok(text)
}

/// Reads what a command line names: a text file, or standard input for `-`.
///
/// # Errors
/// [`FileFault`].
pub fn read_argument(path: &Path) -> Result<String, FileFault> {
    if path == Path::new("-") { read_stdin() } else { read_text(path) }
}

/// The permission bits of a file.
///
/// # Errors
/// [`FileFault`].
pub fn mode(path: &Path) -> Result<u32, FileFault> {
    Ok(fs::metadata(path).map_err(fault("look at", path))?.permissions().mode() & 0o777)
}

/// When a file was last written: only good for comparing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVersion(std::time::SystemTime);

/// The version of a file that is there.
#[must_use]
pub fn version(path: &Path) -> Option<FileVersion> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok().map(FileVersion)
}

/// Which folder a path leads to: another one after the folder, or a link on
/// the way to it, was swapped; the same when files inside are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderIdentity {
    device: u64,
    inode: u64,
    /// Where a mounted volume keeps what it swaps, as Kubernetes does with `ConfigMap`s.
    data: Option<PathBuf>,
}

/// The folder that is there.
#[must_use]
pub fn identity(path: &Path) -> Option<FolderIdentity> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
    let data = fs::read_link(path.join("..data")).ok();
    Some(FolderIdentity { device: metadata.dev(), inode: metadata.ino(), data })
}

/// Whether something is there.
#[must_use]
pub fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Writes a file whole: into a new one beside it, synced, then renamed.
///
/// # Errors
/// [`FileFault`]; the old file is untouched then.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), FileFault> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let beside = beside(path);
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)
        .map_err(fault("write", &beside))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault("write", &beside))?;
    fs::rename(&beside, path).map_err(fault("write", path))
}

/// Replaces a file that is there, whole: its permissions stay, and so does a link that leads to it.
///
/// # Errors
/// [`FileFault`]; the old file is untouched then.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileFault> {
    let target = fs::canonicalize(path).map_err(fault("find", path))?;
    let permissions = fs::metadata(&target).map_err(fault("look at", path))?.permissions();
    let beside = beside(&target);
    let mut options = fs::OpenOptions::new();
    // Nobody else may read it before it has the permissions of the old one.
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)
        .map_err(fault("write", &beside))?;
    file.write_all(bytes)
        .and_then(|()| file.set_permissions(permissions))
        .and_then(|()| file.sync_all())
        .map_err(fault("write", &beside))?;
    fs::rename(&beside, &target).map_err(fault("write", path))
}

/// The new file that takes the place of another.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    PathBuf::from(beside)
}

/// Creates a file that must not exist yet, readable by its owner only.
///
/// # Errors
/// [`FileFault`], also when it exists.
pub fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), FileFault> {
    if let Some(folder) = path.parent() {
        create_folder(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(fault("create", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(fault("create", path))
}

/// Creates a folder and those around it.
///
/// # Errors
/// [`FileFault`].
pub fn create_folder(path: &Path) -> Result<(), FileFault> {
    if path.as_os_str().is_empty() {
        return Ok(());
    }
    fs::create_dir_all(path).map_err(fault("create", path))
}

/// Removes a file that may be absent.
///
/// # Errors
/// [`FileFault`].
pub fn remove(path: &Path) -> Result<(), FileFault> {
    match fs::remove_file(path) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => Err(fault("remove", path)(cause)),
        _ => Ok(()),
    }
}

/// Restricts a file to its owner.
///
/// # Errors
/// [`FileFault`].
pub fn restrict(path: &Path) -> Result<(), FileFault> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(fault("restrict", path))
}
