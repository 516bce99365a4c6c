//! `seal`: where the key-encryption key is, and the one before it.

use super::lower::path;
use super::{keys, signer};
use std::path::{Path, PathBuf};
use sts_io::seal::{AwsKmsSettings, KeySettings, Pkcs11Settings, SealSettings, TransitSettings};
use sts_wire::names::Issuer;
use sts_wire::yaml::{Fields, Lower, Node};
use url::Url;

/// Longest name of a key, in bytes: it is written beside everything that it seals.
const NAME_BYTES_MAX: usize = 200;

/// Paths of a token's keys.
const TOKEN: signer::TokenPaths = ["seal.module", "seal.token", "seal.pin_file"];

/// What reading needs beside the map itself.
#[derive(Clone, Copy)]
struct Reader<'a> {
    lower: Lower<'a>,
    folder: &'a Path,
    development: bool,
}

/// Reads `seal`, with the key that came before where there is one.
pub(super) fn read(
    lower: Lower<'_>,
    node: &Node,
    folder: &Path,
    development: bool,
) -> Option<SealSettings> {
    let reader = Reader { lower, folder, development };
    let mut fields = keys::map(lower, node, "seal")?;
    let previous = fields.optional("previous");
    let key = reader.key(fields);
    let previous = match previous {
        None => None,
        Some(node) => Some(reader.key(keys::map(lower, node, "seal.previous")?)?),
    };
    let key = key?;
    if previous.as_ref() == Some(&key) {
        let help = "remove previous: it names the key that sealed until this one came";
        lower.fault_with_help(node.place, "seal.previous is the same key", help);
    }
    Some(SealSettings { key, previous })
}

impl<'a> Reader<'a> {
    fn key(self, mut fields: Fields<'a>) -> Option<KeySettings> {
        let kind = keys::required(&mut fields, "seal.kind")?;
        let settings = match kind.scalar() {
            Some("file") => self.file(&mut fields),
            Some("pkcs11") => self.pkcs11(&mut fields).map(KeySettings::Pkcs11),
            Some("transit") => self.transit(&mut fields).map(KeySettings::Transit),
            Some("aws_kms") => self.aws_kms(&mut fields).map(KeySettings::AwsKms),
            _ => {
                let message = "seal.kind is one of file, pkcs11, transit, aws_kms";
                self.lower.fault_with_help(kind.place, message, keys::advice("seal.kind"));
                return None;
            }
        };
        fields.finish();
        settings
    }

    fn file(self, fields: &mut Fields<'_>) -> Option<KeySettings> {
        path(self.lower, fields, "seal.key_file", self.folder)
            .map(|key_file| KeySettings::File { key_file })
    }

    fn pkcs11(self, fields: &mut Fields<'a>) -> Option<Pkcs11Settings> {
        let token = signer::token(self.lower, fields, self.folder, TOKEN);
        let key = self.parsed(fields, "seal.key", signer::label);
        Some(Pkcs11Settings { token: token?, key: key? })
    }

    fn transit(self, fields: &mut Fields<'a>) -> Option<TransitSettings> {
        let url = keys::required(fields, "seal.url").and_then(|node| self.url(node, "seal.url"));
        let mount = fields.optional("mount");
        let mount = mount.map_or(Some("transit".to_owned()), |node| {
            self.lower.parsed(node, "seal.mount", |text| name(text, true))
        });
        let key = self.parsed(fields, "seal.key", |text| name(text, false));
        let token_file = path(self.lower, fields, "seal.token_file", self.folder);
        let ca_file = self.file_of(fields, "ca_file");
        let (url, mount, key) = (url?, mount?, key?);
        Some(TransitSettings { url, mount, key, token_file: token_file?, ca_file })
    }

    fn aws_kms(self, fields: &mut Fields<'a>) -> Option<AwsKmsSettings> {
        let key_id = self.parsed(fields, "seal.key_id", |text| name(text, true));
        let region = self.parsed(fields, "seal.region", region);
        let endpoint = match fields.optional("endpoint") {
            Some(node) => self.url(node, "seal.endpoint"),
            None => region.as_ref().and_then(|region| {
                Url::parse(&format!("https://kms.{region}.amazonaws.com/")).ok()
            }),
        };
        let credentials_file = self.file_of(fields, "credentials_file");
        let ca_file = self.file_of(fields, "ca_file");
        let (key_id, region, endpoint) = (key_id?, region?, endpoint?);
        Some(AwsKmsSettings { key_id, region, endpoint, credentials_file, ca_file })
    }

    fn parsed<T>(
        self,
        fields: &mut Fields<'a>,
        path: &'static str,
        read: impl FnOnce(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let node = keys::required(fields, path)?;
        self.lower.parsed(node, path, read)
    }

    fn file_of(self, fields: &mut Fields<'a>, key: &'static str) -> Option<PathBuf> {
        let text = fields.optional(key).and_then(|node| self.lower.string(node, key));
        text.map(|text| self.folder.join(text))
    }

    /// Secrets are sent there: in the clear only within a development machine.
    fn url(self, node: &Node, key: &str) -> Option<Url> {
        let url = self.lower.parsed(node, key, Issuer::new)?;
        let plain = url.is_plain_http();
        if plain && !(self.development && url.is_loopback()) {
            let help = "write an https URL; plain http is for development: true and loopback only";
            self.lower.fault_with_help(node.place, format!("{key} is plain http"), help);
            return None;
        }
        Url::parse(url.as_str()).ok().filter(|url| plain || url.scheme() == "https")
    }
}

/// A name that is a part of a path, or with `slashes` several.
fn name(text: &str, slashes: bool) -> Result<String, &'static str> {
    let known = |character: char| {
        character.is_ascii_alphanumeric()
            || matches!(character, '-' | '_' | '.' | ':')
            || (slashes && character == '/')
    };
    let parts = text.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if parts && text.chars().all(known) && text.len() <= NAME_BYTES_MAX {
        Ok(text.to_owned())
    } else {
        Err("it is a name of letters, digits, -, _ and . (at most 200 bytes)")
    }
}

fn region(text: &str) -> Result<String, &'static str> {
    let known = |character: char| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '-'
    };
    if !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(known) {
        Ok(text.to_owned())
    } else {
        Err("it is a region like eu-central-1")
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use std::path::Path;
    use sts_io::seal::{KeySettings, SealSettings};

    const CONFIG: &str = "issuer: http://127.0.0.1:8400
environment: test
development: true
trust_bundles: b
policies: p
listen: {public: 127.0.0.1:0}
store: {url: \"sqlite:sts.db\"}
seal:
";

    fn read(seal: &str) -> Result<SealSettings, String> {
        let text = format!("{CONFIG}{seal}");
        let config = Config::parse("sts.yaml", text, Path::new("/etc/sts"));
        config
            .map(|config| config.seal)
            .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    }

    const TRANSIT: &str =
        "  {kind: transit, url: 'https://bao.example.com', key: sts, token_file: token}";
    const AWS_KMS: &str = "  {kind: aws_kms, key_id: alias/sts, region: eu-central-1}";

    #[test]
    fn each_kind_is_read_with_its_defaults() {
        let Ok(KeySettings::Transit(transit)) = read(TRANSIT).map(|seal| seal.key) else {
            panic!("{:?}", read(TRANSIT))
        };
        assert_eq!((transit.mount.as_str(), transit.ca_file), ("transit", None));
        assert_eq!(transit.token_file, Path::new("/etc/sts/token"));
        let pkcs11 = "  {kind: pkcs11, module: /usr/lib/m.so, token: hsm, key: sts, pin_file: pin}";
        let Ok(KeySettings::Pkcs11(pkcs11)) = read(pkcs11).map(|seal| seal.key) else {
            panic!("{:?}", read(pkcs11))
        };
        assert_eq!(pkcs11.token.module, Path::new("/usr/lib/m.so"));
        assert_eq!(pkcs11.token.pin_file, Path::new("/etc/sts/pin"));
        let Ok(KeySettings::AwsKms(kms)) = read(AWS_KMS).map(|seal| seal.key) else {
            panic!("{:?}", read(AWS_KMS))
        };
        assert_eq!(kms.endpoint.as_str(), "https://kms.eu-central-1.amazonaws.com/");
        assert_eq!(kms.credentials_file, None);
    }

    #[test]
    fn a_signer_is_a_token_or_left_out() {
        let config = |signer: &str| {
            let seal = "  {kind: file, key_file: kek}\nkeys: {algorithms: [ES256]";
            let text = format!("{CONFIG}{seal}{signer}}}\n");
            Config::parse("sts.yaml", text, Path::new("/etc/sts"))
                .map(|config| config.signer)
                .map_err(|faults| faults.iter().map(ToString::to_string).collect::<String>())
        };
        assert_eq!(config(""), Ok(None));
        let signer =
            config(", signer: {kind: pkcs11, module: m.so, token: hsm, pin_file: pin}").unwrap();
        assert_eq!(signer.unwrap().module, Path::new("/etc/sts/m.so"));
        let told =
            config(", signer: {kind: local, module: m.so, token: hsm, pin: '1'}").unwrap_err();
        for fault in [
            "sts.yaml:10:44: keys.signer.kind is pkcs11",
            "keys.signer needs the key pin_file",
            "keys.signer has no key pin",
        ] {
            assert!(told.contains(fault), "{fault}: {told}");
        }
    }

    #[test]
    fn a_previous_key_is_of_any_kind_and_another_one() {
        let both = "  kind: file\n  key_file: kek\n  previous: {kind: transit, url: 'http://127.0.0.1:8200', key: sts, token_file: token}\n";
        assert!(matches!(read(both).unwrap().previous, Some(KeySettings::Transit(_))));
        let same = "  kind: file\n  key_file: kek\n  previous: {kind: file, key_file: kek}\n";
        assert!(read(same).unwrap_err().contains("seal.previous is the same key"));
        let nested = "  kind: file\n  key_file: kek\n  previous: {kind: file, key_file: old, previous: {}}\n";
        assert!(read(nested).unwrap_err().contains("seal.previous has no key previous"));
    }

    #[test]
    fn every_fault_has_its_place_and_they_come_together() {
        for (seal, faults) in [
            ("  {kind: hsm, key_file: kek}", &["sts.yaml:9:10: seal.kind is one of"][..]),
            (
                "  {kind: pkcs11, module: m, token: '', pin: '1234'}",
                &[
                    "seal.token: it is a label",
                    "seal needs the key key",
                    "seal needs the key pin_file",
                    "seal has no key pin",
                ],
            ),
            ("  {kind: file}", &["seal needs the key key_file"]),
            (
                "  {kind: transit, url: 'http://bao.example.com', mount: ../x, key: 'a b'}",
                &[
                    "sts.yaml:9:24: seal.url is plain http",
                    "seal.mount: it is a name",
                    "seal.key: it is a name",
                    "seal needs the key token_file",
                ],
            ),
            (
                "  {kind: transit, url: 'spiffe://bao', key: a, token_file: t, token: x}",
                &["seal has no key token"],
            ),
            (
                "  {kind: aws_kms, key_id: 'a?', region: EU, endpoint: 'http://kms', secret: x}",
                &[
                    "seal.key_id: it is a name",
                    "seal.region: it is a region like",
                    "seal.endpoint is plain http",
                    "seal has no key secret",
                ],
            ),
        ] {
            let told = read(seal).unwrap_err();
            for fault in faults {
                assert!(told.contains(fault), "{seal}: {told}");
            }
        }
    }
}
