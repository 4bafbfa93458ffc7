import { defineConfig } from "@playwright/test";

const executablePath = process.env.CHROMIUM_PATH;

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  globalSetup: "./e2e/global-setup.ts",
  // One server and its runs are shared: what one test does must not disturb what another counts.
  workers: 1,
  fullyParallel: false,
  forbidOnly: process.env.CI !== undefined,
  // One more try on a machine that builds and browses at once; what needed it is named as flaky.
  retries: 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  outputDir: "test-results",
  use: {
    // Set by the global setup before the tests' processes read this file again.
    ...(process.env.E2E_ORIGIN !== undefined && { baseURL: process.env.E2E_ORIGIN }),
    storageState: "test-results/admin.json",
    // A trace takes a picture of the whole page at each step: as long again as the step, in every test.
    trace: "on-first-retry",
    screenshot: "only-on-failure",
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      ...(executablePath !== undefined && { executablePath }),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
