"""A relying party that uses PyJWT as it is."""

import jwt

from support.http import get


def verify_with_pyjwt(server, token, audience):
    """The claims of a token of ours, by discovery and the key set."""
    metadata = get(server.url + "/.well-known/openid-configuration").json()
    key = jwt.PyJWKClient(metadata["jwks_uri"]).get_signing_key_from_jwt(token)
    required = {"require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti"]}
    issuer = metadata["issuer"]
    return jwt.decode(token, key, ["ES256"], required, audience=audience, issuer=issuer)
