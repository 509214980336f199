// Bearer tokens: the ES256 JWTs that Taskfleet's sign-in issued, checked with the public key.

import jwt from "jsonwebtoken";

export function createAuthenticator({ publicKey, issuer, audience }) {
  const options = { algorithms: ["ES256"], issuer, audience };

  return (request, response, next) => {
    const [scheme, token] = (request.get("authorization") ?? "").split(" ");
    if (scheme !== "Bearer" || !token) {
      return response.status(401).json({ error: "Sign-in required" });
    }
    try {
      request.userId = jwt.verify(token, publicKey, options).sub;
    } catch {
      return response.status(401).json({ error: "Invalid token" });
    }
    return next();
  };
}
