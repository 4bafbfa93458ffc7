import { serverUnderTest } from "../global-setup";

/** What the answers used here have, each route some of it. */
interface Body {
  id: string;
  status: string;
  error: string;
  payload?: unknown;
  output?: unknown;
  schedule?: unknown;
  tags: string[];
  data: { id: string }[];
}

/** The server's API as an application sees it: with the secret key, or with the token that is given. */
export async function ask(
  method: "GET" | "POST",
  path: string,
  { body, token = serverUnderTest().secretKey }: { body?: unknown; token?: string } = {},
): Promise<{ status: number; body: Body }> {
  const response = await fetch(serverUnderTest().origin + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "x-trigger-api-version": "2025-07-16" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // The shapes are the wire contract's, which the API's own tests prove.
  return { status: response.status, body: (await response.json()) as Body };
}

export async function trigger(task: string, payload: unknown, options: { tags?: string[]; delay?: string } = {}): Promise<string> {
  const { status, body } = await ask("POST", `/api/v1/tasks/${task}/trigger`, { body: { payload, options } });
  if (status !== 200) throw new Error(`trigger of ${task} answered ${status}: ${body.error}`);
  return body.id;
}

/** Runs that come and do nothing, in one batch: they are due tomorrow. */
export async function delayedRuns(tag: string, count: number): Promise<void> {
  const items = Array.from({ length: count }, () => ({ task: "index-docs", payload: {}, options: { tags: [tag], delay: "24h" } }));
  const { status, body } = await ask("POST", "/api/v2/tasks/batch", { body: { items } });
  if (status !== 202) throw new Error(`the batch answered ${status}: ${body.error}`);
}

export const retrieve = async (id: string) => (await ask("GET", `/api/v3/runs/${id}`)).body;

/** Ids of the newest runs of a task. */
export const runIds = async (task: string) =>
  (await ask("GET", `/api/v1/runs?filter%5BtaskIdentifier%5D=${task}&page%5Bsize%5D=100`)).body.data.map((run) => run.id);

/** Names that no other test uses. */
let count = 0;
export const unique = (name: string) => `${name}-${process.pid}-${Date.now()}-${count++}`;
