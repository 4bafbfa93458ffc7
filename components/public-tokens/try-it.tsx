"use client";
import { Play, Radio, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { followShape, type ShapeRow } from "@/lib/client/shape";
import { canFollow, triggerTarget } from "@/lib/tokens/public-token-form";
import { subscriptionPath } from "@/lib/tokens/snippets";
import { parseJsonText } from "@/lib/values/json-text";
import { JsonEditor } from "../json/json-editor";
import { Button } from "../ui/button";
import { cn } from "../ui/cn";

type State = { phase: "off" } | { phase: "open" | "ended" } | { phase: "refused"; error: string };

/** Proves the token with the token alone: the session's cookie is left out of every request here. */
export function TryIt({ token, scopes, oneTime }: { token: string; scopes: readonly string[]; oneTime: boolean }) {
  const target = triggerTarget(scopes);
  const [followed, setFollowed] = useState<{ token: string; path: string }>();
  if (!canFollow(scopes) && target === undefined) return <p className="text-muted">These scopes have nothing to watch here. Try the curl command.</p>;
  return (
    <div className="flex flex-col gap-3">
      {target === undefined ? null : <TryTrigger task={target} token={token} oneTime={oneTime} onStarted={(access, id) => setFollowed({ token: access, path: `/realtime/v1/runs/${id}?log=full` })} />}
      {canFollow(scopes) ? <Subscriber token={token} path={subscriptionPath(scopes)} /> : null}
      {followed === undefined ? null : <Subscriber key={followed.path} token={followed.token} path={followed.path} started />}
    </div>
  );
}

function TryTrigger({ task, token, oneTime, onStarted }: { task: string; token: string; oneTime: boolean; onStarted: (access: string, runId: string) => void }) {
  const [text, setText] = useState("{}");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function start() {
    const payload = parseJsonText(text);
    if (!payload.ok) return;
    setBusy(true);
    setError(undefined);
    try {
      const response = await fetch(`/api/v1/tasks/${encodeURIComponent(task)}/trigger`, {
        method: "POST",
        credentials: "omit",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ payload: payload.value }),
      });
      // Read as what both answers of this route have (lib/contracts): a run's id, or an error.
      const body = (await response.json()) as { id?: string; error?: string };
      if (body.id === undefined) setError(`${response.status}: ${body.error ?? "refused"}`);
      else onStarted(response.headers.get("x-trigger-jwt") ?? token, body.id);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
    setBusy(false);
  }

  return (
    <div>
      <JsonEditor label={`Payload for ${task}`} value={text} onChange={setText} minHeight="72px" maxHeight="200px" error={error} />
      <Button className="mt-2" size="sm" busy={busy} onClick={() => void start()}>
        <Play aria-hidden className="size-3.5" /> Trigger {task} with this token
      </Button>
      <span className="ml-2 text-sm text-faint">{oneTime ? "Starts a real run and uses the token up" : "Starts a real run"}</span>
    </div>
  );
}

const shownRows = 8;

function Subscriber({ token, path, started = false }: { token: string; path: string; started?: boolean }) {
  const [on, setOn] = useState(started);
  const [state, setState] = useState<State>({ phase: started ? "open" : "off" });
  const [rows, setRows] = useState<readonly ShapeRow[]>([]);
  const [updates, setUpdates] = useState(0);

  useEffect(() => {
    if (!on) return;
    const abort = new AbortController();
    void follow({ token, path, abort, onState: setState, onRows: (changed) => {
      setUpdates((count) => count + changed.length);
      setRows((held) => [...changed, ...held.filter((row) => !changed.some((next) => next["id"] === row["id"]))].slice(0, shownRows));
    } });
    return () => abort.abort();
  }, [on, token, path]);

  return (
    <div className="rounded border border-line">
      <p className="flex items-center gap-2 border-b border-line px-3 py-1.5">
        <Radio aria-hidden className={cn("size-3.5", state.phase === "open" ? "text-good" : "text-faint")} />
        <code className="min-w-0 flex-1 truncate font-mono text-sm text-muted">GET {path.replace("?log=full&offset=-1", "").replace("?log=full", "")}</code>
        <Button
          size="sm"
          onClick={() => {
            setOn(!on);
            setState({ phase: on ? "off" : "open" });
          }}
        >
          {on ? (
            <>
              <Square aria-hidden className="size-3" /> Stop
            </>
          ) : (
            <>
              <Play aria-hidden className="size-3" /> Subscribe with this token
            </>
          )}
        </Button>
      </p>
      {state.phase === "refused" ? (
        <p role="alert" className="px-3 py-2 text-bad">
          {state.error}
        </p>
      ) : (
        <ul aria-label="What the token sees" className="min-h-9 font-mono text-sm">
          {rows.map((row) => (
            <li key={String(row["id"])} className="flex flex-wrap gap-x-3 px-3 py-1">
              <span>{String(row["friendlyId"] ?? row["id"])}</span>
              <span className="text-muted">{String(row["taskIdentifier"])}</span>
              <span>{String(row["status"])}</span>
              <span className="min-w-0 truncate text-faint">{typeof row["metadata"] === "string" ? row["metadata"] : ""}</span>
            </li>
          ))}
          {rows.length === 0 ? <li className="px-3 py-2 font-sans text-faint">{on ? "Subscribed. What happens shows here." : "Opens a subscription as an application would, without your session."}</li> : null}
        </ul>
      )}
      {updates === 0 ? null : <p className="border-t border-line px-3 py-1 text-sm text-faint">{updates} updates received</p>}
    </div>
  );
}

interface Follow {
  token: string;
  path: string;
  abort: AbortController;
  onState: (state: State) => void;
  onRows: (rows: readonly ShapeRow[]) => void;
}

async function follow({ token, path, abort, onState, onRows }: Follow): Promise<void> {
  try {
    const shape = followShape({
      url: new URL(path, window.location.origin).href,
      headers: () => Promise.resolve({ authorization: `Bearer ${token}` }),
      signal: abort.signal,
      fetch: (input, init) => fetch(input, { ...init, credentials: "omit" }),
    });
    for await (const rows of shape) onRows(rows);
    if (!abort.signal.aborted) onState({ phase: "ended" });
  } catch (error) {
    if (!abort.signal.aborted) onState({ phase: "refused", error: error instanceof Error ? error.message : String(error) });
  }
}
