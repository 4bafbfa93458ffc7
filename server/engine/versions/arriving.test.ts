import { describe, expect, it } from "vitest";
import { manifestOf, type TestNode } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { announce, beginDeploying, cancelDeployment, findArriving, settleArriving, type Arriving } from "./arriving";
import type { ArrivedDeployment } from "./deployments";
import { deploy } from "./deploy";

const suite = engineSuite();
const { node, crash } = suite;
const tasks = { task: async () => 1 };
const hash = "a".repeat(64);

async function announced(n: TestNode, changes: Partial<Parameters<typeof announce>[1]> = {}): Promise<Arriving> {
  const outcome = await announce(n.engine, { sha256: hash, bytes: 10, by: "test", other: "refuse", ...changes });
  if ("known" in outcome) throw new Error("it is known already");
  return outcome.made;
}
async function arrived(n: TestNode, goes: ArrivedDeployment["goes"], queues: Parameters<typeof manifestOf>[1] = []) {
  const { id } = await announced(n);
  await beginDeploying(n.engine, id);
  return n.engine.deployments.arrive({
    id,
    contentHash: `hash of ${id}`,
    bundle: "test",
    manifest: manifestOf([{ id: "task" }], queues),
    lacks: [],
    log: ["loaded"],
    goes,
  });
}
const limits = (name: string) => suite.db.query("select concurrency_limit from queue where name = $1", [name]);
const statusOf = async (n: TestNode, id: string) => (await findArriving(n.engine, id)).status;

describe("a version that comes over HTTP", () => {
  it("has a number from its announcement on, which nothing else gets", async () => {
    const n = await node(tasks);
    const [one, two] = await Promise.all([announced(n), announced(n)]);
    const own = await deploy(n.engine, { contentHash: "other", bundle: "test", manifest: manifestOf([{ id: "task" }]) });
    expect(new Set([one.version, two.version, own.version]).size).toBe(3);
    expect(n.engine.deployments.get(one.version)).toBeNull();
    expect(await n.engine.deployments.find(one.version)).toBeNull();
  });

  it("that is not promoted leaves the current one and the limits of queues as they are, and brings its new queues", async () => {
    const n = await node(tasks, { manifest: manifestOf([{ id: "task" }], [{ name: "shared", concurrencyLimit: 3 }]) });
    const current = n.engine.deployments.current()?.version;
    const beside = await arrived(n, "beside", [
      { name: "shared", concurrencyLimit: 9 },
      { name: "fresh", concurrencyLimit: 2 },
    ]);
    expect(n.engine.deployments.current()?.version).toBe(current);
    expect(await limits("shared")).toEqual([{ concurrency_limit: 3 }]);
    expect(await limits("fresh")).toEqual([{ concurrency_limit: 2 }]);
    expect(n.engine.deployments.get(beside?.version ?? "")).toMatchObject({ contentHash: beside?.contentHash });
    const live = await arrived(n, "live", [{ name: "shared", concurrencyLimit: 9 }]);
    expect(n.engine.deployments.current()?.version).toBe(live?.version);
    expect(await limits("shared")).toEqual([{ concurrency_limit: 9 }]);
  });

  it("stays current where the server starts again with the project of its own that it had, and not with another", async () => {
    const n = await node(tasks);
    const live = await arrived(n, "live");
    await crash(n);
    // Deploys what the first one did.
    const again = await node(tasks);
    expect(again.engine.deployments.current()?.version).toBe(live?.version);
    const changed = await deploy(again.engine, { contentHash: "changed", bundle: "test", manifest: manifestOf([{ id: "task" }]) });
    expect(again.engine.deployments.current()?.version).toBe(changed.version);
  });

  it("does not come any more once it was given up, and what was current stays", async () => {
    const n = await node(tasks);
    const current = n.engine.deployments.current()?.version;
    const { id } = await announced(n);
    await beginDeploying(n.engine, id);
    expect(await cancelDeployment(n.engine, id)).toBe(true);
    expect(
      await n.engine.deployments.arrive({
        id,
        contentHash: "x",
        bundle: "test",
        manifest: manifestOf([{ id: "task" }]),
        lacks: [],
        log: [],
        goes: "live",
      }),
    ).toBeNull();
    expect(await suite.db.query("select version from deployment where is_current")).toEqual([{ version: current }]);
    expect(await cancelDeployment(n.engine, id)).toBe(false);
  });

  it("is made once for an external id", async () => {
    const n = await node(tasks);
    const first = await announced(n, { externalId: "build" });
    await expect(announced(n, { externalId: "build" })).rejects.toMatchObject({ status: 409, code: "deployment_in_progress" });
    const second = await announced(n, { externalId: "build", other: "cancel" });
    expect(await statusOf(n, first.id)).toBe("CANCELED");
    await beginDeploying(n.engine, second.id);
    await n.engine.deployments.arrive({
      id: second.id,
      contentHash: "x",
      bundle: "test",
      manifest: manifestOf([{ id: "task" }]),
      lacks: [],
      log: [],
      goes: "live",
    });
    expect(await announce(n.engine, { sha256: hash, bytes: 10, by: "test", externalId: "build", other: "refuse" })).toMatchObject({
      known: { version: second.version },
    });
  });

  it("that a stopped server was trying has failed; an upload that nobody finishes ends after a day", async () => {
    const n = await node(tasks);
    const [trying, waiting, old] = [await announced(n), await announced(n), await announced(n)];
    await beginDeploying(n.engine, trying.id);
    await suite.db.query("update deployment set created_at = now() - interval '25 hours' where id = $1", [old.id]);
    expect(await settleArriving(n.engine, "later")).toEqual(new Set([trying.id, waiting.id]));
    expect(await settleArriving(n.engine, "start")).toEqual(new Set([waiting.id]));
    expect([await statusOf(n, trying.id), await statusOf(n, waiting.id), await statusOf(n, old.id)]).toEqual([
      "FAILED",
      "PENDING",
      "TIMED_OUT",
    ]);
  });
});
