import { join } from "node:path";
import { defineConfig } from "vitest/config";

const root = import.meta.dirname;

export default defineConfig({
  resolve: { alias: [{ find: /^@\//, replacement: join(root, "/") }] },
  test: {
    include: ["**/*.test.{ts,tsx}"],
    // Browser tests are `*.spec.ts` and belong to Playwright.
    exclude: ["**/node_modules/**", "**/dist/**", "**/.next/**", "**/.signalbox/**"],
    globalSetup: ["test/postgres.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // What is waited for comes in milliseconds, on a busy machine in seconds.
    expect: { poll: { timeout: 15_000 } },
    server: { deps: { inline: [/@trigger\.dev\//] } },
  },
});
