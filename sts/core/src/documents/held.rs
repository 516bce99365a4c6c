//! A set in which team folders may be at fault: the mistakes of a team are its own.

use super::{DocumentFile, Folder, Loaded, Target, load};
use crate::limits::TEAMS_JUDGED_MAX;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
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
    /// What its last good version grants though the file is gone: whoever removed it may think otherwise.
    pub gone: Vec<KeptPolicy>,
}

/// A policy that is in force, and whose file is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPolicy {
    /// Its name.
    pub policy: String,
    /// Where it stood: folder and path.
    pub file: String,
}

type Teams<'a> = BTreeMap<&'a str, Vec<&'a DocumentFile>>;
type Faults<'a> = BTreeMap<&'a str, Vec<Diagnostic>>;

/// Compiles a set. A team folder at fault is replaced by what `last` has of
/// it, the files of the set that was in force before. Where two teams changed
/// and fit together no more, the one that would be at fault alone is held: a
/// name stays with the team that had it.
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
    let sets = Sets { files, now: teams(files), before: teams(last), target };
    let mut held = Faults::new();
    let (mut cleared, mut judged) = (BTreeSet::new(), 0_usize);
    // Ends: each round holds a team more or clears one more, a team that was cleared and is at
    // fault again is held, and one that is held already ends it.
    loop {
        let set = sets.choose(|team| !held.contains_key(team), &cleared);
        let faults = match load(&set, target) {
            Ok(loaded) => {
                let held =
                    held.into_iter().map(|(team, faults)| sets.describe(team, faults, &loaded));
                let held = held.collect();
                return Ok((loaded, held));
            }
            Err(faults) => faults,
        };
        let blamed = match sets.blame(&set, &faults) {
            Some(blamed) if blamed.keys().all(|team| !held.contains_key(team)) => blamed,
            _ => return Err(faults),
        };
        for (team, faults) in blamed {
            let alone = cleared.contains(team) || sets.is_at_fault_alone(team, &faults);
            if alone || judged >= TEAMS_JUDGED_MAX {
                held.insert(team, faults);
                continue;
            }
            judged = judged.saturating_add(1);
            if sets.is_at_fault_beside_others(team) {
                held.insert(team, faults);
            } else {
                cleared.insert(team);
            }
        }
    }
}

/// What there is to choose from.
struct Sets<'a> {
    files: &'a [DocumentFile],
    now: Teams<'a>,
    before: Teams<'a>,
    target: &'a Target,
}

impl<'a> Sets<'a> {
    /// What is shared, then teams that are as they were, then those that are `first` among those that
    /// changed, then the others: what two teams may not both have is the fault of the later one. A
    /// team that does not count as it is now is there as it was.
    fn choose(&self, as_now: impl Fn(&str) -> bool, first: &BTreeSet<&str>) -> Vec<DocumentFile> {
        let shared = self.files.iter().filter(|file| team_of(file).is_none()).cloned();
        let (mut settled, mut early, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for (team, own) in &self.now {
            let last = self.before.get(team);
            if !as_now(team) {
                settled.extend(last.into_iter().flatten().map(|file| file.last_good()));
                continue;
            }
            let into = match last {
                Some(last) if same(last, own) => &mut settled,
                _ if first.contains(team) => &mut early,
                _ => &mut late,
            };
            into.extend(own.iter().map(|file| (*file).clone()));
        }
        shared.chain(settled).chain(early).chain(late).collect()
    }

    /// Faults by team; none when one of them is nobody's.
    fn blame(&self, set: &[DocumentFile], faults: &[Diagnostic]) -> Option<Faults<'a>> {
        let owners: HashMap<&str, Option<&str>> =
            set.iter().map(|file| (file.shown.as_str(), team_of(file))).collect();
        let mut blamed = Faults::new();
        for fault in faults {
            let team = owners.get(fault.file()).copied().flatten()?;
            let (team, _) = self.now.get_key_value(team)?;
            blamed.entry(*team).or_default().push(fault.clone());
        }
        Some(blamed)
    }

    /// Whether one of its faults is a team's beside what is shared alone: most are, and little is
    /// compiled. Others do not count: it may test a policy of a team that is left out.
    fn is_at_fault_alone(&self, team: &str, faults: &[Diagnostic]) -> bool {
        let mut set = self.choose(|one| one == team, &BTreeSet::new());
        set.retain(|file| team_of(file).is_none_or(|one| one == team));
        let said = |fault: &Diagnostic| {
            (fault.file().to_owned(), fault.place(), fault.message().to_owned())
        };
        let alone: BTreeSet<_> = self.faults_of(team, &set).iter().map(said).collect();
        faults.iter().any(|fault| alone.contains(&said(fault)))
    }

    /// Whether a team is at fault beside all others as they were.
    fn is_at_fault_beside_others(&self, team: &str) -> bool {
        let set = self.choose(|one| one == team, &BTreeSet::new());
        !self.faults_of(team, &set).is_empty()
    }

    fn faults_of(&self, team: &str, set: &[DocumentFile]) -> Vec<Diagnostic> {
        let own = self.now.get(team).into_iter().flatten();
        let own: HashSet<&str> = own.map(|file| file.shown.as_str()).collect();
        let mut faults = load(set, self.target).err().unwrap_or_default();
        faults.retain(|fault| own.contains(fault.file()));
        faults
    }

    fn describe(&self, team: &str, faults: Vec<Diagnostic>, loaded: &Loaded) -> HeldTeam {
        let before = self.before.get(team);
        let now = self.now.get(team).into_iter().flatten();
        let there: HashSet<&str> = now.map(|file| file.relative.as_str()).collect();
        let gone =
            before.into_iter().flatten().filter(|file| !there.contains(file.relative.as_str()));
        let gone: HashMap<String, String> =
            gone.map(|file| (file.last_good().shown, file.path())).collect();
        let kept = loaded.origins.iter().filter_map(|(policy, origin)| {
            let file = gone.get(&origin.source.name)?.clone();
            Some(KeptPolicy { policy: policy.clone(), file })
        });
        HeldTeam { team: team.to_owned(), faults, kept: before.is_some(), gone: kept.collect() }
    }
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

fn same(a: &[&DocumentFile], b: &[&DocumentFile]) -> bool {
    let texts = |files: &[&DocumentFile]| -> BTreeMap<String, (Arc<str>, Option<String>)> {
        let text = |file: &DocumentFile| (Arc::clone(&file.text), file.unreadable.clone());
        files.iter().map(|file| (file.relative.clone(), text(file))).collect()
    };
    texts(a) == texts(b)
}
