import { Progress } from "@/components/ui/progress";
import type { BulkRow } from "@/lib/contracts/bulk";
import { formatCount } from "@/lib/view/format";
import { bulkLook, bulkWords, handled } from "./words";

/** `12 of 40`, as a bar and in words. */
export function BulkProgress({ row, className }: { row: BulkRow; className?: string }) {
  const at = handled(row);
  return (
    <div className={className}>
      <p className="font-mono text-sm whitespace-nowrap">
        {formatCount(at)} <span className="text-faint">of {formatCount(row.total)}</span>
      </p>
      <Progress
        value={row.total === 0 ? 1 : at / row.total}
        tone={row.failed > 0 ? "bad" : bulkLook[row.status].tone}
        label={`${bulkWords[row.action].doing}: runs handled`}
        className="mt-1 w-full"
      />
    </div>
  );
}
