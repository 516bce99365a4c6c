//! The exchange request (RFC 8693 §2.1). Everything in it is the caller's word.

use crate::limits::{SCOPES_MAX, TOKEN_BYTES_MAX};
use crate::names::{Audience, Name, Scope};
use crate::params::Params;

/// The one grant type of the token endpoint.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// Token type of what is issued (RFC 8693 §3).
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
/// Token type of a subject token that is a JWT.
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
/// Token type of a subject token that is an OIDC ID token.
pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// Google's clients always ask for this scope; it is ignored.
const IGNORED_SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// A request that can be looked at further. The subject token is still only bytes.
pub struct TokenExchangeRequest {
    /// The subject token without trailing white space, at most [`TOKEN_BYTES_MAX`] bytes.
    pub subject_token: String,
    /// The single target: `audience` or `resource`.
    pub target: Audience,
    /// The scopes asked for; none means all that the policy grants.
    pub scopes: Option<Vec<Scope>>,
    /// The policy that the caller names, if any.
    pub policy: Option<Name>,
}

/// Why a request is not an exchange request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// A parameter is missing, or does not fit the others.
    #[error("a parameter is missing or does not fit")]
    Malformed,
    /// Another grant type.
    #[error("another grant type")]
    GrantType,
    /// A token type that is not served.
    #[error("a token type that is not served")]
    TokenType,
    /// The target is malformed, or there is more than one.
    #[error("the target is malformed, or there is more than one")]
    Target,
    /// The scope parameter is not a list of scopes.
    #[error("the scope is malformed")]
    Scope,
    /// Client credentials were sent; there are no clients here.
    #[error("client credentials were sent")]
    ClientCredentials,
    /// The subject token is larger than [`TOKEN_BYTES_MAX`].
    #[error("the subject token is too large")]
    TooLarge,
}

impl TokenExchangeRequest {
    /// Reads the parameters.
    ///
    /// # Errors
    /// The first fault in the order of the checks.
    pub fn from_params(params: &Params) -> Result<Self, RequestFault> {
        check_grant_type(params)?;
        check_client(params)?;
        let subject_token = subject_token(params)?;
        check_types(params)?;
        let target = target(params)?;
        let scopes = scopes(params)?;
        let policy = params.get("policy").map(Name::new).transpose();
        let policy = policy.map_err(|_| RequestFault::Malformed)?;
        Ok(Self { subject_token, target, scopes, policy })
    }
}

fn check_grant_type(params: &Params) -> Result<(), RequestFault> {
    match params.get("grant_type") {
        Some(GRANT_TYPE) => Ok(()),
        Some(_) => Err(RequestFault::GrantType),
        None => Err(RequestFault::Malformed),
    }
}

/// RFC 7521 §4.1: credentials that come along must be verified. Nothing could
/// verify them, so they are refused; a bare `client_id` proves nothing and is ignored.
fn check_client(params: &Params) -> Result<(), RequestFault> {
    let sent = ["client_secret", "client_assertion", "client_assertion_type"];
    if sent.into_iter().any(|name| params.get(name).is_some()) {
        return Err(RequestFault::ClientCredentials);
    }
    Ok(())
}

/// Clients that read a file send its last line break along; only trailing
/// ASCII white space is dropped, the parser of tokens refuses any other.
fn subject_token(params: &Params) -> Result<String, RequestFault> {
    let sent = params.get("subject_token").unwrap_or_default();
    let token = sent.trim_end_matches(|c: char| c.is_ascii_whitespace());
    if token.len() > TOKEN_BYTES_MAX {
        return Err(RequestFault::TooLarge);
    }
    if token.is_empty() {
        return Err(RequestFault::Malformed);
    }
    Ok(token.to_owned())
}

fn check_types(params: &Params) -> Result<(), RequestFault> {
    match params.get("subject_token_type") {
        Some(JWT | ID_TOKEN) => {}
        Some(_) => return Err(RequestFault::TokenType),
        None => return Err(RequestFault::Malformed),
    }
    match params.get("requested_token_type") {
        None | Some(ACCESS_TOKEN) => {}
        Some(_) => return Err(RequestFault::TokenType),
    }
    // RFC 8693 §1.1: issuing without `act` what was asked with an actor would
    // silently turn delegation into impersonation.
    if params.get("actor_token").is_some() || params.get("actor_token_type").is_some() {
        return Err(RequestFault::Malformed);
    }
    Ok(())
}

fn target(params: &Params) -> Result<Audience, RequestFault> {
    let audiences = params.all("audience").map(Audience::new);
    let resources = params.all("resource").map(Audience::from_resource);
    let mut targets = audiences.chain(resources);
    match (targets.next(), targets.next()) {
        (Some(Ok(target)), None) => Ok(target),
        (None, None) => Err(RequestFault::Malformed),
        _ => Err(RequestFault::Target),
    }
}

fn scopes(params: &Params) -> Result<Option<Vec<Scope>>, RequestFault> {
    let Some(text) = params.get("scope") else {
        return Ok(None);
    };
    let mut scopes = Vec::new();
    for word in text.split(' ').filter(|word| *word != IGNORED_SCOPE) {
        let scope = Scope::new(word).map_err(|_| RequestFault::Scope)?;
        if scopes.len() >= SCOPES_MAX {
            return Err(RequestFault::Scope);
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok((!scopes.is_empty()).then_some(scopes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        change: impl Fn(&mut Vec<(&'static str, String)>),
    ) -> Result<TokenExchangeRequest, RequestFault> {
        let mut members = vec![
            ("grant_type", GRANT_TYPE.to_owned()),
            ("subject_token", "a.b.c".to_owned()),
            ("subject_token_type", JWT.to_owned()),
            ("audience", "https://deploy.example".to_owned()),
        ];
        change(&mut members);
        let body: Vec<_> = members
            .iter()
            .map(|(name, value)| format!("{name}={}", value.replace(' ', "+")))
            .collect();
        TokenExchangeRequest::from_params(&Params::from_form(body.join("&").as_bytes()).unwrap())
    }

    fn fault(change: impl Fn(&mut Vec<(&'static str, String)>)) -> Option<RequestFault> {
        read(change).err()
    }

    #[test]
    fn a_plain_request_is_read() {
        let request = read(|_| {}).ok().unwrap();
        assert_eq!(request.target.as_str(), "https://deploy.example");
        assert_eq!(request.scopes, None);
        assert_eq!(request.policy, None);
    }

    #[test]
    fn each_required_parameter_is_required() {
        for at in 0..4 {
            assert_eq!(
                fault(|members| {
                    members.remove(at);
                }),
                Some(RequestFault::Malformed)
            );
            assert_eq!(fault(|members| members[at].1.clear()), Some(RequestFault::Malformed));
        }
    }

    #[test]
    fn other_types_are_refused_by_their_own_reason() {
        assert_eq!(fault(|m| m[0].1 = "password".into()), Some(RequestFault::GrantType));
        assert_eq!(fault(|m| m[2].1 = ACCESS_TOKEN.into()), Some(RequestFault::TokenType));
        assert_eq!(
            fault(|m| m.push(("requested_token_type", JWT.into()))),
            Some(RequestFault::TokenType)
        );
        assert_eq!(fault(|m| m.push(("requested_token_type", ACCESS_TOKEN.into()))), None);
        assert_eq!(fault(|m| m[2].1 = ID_TOKEN.into()), None);
    }

    #[test]
    fn exactly_one_target_is_taken() {
        assert_eq!(fault(|m| m.push(("audience", "other".into()))), Some(RequestFault::Target));
        assert_eq!(
            fault(|m| m.push(("resource", "https://deploy.example".into()))),
            Some(RequestFault::Target)
        );
        assert_eq!(fault(|m| m[3] = ("resource", "deploy".into())), Some(RequestFault::Target));
        assert_eq!(fault(|m| m[3] = ("resource", "https://deploy.example".into())), None);
    }

    #[test]
    fn an_actor_and_client_credentials_are_refused() {
        assert_eq!(fault(|m| m.push(("actor_token", "x".into()))), Some(RequestFault::Malformed));
        assert_eq!(
            fault(|m| m.push(("actor_token_type", JWT.into()))),
            Some(RequestFault::Malformed)
        );
        assert_eq!(fault(|m| m.push(("actor_token", String::new()))), None);
        assert_eq!(
            fault(|m| m.push(("client_secret", "x".into()))),
            Some(RequestFault::ClientCredentials)
        );
        assert_eq!(fault(|m| m.push(("client_id", "x".into()))), None);
    }

    #[test]
    fn googles_scope_is_ignored_and_others_are_kept() {
        let scopes = |text: &str| read(|m| m.push(("scope", text.into()))).ok().unwrap().scopes;
        assert_eq!(scopes(IGNORED_SCOPE), None);
        assert_eq!(scopes(&format!("{IGNORED_SCOPE} a a")).unwrap().len(), 1);
        for text in ["a  b", "a\tb", " a", "\"a\""] {
            assert_eq!(
                fault(|m| m.push(("scope", text.into()))),
                Some(RequestFault::Scope),
                "{text:?}"
            );
        }
    }

    #[test]
    fn trailing_white_space_of_the_token_is_dropped_and_its_size_capped() {
        assert_eq!(read(|m| m[1].1 = "a.b.c%0A".into()).ok().unwrap().subject_token, "a.b.c");
        assert_eq!(fault(|m| m[1].1 = "a".repeat(TOKEN_BYTES_MAX)), None);
        assert_eq!(
            fault(|m| m[1].1 = "a".repeat(TOKEN_BYTES_MAX + 1)),
            Some(RequestFault::TooLarge)
        );
    }
}
