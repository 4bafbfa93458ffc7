import { defineConfig } from "@trigger.dev/sdk";

export default defineConfig({
  project: "proj_signalbox_examples",
  dirs: ["./trigger"],
  maxDuration: 600,
  retries: {
    enabledInDev: true,
    default: { maxAttempts: 3, factor: 2, minTimeoutInMs: 1_000, maxTimeoutInMs: 10_000, randomize: true },
  },
  build: { external: ["sharp"] },
});
