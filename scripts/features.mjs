import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** `node scripts/features.mjs` writes docs/features.md from features.json beside it: of each feature the test that proves it, or why there is none. */
const root = join(import.meta.dirname, "..");
const page = join(root, "docs", "features.md");

export const readFeatures = () => JSON.parse(readFileSync(join(import.meta.dirname, "features.json"), "utf8"));

export function featuresPage(features) {
  const areas = new Map();
  for (const feature of features) areas.set(feature.area, [...(areas.get(feature.area) ?? []), feature]);
  const cell = (text) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
  const proof = ({ file, test, reason }) => (reason === undefined ? `[${file}](../${file}): ${cell(test)}` : cell(reason));
  const table = ([area, rows]) =>
    `## ${area}\n\n| id | what | proof, or why there is none |\n|---|---|---|\n${rows.map((row) => `| ${row.id} | ${cell(row.title)} | ${proof(row)} |`).join("\n")}\n`;
  const proven = features.filter(({ reason }) => reason === undefined).length;
  return `# Features\n\nMade by \`node scripts/features.mjs\` from scripts/features.json. Of ${features.length} features and pitfalls ${proven} name the test that proves them; of the others it says why.\n\n${[...areas].map(table).join("\n")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(page, featuresPage(readFeatures()));
