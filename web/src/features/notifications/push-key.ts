/** Whether a subscription takes pushes that are signed with a key, in base64url; where the browser does not tell, it does. */
export function isOfKey({ options }: PushSubscription, key: string): boolean {
  const bytes = options.applicationServerKey;
  return bytes === null || base64url(new Uint8Array(bytes)) === key.replaceAll("=", "");
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
