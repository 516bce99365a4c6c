// Verifies the JWT on standard input as a relying party does: discovery, then the key set.
// Usage: node verify.mjs ISSUER AUDIENCE; prints the claims, or fails with the library's code.
import { readFileSync } from "node:fs";
import { createRemoteJWKSet, jwtVerify } from "jose";

const [issuer, audience] = process.argv.slice(2);
const token = readFileSync(0, "utf8").trim();
const answer = await fetch(`${issuer}/.well-known/openid-configuration`, { redirect: "error" });
const metadata = await answer.json();
if (metadata.issuer !== issuer) {
  throw new Error(`discovery names the issuer ${metadata.issuer}`);
}
try {
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const options = { issuer, audience, typ: "at+jwt", requiredClaims: ["exp", "iat", "sub", "jti"] };
  const { payload } = await jwtVerify(token, keys, options);
  console.log(JSON.stringify(payload));
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
}
