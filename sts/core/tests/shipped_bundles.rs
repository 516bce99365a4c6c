//! The trust bundles that the project ships, each as a folder of its own in `trust-bundles/`:
//! they load, say what their claims mean, bound what they accept, and fit the tokens that
//! `sts dev` makes in their shape.

#[cfg(test)]
mod shipped_bundles {
    use serde_json::{Map, Value};
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use sts_core::documents::{DocumentFile, Folder, Target, load};
    use sts_core::snapshot::Snapshot;
    use sts_core::trust::{
        ClaimSpec, IdClaim, KeySetSource, ReplayMode, SpecType, Trust, TrustBundle,
    };
    use sts_core::verify::{ClaimFault, fit_wire_claims};
    use sts_jose::SigningAlgorithm;
    use sts_wire::names::Issuer;
    use sts_wire::time::{Seconds, Timestamp};

    /// Hosts whose issuers, or whose keys, are shared by strangers.
    const SHARED_HOSTS: [&str; 9] = [
        "token.actions.githubusercontent.com",
        "gitlab.com",
        "agent.buildkite.com",
        "oidc.circleci.com",
        "app.terraform.io",
        "accounts.google.com",
        "sts.windows.net",
        "login.microsoftonline.com",
        "vstoken.dev.azure.com",
    ];

    /// Longest life of a subject token that any bundle accepts: a day, and an hour of slack.
    const LIFETIME_MAX: Seconds = Seconds::new(25 * 3600);

    /// Longest life of a token that is good for a single use for each audience.
    const LIFETIME_ONCE_MAX: Seconds = Seconds::new(3 * 3600);

    struct Shipped {
        id: String,
        file: DocumentFile,
        claims_md: String,
        bundle: Arc<TrustBundle>,
        token: Map<String, Value>,
    }

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[expect(clippy::disallowed_methods, reason = "the files under test are read where they lie")]
    fn text(path: &Path) -> String {
        std::fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
    }

    fn compile(files: &[DocumentFile]) -> Snapshot {
        let target = Target {
            now: Timestamp::from_seconds(0),
            issuer: Issuer::new("https://sts.example.com").unwrap(),
            development: false,
            algorithms: SigningAlgorithm::ALL.to_vec(),
        };
        match load(files, &target) {
            Ok(loaded) => loaded.snapshot,
            Err(faults) => {
                panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>())
            }
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the files under test are read where they lie")]
    fn shipped() -> Vec<Shipped> {
        let folder = root().join("trust-bundles");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&folder).unwrap() {
            let id = entry.unwrap().file_name().into_string().unwrap();
            let relative = format!("{id}/bundle.yaml");
            let shown = format!("trust-bundles/{relative}");
            let document = text(&folder.join(&relative));
            let file = DocumentFile::new(Folder::TrustBundles, relative, shown, document);
            let snapshot = compile(std::slice::from_ref(&file));
            let mut bundles = snapshot.bundles().iter();
            let bundle = Arc::clone(bundles.next().unwrap());
            assert!(bundles.next().is_none(), "{id} holds one bundle");
            let claims_md = text(&folder.join(&id).join("claims.md"));
            let profile = root().join(format!("sts/server/src/dev/profiles/{id}.json"));
            let token = serde_json::from_str(&text(&profile)).unwrap();
            found.push(Shipped { id, file, claims_md, bundle, token });
        }
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found
    }

    fn of(id: &str) -> Shipped {
        shipped().into_iter().find(|shipped| shipped.id == id).unwrap()
    }

    /// Every declared claim, also those inside of objects.
    fn specs(claims: &BTreeMap<String, ClaimSpec>) -> Vec<&ClaimSpec> {
        let mut found = Vec::new();
        for spec in claims.values() {
            found.push(spec);
            if let SpecType::Object(members) = &spec.claim_type {
                found.extend(specs(members));
            }
        }
        found
    }

    /// A SPIFFE bundle's tokens say who they are by `sub` alone.
    fn is_spiffe(bundle: &TrustBundle) -> bool {
        bundle.issuer.as_str().starts_with("spiffe:")
    }

    fn admitted(bundle: &TrustBundle, token: &Map<String, Value>) -> bool {
        let typed = fit_wire_claims(bundle, token).unwrap();
        bundle.admit.iter().all(|rule| rule.admits(&typed))
    }

    #[test]
    fn every_platform_of_the_list_is_shipped() {
        let ids: Vec<_> = shipped().into_iter().map(|shipped| shipped.id).collect();
        for id in [
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
        ] {
            assert!(ids.iter().any(|known| known == id), "{id}");
        }
    }

    #[test]
    fn a_bundle_is_named_as_its_folder() {
        for shipped in shipped() {
            assert_eq!(shipped.bundle.name.as_str(), shipped.id);
        }
    }

    #[test]
    fn all_bundles_together_are_a_set_too() {
        let files: Vec<_> = shipped().into_iter().map(|shipped| shipped.file).collect();
        assert_eq!(compile(&files).bundles().iter().count(), files.len());
    }

    #[test]
    fn every_declared_claim_is_explained() {
        for Shipped { id, claims_md, bundle, .. } in shipped() {
            for spec in specs(&bundle.claims) {
                let name = format!("`{}`", spec.wire_name);
                assert!(claims_md.contains(&name), "claims.md of {id} does not mention {name}");
            }
        }
    }

    #[test]
    fn every_bundle_has_an_identity_that_only_the_platform_chooses() {
        for Shipped { id, bundle, .. } in shipped() {
            let identity = |spec: &&ClaimSpec| spec.identity && spec.trust == Trust::Platform;
            assert!(is_spiffe(&bundle) || specs(&bundle.claims).iter().any(identity), "{id}");
        }
    }

    #[test]
    fn what_a_caller_chooses_is_never_an_identity() {
        for Shipped { id, bundle, .. } in shipped() {
            for spec in specs(&bundle.claims) {
                let chosen = spec.identity && spec.trust == Trust::Caller;
                assert!(!chosen, "{} of {id}", spec.wire_name);
            }
        }
    }

    #[test]
    fn lifetimes_are_bounded_and_written_down() {
        for Shipped { id, file, bundle, .. } in shipped() {
            assert!(file.text.contains("max_lifetime:"), "{id}");
            let bound = match bundle.replay {
                ReplayMode::Reusable => LIFETIME_MAX,
                ReplayMode::OncePerAudience | ReplayMode::SingleUse => LIFETIME_ONCE_MAX,
            };
            assert!(bundle.max_lifetime <= bound, "{id}");
        }
    }

    #[test]
    fn issuers_that_strangers_share_are_admitted_by_tenant() {
        for Shipped { id, bundle, .. } in shipped() {
            let host = bundle.issuer.as_str().split('/').nth(2).unwrap();
            assert!(!SHARED_HOSTS.contains(&host) || !bundle.admit.is_empty(), "{id}");
        }
    }

    #[test]
    fn a_token_of_the_platform_fits_and_is_admitted() {
        for Shipped { id, bundle, token, .. } in shipped() {
            let typed = fit_wire_claims(&bundle, &token);
            assert!(typed.is_ok(), "{id}: {typed:?}");
            assert!(admitted(&bundle, &token), "{id}");
            assert!(token["sub"].is_string(), "{id}");
        }
    }

    #[test]
    fn a_token_without_a_required_claim_is_refused() {
        for Shipped { id, bundle, token, .. } in shipped() {
            for (alias, spec) in bundle.claims.iter().filter(|(_, spec)| spec.required) {
                let mut token = token.clone();
                token.remove(&spec.wire_name);
                let absent = Err(ClaimFault::Absent(alias.clone()));
                assert_eq!(fit_wire_claims(&bundle, &token), absent, "{id}");
            }
        }
    }

    #[test]
    fn a_tenant_that_is_not_listed_is_not_admitted() {
        for (id, claim, stranger) in [
            ("github-actions", "repository_owner_id", "66"),
            ("github-enterprise-server", "repository_owner_id", "66"),
            ("gitlab", "namespace_id", "66"),
            ("gitlab", "job_namespace_id", "66"),
            ("gitlab-self-managed", "namespace_id", "66"),
            ("buildkite", "organization_id", "00000000-0000-0000-0000-000000000066"),
            ("circleci", "oidc.circleci.com/org-id", "00000000-0000-0000-0000-000000000066"),
            ("bitbucket", "workspaceUuid", "00000000-0000-0000-0000-000000000065"),
            ("azure-devops", "org_id", "00000000-0000-0000-0000-000000000066"),
            ("terraform-cloud", "terraform_organization_id", "org-655"),
            ("gcp", "sub", "100000000000000000066"),
            ("azure-v1", "tid", "00000000-0000-0000-0000-000000000066"),
            ("azure-v2", "tid", "00000000-0000-0000-0000-000000000066"),
            ("forgejo", "repository_owner_id", "66"),
            ("generic", "tenant_id", "66"),
        ] {
            let Shipped { bundle, mut token, .. } = of(id);
            assert!(admitted(&bundle, &token), "{id}");
            token.insert(claim.to_owned(), stranger.into());
            assert!(!admitted(&bundle, &token), "{id}: {claim}");
        }
        let Shipped { bundle, mut token, .. } = of("aws");
        token["https://sts.amazonaws.com/"]["aws_account"] = "123456789013".into();
        assert!(!admitted(&bundle, &token), "aws");
    }

    #[test]
    fn a_circleci_job_that_was_rerun_with_ssh_is_not_admitted() {
        let Shipped { bundle, mut token, .. } = of("circleci");
        token.insert("oidc.circleci.com/ssh-rerun".to_owned(), true.into());
        assert!(!admitted(&bundle, &token));
    }

    #[test]
    fn what_an_aws_caller_tags_its_request_with_is_invisible() {
        let Shipped { bundle, token, .. } = of("aws");
        assert!(token["https://sts.amazonaws.com/"]["request_tags"].is_object());
        let typed = fit_wire_claims(&bundle, &token).unwrap();
        assert!(typed["aws"].get("request_tags").is_none());
        assert_eq!(typed["aws"]["aws_account"], "123456789012");
    }

    #[test]
    fn ids_have_the_type_that_the_platform_sends() {
        for (id, claim, other) in [
            ("github-actions", "repository_id", Value::from(74)),
            ("gitlab", "project_id", Value::from(74)),
            ("gitlab", "runner_id", Value::from("3")),
            ("gitlab", "ref_protected", Value::from(true)),
            ("buildkite", "build_number", Value::from("1")),
            ("circleci", "oidc.circleci.com/ssh-rerun", Value::from("false")),
            ("gcp", "sub", Value::from(65)),
        ] {
            let Shipped { bundle, mut token, .. } = of(id);
            token.insert(claim.to_owned(), other);
            let refused = matches!(fit_wire_claims(&bundle, &token), Err(ClaimFault::Type(_)));
            assert!(refused, "{id}: {claim}");
        }
    }

    #[test]
    fn platforms_without_a_token_id_are_told_apart_by_what_was_signed() {
        for id in ["buildkite", "circleci", "bitbucket", "azure-devops", "gcp", "forgejo"] {
            let bundle = of(id).bundle;
            assert_eq!(bundle.id_claim, IdClaim::SigningInput, "{id}");
            assert_ne!(bundle.replay, ReplayMode::Reusable, "{id}");
        }
    }

    /// Claims of tokens that a real server issued; none without the folder that `STS_VECTORS` names.
    #[expect(clippy::disallowed_methods, reason = "this is the adapter of the vectors")]
    fn real_kubernetes_claims() -> Vec<Map<String, Value>> {
        let Some(folder) = std::env::var_os("STS_VECTORS") else {
            eprintln!("skipped: vectors are absent (STS_VECTORS names no folder)");
            return Vec::new();
        };
        ["bound-pod", "eks-shaped", "es256"]
            .map(|name| {
                let file = format!("real-tokens/kubernetes-{name}.json");
                let case: Value =
                    serde_json::from_str(&text(&Path::new(&folder).join(file))).unwrap();
                case["claims"].as_object().cloned().unwrap()
            })
            .to_vec()
    }

    #[test]
    fn real_tokens_of_kubernetes_fit_with_and_without_a_pod() {
        for claims in real_kubernetes_claims() {
            for id in ["kubernetes", "kubernetes-pinned", "kubernetes-in-cluster"] {
                let typed = fit_wire_claims(&of(id).bundle, &claims).unwrap();
                assert_eq!(typed["k8s"]["namespace"], "shop", "{id}");
                assert!(typed["k8s"]["serviceaccount"]["uid"].is_string(), "{id}");
            }
        }
    }

    #[test]
    fn a_pinned_key_set_is_named_and_not_shipped() {
        let bundle = of("kubernetes-pinned").bundle;
        let file = "kubernetes-pinned/keys.json";
        assert_eq!(bundle.keys.source, KeySetSource::File(file.to_owned()));
        assert!(!root().join("trust-bundles").join(file).exists());
    }

    #[test]
    fn clusters_with_the_same_issuer_are_told_apart_by_audience() {
        let (one, other) = (of("kubernetes-in-cluster").bundle, of("kubernetes-pinned").bundle);
        assert_eq!(one.issuer, other.issuer);
        assert!(one.audiences.iter().all(|audience| !other.audiences.contains(audience)));
    }

    #[test]
    fn the_cluster_of_the_server_itself_is_asked_with_its_token_and_certificate() {
        let keys = &of("kubernetes-in-cluster").bundle.keys;
        let file = |name| Some(format!("/var/run/secrets/kubernetes.io/serviceaccount/{name}"));
        assert_eq!((&keys.ca_file, &keys.token_file), (&file("ca.crt"), &file("token")));
        assert!(!keys.network.is_empty());
    }
}
