import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { expect, test } from "vitest";

test("an error that nobody awaits is reported and the process goes on; afterwards such an error ends it again", () => {
  const source = transformSync(readFileSync(join(import.meta.dirname, "out-of-turn.ts"), "utf8"), { loader: "ts" }).code;
  const script = `${source}
    const stop = catchOutOfTurn((error) => console.log("reported " + error.message));
    setImmediate(() => {
      setImmediate(() => { console.log("goes on"); stop(); throw new Error("later"); });
      throw new Error("thrown");
    });
    void Promise.reject(new Error("rejected"));`;
  const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  expect(stdout.split("\n").toSorted().join(" ").trim()).toBe("goes on reported rejected reported thrown");
  expect(status).toBe(1);
});
