//! Documents below a folder. One that cannot be read is told, and hides no other.

use super::{FileFault, as_text, fault, read_at_most};
use crate::limits::{DOCUMENT_FOLDERS_DEEP_MAX, FOLDER_ENTRIES_MAX};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use sts_wire::limits::YAML_BYTES_MAX;

/// A document, or what stands where one could be and cannot be read.
#[derive(Debug)]
pub struct FoundDocument {
    /// Path below the folder, with `/`; it ends in `/` where a folder cannot be listed. Bytes that
    /// are not UTF-8 are written as `\xff`.
    pub relative: String,
    /// Its text, or why there is none.
    pub text: Result<String, FileFault>,
}

/// Every `*.yaml` below a folder except those below `schema/`, and every
/// `*.json` directly in a folder `fixtures`, with their paths relative to it,
/// sorted. Symbolic links are followed: that is how an
/// atomic swap of the folder works.
///
/// # Errors
/// [`FileFault`] when the folder itself cannot be listed, or holds too many.
pub fn documents(folder: &Path) -> Result<Vec<FoundDocument>, FileFault> {
    let mut top = Walk::default();
    top.look(folder, "")?;
    let mut found = top.found;
    for (path, prefix) in top.pending {
        // SECURITY: each folder has a limit of its own: what one team puts there hides nobody else's.
        match below(path, &prefix) {
            Ok(documents) => found.extend(documents),
            Err(too_many) => found.push(FoundDocument { relative: prefix, text: Err(too_many) }),
        }
    }
    found.sort_by(|one, other| one.relative.cmp(&other.relative));
    Ok(found)
}

/// Everything below a folder that lies directly in the one asked for; nothing of one that holds too many.
fn below(folder: PathBuf, prefix: &str) -> Result<Vec<FoundDocument>, FileFault> {
    let mut walk = Walk { pending: vec![(folder.clone(), prefix.to_owned())], ..Walk::default() };
    while let Some((path, prefix)) = walk.pending.pop() {
        if let Err(unlisted) = walk.look(&path, &prefix) {
            walk.found.push(FoundDocument { relative: prefix, text: Err(unlisted) });
        }
        if walk.is_full() {
            return Err(odd(&folder, TOO_MANY));
        }
    }
    Ok(walk.found)
}

/// Why a folder is not read. Its number is [`FOLDER_ENTRIES_MAX`].
const TOO_MANY: &str = "it holds more than 20000 files and folders";

/// What was found so far, and what is still to be listed.
#[derive(Default)]
struct Walk {
    found: Vec<FoundDocument>,
    pending: Vec<(PathBuf, String)>,
    /// Everything that was met, documents or not.
    met: usize,
}

impl Walk {
    const fn is_full(&self) -> bool {
        self.met > FOLDER_ENTRIES_MAX
    }

    /// Reads the documents of one folder; those inside wait in `pending`.
    fn look(&mut self, folder: &Path, prefix: &str) -> Result<(), FileFault> {
        for entry in fs::read_dir(folder).map_err(fault("list", folder))? {
            let entry = entry.map_err(fault("list", folder))?;
            self.met = self.met.saturating_add(1);
            if self.is_full() {
                return Err(odd(folder, TOO_MANY));
            }
            self.take(&entry.path(), &entry.file_name(), prefix);
        }
        Ok(())
    }

    fn take(&mut self, path: &Path, name: &OsStr, prefix: &str) {
        let relative = format!("{prefix}{}", escaped(name));
        if relative == "schema" || name.as_encoded_bytes().starts_with(b".") {
            return;
        }
        let named_well = name.to_str().is_some();
        let metadata = fs::metadata(path);
        let is_document = is_document(prefix, &relative);
        let is_folder = metadata.as_ref().map_or(!is_document, fs::Metadata::is_dir);
        let text = match metadata {
            // A file that an editor put there and took away again was no document.
            Err(cause) if is_gone(path, &cause) => return,
            Err(cause) => Err(fault("read", path)(cause)),
            Ok(_) if !is_folder && !is_document => return,
            Ok(_) if !named_well => Err(odd(path, "its name is not UTF-8")),
            Ok(_) if is_folder && relative.matches('/').count() < DOCUMENT_FOLDERS_DEEP_MAX => {
                return self.pending.push((path.to_owned(), format!("{relative}/")));
            }
            Ok(_) if is_folder => Err(odd(path, "it lies more than 8 folders deep")),
            // Passing over a guardrail in silence would be worse than an error.
            Ok(_) if !ends_well(&relative) => Err(odd(path, "documents end in .yaml")),
            Ok(metadata) if !metadata.is_file() => Err(odd(path, "it is no regular file")),
            Ok(_) => {
                read_at_most(path, YAML_BYTES_MAX as u64).and_then(|bytes| as_text(path, bytes))
            }
        };
        let relative = if is_folder { format!("{relative}/") } else { relative };
        self.found.push(FoundDocument { relative, text });
    }
}

fn odd(path: &Path, why: &'static str) -> FileFault {
    fault("read", path)(io::Error::other(why))
}

/// Whether nothing is there any more, not even a link that leads nowhere.
fn is_gone(path: &Path, cause: &io::Error) -> bool {
    let absent = |cause: &io::Error| cause.kind() == io::ErrorKind::NotFound;
    absent(cause) && fs::symlink_metadata(path).err().as_ref().is_some_and(absent)
}

/// Whether who wrote it means a document, also by a name that is not one's.
fn is_document(prefix: &str, relative: &str) -> bool {
    let lower = relative.to_ascii_lowercase();
    let fixtures = prefix == "fixtures/" || prefix.ends_with("/fixtures/");
    lower.ends_with(".yaml") || lower.ends_with(".yml") || (fixtures && relative.ends_with(".json"))
}

fn ends_well(relative: &str) -> bool {
    relative.ends_with(".yaml") || relative.ends_with(".json")
}

/// A name as text: what is not UTF-8 byte by byte.
fn escaped(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _infallible = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn folder_with(paths: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "text").unwrap();
        }
        folder
    }

    /// What is found, with why what cannot be read cannot be.
    fn found(folder: &tempfile::TempDir) -> Vec<(String, String)> {
        let shown = |one: FoundDocument| match one.text {
            Ok(text) => (one.relative, text),
            Err(fault) => (one.relative, format!("! {}", fault.why())),
        };
        documents(folder.path()).unwrap().into_iter().map(shown).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn documents_and_fixtures_are_found_and_nothing_else() {
        let folder = folder_with(&[
            "a.yaml",
            "shop/b.yaml",
            "shop/fixtures/c.json",
            "shop/d.json",
            "shop/notes.md",
            "shop/.e.yaml",
            "schema/f.yaml",
        ]);
        let expected =
            pairs(&[("a.yaml", "text"), ("shop/b.yaml", "text"), ("shop/fixtures/c.json", "text")]);
        assert_eq!(found(&folder), expected);
    }

    #[test]
    fn what_cannot_be_read_is_told_and_hides_nothing() {
        let folder =
            folder_with(&["a/good.yaml", "a/other.yml", "b/loud.YAML", "c/Odd.Yml", "z.yaml"]);
        let at = |path: &str| folder.path().join(path);
        fs::write(at("a/latin.yaml"), b"\xe9").unwrap();
        fs::File::create(at("b/large.yaml")).unwrap().set_len(5 * 1024 * 1024).unwrap();
        symlink("nowhere", at("b/link.yaml")).unwrap();
        symlink("nowhere", at("gone")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("c/socket.yaml")).unwrap();
        fs::write(at("c").join(OsStr::from_bytes(b"caf\xe9.yaml")), "text").unwrap();
        fs::create_dir(folder.path().join(OsStr::from_bytes(b"\xff"))).unwrap();
        let absent = "! No such file or directory (os error 2)";
        let expected = pairs(&[
            ("\\xff/", "! its name is not UTF-8"),
            ("a/good.yaml", "text"),
            ("a/latin.yaml", "! it is not UTF-8"),
            ("a/other.yml", "! documents end in .yaml"),
            ("b/large.yaml", "! it is larger than 1 MiB"),
            ("b/link.yaml", absent),
            ("b/loud.YAML", "! documents end in .yaml"),
            ("c/Odd.Yml", "! documents end in .yaml"),
            ("c/caf\\xe9.yaml", "! its name is not UTF-8"),
            ("c/socket.yaml", "! it is no regular file"),
            ("gone/", absent),
            ("z.yaml", "text"),
        ]);
        assert_eq!(found(&folder), expected);
    }

    #[test]
    fn a_link_to_a_folder_around_it_ends_somewhere_and_is_told() {
        let folder = folder_with(&["team/a.yaml"]);
        symlink(".", folder.path().join("team/again")).unwrap();
        let found = found(&folder);
        assert_eq!(found.iter().filter(|(_, text)| text == "text").count(), 8);
        let (path, why) = found.iter().find(|(_, text)| text != "text").unwrap();
        assert!(path.starts_with("team/again/") && path.ends_with("again/"), "{path}");
        assert_eq!(why, "! it lies more than 8 folders deep");
    }

    #[test]
    fn a_folder_with_too_many_files_or_a_link_to_everything_hides_no_other() {
        let folder = folder_with(&["many/a.yaml", "world/a.yaml", "tools/b.yaml"]);
        for number in 0..FOLDER_ENTRIES_MAX {
            fs::File::create(folder.path().join(format!("many/{number}.txt"))).unwrap();
        }
        symlink("/", folder.path().join("world/root")).unwrap();
        let found = found(&folder);
        let of = |team: &str| found.iter().filter(|(path, _)| path.starts_with(team)).count();
        assert_eq!((of("many/"), of("tools/")), (1, 1));
        let told = ("many/".to_owned(), format!("! {TOO_MANY}"));
        assert!(found.contains(&told) && TOO_MANY.contains(&FOLDER_ENTRIES_MAX.to_string()));
        assert!(found.contains(&("tools/b.yaml".to_owned(), "text".to_owned())));
        fs::remove_file(folder.path().join("many/0.txt")).unwrap();
        assert!(documents(folder.path()).unwrap().iter().any(|one| one.relative == "many/a.yaml"));
    }

    #[test]
    fn a_folder_that_cannot_be_listed_is_told_and_the_one_asked_for_is_a_fault() {
        let folder = folder_with(&["shop/a.yaml", "tools/b.yaml"]);
        let locked = folder.path().join("shop");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // Who may read everything, as in a container, finds it all the same.
        let readable = fs::read_dir(&locked).is_ok();
        let first = found(&folder).remove(0);
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(first.0, if readable { "shop/a.yaml" } else { "shop/" });
        assert_eq!(found(&folder), pairs(&[("shop/a.yaml", "text"), ("tools/b.yaml", "text")]));
        assert!(documents(&folder.path().join("absent")).unwrap_err().is_absent());
    }
}
