import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { openStage, type Stage } from "./fixtures/stage";
import { readOomKills } from "./oom-kills";

describe("the kernel's count of what it has killed for want of memory", () => {
  const roots: string[] = [];
  afterEach(() => roots.splice(0).forEach((root) => rmSync(root, { recursive: true })));
  function machine(files: Record<string, string>): string {
    const root = mkdtempSync(join(tmpdir(), "machine-"));
    roots.push(root);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return root;
  }
  const vmstat = "nr_free_pages 1\noom_kill 99\n";
  const events = (kills: number) => `low 0\nhigh 0\nmax 4\noom 7\noom_kill ${kills}\noom_group_kill 0\n`;
  const two = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
  const one =
    "32 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n33 31 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n";

  it.each([
    [
      "version 2",
      {
        "proc/self/cgroup": "0::/system.slice/signalbox.service\n",
        "proc/self/mountinfo": two,
        "sys/fs/cgroup/system.slice/signalbox.service/memory.events": events(3),
      },
      3,
    ],
    ["version 2 in a container", { "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": two, "sys/fs/cgroup/memory.events": events(4) }, 4],
    [
      "version 1 beside version 2",
      {
        "proc/self/cgroup": "4:cpu:/\n5:memory:/jobs/a\n0::/\n",
        "proc/self/mountinfo": two + one,
        "sys/fs/cgroup/memory/jobs/a/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
      },
      5,
    ],
    [
      "version 1 in a container that sees the outer path",
      {
        "proc/self/cgroup": "5:memory:/docker/a\n",
        "proc/self/mountinfo": one.replace(" / ", " /docker/a "),
        "sys/fs/cgroup/memory/memory.oom_control": "oom_kill 6\n",
      },
      6,
    ],
    [
      "a cgroup of another namespace",
      {
        "proc/self/cgroup": "0::/../other\n",
        "proc/self/mountinfo": two.replace(" / ", " /mine "),
        "sys/fs/cgroup/memory.events": events(4),
      },
      99,
    ],
    ["a root cgroup, which counts nothing", { "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": two }, 99],
    ["no cgroups", {}, 99],
  ])("is that of %s", (_, files, kills) => {
    expect(readOomKills(machine({ "proc/vmstat": vmstat, ...files }))).toBe(kills);
  });

  it("is unknown where the system has none", () => {
    expect(readOomKills(machine({ "proc/vmstat": "nr_free_pages 1\n" }))).toBeNull();
  });
});

describe("a run that is alone in its process when that is killed", () => {
  let stage: Stage;
  afterEach(() => stage.dispose());
  async function kill(runId: string): Promise<void> {
    const before = stage.pids();
    stage.assign(runId, "hold", { isolate: true });
    await stage.until("performOperation", runId);
    for (const pid of stage.pids()) if (!before.includes(pid)) process.kill(pid, "SIGKILL");
  }

  it("is resumed, unless the kernel has counted a kill for want of memory", async () => {
    let kills: number | null = 7;
    stage = await openStage({ oomKills: () => kills });
    await kill("run_1");
    expect((await stage.until("loseRuns", "run_1")).cause).toEqual({ kind: "neighbour" });
    kills = 8;
    await kill("run_2");
    expect((await stage.until("loseRuns", "run_2")).cause).toMatchObject({
      kind: "failed",
      retryable: false,
      error: { code: "TASK_PROCESS_OOM_KILLED" },
    });
    // That kill has found its process.
    await kill("run_3");
    expect((await stage.until("loseRuns", "run_3")).cause).toEqual({ kind: "neighbour" });
  });

  it("is resumed where the system does not count", async () => {
    stage = await openStage({ oomKills: () => null });
    await kill("run_1");
    expect((await stage.until("loseRuns", "run_1")).cause).toEqual({ kind: "neighbour" });
  });
});
