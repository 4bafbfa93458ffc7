import { expect, it } from "vitest";
import { stripBuildKey } from "./strip-build-key";

const compact = async (source: string) => (await stripBuildKey(source, "ts")).replaceAll(/\s+/g, " ").trim();

it.each([
  [
    "a call",
    'import { defineConfig } from "@trigger.dev/sdk"; import { ffmpeg } from "@trigger.dev/build/extensions/core"; export default defineConfig({ project: "p", build: { extensions: [ffmpeg()] }, maxDuration: 5 });',
    'import { defineConfig } from "@trigger.dev/sdk"; export default defineConfig({ project: "p", maxDuration: 5 });',
  ],
  [
    "an object, the key last",
    'import x from "x"; export default { project: "p", "build": { external: [x] } };',
    'export default { project: "p" };',
  ],
  [
    "a constant",
    'import x from "x"; const config = define({ build: x, a: /build: {/ }); export default config;',
    "const config = define({ a: /build: {/ }); export default config;",
  ],
  [
    "a constant exported by name",
    'import x from "x"; const config = { build: x, a: 1 }; export { config as default };',
    "const config = { a: 1 }; export { config as default };",
  ],
  [
    "an import that is used elsewhere too",
    'import x from "x"; export default { build: x(), project: x("p") };',
    'import x from "x"; export default { project: x("p") };',
  ],
  [
    "no build key",
    'import "side-effect"; import x from "x"; export default { project: x };',
    'import "side-effect"; import x from "x"; export default { project: x };',
  ],
  ["build inside of another key", "export default { telemetry: { build: 1 } };", "export default { telemetry: { build: 1 } };"],
  [
    "a function call that we cannot see into",
    "export default make(options); const options = { build: 1 };",
    "export default make(options); const options = { build: 1 };",
  ],
])("takes the build key out of %s", async (...[, source, expected]) => {
  expect(await compact(source)).toBe(expected);
});
