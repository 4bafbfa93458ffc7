/** Said before the name that they imitate, so the first that fits is meant. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\//, "Firefox"],
  [/\bHeadlessChrome\//, "Chrome without a window"],
  [/\bChrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
  [/^curl\//, "curl"],
  [/^node$/i, "Node"],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/\bAndroid\b/, "Android"],
  [/\b(?:iPhone|iPad)\b/, "iOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** `Firefox on Linux`, as far as a user agent tells. */
export function browserName(agent: string | undefined): string {
  const browser = browsers.find(([pattern]) => pattern.test(agent ?? ""))?.[1] ?? "Another program";
  const system = systems.find(([pattern]) => pattern.test(agent ?? ""))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
