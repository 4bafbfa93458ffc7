"use client";
import { useRouter } from "next/navigation";
import { startTransition, useCallback, useEffect } from "react";

const retryMs = 5_000;

/**
 * The frame itself could not be made: server or database do not answer. It comes back by itself.
 * Drawn with bare elements: every page loads this file, and shared components would come with it a second time (7 KB).
 */
export default function AppError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter();
  const again = useCallback(async () => {
    // Asked first: without an answer a refresh ends in the browser's own error page.
    const { ok } = await fetch("/readyz", { cache: "no-store" }).catch(() => ({ ok: false }));
    if (!ok) return;
    startTransition(() => {
      router.refresh();
      reset();
    });
  }, [router, reset]);
  useEffect(() => {
    const timer = setInterval(() => void again(), retryMs);
    return () => clearInterval(timer);
  }, [again]);
  return (
    <main className="mx-auto max-w-xl p-6">
      <div role="alert" className="flex flex-wrap items-start gap-2 rounded border border-bad/40 bg-bad-soft px-3 py-2">
        <div className="min-w-0 flex-1">
          <h1 className="font-medium">The dashboard cannot be loaded</h1>
          <p className="break-words text-muted">
            The server or its database does not answer. Runs go on where they can; this page tries again every few seconds.
          </p>
          {error.digest === undefined ? null : <p className="font-mono text-xs text-faint">{error.digest}</p>}
        </div>
        <button
          type="button"
          className="h-6 rounded border border-line-strong bg-canvas px-2 text-sm font-medium hover:bg-hover"
          onClick={() => void again()}
        >
          Try again
        </button>
      </div>
    </main>
  );
}
