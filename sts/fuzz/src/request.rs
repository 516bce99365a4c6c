//! Requests: as a form and as JSON.

use sts_wire::params::{Params, encode_form};
use sts_wire::token_exchange::TokenExchangeRequest;

/// Members whose values are looked at again.
const MEMBERS: [&str; 5] =
    ["grant_type", "subject_token", "subject_token_type", "audience", "scope"];

/// A form has one reading: written again, it says the same.
pub(crate) fn form(input: &[u8]) -> bool {
    let Ok(params) = Params::from_form(input) else { return false };
    let again = Params::from_form(encode_form(&pairs(&params)).as_bytes());
    assert_eq!(again.map(|again| pairs(&again)), Ok(pairs(&params)));
    TokenExchangeRequest::from_params(&params).is_ok()
}

/// A JSON body says what a form says: the same request, or none.
pub(crate) fn json(input: &[u8]) -> bool {
    let Ok(params) = Params::from_json(input) else { return false };
    let asked = TokenExchangeRequest::from_params(&params);
    if asked.is_ok()
        && let Ok(as_form) = Params::from_form(encode_form(&pairs(&params)).as_bytes())
    {
        assert_eq!(pairs(&as_form), pairs(&params));
    }
    asked.is_ok()
}

fn pairs(params: &Params) -> Vec<(String, String)> {
    let all = |name: &&'static str| {
        let name = *name;
        params.all(name).map(move |value| (name.to_owned(), value.to_owned()))
    };
    MEMBERS.iter().flat_map(all).collect()
}

pub(crate) fn form_seeds() -> Vec<Vec<u8>> {
    vec![
        b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&subject_token=a.b.c&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&audience=https%3A%2F%2Fa.example&scope=a+b".to_vec(),
        b"subject_token=%61.b.c&subject_token_type=urn:ietf:params:oauth:token-type:id_token&resource=https://a.example&grant_type=urn:ietf:params:oauth:grant-type:token-exchange&x=".to_vec(),
    ]
}

pub(crate) fn json_seeds() -> Vec<Vec<u8>> {
    vec![br#"{"grant_type":"urn:ietf:params:oauth:grant-type:token-exchange","subject_token":"a.b.c","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","audience":"https:\/\/a.example"}"#.to_vec()]
}
