/** The HTTP API as an application sees it. */
export interface Client {
  trigger(task: string, payload: unknown, idempotencyKey?: string, more?: { delay?: string }): Promise<string>;
  run(id: string): Promise<{ status: string; output?: unknown }>;
  /** Polls until the run has ended. */
  ended(id: string): Promise<string>;
}

const finals = new Set(["COMPLETED", "CANCELED", "FAILED", "CRASHED", "SYSTEM_FAILURE", "EXPIRED", "TIMED_OUT"]);

export function clientOf(origin: string, secretKey: string): Client {
  async function ask<Body>(method: string, path: string, body?: unknown): Promise<Body> {
    const response = await fetch(origin + path, {
      method,
      headers: { authorization: `Bearer ${secretKey}`, "content-type": "application/json", "x-trigger-api-version": "2025-07-16" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as Body; // the shapes are the wire contract's, which its own tests prove
  }
  const run = (id: string) => ask<{ status: string; output?: unknown }>("GET", `/api/v3/runs/${id}`);
  return {
    async trigger(task, payload, idempotencyKey, more = {}) {
      const { id } = await ask<{ id: string }>("POST", `/api/v1/tasks/${task}/trigger`, {
        payload,
        options: { ...more, ...(idempotencyKey !== undefined && { idempotencyKey }) },
      });
      return id;
    },
    run,
    async ended(id) {
      for (;;) {
        const { status } = await run(id);
        if (finals.has(status)) return status;
        await new Promise((done) => setTimeout(done, 50));
      }
    },
  };
}
