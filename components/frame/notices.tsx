"use client";
import { CircleAlert } from "lucide-react";
import { useNotices } from "@/components/live/hooks";
import { cn } from "@/components/ui/cn";
import type { ServerNotice } from "@/lib/contracts/realtime";
import { readableText } from "@/lib/view/readable-text";

/** Lines under the header while the server is degraded, saying why. */
export function Notices({ initial }: { initial: readonly ServerNotice[] }) {
  const notices = useNotices() ?? initial;
  if (notices.length === 0) return null;
  return (
    <div role="alert">
      {notices.map((notice) => (
        <details
          key={notice.message}
          className={cn(
            "border-b px-4 py-1.5",
            notice.level === "error" ? "border-bad/40 bg-bad-soft text-bad" : "border-needs/40 bg-needs-soft text-needs",
          )}
        >
          <summary className="flex cursor-pointer list-none items-center gap-2">
            <CircleAlert aria-hidden className="size-4 shrink-0" />
            <span className="min-w-0 flex-1 truncate">{readableText(notice.message)}</span>
            {notice.detail ? <span className="text-sm underline">why</span> : null}
          </summary>
          {notice.detail ? (
            <pre className="mt-1 max-h-60 overflow-auto pl-6 font-mono text-sm whitespace-pre-wrap">{readableText(notice.detail)}</pre>
          ) : null}
        </details>
      ))}
    </div>
  );
}
