import type { Zone } from "@/lib/view/format";
import { createStore } from "@/lib/view/store";

const inCookie = (): Zone => (typeof document !== "undefined" && /(?:^|; )zone=utc(?:;|$)/.test(document.cookie) ? "utc" : "local");

/** In which zone this browser shows times. */
export const zone = createStore<Zone>(inCookie());

/** Kept by this browser; all that is shown changes at once. */
export function chooseZone(chosen: Zone): void {
  document.cookie = `zone=${chosen}; path=/; max-age=31536000; samesite=lax`;
  zone.set(chosen);
}
