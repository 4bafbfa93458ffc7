"use client";
import { Play, Radio, Square } from "lucide-react";
import { useEffect, useState } from "react";
import { followShape, type ShapeRow } from "@/lib/client/shape";
import { canFollow, triggerTarget } from "@/lib/tokens/public-token-form";
import { shownPath, subscriptionPath } from "@/lib/tokens/snippets";
import { parseJsonText } from "@/lib/values/json-text";
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import type { RecentPayloads, TasksPage } from "@/lib/contracts/dashboard";
import { blankValue } from "@/lib/forms/form-schema";
import { issuesOf, type Issue } from "@/lib/forms/issues";
import { editablePayload, firstPayload } from "@/lib/values/recent-payload";
import { readableText, visibleText } from "@/lib/view/readable-text";
import { firstMode, ModeSwitch, PayloadEditor, type EditorMode } from "../json/payload-editor";
import { getJson } from "../live/api";
import { Skeleton } from "../ui/skeleton";
import { Button } from "../ui/button";
import { cn } from "../ui/cn";

type State = { phase: "off" } | { phase: "open" | "ended" } | { phase: "refused"; error: string };

/** Proves the token with the token alone: the session's cookie is left out of every request here. */
export function TryIt({ token, scopes, oneTime }: { token: string; scopes: readonly string[]; oneTime: boolean }) {
  const target = triggerTarget(scopes);
  const [followed, setFollowed] = useState<{ token: string; path: string }>();
  if (!canFollow(scopes) && target === undefined)
    return <p className="text-muted">These scopes have nothing to watch here. Try the curl command.</p>;
  return (
    <div className="flex flex-col gap-3">
      {target === undefined ? null : (
        <TryTrigger
          task={target}
          token={token}
          oneTime={oneTime}
          onStarted={(access, id) => setFollowed({ token: access, path: `/realtime/v1/runs/${id}?log=full` })}
        />
      )}
      {canFollow(scopes) ? <Subscriber token={token} path={subscriptionPath(scopes)} /> : null}
      {followed === undefined ? null : <Subscriber key={followed.path} token={followed.token} path={followed.path} started />}
    </div>
  );
}

interface TryTriggerProps {
  task: string;
  token: string;
  oneTime: boolean;
  onStarted: (access: string, runId: string) => void;
}

/** Starts with what the task takes: its example, else the newest payload that it took, else a form of its schema. */
function TryTrigger(props: TryTriggerProps) {
  const tasks = useQuery({
    queryKey: ["tasks"],
    queryFn: ({ signal }) => getJson<z.infer<typeof TasksPage>>("/api/dashboard/tasks", signal),
  });
  const recent = useQuery({
    queryKey: ["payloads", props.task],
    queryFn: ({ signal }) => getJson<RecentPayloads>(`/api/dashboard/tasks/${encodeURIComponent(props.task)}/payloads`, signal),
  });
  const known = tasks.data?.tasks.find((task) => task.id === props.task);
  if (tasks.isPending || (recent.isPending && known?.examplePayload === undefined)) return <Skeleton className="h-20 w-full" />;
  const newest = recent.data?.payloads.map(editablePayload).find((text) => text !== null && text !== "");
  const sample = known?.examplePayload === undefined && newest ? newest : firstPayload(known ?? {}, blankValue);
  return <TrySample {...props} sample={sample} schema={known?.payloadSchema} />;
}

function TrySample({ task, token, oneTime, onStarted, sample, schema }: TryTriggerProps & { sample: string; schema: unknown }) {
  const [text, setText] = useState(sample);
  const [mode, setMode] = useState<EditorMode>(() => firstMode(schema));
  const [issues, setIssues] = useState<readonly Issue[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  async function start() {
    const payload = parseJsonText(text);
    if (!payload.ok) return;
    setBusy(true);
    setError(undefined);
    setIssues([]);
    try {
      const response = await fetch(`/api/v1/tasks/${encodeURIComponent(task)}/trigger`, {
        method: "POST",
        credentials: "omit",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ payload: payload.value }),
      });
      // Read as what both answers of this route have (lib/contracts): a run's id, or an error.
      const body = (await response.json()) as { id?: string; error?: string; issues?: { path: string; message: string }[] };
      if (body.id === undefined) {
        setError(`${response.status}: ${body.error ?? "refused"}`);
        setIssues(issuesOf({ error: body.error ?? "", issues: body.issues ?? [] }, "payload"));
      } else onStarted(response.headers.get("x-trigger-jwt") ?? token, body.id);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : String(failure));
    }
    setBusy(false);
  }

  return (
    <div>
      <div className="mb-2 flex items-center gap-2">
        <span className="flex-1 font-medium">Payload</span>
        <ModeSwitch schema={schema} mode={mode} onChange={setMode} />
      </div>
      <PayloadEditor
        schema={schema}
        text={text}
        onChange={setText}
        mode={mode}
        issues={issues}
        label={`Payload for ${task}`}
        name="try"
        minHeight="72px"
        onSubmit={() => void start()}
      />
      {error === undefined ? null : (
        <p role="alert" className="mt-1 break-words text-bad">
          {readableText(error)}
        </p>
      )}
      <Button className="mt-2" size="sm" busy={busy} onClick={() => void start()}>
        <Play aria-hidden className="size-3.5" /> Trigger {readableText(task)} with this token
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
    void follow({
      token,
      path,
      abort,
      onState: setState,
      onRows: (changed) => {
        setUpdates((count) => count + changed.length);
        setRows((held) => [...changed, ...held.filter((row) => !changed.some((next) => next["id"] === row["id"]))].slice(0, shownRows));
      },
    });
    return () => abort.abort();
  }, [on, token, path]);

  return (
    <div className="rounded border border-line">
      <p className="flex items-center gap-2 border-b border-line px-3 py-1.5">
        <Radio aria-hidden className={cn("size-3.5", state.phase === "open" ? "text-good" : "text-faint")} />
        <code className="min-w-0 flex-1 truncate font-mono text-sm text-muted">GET {shownPath(path)}</code>
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
              <span className="text-muted">{readableText(String(row["taskIdentifier"]))}</span>
              <span>{String(row["status"])}</span>
              <span className="min-w-0 truncate text-faint">{typeof row["metadata"] === "string" ? visibleText(row["metadata"]) : ""}</span>
            </li>
          ))}
          {rows.length === 0 ? (
            <li className="px-3 py-2 font-sans text-faint">
              {on ? "Subscribed. What happens shows here." : "Opens a subscription as an application would, without your session."}
            </li>
          ) : null}
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
