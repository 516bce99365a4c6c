//! What the tokens of each platform look like: a JSON file each, with claims but
//! for `iss`, `aud`, the times and `jti`. The ids are impossible ones.

use serde_json::{Map, Value};

/// Names each profile once: its file is called as its trust bundle.
macro_rules! profiles {
    ($($name:literal),+ $(,)?) => {
        /// Names of the profiles.
        pub(super) const PROFILES: &[&str] = &[$($name),+];

        fn text(profile: &str) -> Option<&'static str> {
            match profile {
                $($name => Some(include_str!(concat!("profiles/", $name, ".json"))),)+
                _ => None,
            }
        }
    };
}

profiles![
    "aws",
    "azure-devops",
    "azure-v1",
    "azure-v2",
    "bitbucket",
    "buildkite",
    "circleci",
    "forgejo",
    "gcp",
    "generic",
    "github-actions",
    "github-enterprise-server",
    "gitlab",
    "gitlab-self-managed",
    "kubernetes",
    "kubernetes-in-cluster",
    "kubernetes-pinned",
    "spiffe",
    "terraform-cloud",
];

/// The claims of a token of this profile, but for `iss`, `aud`, the times and `jti`.
#[must_use]
pub(crate) fn claims(profile: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text(profile)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_has_claims_with_a_subject_and_none_that_the_provider_sets() {
        for profile in PROFILES {
            let claims = claims(profile).unwrap();
            assert!(claims["sub"].is_string(), "{profile}");
            for set in ["iss", "aud", "iat", "nbf", "exp", "jti"] {
                assert!(!claims.contains_key(set), "{profile}: {set}");
            }
        }
        assert_eq!(claims("no-such-platform"), None);
    }
}
