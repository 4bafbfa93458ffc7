import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { extendTailwindMerge } from "tailwind-merge";
import { expect, test } from "vitest";
import { cn } from "./cn";

const merge = extendTailwindMerge({ extend: { theme: { text: ["xs", "sm", "base", "lg", "xl"], shadow: ["float"] } } });
const root = join(import.meta.dirname, "..");

/** Every word of every string in the components: the class names are among them, other words must pass untouched. */
const words = new Set(
  readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => /(?<!\.test)\.tsx?$/.test(file) && file !== join("ui", "cn.ts"))
    .flatMap((file) => [...readFileSync(join(root, file), "utf8").matchAll(/"([^"\n]*)"|`([^`]*)`/g)])
    .flatMap(([, quoted, template]) => (quoted ?? template ?? "").split(/\s+/))
    .filter((word) => /^[-@a-z[][-\w:/.[\]()%&>=*#,]*$/.test(word)),
);
/** Two of those that differ only in their number stand for all of them. */
const families = new Map<string, string[]>();
for (const word of words) {
  if (word.includes(":")) continue;
  const family = word.replaceAll(/\d+(?:\.\d+)?/g, "1");
  families.set(family, [...(families.get(family) ?? []), word]);
}
const utilities = [...families.values()].flatMap((alike) => alike.slice(0, 2));

test("two utilities of the dashboard are joined as tailwind-merge joins them", () => {
  expect(utilities.length).toBeGreaterThan(200);
  const different: string[] = [];
  for (const first of utilities) {
    for (const second of utilities) {
      const pair = `${first} ${second}`;
      if (first !== second && cn(pair) !== merge(pair)) different.push(`${pair} → ${cn(pair)}`);
    }
  }
  expect(different).toEqual([]);
}, 180_000);

test("variants count: only names with the same ones displace each other", () => {
  const variants = [...new Set([...words].filter((word) => word.includes(":")))];
  expect(variants.length).toBeGreaterThan(50);
  const different = variants
    .flatMap((first) => variants.map((second) => `${first} ${second}`))
    .filter((pair) => new Set(pair.split(" ")).size === 2 && cn(pair) !== merge(pair));
  expect(different).toEqual([]);
}, 180_000);

test("conditions and missing names leave nothing behind", () => {
  expect(cn("px-2 text-fg", undefined, false, { "px-0": true }, "")).toBe("text-fg px-0");
});
