import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "./config";
import type { Mode } from "./config-variables";

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
    hosts: [],
    proxies: [],
    roles: new Set(["web", "engine", "worker"]),
    frozenAfterMs: 60_000,
    engine: { debounceMaxMs: null, ttlMaxMs: null, queueSizeMax: 0 },
    tokenLifeMs: 366 * 86_400_000,
    rateLimits: null,
    alertsLinkLocal: false,
    externalDeploymentId: undefined,
    logLevel: "info",
  });
});

test("requests are counted where others can reach the server, and where a limit is given", () => {
  const rates = { keys: { requests: 1500, perMs: 60_000 }, publicTokens: { requests: 60, perMs: 60_000 } };
  expect(parse({ HOST: "0.0.0.0" }).rateLimits).toEqual({ ...rates, loopback: false });
  expect(parse({ HOST: "0.0.0.0", SIGNALBOX_RATE_LIMIT: "off" }).rateLimits).toBeNull();
  expect(parse({ SIGNALBOX_RATE_LIMIT: "10/1s" }).rateLimits).toEqual({ ...rates, keys: { requests: 10, perMs: 1000 }, loopback: true });
  expect(parse({ SIGNALBOX_RATE_LIMIT_PUBLIC: "600/1m" }).rateLimits).toMatchObject({ publicTokens: { requests: 600 }, loopback: true });
});

test("blank is unset, paths are relative to where the command was given", () => {
  const config = parse({ PORT: " ", SIGNALBOX_DATA: "data", SIGNALBOX_URL: "https://box.example.com/", SIGNALBOX_ROLES: "web" });
  expect(config).toMatchObject({
    port: 3030,
    dataDir: join(project, "data"),
    publicUrl: "https://box.example.com",
    roles: new Set(["web"]),
  });
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
  [{ SIGNALBOX_RATE_LIMIT: "many" }, /^SIGNALBOX_RATE_LIMIT must be requests and a time, such as 1500\/1m, or off\.$/],
  [{ SIGNALBOX_RATE_LIMIT_PUBLIC: "0/1m" }, /^SIGNALBOX_RATE_LIMIT_PUBLIC must be requests/],
  [{ SIGNALBOX_TOKEN_LIFE: "soon" }, /^SIGNALBOX_TOKEN_LIFE must be a duration/],
  [{ SIGNALBOX_ROLES: "web,cook" }, /^SIGNALBOX_ROLES must be a comma list of web, engine, worker; not "web,cook"\.$/],
  [{ SIGNALBOX_LOG: "loud" }, /^SIGNALBOX_LOG must be one of debug, info, warn, error\.$/],
  [{ SIGNALBOX_HOSTS: "box.lan, http://box" }, /^SIGNALBOX_HOSTS must be a comma list of host names/],
  [{ SIGNALBOX_PROXIES: "10.0.0.0/33" }, /^SIGNALBOX_PROXIES must be a comma list of addresses/],
  [{ SIGNALBOX_PROXIES: "proxy" }, /^SIGNALBOX_PROXIES must be a comma list of addresses/],
  [{ TRIGGER_SECRET_KEY_FILE: "/nowhere/key" }, /^TRIGGER_SECRET_KEY_FILE: \/nowhere\/key cannot be read \(ENOENT\)/],
  [{ SIGNALBOX_ROLES: "engine" }, /^SIGNALBOX_ROLES must name engine and worker together/],
  [{ SIGNALBOX_PROJECT_REF: "proj x" }, /^SIGNALBOX_PROJECT_REF must be the `project` of a trigger\.config/],
  [
    { SIGNALBOX_PROJECT_REF: "proj_x" },
    /^SIGNALBOX_PROJECT_REF is for a server that only gets what is deployed to it, and .* holds a project\./,
  ],
  [{ SIGNALBOX_S3_BUCKET: "My Bucket" }, /^SIGNALBOX_S3_BUCKET must be the name of a bucket/],
  [{ SIGNALBOX_S3_ENDPOINT: "s3.example.com" }, /^SIGNALBOX_S3_ENDPOINT must be the address of an S3-compatible server/],
  [
    { SIGNALBOX_S3_BUCKET: "packets", SIGNALBOX_S3_ENDPOINT: "https://s3.example.com" },
    /^SIGNALBOX_S3_ACCESS_KEY_ID, SIGNALBOX_S3_SECRET_ACCESS_KEY must be set too/,
  ],
  [{ SIGNALBOX_PROJECT: "/nowhere" }, /^SIGNALBOX_PROJECT: \/nowhere does not exist\./],
  [{ SIGNALBOX_PROJECT: tmpdir() }, /^SIGNALBOX_PROJECT: .* holds no trigger\.config\.ts\. Set/],
])("%j is one line that names the variable", (env, line) => {
  expect(() => parse(env)).toThrow(line);
});

test("a bucket is what all of its variables say", () => {
  const given = {
    SIGNALBOX_S3_BUCKET: "packets",
    SIGNALBOX_S3_ENDPOINT: "https://s3.example.com/",
    SIGNALBOX_S3_ACCESS_KEY_ID: "id",
    SIGNALBOX_S3_SECRET_ACCESS_KEY: "secret",
  };
  const bucket = {
    endpoint: "https://s3.example.com",
    bucket: "packets",
    region: "us-east-1",
    accessKeyId: "id",
    secretAccessKey: "secret",
    publicEndpoint: undefined,
  };
  expect(parse(given).bucket).toEqual(bucket);
  expect(parse({ ...given, SIGNALBOX_S3_REGION: "eu-central-1", SIGNALBOX_S3_PUBLIC_ENDPOINT: "http://127.0.0.1:9000" }).bucket).toEqual({
    ...bucket,
    region: "eu-central-1",
    publicEndpoint: "http://127.0.0.1:9000",
  });
  // Without the prefix they are a task's own.
  expect(parse({ S3_BUCKET: "packets", S3_ENDPOINT: "https://s3.example.com" }).bucket).toBeUndefined();
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

test("a secret may come from a file, whose content is checked like the variable's; both at once are refused", () => {
  const file = join(project, "key");
  const key = "tr_prod_0123456789abcdefghij";
  writeFileSync(file, `${key}\n`);
  expect(parse({ TRIGGER_SECRET_KEY_FILE: "key" }).secretKey).toBe(key);
  expect(() => parse({ TRIGGER_SECRET_KEY_FILE: "key" }, "dev")).toThrow("TRIGGER_SECRET_KEY must begin with tr_dev_");
  expect(() => parse({ TRIGGER_SECRET_KEY_FILE: file, TRIGGER_SECRET_KEY: key })).toThrow("both set");
  writeFileSync(file, "postgres://u:p@db.example/box");
  expect(parse({ DATABASE_URL_FILE: file }).databaseUrl).toBe("postgres://u:p@db.example/box");
  writeFileSync(file, " \n");
  expect(() => parse({ DATABASE_URL_FILE: file })).toThrow("is empty");
});

test("lists of names and proxies", () => {
  expect(parse({ SIGNALBOX_HOSTS: "Box.lan, signalbox", SIGNALBOX_PROXIES: "127.0.0.1,10.0.0.0/8,fd00::/8" })).toMatchObject({
    hosts: ["box.lan", "signalbox"],
    proxies: ["127.0.0.1", "10.0.0.0/8", "fd00::/8"],
  });
});

test("what begins with SIGNALBOX_ may stand in the project's .env files; the environment wins, and the application's own PORT and DATABASE_URL are not taken", () => {
  const file = join(project, ".env");
  writeFileSync(
    file,
    "PORT=3000\nDATABASE_URL=mysql://app\nSIGNALBOX_PORT=4100\nSIGNALBOX_HOST=localhost\nSIGNALBOX_FROZEN_AFTER=90\nSIGNALBOX_DATABASE_URL=postgres://u@h/${NAME}\nNAME=box\n",
  );
  try {
    expect(parse({ SIGNALBOX_FROZEN_AFTER: "30" })).toMatchObject({
      port: 4100,
      host: "localhost",
      frozenAfterMs: 30_000,
      databaseUrl: "postgres://u@h/",
    });
    expect(parse({ PORT: "4200", SIGNALBOX_PROJECT: project, DATABASE_URL: "postgres://other" })).toMatchObject({
      port: 4200,
      databaseUrl: "postgres://other",
    });
    writeFileSync(file, "SIGNALBOX_PORT=many");
    expect(() => parse({})).toThrow(/^PORT must be a number/);
  } finally {
    rmSync(file);
  }
});

test("machine presets of the operator's own: a file that takes the place of some, or one line that says what is wrong", () => {
  const file = (content: string) => writeFileSync(join(project, "machines.json"), content);
  const read = () => parse({ MACHINE_PRESETS_OVERRIDE_PATH: "machines.json" }).engine;
  expect(read).toThrow(/^MACHINE_PRESETS_OVERRIDE_PATH: .*machines\.json cannot be read as JSON \(ENOENT/);
  file('{"defaultMachine": "small-2x", "machines": {"micro": {"cpu": 2, "memory": 3}}}');
  expect(read()).toMatchObject({
    defaultMachine: "small-2x",
    machines: { micro: { cpu: 2, memory: 3 }, "large-2x": { cpu: 8, memory: 16 } },
  });
  for (const [content, words] of [
    ["{", "cannot be read as JSON"],
    ['{"defaultMachine": "huge"}', "defaultMachine is not right"],
    ['{"machines": {"micro": {"cpu": 0, "memory": 1}}}', "machines.micro.cpu is not right"],
    ['{"machines": {"huge": {"cpu": 1, "memory": 1}}}', 'machines is not right: Unrecognized key: "huge"'],
    ['{"machine": {}}', "is not right"],
  ] as const) {
    file(content);
    expect(read, content).toThrow(words);
  }
});
