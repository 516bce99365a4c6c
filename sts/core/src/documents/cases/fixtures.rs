//! Fixtures: the claims of a token as its platform sends them, for test cases to start from.

use crate::documents::{DocumentFile, Folder};
use crate::trust::{Claims, TrustBundle};
use crate::verify::fit_wire_claims;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use sts_wire::diagnostic::{Place, Problems, Source, nearest};
use sts_wire::json::parse_object;
use sts_wire::yaml::{Lower, Node};

/// Claims by the path of their file; none of one at fault, so that no case is blamed for it.
#[derive(Default)]
pub(in crate::documents) struct Fixtures(BTreeMap<String, Option<Map<String, Value>>>);

impl Fixtures {
    /// Reads every fixture among the files.
    pub(in crate::documents) fn read(
        files: &[DocumentFile],
        sources: &[Arc<Source>],
        problems: &Problems,
    ) -> Self {
        let mut read = BTreeMap::new();
        for (file, source) in files.iter().zip(sources).filter(|(file, _)| is_one(file)) {
            if file.unreadable.is_some() {
                read.insert(file.relative.clone(), None);
                continue;
            }
            let claims = parse_object(file.text.as_bytes());
            if let Err(fault) = &claims {
                let help = "a fixture is the payload of a token: sts inspect prints it";
                let begin = Place { line: 1, column: 1 };
                problems.add_with_help(source, begin, fault.to_string(), help);
            }
            read.insert(file.relative.clone(), claims.ok());
        }
        Self(read)
    }

    /// The typed claims of a fixture that a case of `file` names: beside the
    /// file, or else from the folder of policies.
    pub(super) fn find(
        &self,
        lower: Lower<'_>,
        file: &DocumentFile,
        (from, bundle): (&Node, &TrustBundle),
    ) -> Option<Claims> {
        let name = lower.string(from, "from")?;
        let folder = file.relative.rsplit_once('/').map_or("", |(folder, _)| folder);
        let found = self.0.get(&format!("{folder}/{name}")).or_else(|| self.0.get(name));
        let Some(claims) = found else {
            // As a policy: it may be another team's, which may remove it.
            if file.was_good {
                return None;
            }
            let message = format!("there is no fixture {name}");
            let shown = |path: &'_ String| {
                path.strip_prefix(folder)
                    .map_or(path.as_str(), |rest| rest.trim_start_matches('/'))
                    .to_owned()
            };
            let known: Vec<String> = self.0.keys().map(shown).collect();
            let near = nearest(name, known.iter().map(String::as_str));
            let help = near.map_or_else(
                || "fixtures are files such as fixtures/main.json, beside the policy or in policies/".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            lower.fault_with_help(from.place, message, help);
            return None;
        };
        match fit_wire_claims(bundle, claims.as_ref()?) {
            Ok(claims) => Some(claims),
            Err(fault) => {
                let message = format!(
                    "the token of {name} does not fit the trust bundle {}: {fault}",
                    bundle.name
                );
                lower.fault(from.place, message);
                None
            }
        }
    }
}

fn is_one(file: &DocumentFile) -> bool {
    file.is_fixture() && file.folder == Folder::Policies
}
