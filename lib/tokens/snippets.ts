import { parseScope, type Scope } from "@/lib/contracts/scope-match";

export interface SnippetInput {
  scopes: readonly string[];
  origin: string;
  /** The minted token, or a placeholder before minting. */
  token: string;
  expirationTime: string | number;
  oneTimeUse: "once" | "many";
}
export interface Snippet {
  title: string;
  code: string;
}

const quote = (text: string): string => JSON.stringify(text);
const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const find = (scopes: readonly Scope[], actions: readonly string[], type: string): Scope | undefined =>
  scopes.find((s) => actions.includes(s.action) && s.type === type);

/** Component that does with React what the scopes allow: triggering first, then answering, then following. */
export function reactSnippet({ scopes: texts, origin, token }: SnippetInput): Snippet {
  const scopes = texts.map(parseScope);
  const auth = [`accessToken: ${quote(token)},`, `baseURL: ${quote(origin)},`];
  const options = (extra: string[] = []) => `{\n${[...auth, ...extra].map((line) => `    ${line}`).join("\n")}\n  }`;

  const trigger = find(scopes, ["trigger", "write"], "tasks");
  if (trigger !== undefined) {
    return {
      title: "useRealtimeTaskTrigger",
      code: `"use client";
import { useRealtimeTaskTrigger } from "@trigger.dev/react-hooks";

export function Start() {
  const { submit, run, isLoading, error } = useRealtimeTaskTrigger(${quote(trigger.id ?? "my-task")}, ${options()});
  if (error) return <p>{error.message}</p>;
  return (
    <button disabled={isLoading} onClick={() => submit({ /* payload */ })}>
      {run ? run.status : "Start"}
    </button>
  );
}`,
    };
  }
  const answer = find(scopes, ["write"], "waitpoints");
  if (answer !== undefined) {
    return {
      title: "useWaitToken",
      code: `"use client";
import { useWaitToken } from "@trigger.dev/react-hooks";

export function Answer() {
  const { complete, isReady, error } = useWaitToken(${quote(answer.id ?? "waitpoint_…")}, ${options()});
  if (error) return <p>{error.message}</p>;
  return (
    <button disabled={!isReady} onClick={() => complete({ approved: true })}>
      Approve
    </button>
  );
}`,
    };
  }
  const batch = find(scopes, ["read"], "batch");
  const tag = find(scopes, ["read"], "tags");
  if (batch !== undefined || tag !== undefined) {
    const [hook, id] =
      batch === undefined ? ["useRealtimeRunsWithTag", tag?.id ?? "user_123"] : ["useRealtimeBatch", batch.id ?? "batch_…"];
    return {
      title: hook,
      code: `"use client";
import { ${hook} } from "@trigger.dev/react-hooks";

export function Runs() {
  const { runs, error } = ${hook}(${quote(id)}, ${options()});
  if (error) return <p>{error.message}</p>;
  return (
    <ul>
      {runs.map((run) => (
        <li key={run.id}>{run.taskIdentifier}: {run.status}</li>
      ))}
    </ul>
  );
}`,
    };
  }
  const run = find(scopes, ["read"], "runs");
  return {
    title: "useRealtimeRun",
    code: `"use client";
import { useRealtimeRun } from "@trigger.dev/react-hooks";

export function Progress() {
  const { run, error } = useRealtimeRun(${quote(run?.id ?? "run_…")}, ${options()});
  if (error) return <p>{error.message}</p>;
  return <p>{run ? \`\${run.status} \${JSON.stringify(run.metadata ?? {})}\` : "Connecting…"}</p>;
}`,
  };
}

/** One request that the token can make. */
export function curlSnippet({ scopes: texts, origin, token }: SnippetInput): Snippet {
  const scopes = texts.map(parseScope);
  const header = `-H ${shell(`Authorization: Bearer ${token}`)}`;
  const post = (path: string, body: string) =>
    `curl -X POST ${shell(origin + path)} \\\n  ${header} \\\n  -H 'Content-Type: application/json' \\\n  -d ${shell(body)}`;
  const trigger = find(scopes, ["trigger", "write"], "tasks");
  if (trigger !== undefined)
    return { title: "Trigger", code: post(`/api/v1/tasks/${encodeURIComponent(trigger.id ?? "my-task")}/trigger`, '{"payload": {}}') };
  const answer = find(scopes, ["write"], "waitpoints");
  if (answer !== undefined)
    return {
      title: "Answer",
      code: post(`/api/v1/waitpoints/tokens/${encodeURIComponent(answer.id ?? "waitpoint_…")}/complete`, '{"data": {"approved": true}}'),
    };
  return { title: "Follow", code: `curl ${shell(origin + subscriptionPath(texts))} \\\n  ${header}` };
}

/** Where the runs that the token may follow are read from: the shape endpoint of the first scope that allows one. */
export function subscriptionPath(texts: readonly string[]): string {
  const scopes = texts.map(parseScope);
  const tail = "?log=full&offset=-1";
  const batch = find(scopes, ["read"], "batch");
  if (batch?.id !== undefined) return `/realtime/v1/batches/${encodeURIComponent(batch.id)}${tail}`;
  const run = find(scopes, ["read"], "runs");
  if (run?.id !== undefined) return `/realtime/v1/runs/${encodeURIComponent(run.id)}${tail}`;
  const tag = find(scopes, ["read"], "tags");
  return `/realtime/v1/runs${tail}${tag?.id === undefined ? "" : `&tags=${encodeURIComponent(tag.id)}`}`;
}

/** The same address for people: without what the protocol asks for. */
export function shownPath(path: string): string {
  const { pathname, searchParams } = new URL(path, "http://any");
  searchParams.delete("log");
  searchParams.delete("offset");
  return searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`;
}

/** How a backend mints the same token. */
export function sdkSnippet({ scopes: texts, origin, expirationTime, oneTimeUse }: SnippetInput): Snippet {
  const setup = `// TRIGGER_API_URL=${origin}\n// TRIGGER_SECRET_KEY=tr_…\nimport { auth } from "@trigger.dev/sdk";\n\n`;
  const scopes = texts.map(parseScope);
  const [first] = scopes;
  const onlyTrigger = first !== undefined && scopes.every((s) => s.action === "trigger" && s.type === "tasks" && s.id !== undefined);
  if (onlyTrigger) {
    const ids = scopes.map((s) => quote(s.id ?? ""));
    const tasks = ids.length === 1 ? ids.join("") : `[${ids.join(", ")}]`;
    const multiple = oneTimeUse === "many" ? ", multipleUse: true" : "";
    return {
      title: "auth.createTriggerPublicToken",
      code: `${setup}const token = await auth.createTriggerPublicToken(${tasks}, { expirationTime: ${JSON.stringify(expirationTime)}${multiple} });`,
    };
  }
  return {
    title: "auth.createPublicToken",
    code: `${setup}const token = await auth.createPublicToken({\n  expirationTime: ${JSON.stringify(expirationTime)},\n  scopes: ${nest(scopes)},\n});`,
  };
}

/** Scopes in the nested form of the SDK: `{ read: { runs: ["run_1"], tags: true } }`. */
function nest(scopes: readonly Scope[]): string {
  const byAction = new Map<string, Map<string, string[] | true>>();
  for (const { action, type, id } of scopes) {
    const types = byAction.get(action) ?? new Map<string, string[] | true>();
    byAction.set(action, types);
    if (type === undefined) continue;
    const known = types.get(type);
    types.set(type, id === undefined || known === true ? true : [...(known ?? []), id]);
  }
  const property = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quote(name));
  const actions = [...byAction].map(([action, types]) => {
    const inner = [...types].map(([type, ids]) => `${property(type)}: ${JSON.stringify(ids)}`);
    return `    ${property(action)}: ${inner.length === 0 ? "true" : `{ ${inner.join(", ")} }`},`;
  });
  return `{\n${actions.join("\n")}\n  }`;
}

/** Environment of an application that uses this server. */
export const clientEnvironment = (origin: string, key: string): string => `TRIGGER_API_URL=${origin}\nTRIGGER_SECRET_KEY=${key}`;
