import { join } from "node:path";
import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = import.meta.dirname;

/** Files that share the modules of their process with each other: loading those took longer than many of the tests. */
const together = ["lib/**/*.test.{ts,tsx}", "components/**/*.test.{ts,tsx}", "server/{engine,gateway,http}/**/*.test.ts"];
/** Whole servers, then processes of workers and builds: what takes long comes first, so that both workers end together. */
const longest = [/\/e2e\//, /\/server\/(?:supervisor|build|worker|db)\//];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const room = longest.findIndex((path) => path.test(moduleId));
      return room === -1 ? longest.length : room;
    };
    // A sequencer's own, not an array's.
    // oxlint-disable-next-line unicorn/no-array-sort
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

const common = {
  // Browser tests are `*.spec.ts` and belong to Playwright.
  exclude: [...configDefaults.exclude, "**/dist/**", "**/.next/**", "**/.signalbox/**"],
  pool: "forks" as const,
  testTimeout: 60_000,
  hookTimeout: 180_000,
  // What is waited for comes in milliseconds, on a busy machine in seconds.
  expect: { poll: { timeout: 15_000 } },
  server: { deps: { inline: [/@trigger\.dev\//] } },
};
const resolve = { alias: [{ find: /^@\//, replacement: join(root, "/") }] };

export default defineConfig({
  resolve,
  test: {
    globalSetup: ["test/postgres.ts"],
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { resolve, test: { ...common, name: "together", include: together, isolate: false } },
      { resolve, test: { ...common, name: "apart", include: ["**/*.test.{ts,tsx}"], exclude: [...common.exclude, ...together] } },
    ],
  },
});
