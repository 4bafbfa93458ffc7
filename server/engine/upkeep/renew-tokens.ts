import type { Engine } from "../engine";

/** The token with which a run reads is short-lived; runs that have one, and go on or wait, are given another one in time. */
export async function renewTokens({ live, executor, api }: Engine): Promise<void> {
  for (const { id: runId, epoch, hasToken } of live.values())
    if (hasToken === true) executor?.pushToken(runId, epoch, api.tokenOf({ runId, epoch }));
}
