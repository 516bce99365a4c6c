//! AWS credentials: from a file of the form that its own tools read, or from
//! the environment. Read at each call, as whoever puts them there renews them.

use crate::environment::variable;
use crate::files;
use aws_credential_types::Credentials;
use std::path::Path;
use zeroize::Zeroizing;

/// Who the signature says that we are; only shown while debugging.
const PROVIDER: &str = "sts";

/// The credentials of a file, or without one of the environment.
///
/// # Errors
/// What is missing, for operators.
pub(super) fn read(file: Option<&Path>) -> Result<Credentials, String> {
    match file {
        Some(path) => {
            let text = Zeroizing::new(files::read_text(path).map_err(|fault| fault.to_string())?);
            parse(&text)
                .ok_or_else(|| format!("{} holds no credentials under [default]", path.display()))
        }
        None => from(|name| variable(&name.to_uppercase()))
            .ok_or_else(|| "the environment holds no credentials".to_owned()),
    }
}

/// The section `[default]`.
fn parse(text: &str) -> Option<Credentials> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[default]";
        } else if let Some((name, value)) = line.split_once('=').filter(|_| inside) {
            found.push((name.trim(), value.trim()));
        }
    }
    from(|wanted| {
        let value = found.iter().find(|(name, value)| *name == wanted && !value.is_empty());
        value.map(|(_, value)| (*value).to_owned())
    })
}

fn from(value: impl Fn(&str) -> Option<String>) -> Option<Credentials> {
    let (id, secret) = (value("aws_access_key_id")?, value("aws_secret_access_key")?);
    Some(Credentials::new(id, secret, value("aws_session_token"), None, PROVIDER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_section_is_read_and_no_other() {
        let text = "[other]\naws_access_key_id = no\n# x\n[default]\naws_access_key_id = AKID\n\
                    aws_secret_access_key=a=b/c+d\naws_session_token =\n[third]\naws_session_token = t\n";
        let credentials = parse(text).unwrap();
        assert_eq!(credentials.access_key_id(), "AKID");
        assert_eq!(credentials.secret_access_key(), "a=b/c+d");
        assert_eq!(credentials.session_token(), None);
    }

    #[test]
    fn half_of_the_credentials_are_none() {
        assert!(parse("[default]\naws_access_key_id = AKID\n").is_none());
        assert!(parse("aws_access_key_id = A\naws_secret_access_key = B\n").is_none());
        assert!(parse("").is_none());
    }
}
