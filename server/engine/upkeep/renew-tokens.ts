import type { Engine } from "../engine";

/** The token with which a run reads is short-lived; runs that go on, or wait, are given another one in time. */
export async function renewTokens({ live, executor, api }: Engine): Promise<void> {
  for (const { id: runId, epoch } of live.values()) executor?.pushToken(runId, epoch, api({ runId, epoch }).token);
}
