"use client";
import { useState } from "react";
import { requestPath, type Operation } from "@/lib/openapi/operations";
import { JsonEditor } from "../json/json-editor";
import { messageOf } from "../live/api";
import { Button } from "../ui/button";
import { CodeBlock } from "../ui/code-block";
import { Input } from "../ui/input";
import { Badge } from "../ui/tag";

interface Answered {
  status: number;
  ms: number;
  text: string;
}

/** Longer answers are cut: this is for looking. */
const shownText = 40_000;

/** Sends a request with the session of who is signed in, and shows what came back. */
export function TryOperation({ operation }: { operation: Operation }) {
  const { method, parameters, body, answer } = operation;
  const [values, setValues] = useState<Record<string, string>>({});
  const [text, setText] = useState(body?.type === "application/json" ? "{}" : "");
  const [busy, setBusy] = useState(false);
  const [answered, setAnswered] = useState<Answered>();
  const [error, setError] = useState<string>();
  if (answer?.type !== "application/json" && answer !== undefined)
    return <p className="text-muted">This one answers a stream or a file; ask it from a terminal.</p>;

  async function ask() {
    const path = requestPath(operation, values);
    if (path === null) return setError("Fill in every part of the path");
    setError(undefined);
    setBusy(true);
    const begun = performance.now();
    try {
      // A session acts by JSON alone.
      const type = body?.type === "application/x-ndjson" ? body.type : "application/json";
      const response = await fetch(path, {
        method,
        headers: { "content-type": type, "x-trigger-api-version": "2025-07-16" },
        ...(method !== "GET" && { body: text }),
      });
      setAnswered({ status: response.status, ms: Math.round(performance.now() - begun), text: pretty(await response.text()) });
    } catch (failure) {
      setError(messageOf(failure));
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="flex min-w-0 flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        void ask();
      }}
    >
      {parameters.map(({ name, in: place }) => (
        <label key={name} className="grid grid-cols-[minmax(0,14rem)_minmax(0,1fr)] items-center gap-2 max-sm:grid-cols-1">
          <span className="font-mono text-sm break-all">
            {name}
            {place === "path" ? <span className="text-faint"> in the path</span> : null}
          </span>
          <Input
            value={values[name] ?? ""}
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
            onChange={(event) => setValues({ ...values, [name]: event.target.value })}
          />
        </label>
      ))}
      {body === undefined ? null : (
        <JsonEditor label="Body" value={text} onChange={setText} minHeight="96px" maxHeight="240px" onSubmit={() => void ask()} />
      )}
      <div className="flex items-center gap-3">
        <Button type="submit" look="primary" busy={busy}>
          Send request
        </Button>
        {error === undefined ? null : (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
        <output className="flex items-center gap-2">
          {answered === undefined ? null : (
            <>
              <Badge tone={answered.status < 400 ? "good" : "bad"}>{answered.status}</Badge>
              <span className="text-sm text-faint">{answered.ms} ms</span>
            </>
          )}
        </output>
      </div>
      {answered === undefined || answered.text === "" ? null : (
        <CodeBlock label="Copy answer" code={answered.text} className="max-h-96 overflow-y-auto" />
      )}
    </form>
  );
}

function pretty(text: string): string {
  const cut = (whole: string) => (whole.length > shownText ? `${whole.slice(0, shownText)}\n…` : whole);
  try {
    return cut(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    return cut(text);
  }
}
