//! The layout of documents: those that are shipped have it, and whatever is laid out says what it said.

#[cfg(test)]
mod formatting {
    use proptest::prelude::*;
    use std::path::{Path, PathBuf};
    use sts_core::documents::{DocumentFile, Folder, FormatFault, Target, format, load};
    use sts_jose::SigningAlgorithm;
    use sts_wire::names::Issuer;
    use sts_wire::time::Timestamp;

    #[expect(clippy::disallowed_methods, reason = "the files under test lie in the tree")]
    fn shipped() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folders = ["trust-bundles", "policies", "sts/testkit/src"];
        let mut pending: Vec<PathBuf> = folders.map(|folder| root.join(folder)).into();
        let mut found = Vec::new();
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                let entries = std::fs::read_dir(&path).unwrap();
                pending.extend(entries.map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|end| end == "yaml") {
                found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
        assert!(found.len() > 20);
        found
    }

    fn formatted(text: &str) -> String {
        format("x.yaml", text).unwrap_or_else(|fault| panic!("{fault:?}\n{text}"))
    }

    /// What entries name: the meaning of a set, whatever its layout.
    fn digest(bundle: &str, policies: &str) -> String {
        let file = |folder, text: &str| {
            DocumentFile::new(folder, "x.yaml".to_owned(), "x.yaml".to_owned(), text.to_owned())
        };
        let target = Target {
            now: Timestamp::from_seconds(0),
            issuer: Issuer::new("https://sts.example.com").unwrap(),
            development: false,
            algorithms: vec![SigningAlgorithm::Es256],
        };
        let files = [file(Folder::TrustBundles, bundle), file(Folder::Policies, policies)];
        load(&files, &target).unwrap().snapshot.digest().as_str().to_owned()
    }

    #[test]
    fn every_shipped_document_is_laid_out() {
        for (path, text) in shipped() {
            assert_eq!(formatted(&text), text, "{path}");
        }
    }

    #[test]
    fn the_digest_of_a_set_is_that_of_its_meaning() {
        let bundle = include_str!("../../testkit/src/documents/bundle.yaml");
        let policies = include_str!("../../testkit/src/documents/platform.yaml");
        let untidy = |text: &str| {
            text.replace(": {", ":   { ").replace(", ", " ,").replace('\n', "  \n\n\n")
        };
        let (loose, other) = (untidy(bundle), untidy(policies));
        assert_ne!(formatted(&loose), loose);
        assert_eq!(digest(&formatted(&loose), &formatted(&other)), digest(bundle, policies));
        assert_eq!(digest(&loose, &other), digest(bundle, policies));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_untidied_document_says_what_it_said_and_is_laid_out_once(
            which in 0_usize..1000,
            noise in proptest::collection::vec((0_usize..4, 0_usize..5), 1..40),
        ) {
            let all = shipped();
            let (path, text) = &all[which % all.len()];
            let mut untidy = String::new();
            for (index, line) in text.lines().enumerate() {
                let (kind, amount) = noise[index % noise.len()];
                let blank = " ".repeat(amount);
                let indent = line.len() - line.trim_start().len();
                match kind {
                    0 => untidy.push_str(&format!("{line}{blank}\n")),
                    1 => untidy.push_str(&format!("{line}\n{}", "\n".repeat(amount))),
                    2 => untidy.push_str(&format!("{}\n", line.replace(", ", &format!(",{blank}")))),
                    _ => untidy.push_str(&format!("{}{line}\n", " ".repeat(indent))),
                }
            }
            // Indenting some lines further and others not may be no YAML any more, or say something else.
            let Ok(once) = format(path, &untidy) else { return Ok(()) };
            prop_assert_eq!(format(path, &once), Ok(once.clone()), "{}", untidy);
        }

        #[test]
        fn a_document_indented_by_four_is_laid_out_as_it_was(which in 0_usize..1000) {
            let all = shipped();
            // An item that goes on below its dash is no YAML any more when its lines alone move.
            let goes_on = |line: &str| line.trim_start().starts_with("- ") && !line.contains('{') && line.contains(": ");
            let all: Vec<_> = all.iter().filter(|(_, text)| !text.lines().any(goes_on)).collect();
            let (path, text) = &all[which % all.len()];
            let wide = |line: &str| {
                let indent = line.len() - line.trim_start().len();
                format!("{}{line}\n", " ".repeat(indent))
            };
            let wide: String = text.lines().map(wide).collect();
            prop_assert_eq!(formatted(&wide), text.clone(), "{}", path);
        }

        #[test]
        fn any_text_is_laid_out_once_or_left(text in "([a-c]: |- |  |\n|\n|[a-z]|[:#,'\"|>\\-{}\\[\\]\\\\ \t]|---\n|# x){0,40}") {
            match format("x.yaml", &text) {
                Ok(once) => prop_assert_eq!(format("x.yaml", &once), Ok(once.clone()), "{:?}", text),
                Err(FormatFault::Unreadable(faults)) => prop_assert!(!faults.is_empty()),
                Err(FormatFault::Meaning) => {}
            }
        }
    }
}
