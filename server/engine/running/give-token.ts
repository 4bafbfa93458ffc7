import type { Engine } from "../engine";

/** Most runs make no call over HTTP, so a token is signed for those that do. */
export function giveToken({ live, executor, api }: Engine, { runId, epoch }: { runId: string; epoch: number }): void {
  const run = live.get(runId);
  if (run?.epoch !== epoch) return;
  run.hasToken = true;
  executor?.pushToken(runId, epoch, api.tokenOf({ runId, epoch }));
}
