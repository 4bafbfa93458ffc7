"use client";
import { CopyButton } from "./copy";

/** A secret that is shown this once. */
export function SecretOnce({ value, what }: { value: string; what: string }) {
  return (
    <div className="rounded border border-needs-bar bg-needs-soft px-3 py-2">
      <p className="font-medium">Copy this {what} now. It is not shown again.</p>
      <div className="mt-1 flex items-center gap-1 rounded-sm bg-canvas px-2">
        <code className="min-w-0 flex-1 py-1.5 font-mono text-sm break-all select-all">{value}</code>
        <CopyButton text={value} label={`Copy ${what}`} />
      </div>
    </div>
  );
}
