"use client";
import { useState } from "react";
import type { Operation } from "@/lib/openapi/operations";
import { CodeBlock } from "../ui/code-block";
import { cn } from "../ui/cn";
import { TryOperation } from "./try-operation";

const credentialWords: Record<string, string> = {
  secretKey: "secret key",
  publicToken: "public token",
  personalToken: "personal access token",
  session: "signed-in person",
};

/** One route: what it does, and, when it is opened, what it reads and answers. */
export function OperationLine({ operation }: { operation: Operation }) {
  const [open, setOpen] = useState(false);
  const { method, path, summary, security, body, answer } = operation;
  const credentials = security.flatMap((one) => Object.keys(one)).map((name) => credentialWords[name] ?? name);
  return (
    <details className="border-b border-line" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="flex min-h-9 cursor-pointer flex-wrap items-baseline gap-x-3 px-4 py-1.5 hover:bg-hover">
        <span className={cn("w-14 font-mono text-sm font-medium", method === "GET" ? "text-muted" : "text-accent")}>{method}</span>
        <span className="min-w-0 font-mono text-sm break-all">{path}</span>
        <span className="min-w-0 text-muted">{summary}</span>
      </summary>
      {open ? (
        <div className="grid gap-5 px-4 pt-2 pb-5 lg:grid-cols-2">
          <div className="flex min-w-0 flex-col gap-3">
            <p className="text-sm text-muted">
              {credentials.length === 0 ? "Needs no credential." : `With a ${credentials.join(", a ")}.`}
            </p>
            {body === undefined ? null : <Schema title={`Body, ${body.type}`} schema={body.schema} />}
            {answer === undefined ? null : <Schema title={`Answer, ${answer.type}`} schema={answer.schema} />}
          </div>
          <TryOperation operation={operation} />
        </div>
      ) : null}
    </details>
  );
}

function Schema({ title, schema }: { title: string; schema: unknown }) {
  return (
    <div>
      <h3 className="mb-1 text-sm font-medium">{title}</h3>
      {schema === undefined ? null : <CodeBlock label="Copy schema" code={schemaText(schema)} className="max-h-80 overflow-y-auto" />}
    </div>
  );
}

/** Without what says only how to read it. */
const schemaText = (schema: unknown): string =>
  JSON.stringify(schema, (key, value: unknown) => (key === "$schema" || key === "additionalProperties" ? undefined : value), 2);
