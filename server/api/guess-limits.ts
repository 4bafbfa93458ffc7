import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { isIPv6 } from "node:net";
import { createAttempts } from "./attempts";

/**
 * Wrong passwords per minute. From one address at one account, and from one address at all of them. An account as such bears more,
 * from everywhere together, so that who guesses from one place cannot shut out its owner in another; and a browser in which the
 * account was used before has attempts of its own, which nobody else can use up.
 */
const perMinute = { pair: 10, address: 30, account: 60, browser: 10 } as const;
type Kind = keyof typeof perMinute;
const kindOf = (name: string): Kind =>
  (["pair", "address", "account", "browser"] as const).find((kind) => name.startsWith(`${kind} `)) ?? "pair";

interface Attempt {
  succeeded(): void;
}
export interface GuessLimits {
  /** Null: too many. `mark`: what `browserMark` has given this browser. */
  take(from: { email: string; address: string; mark: string | undefined }): Attempt | null;
  /** For a browser in which the account was used: says so without saying which account. */
  browserMark(email: string): string;
  isMarked(email: string, mark: string | undefined): boolean;
  retryAfter(): number;
}

export function createGuessLimits(secret: string): GuessLimits {
  const attempts = createAttempts({ perWindow: (name) => perMinute[kindOf(name)], windowMs: 60_000 });
  const seal = (email: string, nonce: string) => createHmac("sha256", secret).update(`browser\n${nonce}\n${email}`).digest();

  const nonceOf = (mark: string | undefined) => mark?.split(".", 1)[0] ?? "";

  function isMarked(email: string, mark: string | undefined): boolean {
    const nonce = nonceOf(mark);
    const given = mark?.slice(nonce.length + 1) ?? "";
    const sealed = Buffer.from(given, "base64url");
    const right = seal(email, nonce);
    return sealed.length === right.length && timingSafeEqual(sealed, right);
  }

  return {
    take({ email, address, mark }) {
      const known = isMarked(email, mark) ? attempts.take([`browser ${nonceOf(mark)}`]) : null;
      const network = networkOf(address);
      return known ?? attempts.take([`pair ${email} ${network}`, `address ${network}`, `account ${email}`]);
    },
    browserMark(email) {
      const nonce = randomBytes(12).toString("base64url");
      return `${nonce}.${seal(email, nonce).toString("base64url")}`;
    },
    isMarked,
    retryAfter: attempts.retryAfter,
  };
}

/** Of IPv6 the first 64 bits: one customer has all that begin alike. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const full = new URL(`http://[${address.split("%", 1)[0]}]`).hostname.slice(1, -1);
  const [head = "", tail] = full.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - groups.length - (tail === "" ? 0 : tail.split(":").length);
  return [...groups, ...Array.from({ length: missing }, () => "0"), ...(tail ? tail.split(":") : [])].slice(0, 4).join(":");
}
