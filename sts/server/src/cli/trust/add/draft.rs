//! The text of a trust bundle: a shipped one with the asked lines, or one that
//! was written after what a token of the issuer holds.

use super::Arguments;
use super::sample::Sample;
use crate::cli::quoting::quoted;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use sts_wire::names::{Issuer, Name};

/// Who is let in: values by claim.
pub(super) type Tenants = BTreeMap<String, Vec<String>>;

/// What a bundle is made of.
pub(super) struct Draft {
    pub(super) name: Name,
    pub(super) issuer: Issuer,
    /// As asked.
    pub(super) admit: Tenants,
    pub(super) arguments: Arguments,
}

impl Draft {
    /// A shipped bundle: its comments and claims stay, what was asked replaces its lines.
    pub(super) fn after_shipped(&self, shipped: &str, admit: &Tenants) -> String {
        let mut text = String::new();
        let mut skipping = false;
        for line in shipped.lines() {
            // What continues a replaced block is indented.
            skipping = skipping && line.starts_with(' ');
            if skipping {
                continue;
            }
            let replaced = self.replaced(line, admit);
            skipping = replaced.is_some();
            let _always = writeln!(text, "{}", replaced.as_deref().unwrap_or(line));
        }
        text
    }

    /// The line that stands for this one.
    fn replaced(&self, line: &str, admit: &Tenants) -> Option<String> {
        let (key, _) = line.split_once(':')?;
        match key {
            "metadata" => Some(self.metadata()),
            "issuer" => Some(format!("{}{}", self.issuer(), self.audiences())),
            "audiences" if !self.arguments.audience.is_empty() => {
                Some("# as asked, above".to_owned())
            }
            "keys" => self.keys(),
            "admit" => Some(admission(admit)),
            _ => None,
        }
    }

    /// A bundle for an issuer of no known platform.
    pub(super) fn generic(&self, algorithms: &[&str], sample: Option<&Sample>) -> String {
        let keys = self.keys().unwrap_or_else(|| "keys: {discovery: true}".to_owned());
        let admit = if self.admit.is_empty() {
            "# Can others than you get a token of this issuer? Then say who is let in:\n# admit: {tenant_id: [\"…\"]}"
                .to_owned()
        } else {
            admission(&self.admit)
        };
        let subject_token = sample.map_or_else(Sample::unknown_use, Sample::subject_token);
        let claims = sample.map_or_else(Sample::unknown_claims, Sample::claims);
        format!(
            "# What is not named in claims is invisible to policies. Each claim is as the caller likes it until you\n\
             # write otherwise: trust: platform, when only the issuer can choose the value; writer, when somebody with\n\
             # write access can; identity: true, when it says who the caller is and is never given to somebody else.\n\
             apiVersion: sts/v1\nkind: TrustBundle\n{}\n{}{}\n{keys}\nalgorithms: [{}]\n{admit}\n{subject_token}\n{claims}",
            self.metadata(),
            self.issuer(),
            self.audiences(),
            algorithms.join(", "),
        )
    }

    fn metadata(&self) -> String {
        format!("metadata: {{name: {}, owner: {}}}", self.name, quoted(&self.arguments.owner))
    }

    fn audiences(&self) -> String {
        match self.arguments.audience.as_slice() {
            [] => String::new(),
            audiences => format!("\naudiences: {}", list(audiences)),
        }
    }

    fn issuer(&self) -> String {
        format!("issuer: {}", quoted(self.issuer.as_str()))
    }

    /// None when nothing was asked that a bundle does not say already.
    fn keys(&self) -> Option<String> {
        let asked = &self.arguments;
        let text = |name, value: Option<&String>| {
            value.map(|value| format!(", {name}: {}", quoted(value)))
        };
        let several = |name, values: &[String]| {
            (!values.is_empty()).then(|| format!(", {name}: {}", list(values)))
        };
        let more: Vec<_> = [
            several("hosts", &asked.host),
            text("ca_file", asked.ca_file.as_ref()),
            text("token_file", asked.token_file.as_ref()),
            several("network", &asked.network),
        ]
        .into_iter()
        .flatten()
        .collect();
        let source = match &asked.jwks_uri {
            Some(url) => format!("jwks_uri: {}", quoted(url)),
            None if more.is_empty() => return None,
            None => "discovery: true".to_owned(),
        };
        Some(format!("keys: {{{source}{}}}", more.concat()))
    }
}

fn admission(admit: &Tenants) -> String {
    let rules = admit.iter().map(|(claim, values)| {
        let literal = |value: &String| matches!(value.as_str(), "true" | "false");
        if values.iter().all(literal) {
            format!("{claim}: [{}]", values.join(", "))
        } else {
            format!("{claim}: {}", list(values))
        }
    });
    format!("admit: {{{}}}", rules.collect::<Vec<_>>().join(", "))
}

fn list(items: &[String]) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(item)).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::PLATFORMS;
    use clap::Parser;
    use serde_json::json;
    use std::sync::Arc;
    use sts_core::documents::{DocumentFile, Folder, Target, load};
    use sts_core::trust::{IdClaim, TrustBundle};
    use sts_wire::base64url;
    use sts_wire::time::Timestamp;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn draft(flags: &[&str]) -> Draft {
        let line = Line::parse_from([&["add", "https://renamed.example/x"], flags].concat());
        let issuer = Issuer::new(&line.arguments.url).unwrap();
        let name = Name::new("renamed").unwrap();
        Draft { name, issuer, admit: Tenants::new(), arguments: line.arguments }
    }

    fn compile(text: &str) -> Arc<TrustBundle> {
        let target = Target {
            now: Timestamp::from_seconds(0),
            issuer: Issuer::new("https://sts.example.com").unwrap(),
            development: false,
            algorithms: vec![],
        };
        let file = DocumentFile::new(
            Folder::TrustBundles,
            "renamed/bundle.yaml".to_owned(),
            "bundle.yaml".to_owned(),
            text.to_owned(),
        );
        let loaded = load(&[file], &target).map_err(|faults| format!("{faults:?}\n{text}"));
        let snapshot = loaded.map(|loaded| loaded.snapshot).unwrap();
        snapshot.bundles().iter().next().map(Arc::clone).unwrap()
    }

    /// The bundle of a platform, written for another issuer with these flags.
    fn written(flags: &[&str], shipped: &str) -> Arc<TrustBundle> {
        let rules = compile(shipped);
        let rules = rules.admit.iter().map(|rule| (rule.path.join("."), vec!["mine".to_owned()]));
        let tenants: Tenants = rules.filter(|(claim, _)| claim != "ssh_rerun").collect();
        compile(&draft(flags).after_shipped(shipped, &tenants))
    }

    #[test]
    fn every_shipped_bundle_can_be_written_for_another_issuer() {
        let flags =
            ["--owner", "a: b", "--audience", "https://a", "--jwks-uri", "https://k.example/k"];
        for platform in PLATFORMS {
            let shipped = compile(platform.bundle);
            let own = written(&flags, platform.bundle);
            assert_eq!(own.name.as_str(), "renamed", "{}", platform.id);
            assert_eq!(own.issuer.as_str(), "https://renamed.example/x");
            assert_eq!((own.audiences.len(), own.audiences[0].as_str()), (1, "https://a"));
            assert_eq!(own.claims, shipped.claims);
            assert_eq!((own.replay, own.id_claim), (shipped.replay, shipped.id_claim));
            let plain = written(&[], platform.bundle);
            assert_eq!(plain.keys.network, shipped.keys.network, "{}", platform.id);
            assert_eq!(plain.audiences, shipped.audiences);
        }
    }

    #[test]
    fn an_unknown_issuer_gets_the_claims_of_its_token() {
        let claims = json!({
            "iss": "x", "aud": "y", "exp": 700, "iat": 100, "jti": "1", "sub": "s", "n": 7, "f": 1.5,
            "ok": true, "groups": ["a"], "mixed": [1, "a"], "user_email": "a@b", "nil": null,
            "x.io/deep": {"name": "n", "inner": {"uid": "u"}}, "quo\"te\n": "z",
        });
        let payload = base64url::encode(claims.to_string().as_bytes());
        let token = format!("{}.{payload}.AA", base64url::encode(b"{}"));
        let text = draft(&[]).generic(&["ES256"], Some(&Sample::read(&token).unwrap()));
        let bundle = compile(&text);
        let names: Vec<_> = bundle.claims.keys().map(String::as_str).collect();
        let expected =
            ["claim_quo_te_", "claim_x_io_deep", "groups", "n", "ok", "sub", "user_email"];
        assert_eq!(names, expected, "{text}");
        let path = ["claim_x_io_deep", "inner", "uid"].map(str::to_owned);
        assert!(bundle.claim(&path).is_some());
        assert!(bundle.claims["user_email"].sensitive && bundle.claims["sub"].required);
        assert_eq!((bundle.max_lifetime.get(), bundle.id_claim), (900, IdClaim::Jti));
    }

    #[test]
    fn text_of_others_stays_inside_its_value() {
        let flags = ["--audience", "a\"]\nadmit: {}", "--owner", "}\nexpires: 2000-01-01"];
        let text = draft(&flags).generic(&["RS256"], None);
        assert!(!text.lines().any(|line| line.starts_with("admit") || line.starts_with("expires")));
    }
}
