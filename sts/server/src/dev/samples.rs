//! The sample documents: ordinary files that can be read, changed and kept.

use std::path::Path;
use sts_io::files::{self, FileFault, FoundDocument};

/// The issuer of the shipped bundle, in whose place the identity provider of `sts dev` stands.
const GITHUB: &str = "https://token.actions.githubusercontent.com";

/// In `sts.yaml`, stands for the server's URL.
const URL: &str = "{{url}}";
/// In `sts.yaml`, stands for its address and port.
const ADDRESS: &str = "{{address}}";

/// The configuration; written last, as it says that the samples are there.
const CONFIG: &str = "sts.yaml";

/// Paths below the state directory, and what is written there: the documents
/// that the project ships, so that what is tried is what is run.
const SAMPLES: [(&str, &str); 6] = [
    // The folder holds keys: nobody should commit it by accident.
    (".gitignore", "*\n"),
    (
        "trust-bundles/github-actions/bundle.yaml",
        include_str!("../../../../trust-bundles/github-actions/bundle.yaml"),
    ),
    ("policies/platform.yaml", include_str!("../../../../policies/platform.yaml")),
    (
        "policies/fixtures/github-actions.json",
        include_str!("../../../../policies/fixtures/github-actions.json"),
    ),
    ("policies/shop/deploy-prod.yaml", include_str!("../../../../policies/shop/deploy-prod.yaml")),
    (CONFIG, include_str!("samples/sts.yaml")),
];

/// Writes the samples into a folder without a configuration. In one that has
/// it, only the address of an earlier start is replaced: what a person changed,
/// moved or removed stays so.
///
/// # Errors
/// A file cannot be read or written.
pub(super) fn write(
    folder: &Path,
    url: &str,
    address: &str,
    before: Option<&str>,
) -> Result<(), FileFault> {
    if !files::exists(&folder.join(CONFIG)) {
        let issuer = format!("{url}/dev/issuers/github-actions");
        for (path, sample) in SAMPLES {
            let text = sample.replace(GITHUB, &issuer).replace(URL, url).replace(ADDRESS, address);
            files::write(&folder.join(path), text.as_bytes(), 0o644)?;
        }
        return Ok(());
    }
    let Some(before) = before.filter(|before| *before != url) else { return Ok(()) };
    let old_address = before.strip_prefix("http://").unwrap_or(before);
    for FoundDocument { relative, text } in files::documents(folder)? {
        // What cannot be read is told when the documents load.
        let Ok(text) = text else { continue };
        let moved = text.replace(old_address, address);
        if moved != text {
            files::write(&folder.join(relative), moved.as_bytes(), 0o644)?;
        }
    }
    Ok(())
}

/// What a person can paste next.
#[must_use]
pub(super) fn copy_lines(url: &str, folder: &Path) -> String {
    let config = folder.join("sts.yaml").display().to_string();
    let sts = sts_io::environment::executable();
    format!(
        r#"Try it yourself:

  # a token, as GitHub would issue it to a job on main in the environment production
  TOKEN=$(curl -s {url}/dev/token -d '{{"profile":"github-actions"}}' | cut -d'"' -f4)

  # exchange it
  curl -s {url}/token -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
    -d subject_token_type=urn:ietf:params:oauth:token-type:jwt \
    -d audience=https://deploy.example.com -d subject_token=$TOKEN

  # a token of another branch: exchange it in the same way, and be told which condition fails
  TOKEN=$(curl -s {url}/dev/token -d '{{"profile":"github-actions","claims":{{"ref":"refs/heads/x"}}}}' | cut -d'"' -f4)

  # what was decided, and the documents that decided it
  {sts} ledger show --config {config}
  {sts} policy check --config {config}

Stop with Ctrl-C."#
    )
}
