import { serverUnderTest } from "../global-setup";

/** The server's API as an application with a secret key sees it. */
export async function ask<Body>(method: string, path: string, body?: unknown, token = serverUnderTest().secretKey): Promise<{ status: number; body: Body }> {
  const response = await fetch(serverUnderTest().origin + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "x-trigger-api-version": "2025-07-16" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // The caller names the shape that lib/contracts gives this route.
  return { status: response.status, body: (await response.json()) as Body };
}

export async function trigger(task: string, payload: unknown, options: Record<string, unknown> = {}): Promise<string> {
  const { status, body } = await ask<{ id: string; error?: string }>("POST", `/api/v1/tasks/${task}/trigger`, { payload, options });
  if (status !== 200) throw new Error(`trigger of ${task} answered ${status}: ${body.error}`);
  return body.id;
}

export const retrieve = async (id: string) => (await ask<{ status: string; output?: unknown; tags: string[] }>("GET", `/api/v3/runs/${id}`)).body;

/** Ids of the newest runs of a task. */
export const runIds = async (task: string) => (await ask<{ data: { id: string }[] }>("GET", `/api/v1/runs?filter%5BtaskIdentifier%5D=${task}&page%5Bsize%5D=100`)).body.data.map((run) => run.id);

/** Names that no other test uses. */
let count = 0;
export const unique = (name: string) => `${name}-${process.pid}-${Date.now()}-${count++}`;
