import type { ZxcvbnFactory } from "@zxcvbn-ts/core";

/** Beyond so many characters nothing is looked at: what is strong until there is strong, and the time grows with the length. */
const lookedAt = 40;
/** zxcvbn's third step of 0 to 4: safe against 10⁸ guesses, a year of the most that the sign-in takes. */
const enough = 3;

/** Common passwords, names, keyboard rows, dates, repetitions, and what the person is called here: the reason, or null when it is strong. */
export async function passwordWeakness(password: string, about: readonly string[]): Promise<string | null> {
  estimator ??= openEstimator();
  const words = about.flatMap((text) => [text, ...text.split(/[@.\s]+/)]).filter((word) => word.length > 2);
  const { score } = (await estimator).check(password.slice(0, lookedAt), ["signalbox", "trigger", ...words]);
  return score >= enough
    ? null
    : "This password is too easy to guess. Take four or five words that have nothing to do with each other, or let a password manager make one";
}

let estimator: Promise<ZxcvbnFactory> | undefined;

/** Some 30,000 words and 90 ms: loaded when the first password is set, not with the server. */
async function openEstimator(): Promise<ZxcvbnFactory> {
  const [{ ZxcvbnFactory: Factory }, { dictionary, adjacencyGraphs: graphs }] = await Promise.all([
    import("@zxcvbn-ts/core"),
    import("@zxcvbn-ts/language-common"),
  ]);
  return new Factory({ dictionary, graphs });
}
