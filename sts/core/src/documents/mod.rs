//! Documents: bundles, audiences, policies and guardrails, from YAML to one
//! linked [`Snapshot`]. Every fault of every file is reported in one run.

mod audience;
mod bundle;
mod cases;
mod characters;
mod expression;
mod file;
mod format;
mod guardrail;
mod head;
mod held;
mod lint;
mod policy;

pub use cases::{Case, CaseFailure, run_case, run_cases};
pub use file::{DocumentFile, Folder};
pub use format::{FormatFault, format};
pub use held::{HeldTeam, KeptPolicy, load_held};
pub use lint::{untested, unused};

use cases::{failed_conditions, fits};

use crate::policy::{AudienceSpec, Guardrail, PolicyIndex, TrustPolicy};
use crate::snapshot::{Snapshot, SnapshotDigest};
use crate::trust::{TrustBundle, TrustBundleSet};
use cases::Fixtures;
use head::{Head, Kind};
use lint::{Origin, Outlet};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use sts_expr::{Engine, on_large_stack};
use sts_jose::{SigningAlgorithm, sha256};
use sts_wire::diagnostic::{Diagnostic, Place, Problems, Source};
use sts_wire::names::{Audience, Issuer, Name};
use sts_wire::time::Timestamp;
use sts_wire::yaml::{Lower, Node, read_documents};

/// What the documents are compiled for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Our issuer: the audience of bundles that name none.
    pub issuer: Issuer,
    /// Whether plain-http issuers are legal.
    pub development: bool,
    /// Algorithms that the key ring has keys for.
    pub algorithms: Vec<SigningAlgorithm>,
    /// When they are compiled: what documents waive, they waive for a time.
    pub now: Timestamp,
}

/// A compiled set, and the cases that came along.
pub struct Loaded {
    /// What decides.
    pub snapshot: Snapshot,
    /// Test cases, run by `policy check`.
    pub cases: Vec<Case>,
    /// What loads, and wants a person's eye all the same; `policy check` fails for it.
    pub warnings: Vec<Diagnostic>,
    /// Where each policy stands, by its name.
    origins: BTreeMap<String, Origin>,
    /// When it was compiled.
    now: Timestamp,
}

/// Compiles and links a whole set.
///
/// # Errors
/// Every fault, in the order of files and places; never empty.
pub fn load(files: &[DocumentFile], target: &Target) -> Result<Loaded, Vec<Diagnostic>> {
    on_large_stack(|| Loader::new(target).load(files))
}

/// One document on its way into the set.
pub(super) struct Document<'a> {
    file: &'a DocumentFile,
    source: &'a Arc<Source>,
    node: Node,
    head: Head,
}

pub(super) struct Loader<'a> {
    target: &'a Target,
    problems: Problems,
    warnings: Problems,
    engine: Engine,
    bundles: BTreeMap<String, Arc<TrustBundle>>,
    audiences: Vec<Arc<AudienceSpec>>,
    by_audience: HashMap<Audience, Arc<AudienceSpec>>,
    audience_names: BTreeSet<Name>,
    policies: BTreeMap<String, Arc<TrustPolicy>>,
    guardrails: Vec<Arc<Guardrail>>,
    cases: Vec<Case>,
    fixtures: Fixtures,
    /// Names of bundles, and audiences, that some document declares, also a
    /// faulty one: a reference to it is no fault of its own.
    declared: BTreeSet<String>,
    /// Where each policy stands, by its name.
    origins: BTreeMap<String, Origin>,
}

impl<'a> Loader<'a> {
    fn new(target: &'a Target) -> Self {
        Self {
            target,
            problems: Problems::default(),
            warnings: Problems::default(),
            engine: Engine::default(),
            bundles: BTreeMap::new(),
            audiences: Vec::new(),
            by_audience: HashMap::new(),
            audience_names: BTreeSet::new(),
            policies: BTreeMap::new(),
            guardrails: Vec::new(),
            cases: Vec::new(),
            fixtures: Fixtures::default(),
            declared: BTreeSet::new(),
            origins: BTreeMap::new(),
        }
    }

    fn load(mut self, files: &[DocumentFile]) -> Result<Loaded, Vec<Diagnostic>> {
        let sources: Vec<_> = files
            .iter()
            .map(|file| Arc::new(Source { name: file.shown.clone(), text: file.text.to_string() }))
            .collect();
        self.fixtures = Fixtures::read(files, &sources, &self.problems);
        let mut parsed: Vec<Vec<Node>> =
            files.iter().zip(&sources).map(|(file, source)| self.parse(file, source)).collect();
        // Before anything is kept, so that what is large only for now leaves no gaps.
        let digest = digest(files, &parsed);
        let mut documents = Vec::new();
        for ((file, source), nodes) in files.iter().zip(&sources).zip(&mut parsed) {
            if file.is_cases() || file.is_fixture() {
                continue;
            }
            for node in std::mem::take(nodes) {
                let lower = Lower { source, problems: &self.problems };
                let head = head::read(lower, &node, file);
                documents.extend(head.map(|head| Document { file, source, node, head }));
            }
        }
        // What others refer to comes first; within a kind the order of files decides messages only.
        documents.sort_by_key(|document| document.head.kind);
        self.declared = documents.iter().filter_map(Document::declares).collect();
        // Each is let go of once it is added: the trees of many files are large.
        for document in documents {
            self.add(&document);
        }
        for ((file, source), nodes) in files.iter().zip(&sources).zip(&parsed) {
            if file.is_cases() {
                nodes.iter().for_each(|node| self.add_cases((file, source), node));
            }
        }
        self.finish(digest, files)
    }

    /// The text of a fixture counts as it is: it is part of the set.
    fn parse(&self, file: &DocumentFile, source: &Arc<Source>) -> Vec<Node> {
        if let Some(why) = &file.unreadable {
            let help = "documents are regular files of UTF-8 text, at most 1 MiB each, whose names end in .yaml, in folders that can be listed";
            let message = format!("it cannot be read: {why}");
            self.problems.add_with_help(source, Place { line: 1, column: 1 }, message, help);
            return Vec::new();
        }
        if !file.is_fixture() {
            let in_order = characters::in_order(source, &self.problems);
            return if in_order { read_documents(source, &self.problems) } else { Vec::new() };
        }
        let kind = sts_wire::yaml::Kind::Scalar { text: file.text.to_string(), quoted: true };
        vec![Node { place: Place::default(), kind }]
    }

    fn add(&mut self, document: &Document<'_>) {
        // Those of a policy can be waived, which its own document says.
        if document.head.kind != Kind::TrustPolicy {
            let found = lint::dates(&document.node, &document.head, self.target.now);
            let _unwaived = self.outlet(document.source).report(found, &mut []);
        }
        match document.head.kind {
            Kind::TrustBundle => self.add_bundle(document),
            Kind::Audience => self.add_audience(document),
            Kind::TrustPolicy => self.add_policy(document),
            Kind::Guardrail => self.add_guardrail(document),
        }
    }

    fn outlet<'s>(&'s self, source: &'s Arc<Source>) -> Outlet<'s> {
        let (problems, warnings) = (&self.problems, &self.warnings);
        Outlet { source, problems, warnings, now: self.target.now }
    }

    fn finish(
        mut self,
        digest: SnapshotDigest,
        files: &[DocumentFile],
    ) -> Result<Loaded, Vec<Diagnostic>> {
        if !self.problems.is_empty() {
            return Err(self.problems.into_sorted());
        }
        let policies: Vec<_> = std::mem::take(&mut self.policies).into_values().collect();
        let index = PolicyIndex::new(&policies, &self.guardrails);
        self.compare(&policies, &index);
        if !self.problems.is_empty() {
            return Err(self.problems.into_sorted());
        }
        let snapshot = Snapshot {
            digest,
            files: files.into(),
            engine: self.engine,
            bundles: TrustBundleSet::new(self.bundles.into_values().collect()),
            audiences: self.audiences,
            by_audience: self.by_audience,
            policies,
            guardrails: self.guardrails,
            index,
        };
        let (cases, origins) = (self.cases, self.origins);
        Ok(Loaded {
            snapshot,
            cases,
            warnings: self.warnings.into_sorted(),
            origins,
            now: self.target.now,
        })
    }

    fn find_audience(&self, audience: &str) -> Option<&Arc<AudienceSpec>> {
        let audience = Audience::new(audience).ok()?;
        self.by_audience.get(&audience)
    }
}

impl<'a> Document<'a> {
    const fn lower(&self, problems: &'a Problems) -> Lower<'a> {
        Lower { source: self.source, problems }
    }

    fn declares(&self) -> Option<String> {
        match self.head.kind {
            Kind::TrustBundle => Some(self.head.name.as_str().to_owned()),
            Kind::Audience => self.node.get("audience")?.scalar().map(str::to_owned),
            Kind::TrustPolicy | Kind::Guardrail => None,
        }
    }

    fn place(&self) -> Place {
        self.node.place
    }

    fn location(&self) -> crate::policy::Location {
        crate::policy::Location { file: self.file.shown.as_str().into(), place: self.place() }
    }
}

/// SHA-256 over the canonical documents and their relative paths. Comments and
/// layout do not count; the test cases do, as they are part of the set.
fn digest(files: &[DocumentFile], parsed: &[Vec<Node>]) -> SnapshotDigest {
    let mut documents: Vec<_> =
        files.iter().zip(parsed).map(|(file, nodes)| (file.path(), nodes)).collect();
    documents.sort_by(|a, b| a.0.cmp(&b.0));
    // One after the other: a canonical list is its items, and all their trees at once are large.
    let texts = files.iter().map(|file| file.text.len()).fold(0, usize::saturating_add);
    let mut bytes = Vec::with_capacity(texts.saturating_mul(2));
    bytes.push(b'[');
    for (index, (path, nodes)) in documents.into_iter().enumerate() {
        let nodes: Vec<_> = nodes.iter().map(canonical).collect();
        let document = serde_json_canonicalizer::to_vec(&json!([path, nodes])).unwrap_or_default();
        bytes.extend((index > 0).then_some(b','));
        bytes.extend(document);
    }
    bytes.push(b']');
    SnapshotDigest(sha256(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
}

fn canonical(node: &Node) -> Value {
    match &node.kind {
        sts_wire::yaml::Kind::Scalar { text, quoted } => json!([text, quoted]),
        sts_wire::yaml::Kind::List(items) => Value::Array(items.iter().map(canonical).collect()),
        sts_wire::yaml::Kind::Map(entries) => {
            let member =
                |(key, value): &(Node, Node)| Some((key.scalar()?.to_owned(), canonical(value)));
            Value::Object(entries.iter().filter_map(member).collect())
        }
    }
}
