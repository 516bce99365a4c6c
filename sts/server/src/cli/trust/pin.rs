//! `sts trust pin`: an issuer's key set becomes a file beside its bundle.

use crate::cli::unknown_bundle;
use crate::config::Config;
use crate::output::{Exit, Failure, clean, line, note};
use crate::service::{StartFault, key_source, load_snapshot};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use sts_core::trust::{KeySetSource, TrustBundle};
use sts_io::entropy::SystemEntropy;
use sts_io::files;
use sts_io::key_source::KeyReport;

/// Arguments of `sts trust pin`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  kubectl get --raw /openid/v1/jwks | sts trust pin prod-cluster --from -
  sts trust pin prod-cluster --from jwks.json --yes
A pinned key set does not follow its issuer: pin again when the issuer rotates.
Exits 1 when a set that was pinned before would be replaced and --yes was not given.")]
pub(crate) struct Arguments {
    /// Name of the trust bundle
    name: String,
    /// File that holds the key set, or - for standard input; default: where the bundle finds it
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Replace a key set that was pinned before
    #[arg(long)]
    yes: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) async fn run(config: &Config, arguments: Arguments) -> Result<Exit, Failure> {
    let snapshot = load_snapshot(config).map_err(StartFault::from)?;
    let bundle = snapshot.bundles().iter().find(|bundle| bundle.name.as_str() == arguments.name);
    let bundle = bundle.ok_or_else(|| unknown_bundle(&snapshot, &arguments.name))?;
    let report = read(config, bundle, arguments.from.as_deref()).await?;
    let pin = Pin::new(config, bundle, &report);
    if pin.before.document.is_some() && pin.before.kids.is_empty() {
        let help = "remove it first, when it is what the bundle is to read its keys from";
        let text = format!("{} is no key set, and is not replaced", pin.file.display());
        return Err(Failure::refused(format!("{text}\n    help: {help}")));
    }
    let same = pin.before.document.as_ref().is_none_or(|old| *old == pin.document);
    let written = same || arguments.yes;
    if written {
        files::write(&pin.file, &pin.document, 0o644).map_err(Failure::unavailable)?;
    }
    if arguments.json {
        line(pin.object(written).to_string());
    } else {
        pin.tell(bundle, written);
    }
    Ok(if written { Exit::Ok } else { Exit::Refused })
}

async fn read(
    config: &Config,
    bundle: &Arc<TrustBundle>,
    from: Option<&Path>,
) -> Result<KeyReport, Failure> {
    let report = match from {
        Some(path) => {
            let text = files::read_argument(path).map_err(Failure::usage)?;
            KeyReport::read(bundle, path.display().to_string(), text.into_bytes())
        }
        None if matches!(bundle.keys.source, KeySetSource::File(_)) => {
            let help = "--from FILE, or --from - for standard input, gives the new one";
            let text = format!("{} reads its key set from a file already", bundle.name);
            return Err(Failure::usage(format!("{text}\n    help: {help}")));
        }
        None => key_source(config, Arc::new(SystemEntropy::default())).report(bundle).await,
    };
    report.map_err(|fault| {
        Failure::refused(format!("nothing was written: {}", clean(&fault.to_string(), false)))
    })
}

/// A key set and the file that it goes to.
struct Pin {
    file: PathBuf,
    document: Vec<u8>,
    kids: Vec<String>,
    before: Before,
    /// Whether the bundle reads this file.
    is_read: bool,
}

/// What was pinned before.
struct Before {
    /// The file, byte by byte: the same `kid` may stand for another key.
    document: Option<Vec<u8>>,
    kids: Vec<String>,
}

impl Pin {
    fn new(config: &Config, bundle: &TrustBundle, report: &KeyReport) -> Self {
        let (relative, is_read) = match &bundle.keys.source {
            KeySetSource::File(path) => (path.clone(), true),
            KeySetSource::Discovery | KeySetSource::Url(_) => {
                (format!("{}/keys.json", bundle.name), false)
            }
        };
        let file = config.trust_bundles.join(relative);
        let kids = |report: &KeyReport| report.keys.iter().map(|(kid, _)| kid.clone()).collect();
        let old = files::read(&file).ok();
        let read = |set: &Vec<u8>| KeyReport::read(bundle, String::new(), set.clone()).ok();
        let known = old.as_ref().and_then(read);
        let before = Before { document: old, kids: known.as_ref().map(kids).unwrap_or_default() };
        let document: Value = serde_json::from_slice(&report.document).unwrap_or_default();
        let document = format!("{document:#}\n").into_bytes();
        Self { file, document, kids: kids(report), before, is_read }
    }

    fn added(&self) -> Vec<&String> {
        self.kids.iter().filter(|kid| !self.before.kids.contains(kid)).collect()
    }

    fn removed(&self) -> Vec<&String> {
        self.before.kids.iter().filter(|kid| !self.kids.contains(kid)).collect()
    }

    fn object(&self, written: bool) -> Value {
        json!({
            "file": self.file.display().to_string(), "written": written, "read": self.is_read,
            "keys": self.kids, "added": self.added(), "removed": self.removed(),
        })
    }

    fn tell(&self, bundle: &TrustBundle, written: bool) {
        line(format!("{}  {}", bundle.name, self.file.display()));
        for kid in &self.kids {
            let sign = if self.added().contains(&kid) { '+' } else { ' ' };
            line(format!("  {sign} {}", clean(kid, false)));
        }
        for kid in self.removed() {
            line(format!("  - {}  (its tokens will be refused)", clean(kid, false)));
        }
        if !written {
            return note("nothing was written: --yes replaces what was pinned before");
        }
        if self.is_read {
            return note("written; a running server follows within 5 minutes");
        }
        let file = std::path::absolute(&self.file).unwrap_or_else(|_| self.file.clone());
        note(format!(
            "written, and not read by the bundle yet: replace its keys by keys: {{file: {}}}, then sts policy load",
            file.display()
        ));
    }
}
