import { expect, test } from "vitest";
import { AlertCondition } from "@/lib/contracts/alerts";
import { conditionWords, valueWords } from "./words";

test.each([
  [{ measure: "failures", bound: 5, windowMinutes: 15, task: ["import-orders"] }, "Failed runs of import-orders in 15 minutes above 5"],
  [{ measure: "failureRate", bound: 2.5, windowMinutes: 60 }, "Failure rate in an hour above 2.5 %"],
  [
    { measure: "duration", percentile: 99, bound: 90_000, windowMinutes: 1440, queue: ["emails", "sms"] },
    "p99 compute time of queue emails or sms in a day above 1 m 30 s",
  ],
  [{ measure: "wait", bound: 5_000, windowMinutes: 360, task: ["a"], queue: ["b"] }, "p95 wait of a, in queue b in 6 hours above 5.0 s"],
  [{ measure: "silence", windowMinutes: 5, task: ["nightly"] }, "No run of nightly in 5 minutes"],
  [{ measure: "rate", bound: 1200, windowMinutes: 5 }, "Ended runs per minute in 5 minutes above 1,200 per minute"],
])("%j is said as %j", (given, words) => {
  expect(conditionWords(AlertCondition.parse(given))).toBe(words);
});

test("what could not be measured has no value", () => {
  expect(valueWords({ measure: "failureRate" }, null)).toBe("–");
});
