//! What was asked of `sts trust add`, and the bundle that comes of it.

use super::Arguments;
use super::draft::{Draft, Tenants};
use super::sample::Sample;
use crate::catalogue::{self, PLATFORMS, Platform};
use crate::cli::trust::check;
use crate::config::Config;
use crate::documents;
use crate::output::{Failure, clean, line, note};
use crate::service::{StartFault, key_source};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sts_core::documents::{DocumentFile, Folder};
use sts_core::snapshot::Snapshot;
use sts_core::trust::{KeySetSource, PinValue, TrustBundle};
use sts_io::entropy::SystemEntropy;
use sts_io::files;
use sts_io::key_source::KeyReport;
use sts_wire::names::{Issuer, Name};

/// Algorithms that an unknown issuer is tried with: of those for RSA, the one that everybody uses.
const TRIED: [&str; 4] = ["RS256", "ES256", "ES384", "EdDSA"];

/// What was asked, checked as far as can be without contacting anybody.
pub(super) struct Plan<'a> {
    config: &'a Config,
    pub(super) platform: Option<&'static Platform>,
    /// Where the bundle goes; nothing is there.
    pub(super) file: PathBuf,
    sample: Option<Sample>,
    draft: Draft,
}

/// A bundle that compiles, and what its issuer answered.
pub(super) struct Found {
    text: String,
    pub(super) bundle: Arc<TrustBundle>,
    /// None when its keys are to be pinned first.
    pub(super) report: Option<KeyReport>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(config: &'a Config, arguments: Arguments) -> Result<Self, Failure> {
        let issuer = Issuer::new(&arguments.url)
            .map_err(|fault| Failure::usage(format!("{}: {fault}", arguments.url)))?;
        let platform = template(&arguments, &issuer)?;
        let name = match (&arguments.name, platform) {
            (Some(name), _) => name.clone(),
            (None, Some(platform)) => platform.id.to_owned(),
            (None, None) => host_name(&issuer),
        };
        let name = Name::new(&name).map_err(|fault| Failure::usage(format!("--name: {fault}")))?;
        if name.as_str() == "schema" {
            return Err(Failure::usage("--name: documents in a folder named schema are not read"));
        }
        let spiffe = issuer.as_str().starts_with("spiffe:");
        if platform.is_some_and(|platform| (platform.id == "spiffe") != spiffe) {
            let text = "a trust domain, and nothing else, is written as spiffe://trust-domain";
            return Err(Failure::usage(format!("{issuer}: {text}")));
        }
        let file = config.trust_bundles.join(name.as_str()).join("bundle.yaml");
        if files::exists(&file) {
            let help = "--name gives the new bundle another name";
            return Err(Failure::usage(format!("{} exists\n    help: {help}", file.display())));
        }
        let sample = arguments.token_sample.as_deref().map(read_sample).transpose()?;
        let other = sample.as_ref().and_then(Sample::issuer).filter(|iss| *iss != issuer.as_str());
        if let Some(other) = other {
            let text =
                format!("the token of --token-sample has another iss, {}", clean(other, false));
            return Err(Failure::usage(text));
        }
        let admit = admitted(&arguments.admit)?;
        let draft = Draft { name, issuer, admit, arguments };
        Ok(Self { config, platform, file, sample, draft })
    }

    pub(super) async fn for_platform(&self, platform: &Platform) -> Result<Found, Failure> {
        let issuer = &self.draft.issuer;
        if issuer.as_str().starts_with("spiffe:") && self.draft.arguments.jwks_uri.is_none() {
            let help = "--jwks-uri names the trust domain's bundle endpoint";
            let text = format!("a trust domain has no discovery document\n    help: {help}");
            return Err(Failure::usage(text));
        }
        let shared = platform.bundle.lines().any(|line| line.starts_with("audiences:"));
        if shared && self.draft.arguments.audience.is_empty() {
            let help = "--audience AUDIENCE, one for each cluster";
            let text = "other clusters have this issuer too, and are told apart by their audience";
            return Err(Failure::usage(format!("{text}\n    help: {help}")));
        }
        let template = self.compile(platform.bundle)?;
        let text = self.draft.after_shipped(platform.bundle, &self.tenants(&template)?);
        let bundle = self.compile_with_the_others(&text)?;
        let pinned = match &bundle.keys.source {
            KeySetSource::File(path) => files::exists(&self.config.trust_bundles.join(path)),
            KeySetSource::Discovery | KeySetSource::Url(_) => true,
        };
        let report = if pinned { Some(self.fetch(&bundle).await?) } else { None };
        Ok(Found { text, bundle, report })
    }

    /// The issuer's own keys say which algorithms the bundle lists.
    pub(super) async fn for_stranger(&self) -> Result<Found, Failure> {
        let sample = self.sample.as_ref();
        let tried = self.compile_with_the_others(&self.draft.generic(&TRIED, sample))?;
        let report = self.fetch(&tried).await?;
        let seen = |name: &&&str| report.keys.iter().any(|(_, alg)| alg.name() == **name);
        let algorithms: Vec<&str> = TRIED.iter().filter(seen).copied().collect();
        let text = self.draft.generic(&algorithms, sample);
        let bundle = self.compile_with_the_others(&text)?;
        Ok(Found { text, bundle, report: Some(report) })
    }

    /// Who is let in: what was asked, and those rules of the template that name
    /// nobody. Its tenants are made up, so each has to be asked for.
    fn tenants(&self, template: &TrustBundle) -> Result<Tenants, Failure> {
        let mut admit = self.draft.admit.clone();
        let mut missing = Vec::new();
        for rule in &template.admit {
            let claim = rule.path.join(".");
            if admit.contains_key(&claim) {
                continue;
            }
            let literal = |value: &PinValue| match value {
                PinValue::Bool(flag) => Some(flag.to_string()),
                PinValue::String(_) | PinValue::Int(_) => None,
            };
            match rule.value.iter().map(literal).collect::<Option<Vec<_>>>() {
                Some(literals) => drop(admit.insert(claim, literals)),
                None => missing.push(format!("--admit {claim}=…")),
            }
        }
        if missing.is_empty() {
            return Ok(admit);
        }
        Err(Failure::usage(format!(
            "others than you can get tokens of this issuer: say who is let in\n    help: {}",
            missing.join(" ")
        )))
    }

    /// What faults of the new bundle are reported under: there is no such file yet.
    fn unwritten(&self) -> String {
        format!("{} (as it would be written)", self.file.display())
    }

    fn compile(&self, text: &str) -> Result<Arc<TrustBundle>, Failure> {
        let snapshot = documents::compile_bundle(self.config, self.unwritten(), text.to_owned());
        only(&snapshot.map_err(StartFault::from)?, None)
    }

    /// What does not fit beside the documents that exist is not written.
    fn compile_with_the_others(&self, text: &str) -> Result<Arc<TrustBundle>, Failure> {
        let relative = format!("{}/bundle.yaml", self.draft.name);
        let (folder, text) = (Folder::TrustBundles, text.to_owned());
        let file = DocumentFile::new(folder, relative, self.unwritten(), text);
        let loaded = documents::read_with(self.config, file);
        only(&loaded.map_err(StartFault::from)?.snapshot, Some(&self.draft.name))
    }

    async fn fetch(&self, bundle: &Arc<TrustBundle>) -> Result<KeyReport, Failure> {
        let source = key_source(self.config, Arc::new(SystemEntropy::default()));
        source.report(bundle).await.map_err(|fault| {
            let text = clean(&fault.to_string(), false);
            let help = advice(&text).map(|help| format!("\n    help: {help}")).unwrap_or_default();
            Failure::refused(format!("nothing was written: {text}{help}"))
        })
    }

    pub(super) fn write(&self, found: &Found) -> Result<(), Failure> {
        if let Some(platform) = self.platform {
            let claims = self.file.with_file_name("claims.md");
            if !files::exists(&claims) {
                let text = platform.claims.as_bytes();
                files::write(&claims, text, 0o644).map_err(Failure::unavailable)?;
            }
        }
        files::write(&self.file, found.text.as_bytes(), 0o644).map_err(Failure::unavailable)
    }

    pub(super) fn tell(&self, found: Found) {
        let pinned = found.report.is_some();
        let found_admits_all = found.bundle.admit.is_empty();
        if let Some(report) = found.report {
            check::show(&found.bundle, &Ok(report));
        }
        line(format!("written: {}", self.file.display()));
        if !pinned {
            note(format!(
                "its keys are not there yet: kubectl get --raw /openid/v1/jwks | sts trust pin {} --from -",
                self.draft.name
            ));
        }
        if self.platform.is_none() {
            note("read it: its claims count as chosen by the caller until you say otherwise");
        }
        if found_admits_all {
            note(
                "everybody who can get a token of this issuer is let in: --admit CLAIM=VALUE says who is",
            );
        }
        note("then: sts policy check, and sts policy load");
    }
}

/// The one bundle of a snapshot, or the one of a name.
fn only(snapshot: &Snapshot, name: Option<&Name>) -> Result<Arc<TrustBundle>, Failure> {
    let wanted = |bundle: &&Arc<TrustBundle>| name.is_none_or(|name| bundle.name == *name);
    let found = snapshot.bundles().iter().find(wanted).map(Arc::clone);
    found.ok_or_else(|| Failure::usage("the bundle has another name than was asked"))
}

fn template(arguments: &Arguments, issuer: &Issuer) -> Result<Option<&'static Platform>, Failure> {
    match arguments.like.as_deref() {
        Some("generic") => Ok(None),
        Some(id) => catalogue::platform(id).map(Some).ok_or_else(|| {
            let known: Vec<_> = PLATFORMS.iter().map(|platform| platform.id).collect();
            let known = known.join(", ");
            Failure::usage(format!("there is no platform {id}\n    help: generic, {known}"))
        }),
        None => Ok(catalogue::guess(issuer.as_str())),
    }
}

/// A name after the host: `login.example.com` becomes `login-example-com`.
fn host_name(issuer: &Issuer) -> String {
    let host = issuer.as_str().split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
    host.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

fn admitted(flags: &[String]) -> Result<Tenants, Failure> {
    let mut admit = Tenants::new();
    for flag in flags {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        let rule = flag.split_once('=').filter(|(claim, value)| {
            !claim.is_empty() && claim.chars().all(plain) && !value.is_empty()
        });
        let (claim, value) = rule.ok_or_else(|| {
            Failure::usage(format!("--admit {flag}: it is CLAIM=VALUE, as repository_owner_id=65"))
        })?;
        admit.entry(claim.to_owned()).or_default().push(value.to_owned());
    }
    Ok(admit)
}

fn read_sample(path: &Path) -> Result<Sample, Failure> {
    let text = files::read_argument(path).map_err(Failure::usage)?;
    Sample::read(&text).map_err(Failure::usage)
}

/// What to try after a fetch that failed.
fn advice(fault: &str) -> Option<&'static str> {
    let causes = [
        ("does not list in hosts", "--host NAME, when that host is your issuer's"),
        ("does not list in network", "--network NETWORK, when that address is your issuer's"),
        ("may not be connected to", "--network NETWORK, when that address is your issuer's"),
        ("certificate", "--ca-file FILE, when the issuer has certificates of your own"),
        ("answered 401", "--token-file FILE, when the issuer wants a bearer token"),
        ("answered 403", "--token-file FILE, when the issuer wants a bearer token"),
        ("answered 404", "--jwks-uri URL, when the issuer has no discovery document"),
        (
            "names another issuer",
            "write the URL letter by letter as in iss: a slash at the end counts",
        ),
    ];
    let known = causes.iter().find(|(cause, _)| fault.contains(cause));
    known.map(|(_, help)| *help)
}
