//! A set in which team folders may be at fault: the mistakes of a team are its own.

use super::{DocumentFile, Folder, Loaded, Target, load};
use std::collections::BTreeMap;
use std::sync::Arc;
use sts_wire::diagnostic::Diagnostic;

/// A team folder at fault: what it says now is not in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTeam {
    /// The folder.
    pub team: String,
    /// Why.
    pub faults: Vec<Diagnostic>,
    /// Whether its last good version is in force; without one it grants nothing.
    pub kept: bool,
}

type Teams<'a> = BTreeMap<&'a str, Vec<&'a DocumentFile>>;

/// Compiles a set. A team folder at fault is replaced by what `last` has of
/// it, the files of the set that was in force before.
///
/// # Errors
/// Every fault, when a trust bundle, audience or guardrail has one, or when
/// the last good version of a team no longer fits them: what a team has is
/// never taken away by somebody else's change.
pub fn load_held(
    files: &[DocumentFile],
    last: &[DocumentFile],
    target: &Target,
) -> Result<(Loaded, Vec<HeldTeam>), Vec<Diagnostic>> {
    let (now, before) = (teams(files), teams(last));
    let mut held = BTreeMap::new();
    // Ends: each round holds a team more, and one that is held already ends it.
    loop {
        let set = choose(files, &now, &before, &held);
        let faults = match load(&set, target) {
            Ok(loaded) => return Ok((loaded, describe(held, &before))),
            Err(faults) => faults,
        };
        let mut fresh: BTreeMap<&str, Vec<Diagnostic>> = BTreeMap::new();
        for fault in &faults {
            let file = set.iter().find(|file| file.shown == fault.file());
            let team =
                file.and_then(|file| now.get_key_value(team_of(file)?)).map(|(team, _)| *team);
            match team.filter(|team| !held.contains_key(team)) {
                Some(team) => fresh.entry(team).or_default().push(fault.clone()),
                None => return Err(faults),
            }
        }
        held.extend(fresh);
    }
}

fn describe(held: BTreeMap<&str, Vec<Diagnostic>>, before: &Teams<'_>) -> Vec<HeldTeam> {
    let describe = |(team, faults): (&str, _)| HeldTeam {
        team: team.to_owned(),
        faults,
        kept: before.contains_key(team),
    };
    held.into_iter().map(describe).collect()
}

fn team_of(file: &DocumentFile) -> Option<&str> {
    file.team().filter(|_| file.folder == Folder::Policies)
}

fn teams(files: &[DocumentFile]) -> Teams<'_> {
    let mut teams = Teams::new();
    for file in files {
        if let Some(team) = team_of(file) {
            teams.entry(team).or_default().push(file);
        }
    }
    teams
}

/// What is shared, then teams that are as they were, then those that changed:
/// what two teams may not both have is the fault of the later one.
fn choose(
    files: &[DocumentFile],
    now: &Teams<'_>,
    before: &Teams<'_>,
    held: &BTreeMap<&str, Vec<Diagnostic>>,
) -> Vec<DocumentFile> {
    let shared = files.iter().filter(|file| team_of(file).is_none()).cloned();
    let (mut settled, mut changed) = (Vec::new(), Vec::new());
    for (team, own) in now {
        let last = before.get(team);
        match last {
            _ if !held.contains_key(team) => {
                let into = if last.is_some_and(|last| same(last, own)) {
                    &mut settled
                } else {
                    &mut changed
                };
                into.extend(own.iter().map(|file| (*file).clone()));
            }
            Some(last) => settled.extend(last.iter().map(|file| file.last_good())),
            None => {}
        }
    }
    shared.chain(settled).chain(changed).collect()
}

fn same(a: &[&DocumentFile], b: &[&DocumentFile]) -> bool {
    let texts = |files: &[&DocumentFile]| -> BTreeMap<String, (Arc<str>, Option<String>)> {
        let text = |file: &DocumentFile| (Arc::clone(&file.text), file.unreadable.clone());
        files.iter().map(|file| (file.relative.clone(), text(file))).collect()
    };
    texts(a) == texts(b)
}
