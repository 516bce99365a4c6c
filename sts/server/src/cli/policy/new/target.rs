//! What a drafted policy grants, and where it belongs.

use super::Arguments;
use crate::cli::quoting::flow;
use crate::config::Config;
use crate::output::{Failure, clean};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use sts_core::policy::{AudienceSpec, Verdict, examine};
use sts_core::ports::Clock as _;
use sts_core::snapshot::Snapshot;
use sts_core::trust::TrustBundle;
use sts_io::clock::SystemClock;
use sts_io::files;
use sts_wire::names::{Audience, Name, Scope};

/// A declared audience, and a folder that may grant it.
pub(super) struct Target {
    pub(super) audience: Arc<AudienceSpec>,
    pub(super) team: String,
    /// Path below the folder of policies.
    pub(super) relative: String,
    /// Where the document goes; nothing is there.
    pub(super) file: PathBuf,
}

impl Target {
    /// # Errors
    /// What the owner of the audience has to write first, or what is in the way.
    pub(super) fn find(
        config: &Config,
        snapshot: &Snapshot,
        (asked, name): (&Arguments, &Name),
    ) -> Result<Self, Failure> {
        let audience = Audience::new(&asked.audience)
            .map_err(|fault| Failure::usage(format!("--audience: {fault}")))?;
        let declared = snapshot.audiences().iter().find(|spec| spec.audience == audience);
        let spec = declared
            .ok_or_else(|| undeclared((config, snapshot), &audience, asked.team.as_deref()))?;
        let team = team(spec, asked.team.as_deref())?;
        if snapshot.policies().iter().any(|policy| policy.name == *name) {
            return Err(Failure::usage(format!("there is a trust policy named {name} already")));
        }
        let relative = format!("{team}/{name}.yaml");
        let file = config.policies.join(&relative);
        if files::exists(&file) {
            let help = "another name gives the new policy another file";
            return Err(Failure::usage(format!("{} exists\n    help: {help}", file.display())));
        }
        Ok(Self { audience: Arc::clone(spec), team, relative, file })
    }

    /// What is granted: of several scopes, those that were asked for.
    pub(super) fn scopes(&self, asked: &[String]) -> Result<Vec<&Scope>, Failure> {
        let spec = &self.audience;
        let known: Vec<_> = spec.scopes.iter().map(Scope::as_str).collect();
        if asked.is_empty() && spec.scopes.len() > 1 {
            let text =
                format!("the audience {} has several scopes: say which are granted", spec.name);
            let help: Vec<_> = known.iter().map(|scope| format!("--scope {scope}")).collect();
            return Err(Failure::usage(format!("{text}\n    help: {}", help.join(" "))));
        }
        if let Some(other) = asked.iter().find(|scope| !known.contains(&scope.as_str())) {
            let text = format!("the audience {} has no scope {}", spec.name, clean(other, false));
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(Failure::usage(format!("{text}\n    help: it has {known}")));
        }
        let wanted =
            |scope: &&Scope| asked.is_empty() || asked.iter().any(|one| one == scope.as_str());
        Ok(spec.scopes.iter().filter(wanted).collect())
    }

    /// What stands above every policy and would deny this caller all the same.
    pub(super) fn obstacles(
        &self,
        snapshot: &Snapshot,
        bundle: &TrustBundle,
        claims: &Map<String, Value>,
    ) -> Vec<String> {
        let refused = bundle.admit.iter().filter(|rule| !rule.admits(claims));
        let mut found: Vec<_> = refused
            .map(|rule| {
                let claim = rule.path.join(".");
                format!(
                    "the trust bundle {} does not admit this {claim}: denied whatever policies say",
                    bundle.name
                )
            })
            .collect();
        let audience = Some(&self.audience.audience);
        let (guardrails, _) = examine(snapshot, &bundle.name, claims, audience, SystemClock.now());
        let denying =
            guardrails.iter().filter(|one| one.deny_if.iter().any(|c| c.result != Verdict::Fails));
        found.extend(
            denying.map(|one| {
                format!("the guardrail {} denies it whatever policies say", one.guardrail)
            }),
        );
        found
    }
}

/// The folder that was asked for, or the only one that may grant the audience.
fn team(spec: &AudienceSpec, asked: Option<&str>) -> Result<String, Failure> {
    let listed = flow(&json!(spec.granted_by));
    let team = match (asked, spec.granted_by.as_slice()) {
        (Some(team), _) => team.to_owned(),
        (None, [only]) => only.clone(),
        (None, []) => {
            let text = format!("no folder may grant the audience {}", spec.name);
            let help = "its owner lists one: granted_by: [TEAM]";
            return Err(Failure::usage(format!("{text}\n    help: {help}")));
        }
        (None, _) => {
            let text = format!("several folders may grant the audience {}", spec.name);
            return Err(Failure::usage(format!("{text}\n    help: --team names one of {listed}")));
        }
    };
    if team.is_empty() || team.contains('/') || team.starts_with('.') || team == "schema" {
        let text = format!("--team: {} is no folder of a team", clean(&team, false));
        return Err(Failure::usage(text));
    }
    if !spec.granted_by.contains(&team) {
        let mut more = spec.granted_by.clone();
        more.push(team.clone());
        let text = format!(
            "the audience {} may not be granted by the folder {}",
            spec.name,
            clean(&team, false)
        );
        let help = format!("its owner writes: granted_by: {}", flow(&json!(more)));
        return Err(Failure::usage(format!("{text}\n    help: {help}")));
    }
    Ok(team)
}

fn undeclared(
    (config, snapshot): (&Config, &Snapshot),
    audience: &Audience,
    team: Option<&str>,
) -> Failure {
    let line = json!({
        "apiVersion": "sts/v1", "kind": "Audience", "metadata": {"name": "NAME", "owner": "TEAM"},
        "audience": audience.as_str(), "granted_by": [team.unwrap_or("TEAM")],
    });
    let folder = config.policies.display();
    let text = super::super::undeclared(snapshot, audience);
    Failure::usage(format!(
        "{text}\n    help: its owner writes, in a file in {folder}: {}",
        flow(&line)
    ))
}
