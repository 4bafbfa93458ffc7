import { appendFileSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { protocolVersion } from "@/lib/contracts/protocol";
import { commandLine } from "./command-line";
import { createProject, startServer, type Project, type ServerProcess } from "./server-process";

const tasks = `import { appendFileSync, existsSync } from "node:fs";
import { schedules, task, wait } from "@trigger.dev/sdk";
const code = "CODE";
const note = (ctx: any, payload: { journal: string; n: number }) =>
  appendFileSync(payload.journal, JSON.stringify({ run: ctx.run.id, n: payload.n, code, version: ctx.run.version, environment: ctx.environment.slug, secret: process.env.SECRET ?? null, file: process.env.FROM_FILE ?? null }) + "\\n", { flush: true });
export const mark = task({ id: "mark", run: async (payload: { journal: string; n: number; ms?: number; door?: string }, { ctx }) => {
  note(ctx, payload);
  await new Promise((r) => setTimeout(r, payload.ms ?? 1));
  while (payload.door !== undefined && !existsSync(payload.door)) await new Promise((r) => setTimeout(r, 20));
  return { code, environment: ctx.environment, secret: process.env.SECRET ?? null };
} });
export const later = task({ id: "later", run: async (payload: { token: string }) => await wait.forToken<{ ok: boolean }>(payload.token).unwrap() });
`;

interface Answer {
  status: number;
  // Looked at field by field.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

interface Asking {
  /** Secret key or token. */
  as?: string | undefined;
  body?: unknown;
  branch?: string | undefined;
}

async function call(method: string, address: string, { as, body, branch }: Asking): Promise<Answer> {
  const response = await fetch(address, {
    method,
    headers: {
      ...(as !== undefined && { authorization: `Bearer ${as}` }),
      ...(branch !== undefined && { "x-trigger-branch": branch }),
      "content-type": "application/json",
      "x-trigger-api-version": "2025-07-16",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : text };
}

describe("several environments in one server", () => {
  let project: Project;
  let server: ServerProcess;
  let main: string;
  let staging: string;
  let preview: string;
  const write = (code: string) => project.write("trigger/tasks.ts", tasks.replace("CODE", code));
  const ask = (method: string, path: string, asking: Asking = {}) => call(method, `${server.origin}${path}`, asking);
  const journal = () => `${project.directory}/journal.jsonl`;
  const marks = (): {
    run: string;
    n: number;
    code: string;
    version: string;
    environment: string;
    secret: string | null;
    file: string | null;
  }[] =>
    readFileSync(journal(), "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const trigger = async (
    task: string,
    payload: object,
    { as, branch, options = {} }: Pick<Asking, "as" | "branch"> & { options?: object },
  ) => {
    const answer = await ask("POST", `/api/v1/tasks/${task}/trigger`, { as, branch, body: { payload, options } });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return String(answer.body.id);
  };
  const ended = async (as: string, id: string, branch?: string) => {
    let run: Answer["body"];
    await expect
      .poll(async () => (run = (await ask("GET", `/api/v3/runs/${id}`, { as, branch })).body).status, { timeout: 30_000 })
      .toMatch(/COMPLETED|FAILED|CRASHED|EXPIRED|SYSTEM_FAILURE/);
    return run;
  };
  const current = async (as: string) => String((await ask("GET", "/api/v1/deployments/current", { as })).body.version);

  beforeAll(async () => {
    project = createProject();
    appendFileSync(journal(), "");
    project.write(".env", "FROM_FILE=project\n");
    write("one");
    server = await startServer(project);
    main = server.secretKey ?? "";
  }, 120_000);
  afterAll(async () => {
    server.kill("SIGKILL");
    await server.ended;
    project.remove();
  });

  test("one is made with a key of its own, and says what to do while nothing is deployed", async () => {
    const made = await ask("POST", "/api/v1/environments", { as: main, body: { slug: "staging", name: "Staging", type: "STAGING" } });
    expect(made).toMatchObject({
      status: 201,
      body: {
        environment: { slug: "staging", name: "Staging", type: "STAGING", isMain: false },
        secretKey: expect.stringMatching(/^tr_stg_[A-Za-z0-9]{32}$/),
      },
    });
    staging = made.body.secretKey;
    expect((await ask("GET", "/api/v1/environments", { as: main })).body.environments).toMatchObject([
      { slug: "prod", isMain: true },
      { slug: "staging", isMain: false },
    ]);
    expect(await ask("GET", "/api/v1/environment", { as: staging })).toMatchObject({
      status: 200,
      body: { slug: "staging", type: "STAGING" },
    });
    expect((await ask("GET", "/api/v1/deployments/current", { as: staging })).status).toBe(404);
    for (const [slug, status] of [
      ["staging", 409],
      ["Staging", 400],
      ["prod", 400],
    ] as const)
      expect((await ask("POST", "/api/v1/environments", { as: main, body: { slug, type: "STAGING" } })).status).toBe(status);
    expect((await ask("GET", "/api/v1/environments", { as: staging })).status).toBe(403);
    expect((await ask("POST", "/api/v1/environments", { as: staging, body: { slug: "mine", type: "STAGING" } })).status).toBe(403);
  });

  test("it runs a build that is deployed to it, under a version and with variables of its own", async () => {
    expect(
      (await ask("POST", "/api/v1/projects/proj_start_test/envvars/prod", { as: main, body: { name: "SECRET", value: "of prod" } })).status,
    ).toBe(200);
    expect(
      (
        await ask("POST", "/api/v1/projects/proj_start_test/envvars/staging", {
          as: staging,
          body: { name: "SECRET", value: "of staging" },
        })
      ).status,
    ).toBe(200);
    const version = await current(main);
    expect(await ask("POST", "/api/v1/environments/staging/deployments", { as: main, body: { version } })).toMatchObject({
      status: 200,
      body: { environment: "staging", version: expect.stringMatching(/\.1$/) },
    });
    const [a, b] = await Promise.all([
      trigger("mark", { journal: journal(), n: 1 }, { as: main }),
      trigger("mark", { journal: journal(), n: 2 }, { as: staging }),
    ]);
    expect(await ended(main, a)).toMatchObject({
      status: "COMPLETED",
      output: { secret: "of prod", environment: { slug: "prod", type: "PRODUCTION" } },
    });
    expect(await ended(staging, b)).toMatchObject({
      status: "COMPLETED",
      output: { secret: "of staging", environment: { slug: "staging", type: "STAGING" } },
    });
    // The project's files are its main environment's.
    expect(
      marks()
        .map(({ n, file }) => ({ n, file }))
        .toSorted((x, y) => x.n - y.n),
    ).toEqual([
      { n: 1, file: "project" },
      { n: 2, file: null },
    ]);
  });

  test("nothing of one is seen with a credential of the other", async () => {
    const token = await ask("POST", "/api/v1/waitpoints/tokens", { as: staging, body: {} });
    const run = await trigger("later", { token: token.body.id }, { as: staging });
    const handle = await fetch(`${server.origin}/api/v1/tasks/mark/trigger`, {
      method: "POST",
      headers: { authorization: `Bearer ${staging}`, "content-type": "application/json" },
      body: JSON.stringify({ payload: { journal: journal(), n: 3 } }),
    });
    const access = handle.headers.get("x-trigger-jwt") ?? "";
    const { id: other } = (await handle.json()) as { id: string };
    await expect
      .poll(async () => (await ask("GET", `/api/v3/runs/${run}`, { as: staging })).body.status, { timeout: 30_000 })
      .toBe("WAITING");
    for (const path of [
      `/api/v3/runs/${run}`,
      `/api/v1/runs/${run}/trace`,
      `/api/v1/runs/${run}/events`,
      `/api/v1/waitpoints/tokens/${token.body.id}`,
    ])
      expect([path, (await ask("GET", path, { as: main })).status]).toEqual([path, 404]);
    for (const path of [`/api/v2/runs/${run}/cancel`, `/api/v1/runs/${run}/replay`, `/api/v1/runs/${run}/reschedule`])
      expect([path, (await ask("POST", path, { as: main, body: { delay: "1h" } })).status]).toEqual([path, 404]);
    expect((await ask("POST", `/api/v1/waitpoints/tokens/${token.body.id}/complete`, { as: main, body: { data: {} } })).status).toBe(404);
    expect((await ask("GET", "/api/v1/runs", { as: main })).body.data.map((row: { id: string }) => row.id)).not.toContain(run);
    expect((await ask("GET", "/api/v1/projects/proj_start_test/envvars/staging", { as: main })).status).toBe(404);
    // A public token is of the environment that it was made in, whatever path it is sent to.
    expect((await ask("GET", `/api/v3/runs/${other}`, { as: access })).status).toBe(200);
    expect((await ask("GET", `/env/prod/api/v3/runs/${other}`, { as: access })).status).toBe(401);
    expect((await ask("GET", `/env/staging/api/v3/runs/${other}`, { as: main })).status).toBe(401);
    expect((await ask("GET", `/env/staging/api/v3/runs/${other}`, { as: staging })).status).toBe(200);
    // The token's own address leads to its environment, without a credential.
    expect(token.body.url).toContain("/env/staging/api/v1/waitpoints/tokens/");
    expect((await ask("POST", new URL(token.body.url).pathname, { body: { ok: true } })).status).toBe(200);
    expect(await ended(staging, run)).toMatchObject({ status: "COMPLETED", output: { ok: true } });
  });

  test("a socket follows the environment of its token", async () => {
    const follow = async (path: string, token: string, runId: string) => {
      const socket = new WebSocket(`${server.origin.replace("http", "ws")}${path}?auth=token`);
      const heard: string[] = [];
      socket.on("message", (data: Buffer) => void heard.push(data.toString()));
      await once(socket, "open");
      socket.send(JSON.stringify({ type: "hello", protocol: protocolVersion, token }));
      socket.send(JSON.stringify({ type: "ping", at: 1 }));
      await expect.poll(() => heard.join("")).toContain('"welcome"');
      socket.send(JSON.stringify({ type: "subscribe", id: "run", topic: { kind: "run", runId } }));
      return { socket, said: () => heard.join("") };
    };
    const run = await trigger("mark", { journal: journal(), n: 4 }, { as: staging });
    const [own, foreign] = [await follow("/realtime", staging, run), await follow("/realtime", main, run)];
    await expect.poll(own.said, { timeout: 30_000 }).toContain(`"COMPLETED"`);
    await expect.poll(foreign.said).toContain('"failed"');
    expect(foreign.said()).not.toContain("COMPLETED");
    for (const { socket } of [own, foreign]) socket.close();
  });

  test("branches of the preview environment share its key, and its variables below their own", async () => {
    const made = await ask("POST", "/api/v1/environments", { as: main, body: { slug: "preview", type: "PREVIEW" } });
    preview = String(made.body.secretKey);
    expect(preview).toMatch(/^tr_preview_/);
    expect(await ask("POST", "/api/v1/tasks/mark/trigger", { as: preview, body: { payload: {} } })).toMatchObject({
      status: 400,
      body: { code: "branch_missing", error: expect.stringContaining("no branches yet") },
    });
    expect(
      await ask("POST", "/api/v1/projects/proj_start_test/branches", {
        as: preview,
        body: { env: "preview", branch: "refs/heads/feature/search" },
      }),
    ).toMatchObject({ status: 200, body: { branch: "feature/search", parent: "preview", type: "PREVIEW" } });
    const { slug } = (await ask("POST", "/api/v1/projects/proj_start_test/branches", { as: preview, body: { branch: "feature/search" } }))
      .body;
    await ask("POST", "/api/v1/projects/proj_start_test/branches", { as: preview, body: { branch: "fix" } });
    expect(await ask("POST", "/api/v1/tasks/mark/trigger", { as: preview, body: { payload: {} }, branch: "other" })).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining("feature/search, fix") },
    });
    // What all of them get may be said in one of them.
    const ofAll = { variables: {}, parentVariables: { SECRET: "of all" }, override: true };
    expect(
      (await ask("POST", "/api/v1/projects/proj_start_test/envvars/preview/import", { as: preview, branch: "fix", body: ofAll })).status,
    ).toBe(200);
    expect((await ask("GET", "/api/v1/projects/proj_start_test/envvars/preview", { as: preview })).body).toMatchObject([
      { name: "SECRET", value: "of all" },
    ]);
    for (const name of [slug, "preview-fix"])
      expect(
        (await ask("POST", `/api/v1/environments/${name}/deployments`, { as: main, body: { version: await current(main) } })).status,
      ).toBe(200);
    expect(
      (
        await ask("POST", "/api/v1/projects/proj_start_test/envvars/preview", {
          as: preview,
          body: { name: "SECRET", value: "of the branch" },
          branch: "feature/search",
        })
      ).status,
    ).toBe(200);
    const [a, b] = [
      await trigger("mark", { journal: journal(), n: 5 }, { as: preview, branch: "feature/search" }),
      await trigger("mark", { journal: journal(), n: 6 }, { as: preview, branch: "fix" }),
    ];
    expect(await ended(preview, a, "feature/search")).toMatchObject({
      output: { secret: "of the branch", environment: { slug, branchName: "feature/search" } },
    });
    expect(await ended(preview, b, "fix")).toMatchObject({ output: { secret: "of all" } });
    expect((await ask("GET", `/api/v3/runs/${a}`, { as: preview, branch: "fix" })).status).toBe(404);
    // A production key has no branches: what a deploy to Vercel sends with it says nothing.
    expect((await ask("GET", "/api/v1/environment", { as: main, branch: "fix" })).body.slug).toBe("prod");
    expect((await ask("POST", "/api/v1/projects/proj_start_test/branches/archive", { as: preview, body: { branch: "fix" } })).status).toBe(
      200,
    );
    expect((await ask("GET", `/api/v3/runs/${b}`, { as: preview, branch: "fix" })).status).toBe(404);
    await ask("POST", "/api/v1/projects/proj_start_test/branches", { as: preview, body: { branch: "fix" } });
    expect(await ask("GET", `/api/v3/runs/${b}`, { as: preview, branch: "fix" })).toMatchObject({
      status: 200,
      body: { status: "COMPLETED" },
    });
  });

  test("the command line deploys to a branch, which that makes, works in it and archives it", async () => {
    const cli = commandLine({ TRIGGER_API_URL: server.origin, TRIGGER_SECRET_KEY: preview });
    try {
      const outside = await cli(["deploy", "--json"], { cwd: project.directory });
      expect({ code: outside.code, stderr: outside.stderr }).toEqual({ code: 2, stderr: expect.stringContaining("--branch") });
      write("of the branch");
      const deployed = await cli(["deploy", "--json", "--env", "preview", "--branch", "refs/heads/cli/one"], { cwd: project.directory });
      expect({ code: deployed.code, stderr: deployed.stderr }).toEqual({ code: 0, stderr: "" });
      expect(JSON.parse(deployed.stdout)).toMatchObject({ status: "DEPLOYED", isCurrent: true });
      const inBranch = { env: { TRIGGER_PREVIEW_BRANCH: "cli/one" } };
      const run = await cli(["trigger", "mark", JSON.stringify({ journal: journal(), n: 7 }), "--wait", "--json", "--branch", "cli/one"]);
      expect(run.stdout).toContain('"of the branch"');
      const listed = JSON.parse((await cli(["runs", "--json"], inBranch)).stdout);
      expect(listed).toMatchObject({ data: [{ taskIdentifier: "mark", status: "COMPLETED" }] });
      expect((await cli(["runs", "--json", "--branch", "fix"])).stdout).not.toContain(listed.data[0].id);
      const { id } = listed.data[0];
      const token = (await cli(["mint-token", "--cap", `read:runs:${id}`, "--ttl", "60", "--branch", "cli/one"])).stdout.trim();
      expect((await ask("GET", `/api/v3/runs/${id}`, { as: token })).status).toBe(200);
      expect([401, 403]).toContain((await ask("POST", "/api/v1/tasks/mark/trigger", { as: token, body: { payload: {} } })).status);
      expect((await cli(["mint-token", "--cap", "read:runs", "--ttl", "604801", "--branch", "cli/one"])).code).toBe(2);
      expect(JSON.parse((await cli(["preview", "archive", "--json"], inBranch)).stdout)).toMatchObject({
        branch: "cli/one",
        archivedAt: expect.any(String),
      });
      const gone = await cli(["runs", "--branch", "cli/one"]);
      expect({ code: gone.code, stderr: gone.stderr }).toEqual({ code: 1, stderr: expect.stringContaining("There is no branch") });
      const back = await cli(["deploy", "--json", "--branch", "cli/one"], { cwd: project.directory });
      expect(JSON.parse(back.stdout)).toMatchObject({ unchanged: true, isCurrent: true });
      // Signed in to once, it is asked for the branch each time.
      const keyless = { TRIGGER_SECRET_KEY: undefined };
      expect((await cli(["login", "--json"], { stdin: preview, env: keyless })).stdout).toContain('"environment":"preview"');
      expect((await cli(["whoami", "--json", "--branch", "cli/one"], { env: keyless })).stdout).toContain("preview-cli-one");
    } finally {
      cli.remove();
    }
  });

  test("an archived one is refused, and comes back with what it had", async () => {
    const before = (await ask("GET", "/api/v1/runs", { as: staging })).body.data.length;
    expect((await ask("POST", "/api/v1/environments/prod/archive", { as: main })).status).toBe(409);
    expect((await ask("POST", "/api/v1/environments/staging/archive", { as: main })).body).toMatchObject({
      archivedAt: expect.any(String),
    });
    expect((await ask("GET", "/api/v1/runs", { as: staging })).status).toBe(401);
    expect((await ask("GET", "/env/staging/api/v1/runs", { as: main })).status).toBe(404);
    expect((await ask("POST", "/api/v1/environments/staging/restore", { as: main })).status).toBe(200);
    expect((await ask("GET", "/api/v1/runs", { as: staging })).body.data).toHaveLength(before);
    expect((await ask("PUT", "/api/v1/environments/staging", { as: main, body: { name: "Before production" } })).body).toMatchObject({
      slug: "staging",
      name: "Before production",
    });
  });

  test("versions are promoted and rolled back while runs execute: each keeps its code, none is lost, none runs twice", async () => {
    const rounds = process.env["ENVIRONMENT_ROUNDS"] === undefined ? 3 : Number(process.env["ENVIRONMENT_ROUNDS"]);
    const perRound = process.env["ENVIRONMENT_RUNS"] === undefined ? 15 : Number(process.env["ENVIRONMENT_RUNS"]);
    // Each start with other code deploys another version; the same build gets a number in staging.
    for (const code of ["two", "three"]) {
      server.kill("SIGTERM");
      await server.ended;
      write(code);
      server = await startServer(project);
      expect(
        (await ask("POST", "/api/v1/environments/staging/deployments", { as: main, body: { version: await current(main) } })).status,
      ).toBe(200);
    }
    const versions = async (as: string): Promise<string[]> =>
      (await ask("GET", "/api/v1/deployments", { as })).body.data.map(({ version }: { version: string }) => version);
    const all = { main: await versions(main), staging: await versions(staging) };
    expect([all.main.length, all.staging.length]).toEqual([3, 3]);
    const triggered: { id: string; as: string; n: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const making = [main, staging].flatMap((as) =>
        Array.from({ length: perRound }, async (_, index) => {
          const n = 1000 + round * perRound + index;
          triggered.push({ id: await trigger("mark", { journal: journal(), n, ms: index % 5 === 0 ? 700 : 1 }, { as }), as, n });
        }),
      );
      const [a, b] = [all.main[round % 3], all.staging[(round + 1) % 3]];
      expect(
        (
          await Promise.all([
            ask("POST", `/api/v1/deployments/${a}/promote`, { as: main }),
            ask("POST", `/api/v1/deployments/${b}/promote`, { as: staging }),
          ])
        ).map(({ status }) => status),
      ).toEqual([200, 200]);
      await Promise.all(making);
      // What is triggered from now on runs on what was promoted, while runs of the round go on where they began.
      for (const [as, version] of [
        [main, a],
        [staging, b],
      ] as const) {
        const id = await trigger("mark", { journal: journal(), n: 100_000 + round }, { as });
        triggered.push({ id, as, n: 100_000 + round });
        await ended(as, id);
        expect(marks().find(({ run }) => run === id)?.version).toBe(version);
      }
    }
    for (const { id, as } of triggered) expect((await ended(as, id)).status).toBe("COMPLETED");
    const written = marks();
    const codeOf = new Map<string, Set<string>>();
    for (const { id, as, n } of triggered) {
      const said = written.filter(({ run }) => run === id);
      expect(said).toHaveLength(1);
      const [mark] = said;
      expect(mark).toMatchObject({ n, environment: as === main ? "prod" : "staging", secret: as === main ? "of prod" : "of staging" });
      const key = `${mark?.environment} ${mark?.version}`;
      codeOf.set(key, (codeOf.get(key) ?? new Set()).add(mark?.code ?? ""));
    }
    for (const [version, codes] of codeOf) expect([version, codes.size]).toEqual([version, 1]);
    // Both environments have run all of their versions.
    expect(codeOf.size).toBe(6);
  }, 600_000);

  test("a killed server takes the runs of each environment up again, also of one that nobody asks for", async () => {
    const tokens = await Promise.all(
      [main, staging].map(async (as) => (await ask("POST", "/api/v1/waitpoints/tokens", { as, body: {} })).body),
    );
    const runs = [
      await trigger("later", { token: tokens[0].id }, { as: main }),
      await trigger("later", { token: tokens[1].id }, { as: staging }),
      await trigger("mark", { journal: journal(), n: 9001, door: `${project.directory}/door` }, { as: staging }),
      await trigger("mark", { journal: journal(), n: 9002 }, { as: staging, options: { delay: "2s" } }),
    ];
    await expect.poll(() => marks().some(({ n }) => n === 9001), { timeout: 30_000 }).toBe(true);
    server.kill("SIGKILL");
    await server.ended;
    server = await startServer(project);
    // Nothing has asked for staging: what is due and what was running there goes on by itself.
    await expect
      .poll(() => marks().filter(({ n }) => n === 9002).length + marks().filter(({ n }) => n === 9001).length, { timeout: 60_000 })
      .toBe(3);
    project.write("door", "open");
    for (const { url } of tokens) expect((await ask("POST", new URL(url).pathname, { body: { ok: true } })).status).toBe(200);
    for (const [index, id] of runs.entries()) {
      const run = await ended(index === 0 ? main : staging, id);
      expect(run, JSON.stringify(run.error)).toMatchObject({ status: "COMPLETED" });
    }
    server.kill("SIGTERM");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(server.output()).not.toMatch(/"level":"(?:warn|error)"/);
    server = await startServer(project);
  }, 180_000);
});
