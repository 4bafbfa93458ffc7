import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";

const { outputFiles } = buildSync({
  entryPoints: [join(import.meta.dirname, "forget-secrets.ts")],
  bundle: true,
  platform: "node",
  format: "cjs",
  write: false,
  globalName: "ours",
});
const code = `const module = { exports: {} }; const exports = module.exports; ${outputFiles[0]?.text ?? ""}
module.exports.forgetSecrets(process.env, ["SECRET_ONE", "SECRET_TWO"]);
require("node:fs").writeSync(1, require("node:child_process").execFileSync("env", { encoding: "utf8" }));
process.stdin.resume();`;
const env: NodeJS.ProcessEnv = {
  NODE_ENV: "test",
  PATH: process.env.PATH,
  BEFORE: "kept=1",
  SECRET_ONE: "tr_prod_hunter2hunter2",
  SECRET_TWO: "postgres://user:hunter2@db/box",
  LAST: "kept too",
};

test.runIf(process.platform === "linux")(
  "a secret is gone for child processes, and for who reads /proc; the other variables stay",
  async () => {
    const child = spawn(process.execPath, ["-e", code], { env, stdio: ["pipe", "pipe", "inherit"] });
    const [inherited] = await once(child.stdout, "data");
    const shown = readFileSync(`/proc/${child.pid}/environ`, "utf8");
    child.stdin.end();
    await once(child, "close");
    for (const text of [String(inherited), shown]) {
      expect(text).toContain("BEFORE=kept=1");
      expect(text).toContain("LAST=kept too");
      expect(text).not.toContain("hunter2");
    }
    expect(String(inherited)).not.toContain("SECRET_");
  },
);

test("without any there is nothing to do", () => {
  expect(spawnSync(process.execPath, ["-e", code], { env: { NODE_ENV: "test", PATH: process.env.PATH }, input: "" }).status).toBe(0);
});
