//! The examples that the project ships in `policies/`, together with its trust bundles: they load as one
//! set, no lint has anything to say of them, and none of them needs a waiver.

#[cfg(test)]
mod shipped_policies {
    use std::path::{Path, PathBuf};
    use sts_core::documents::{DocumentFile, Folder, Loaded, Target, load, run_cases, untested};
    use sts_jose::SigningAlgorithm;
    use sts_wire::names::Issuer;
    use sts_wire::time::{Seconds, Timestamp};

    /// Longest life that an example grants: what is copied should not have to be cut.
    const TTL_MAX: Seconds = Seconds::new(15 * 60);

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    /// Documents and fixtures below a folder of the project.
    #[expect(clippy::disallowed_methods, reason = "the files under test are read where they lie")]
    fn files(folder: Folder, name: &str) -> Vec<DocumentFile> {
        let folder_path = root().join(name);
        let mut pending = vec![folder_path.clone()];
        let mut found = Vec::new();
        while let Some(path) = pending.pop() {
            for entry in std::fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else if path.extension().is_some_and(|end| end == "yaml" || end == "json") {
                    let relative = path.strip_prefix(&folder_path).unwrap().to_str().unwrap();
                    let text = std::fs::read_to_string(&path).unwrap();
                    let shown = format!("{name}/{relative}");
                    found.push(DocumentFile::new(folder, relative.to_owned(), shown, text));
                }
            }
        }
        found
    }

    fn shipped() -> Vec<DocumentFile> {
        let mut all = files(Folder::TrustBundles, "trust-bundles");
        all.extend(files(Folder::Policies, "policies"));
        all.retain(|file| !file.relative.starts_with("schema/"));
        all
    }

    fn loaded(files: &[DocumentFile]) -> Loaded {
        let target = Target {
            now: Timestamp::from_seconds(0),
            issuer: Issuer::new("https://sts.example.com").unwrap(),
            development: false,
            algorithms: vec![SigningAlgorithm::Es256, SigningAlgorithm::Rs256],
        };
        match load(files, &target) {
            Ok(loaded) => loaded,
            Err(faults) => {
                panic!("{}", faults.iter().map(|f| format!("{f}\n")).collect::<String>())
            }
        }
    }

    #[test]
    fn bundles_and_examples_are_one_set_without_a_finding() {
        let loaded = loaded(&shipped());
        assert_eq!(loaded.warnings, []);
        assert_eq!(run_cases(&loaded.snapshot, &loaded.cases), []);
        assert_eq!(untested(&loaded, |_| true), []);
    }

    #[test]
    fn an_example_that_loses_its_test_of_a_condition_is_found() {
        let mut files = shipped();
        for file in &mut files {
            if file.relative == "shop/deploy-prod.yaml" {
                let text = file.text.lines().filter(|line| !line.contains("[main-branch]"));
                file.text = text.map(|line| format!("{line}\n")).collect::<String>().into();
            }
        }
        let found = untested(&loaded(&files), |_| true);
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn examples_need_no_waiver_and_no_date_on_which_they_stop_working() {
        for file in shipped().iter().filter(|file| file.folder == Folder::Policies) {
            for word in ["waive:", "expires:", "review_by:", "mode:"] {
                assert!(!file.text.contains(word), "{}: {word}", file.relative);
            }
        }
    }

    #[test]
    fn examples_grant_minutes() {
        for policy in loaded(&shipped()).snapshot.policies() {
            assert!(policy.grant.ttl_max <= TTL_MAX, "{}", policy.name);
        }
    }

    #[test]
    fn receivers_that_are_clouds_get_what_all_of_them_verify() {
        let loaded = loaded(&shipped());
        for name in ["aws-analytics", "gcp-lake", "entra"] {
            let mut audiences = loaded.snapshot.audiences().iter();
            let audience = audiences.find(|audience| audience.name.as_str() == name).unwrap();
            assert_eq!(audience.algorithm, SigningAlgorithm::Rs256, "{name}");
        }
    }

    #[test]
    fn every_fixture_is_used_by_an_example() {
        let files = shipped();
        for fixture in files.iter().filter(|file| file.is_fixture()) {
            let from = format!("from: {}", fixture.relative);
            assert!(files.iter().any(|file| file.text.contains(&from)), "{}", fixture.relative);
        }
    }
}
