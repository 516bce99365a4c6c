//! The trust bundles that the project ships, inside the binary: what `sts trust add` begins with.

/// A platform whose tokens' shape is known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Platform {
    /// Its name, and that of its folder.
    pub id: &'static str,
    /// Its trust bundle.
    pub bundle: &'static str,
    /// What its claims mean.
    pub claims: &'static str,
    /// How its issuers begin.
    prefix: &'static str,
    /// How they end.
    suffix: &'static str,
}

/// Names each platform once: its folder is called so.
macro_rules! platforms {
    ($($id:literal: $prefix:literal .. $suffix:literal),+ $(,)?) => {
        &[$(Platform {
            id: $id,
            bundle: include_str!(concat!("../../../trust-bundles/", $id, "/bundle.yaml")),
            claims: include_str!(concat!("../../../trust-bundles/", $id, "/claims.md")),
            prefix: $prefix,
            suffix: $suffix,
        }),+]
    };
}

/// Every platform, with how its issuers look: a guess at the template, never a
/// rule of trust. A suffix alone is any host's.
pub(crate) const PLATFORMS: &[Platform] = platforms![
    "aws": "https://" .. ".tokens.sts.global.api.aws",
    "azure-devops": "https://vstoken.dev.azure.com/" .. "",
    "azure-v1": "https://sts.windows.net/" .. "/",
    "azure-v2": "https://login.microsoftonline.com/" .. "/v2.0",
    "bitbucket": "https://api.bitbucket.org/2.0/workspaces/" .. "/pipelines-config/identity/oidc",
    "buildkite": "https://agent.buildkite.com" .. "",
    "circleci": "https://oidc.circleci.com/org/" .. "",
    "forgejo": "https://" .. "/api/actions",
    "gcp": "https://accounts.google.com" .. "",
    "github-actions": "https://token.actions.githubusercontent.com" .. "",
    "github-enterprise-server": "https://" .. "/_services/token",
    "gitlab": "https://gitlab.com" .. "",
    "kubernetes-in-cluster": "https://kubernetes.default.svc.cluster.local" .. "",
    "spiffe": "spiffe://" .. "",
    "terraform-cloud": "https://app.terraform.io" .. "",
    "gitlab-self-managed": "https://gitlab." .. "",
    // Nothing in these issuers says what they are.
    "kubernetes": "-" .. "",
    "kubernetes-pinned": "-" .. "",
];

/// The platform of a name.
#[must_use]
pub(crate) fn platform(id: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| platform.id == id)
}

/// The platform that an issuer looks like.
#[must_use]
pub(crate) fn guess(issuer: &str) -> Option<&'static Platform> {
    PLATFORMS.iter().find(|platform| {
        let Some(rest) = issuer.strip_prefix(platform.prefix) else { return false };
        let host_ended = platform.prefix.ends_with(['/', '.']);
        (host_ended || rest.is_empty() || rest.starts_with('/')) && rest.ends_with(platform.suffix)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_of_shipped_bundles_are_recognised() {
        for platform in PLATFORMS.iter().filter(|platform| platform.prefix != "-") {
            let issuer = platform.bundle.lines().find_map(|line| line.strip_prefix("issuer: "));
            let issuer = issuer.unwrap().split_whitespace().next().unwrap();
            assert_eq!(guess(issuer).unwrap().id, platform.id, "{issuer}");
        }
        assert!(guess("https://login.example.com").is_none());
        assert!(guess("https://accounts.google.com.example").is_none());
    }
}
