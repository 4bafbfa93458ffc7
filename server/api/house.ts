import type { PrismaClient } from "../db/generated/client";
import type { Keys } from "../db/keys";
import type { PacketStore } from "../db/packets";
import type { Logger } from "../log";
import { createGuessLimits, type GuessLimits } from "./guess-limits";
import { createTurn, type InTurn } from "./in-turn";
import { createSignIn, type SignIn } from "./sign-in";

/** What the environments of a server have in common: its people, and what they are kept from. */
export interface House {
  prisma: PrismaClient;
  keys: Keys;
  packets: PacketStore;
  signIn: SignIn;
  guesses: GuessLimits;
  /** New passwords are judged and hashed one at a time: that costs 0.2 s of computing each, which must not hold up everything else. */
  settingPasswords: InTurn;
}

export const createHouse = ({
  prisma,
  keys,
  packets,
  origin,
  log,
}: Pick<House, "prisma" | "keys" | "packets"> & { origin(): string; log: Logger }): House => ({
  prisma,
  keys,
  packets,
  signIn: createSignIn({ prisma, secret: keys.sessions, origin, log }),
  guesses: createGuessLimits(keys.sessions),
  settingPasswords: createTurn(),
});
