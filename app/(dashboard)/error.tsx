"use client";
import { ErrorState } from "@/components/ui/state";

export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <ErrorState
      className="m-4"
      title="This page could not be loaded"
      detail={error.digest ? "The server has the details in its log." : error.message}
      id={error.digest}
      onRetry={reset}
    />
  );
}
