import type { Role } from "@/lib/contracts/dashboard";

/** In the order in which they are offered. */
export const roleWords: readonly { role: Role; may: string }[] = [
  { role: "viewer", may: "sees everything but the values of variables, changes nothing" },
  { role: "operator", may: "triggers, cancels, replays, answers tokens, mints public tokens, sets variables, promotes versions" },
  { role: "admin", may: "also API keys and people" },
];
