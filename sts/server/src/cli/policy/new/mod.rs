//! `sts policy new`: a policy for what one caller showed, with tests that each pin and condition fails.

mod cases;
mod claims;
mod draft;
mod target;
#[cfg(test)]
mod tests;

use super::seen::{self, Subject};
use crate::config::Config;
use crate::documents;
use crate::output::{Exit, Failure, clean, line, note};
use crate::service::{StartFault, load_snapshot};
use draft::Draft;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use sts_core::documents::{DocumentFile, Folder, run_case, untested};
use sts_core::snapshot::Snapshot;
use sts_core::trust::{ClaimSpec, SpecType};
use sts_io::files;
use sts_wire::names::Name;
use target::Target;

/// Arguments of `sts policy new`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sts policy new shop-deploy --audience https://deploy.example.com --from-token - < token
  sts policy new shop-deploy --audience https://deploy.example.com --from-decision 01990a5e-6f00-7000-8000-000000000000 --write
Neither signature nor times of a token are checked: draft only after a token that you trust.")]
#[command(group = clap::ArgGroup::new("caller").required(true).args(["from_token", "from_decision"]))]
#[group(skip)]
pub(crate) struct Arguments {
    /// Name of the new policy
    name: String,
    /// The audience that it grants
    #[arg(long)]
    audience: String,
    /// A token of the caller, in a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    from_token: Option<PathBuf>,
    /// A decision about the caller, by the id that its answer carried
    #[arg(long, value_name = "DECISION_ID")]
    from_decision: Option<String>,
    /// Folder under the policies; default: the one that the audience lists in granted_by
    #[arg(long, value_name = "FOLDER")]
    team: Option<String>,
    /// Who is asked about it; default: the folder's name
    #[arg(long)]
    owner: Option<String>,
    /// What is granted, where the audience has more than one scope; may be repeated
    #[arg(long)]
    scope: Vec<String>,
    /// A claim to pin beside those that say who the caller is; may be repeated
    #[arg(long, value_name = "CLAIM")]
    pin: Vec<String>,
    /// Write the file, which must not exist
    #[arg(long)]
    write: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs it.
pub(super) async fn run(config: &Config, asked: Arguments) -> Result<Exit, Failure> {
    let snapshot = load_snapshot(config).map_err(StartFault::from)?;
    let name = Name::new(&asked.name).map_err(|fault| Failure::usage(format!("NAME: {fault}")))?;
    let target = Target::find(config, &snapshot, (&asked, &name))?;
    let mut notes = Vec::new();
    let (bundle, claims) = match (&asked.from_token, &asked.from_decision) {
        (_, Some(id)) => from_decision(config, &snapshot, id, &mut notes).await?,
        (Some(path), None) => {
            notes.push("neither signature nor times of the token were checked".to_owned());
            seen::from_token(&snapshot, &files::read_argument(path).map_err(Failure::usage)?)?
        }
        (None, None) => return Err(Failure::usage("name a token or a decision")),
    };
    let leaves = claims::leaves(&bundle, &claims);
    let chosen = claims::choose(&bundle, &leaves, &asked.pin)?;
    if !chosen.left.is_empty() {
        notes.push(format!("not held to: {} (--pin CLAIM does)", chosen.left.join(", ")));
    }
    let empty = chosen.conditions.iter().filter(|leaf| leaf.is_empty()).map(claims::Leaf::dotted);
    let empty: Vec<_> = empty.collect();
    if !empty.is_empty() {
        notes.push(format!("empty in what was seen, and demanded to be: {}", empty.join(", ")));
    }
    notes.extend(target.obstacles(&snapshot, &bundle, &claims));
    let draft = Draft {
        name: &name,
        owner: asked.owner.as_deref().unwrap_or(&target.team),
        bundle: &bundle,
        claims: &claims,
        chosen,
        audience: &target.audience,
        scopes: target.scopes(&asked.scope)?,
        ttl_max: config.ttl_max(),
    };
    let text = draft.text();
    notes.extend(prove(config, &target, &name, &text)?);
    if asked.write {
        files::write(&target.file, text.as_bytes(), 0o644).map_err(Failure::unavailable)?;
    }
    tell(&asked, &target.file, &text, &notes);
    Ok(Exit::Ok)
}

/// The typed claims of an entry, without those of which it holds only a hash.
async fn from_decision(
    config: &Config,
    snapshot: &Snapshot,
    id: &str,
    notes: &mut Vec<String>,
) -> Result<Subject, Failure> {
    let entry = seen::entry(config, id).await?;
    let name = entry.get("trust_bundle").and_then(Value::as_str).unwrap_or_default();
    let bundle = seen::bundle(snapshot, name)?;
    let kept = entry.get("claims").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut hashed = Vec::new();
    let claims = unhashed(&bundle.claims, &kept, &mut hashed);
    if !hashed.is_empty() {
        let hashed = hashed.join(", ");
        notes.push(format!(
            "the ledger holds only keyed hashes of these, so they are left out: {hashed}"
        ));
    }
    Ok((bundle, claims))
}

fn unhashed(
    specs: &BTreeMap<String, ClaimSpec>,
    claims: &Map<String, Value>,
    hashed: &mut Vec<String>,
) -> Map<String, Value> {
    let mut found = Map::new();
    for (name, value) in claims {
        match (specs.get(name).map(|spec| (&spec.claim_type, spec.sensitive)), value) {
            (None, _) => {}
            (Some((_, true)), _) => hashed.push(name.clone()),
            (Some((SpecType::Object(specs), _)), Value::Object(inner)) => {
                found.insert(name.clone(), Value::Object(unhashed(specs, inner, hashed)));
            }
            // An entry keeps integers that JSON numbers cannot hold as text.
            (Some((SpecType::Int, _)), Value::String(text)) => {
                found.extend(text.parse::<i64>().ok().map(|int| (name.clone(), json!(int))));
            }
            (Some(_), value) => {
                found.insert(name.clone(), value.clone());
            }
        }
    }
    found
}

/// What does not load beside the documents that exist, or fails its own tests, is not shown.
fn prove(
    config: &Config,
    target: &Target,
    name: &Name,
    text: &str,
) -> Result<Vec<String>, Failure> {
    let shown = format!("{} (as it would be written)", target.file.display());
    let file = DocumentFile::new(
        Folder::Policies,
        target.relative.clone(),
        shown.clone(),
        text.to_owned(),
    );
    let loaded = documents::read_with(config, file).map_err(StartFault::from)?;
    let own = loaded.cases.iter().filter(|case| case.policy() == name);
    let failures: Vec<_> = own.filter_map(|case| run_case(&loaded.snapshot, case)).collect();
    if !failures.is_empty() {
        let failures: Vec<_> = failures.iter().map(ToString::to_string).collect();
        return Err(Failure::refused(format!(
            "no draft passes its tests:\n{}",
            failures.join("\n")
        )));
    }
    let untested = untested(&loaded, |policy| policy == name);
    let warnings = loaded.warnings.iter().filter(|warning| warning.file() == shown);
    Ok(warnings.chain(&untested).map(ToString::to_string).collect())
}

fn tell(asked: &Arguments, file: &Path, text: &str, notes: &[String]) {
    let path = file.display().to_string();
    if asked.json {
        let object =
            json!({"file": path, "written": asked.write, "document": text, "notes": notes});
        return line(object.to_string());
    }
    if asked.write {
        line(format!("written: {path}"));
    } else {
        line(text.trim_end());
    }
    notes.iter().for_each(|text| note(clean(text, true)));
    if asked.write {
        note("then: sts policy check, and sts policy load");
    } else {
        note(format!("it belongs into {path}: --write puts it there"));
    }
}
