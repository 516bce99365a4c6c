//! The documents of the contract, to the letter: they load, and their own tests pass.

use sts_core::documents::{DocumentFile, Folder, Target, load, run_cases, untested};
use sts_jose::SigningAlgorithm;
use sts_wire::names::Issuer;
use sts_wire::time::Timestamp;

fn file(folder: Folder, relative: &str, text: &str) -> DocumentFile {
    DocumentFile::new(folder, relative.into(), relative.into(), text)
}

#[test]
fn the_documents_of_the_contract_load_and_their_tests_pass() {
    let files = [
        file(
            Folder::TrustBundles,
            "github-actions/bundle.yaml",
            include_str!("contract/bundle.yaml"),
        ),
        file(Folder::Policies, "platform.yaml", include_str!("contract/platform.yaml")),
        file(Folder::Policies, "shop/deploy-prod.yaml", include_str!("contract/deploy-prod.yaml")),
    ];
    let target = Target {
        now: Timestamp::from_seconds(1_795_000_000),
        issuer: Issuer::new("https://sts.example.com").unwrap(),
        development: false,
        algorithms: vec![SigningAlgorithm::Es256, SigningAlgorithm::Rs256],
    };
    let loaded = load(&files, &target).map_err(|faults| panic!("{faults:?}")).ok().unwrap();
    assert_eq!(loaded.cases.len(), 3);
    assert_eq!(run_cases(&loaded.snapshot, &loaded.cases), []);
    assert_eq!((loaded.warnings.as_slice(), untested(&loaded, |_| true)), ([].as_slice(), vec![]));
}
