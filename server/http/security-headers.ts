/** Of every answer. Pages replace the content security policy by theirs (proxy.ts). */
export function securityHeaders({ isHttps }: { isHttps: boolean }): Record<string, string> {
  return {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy":
      "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=(), display-capture=(), browsing-topics=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    // A year; only where the public address is https, since a browser then takes nothing else.
    ...(isHttps && { "strict-transport-security": "max-age=31536000" }),
  };
}
