"use client";
import { useState } from "react";
import { readClaims } from "@/lib/tokens/jwt";
import { curlSnippet, reactSnippet, sdkSnippet, type SnippetInput } from "@/lib/tokens/snippets";
import { CodeBlock } from "../ui/code-block";
import { lazily } from "../ui/lazily";
import { SecretOnce } from "../ui/secret";
import { Segmented } from "../ui/segmented";

const TryIt = lazily(async () => (await import("./try-it")).TryIt);
const kinds = [
  { value: "react", label: "React" },
  { value: "curl", label: "curl" },
  { value: "sdk", label: "Mint it in code" },
] as const;
type Kind = (typeof kinds)[number]["value"];

/** Ready code for the scopes, with this server's address. Before minting it holds a placeholder. */
export function Snippets(input: SnippetInput) {
  const [kind, setKind] = useState<Kind>("react");
  const snippet = { react: reactSnippet, curl: curlSnippet, sdk: sdkSnippet }[kind](input);
  return (
    <div>
      <div className="mb-2 flex items-center gap-3">
        <Segmented label="Snippet" value={kind} onChange={setKind} options={kinds} />
        <code className="font-mono text-sm text-faint">{snippet.title}</code>
      </div>
      <CodeBlock code={snippet.code} label={`Copy ${kind} snippet`} />
    </div>
  );
}

export const Claims = ({ claims }: { claims: Record<string, unknown> }) => (
  <CodeBlock code={JSON.stringify(claims, null, 2)} label="Copy claims" />
);

export function Minted({ input }: { input: SnippetInput }) {
  return (
    <div className="flex flex-col gap-4">
      <SecretOnce value={input.token} what="token" />
      <section>
        <h3 className="mb-1 text-sm font-medium text-faint">Use it</h3>
        <Snippets {...input} />
      </section>
      <section>
        <h3 className="mb-1 text-sm font-medium text-faint">Prove it</h3>
        <TryIt token={input.token} scopes={input.scopes} oneTime={input.oneTimeUse === "once"} />
      </section>
      <section>
        <h3 className="mb-1 text-sm font-medium text-faint">Claims inside it</h3>
        <Claims claims={readClaims(input.token) ?? {}} />
      </section>
    </div>
  );
}
