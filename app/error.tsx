"use client";
import { useRouter } from "next/navigation";
import { startTransition, useEffect } from "react";
import { ErrorState } from "@/components/ui/state";

const retryMs = 5_000;

/** The frame itself could not be made: server or database do not answer. It comes back by itself. */
export default function AppError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => startTransition(() => {
      router.refresh();
      reset();
    }), retryMs);
    return () => clearInterval(timer);
  }, [router, reset]);
  return (
    <main className="mx-auto max-w-xl p-6">
      <ErrorState title="The dashboard cannot be loaded" detail="The server or its database does not answer. Runs go on where they can; this page tries again every few seconds." id={error.digest} onRetry={() => location.reload()} />
    </main>
  );
}
