//! The identity provider of `sts dev`: it gives anyone a token with any claims,
//! which is why it exists on loopback only and in no other command.

use super::profiles;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use sts_core::ids::token_id;
use sts_core::ports::{Clock as _, Signer as _};
use sts_io::clock::SystemClock;
use sts_io::entropy::SystemEntropy;
use sts_io::signer::{KeyFault, LocalSigner, generate};
use sts_jose::SigningAlgorithm;
use sts_wire::base64url;
use sts_wire::jwk::PublishedJwk;
use sts_wire::limits::BODY_BYTES_MAX;

/// Life of a token in seconds: that of GitHub's.
const LIFE_SECONDS: i64 = 300;

/// Signs for every profile with one key.
pub(super) struct Provider {
    url: String,
    signer: LocalSigner,
    public: PublishedJwk,
}

impl Provider {
    /// With a fresh key.
    ///
    /// # Errors
    /// No key can be made.
    pub(super) fn new(url: &str) -> Result<Self, KeyFault> {
        let key = generate(SigningAlgorithm::Rs256)?;
        let signer = LocalSigner::from_pkcs8(SigningAlgorithm::Rs256, &key.private)?;
        Ok(Self { url: url.to_owned(), signer, public: key.public })
    }

    /// Its routes, all below `/dev`.
    pub(super) fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/dev/token", post(mint))
            .route("/dev/issuers/{profile}/.well-known/openid-configuration", get(discovery))
            .route("/dev/issuers/{profile}/jwks", get(keys))
            .with_state(self)
    }

    fn issuer(&self, profile: &str) -> String {
        format!("{}/dev/issuers/{profile}", self.url)
    }

    async fn token(&self, asked: &Value) -> Result<String, String> {
        let known = ["profile", "audience", "claims"];
        let stray = asked
            .as_object()
            .into_iter()
            .flatten()
            .find(|(name, _)| !known.contains(&name.as_str()));
        if let Some((name, _)) = stray {
            return Err(format!("there is no member {name}; members are {}", known.join(", ")));
        }
        let profile = asked.get("profile").and_then(Value::as_str).unwrap_or("github-actions");
        let known = || {
            format!("there is no profile {profile}; profiles are {}", profiles::PROFILES.join(", "))
        };
        let mut claims = profiles::claims(profile).ok_or_else(known)?;
        let now = SystemClock.now().seconds();
        let id = token_id(&SystemEntropy::default()).map_err(|fault| fault.to_string())?;
        let audience = asked.get("audience").cloned().unwrap_or_else(|| json!(self.url));
        for (name, value) in [
            ("iss", json!(self.issuer(profile))),
            ("aud", audience),
            ("jti", json!(id)),
            ("iat", json!(now)),
            ("nbf", json!(now)),
            ("exp", json!(now.saturating_add(LIFE_SECONDS))),
        ] {
            claims.insert(name.to_owned(), value);
        }
        change(&mut claims, asked.get("claims"))?;
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.public.kid});
        let part = |value: Value| base64url::encode(value.to_string().as_bytes());
        let signing_input = format!("{}.{}", part(header), part(Value::Object(claims)));
        let signature =
            self.signer.sign(signing_input.as_bytes()).await.map_err(|fault| fault.to_string())?;
        Ok(format!("{signing_input}.{}", base64url::encode(&signature)))
    }
}

/// Sets what is given; null deletes.
fn change(claims: &mut Map<String, Value>, changes: Option<&Value>) -> Result<(), String> {
    let changes = match changes {
        None => return Ok(()),
        Some(Value::Object(changes)) => changes,
        Some(_) => return Err("claims is an object; null deletes a claim".to_owned()),
    };
    for (name, value) in changes {
        if value.is_null() {
            claims.remove(name);
        } else {
            claims.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

async fn mint(State(provider): State<Arc<Provider>>, request: Request) -> Response<Body> {
    let body = to_bytes(request.into_body(), BODY_BYTES_MAX).await.unwrap_or_default();
    let token = match serde_json::from_slice::<Value>(&body) {
        Ok(asked @ Value::Object(_)) => provider.token(&asked).await,
        _ => Err(r#"send JSON like {"profile":"github-actions","audience":"…","claims":{"ref":"refs/heads/x"}}"#.to_owned()),
    };
    match token {
        Ok(token) => answer(StatusCode::OK, &json!({ "token": token })),
        Err(fault) => answer(StatusCode::BAD_REQUEST, &json!({ "error": fault })),
    }
}

async fn discovery(
    State(provider): State<Arc<Provider>>,
    Path(profile): Path<String>,
) -> Response<Body> {
    if !profiles::PROFILES.contains(&profile.as_str()) {
        return answer(StatusCode::NOT_FOUND, &json!({"error": "there is no such profile"}));
    }
    let issuer = provider.issuer(&profile);
    answer(
        StatusCode::OK,
        &json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/jwks"),
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["id_token"],
            "subject_types_supported": ["public"],
        }),
    )
}

async fn keys(State(provider): State<Arc<Provider>>) -> Response<Body> {
    answer(StatusCode::OK, &json!({ "keys": [provider.public] }))
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = axum::http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(axum::http::header::CONTENT_TYPE, json);
    response
}
