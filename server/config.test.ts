import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig, type Mode } from "./config";

let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "config-"));
  writeFileSync(join(project, "trigger.config.ts"), "");
});
afterAll(() => rmSync(project, { recursive: true }));

const parse = (env: Record<string, string>, mode: Mode = "start") => parseConfig({ mode, env: { NODE_ENV: "test", ...env }, cwd: project });

test("nothing set: the documented defaults", () => {
  expect(parse({})).toEqual({
    mode: "start",
    host: "127.0.0.1",
    port: 3030,
    projectDir: project,
    dataDir: join(project, ".signalbox"),
    databaseUrl: undefined,
    secretKey: undefined,
    publicUrl: undefined,
    roles: new Set(["web", "engine", "worker"]),
    frozenAfterMs: 60_000,
  });
});

test("blank is unset, paths are relative to where the command was given", () => {
  const config = parse({ PORT: " ", SIGNALBOX_DATA: "data", SIGNALBOX_URL: "https://box.example.com/", SIGNALBOX_ROLES: "web" });
  expect(config).toMatchObject({ port: 3030, dataDir: join(project, "data"), publicUrl: "https://box.example.com", roles: new Set(["web"]) });
});

test.each([
  [{ PORT: "http" }, /^PORT must be a number from 0 to 65535\.$/],
  [{ PORT: "70000" }, /^PORT must be a number from 0 to 65535\.$/],
  [{ PORT: "80.5" }, /^PORT must be a whole number\.$/],
  [{ HOST: "http://here" }, /^HOST must be a host name/],
  [{ DATABASE_URL: "mysql://x" }, /^DATABASE_URL must look like postgres:/],
  [{ SIGNALBOX_URL: "box.example.com" }, /^SIGNALBOX_URL must be the address/],
  [{ SIGNALBOX_FROZEN_AFTER: "1m" }, /^SIGNALBOX_FROZEN_AFTER must be a whole number of seconds from 5 to 86400, such as 60\.$/],
  [{ SIGNALBOX_FROZEN_AFTER: "0" }, /^SIGNALBOX_FROZEN_AFTER must be a whole number of seconds from 5 to 86400, such as 60\.$/],
  [{ SIGNALBOX_ROLES: "web,cook" }, /^SIGNALBOX_ROLES must be a comma list of web, engine, worker; not "web,cook"\.$/],
  [{ SIGNALBOX_ROLES: "engine" }, /^SIGNALBOX_ROLES must name engine and worker together/],
  [{ SIGNALBOX_PROJECT: "/nowhere" }, /^SIGNALBOX_PROJECT: \/nowhere does not exist\./],
  [{ SIGNALBOX_PROJECT: tmpdir() }, /^SIGNALBOX_PROJECT: .* holds no trigger\.config\.ts\. Set/],
])("%j is one line that names the variable", (env, line) => {
  expect(() => parse(env)).toThrow(line);
});

test("several wrong variables are several lines", () => {
  expect(() => parse({ PORT: "x", HOST: "a b" })).toThrow(/^PORT .*\nHOST .*$/);
});

test("the secret key must be of the environment that the mode serves, and may not look like an additional key", () => {
  const key = "tr_prod_0123456789abcdefghij";
  expect(parse({ TRIGGER_SECRET_KEY: key }).secretKey).toBe(key);
  expect(() => parse({ TRIGGER_SECRET_KEY: key }, "dev")).toThrow("TRIGGER_SECRET_KEY must begin with tr_dev_");
  expect(() => parse({ TRIGGER_SECRET_KEY: "tr_prod_short" })).toThrow("at least 16");
  expect(() => parse({ TRIGGER_SECRET_KEY: "tr_prod_sk_abcdefghijklmnopqrstuvwx" })).toThrow("additional key");
});
