import { defineConfig } from "@trigger.dev/sdk";

export default defineConfig({ project: "proj_bench", dirs: ["./trigger"], maxDuration: 60 });
