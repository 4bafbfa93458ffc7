"use client";
import { Link } from "@/components/ui/link";
import { OthersText } from "@/components/ui/others-text";
import { Table, Td, Th, Tr } from "@/components/ui/table";
import type { Metrics } from "@/lib/contracts/metrics";
import { formatCount, formatDuration } from "@/lib/view/format";
import { failureRate, formatRate } from "./measures";
import { runsHref, type MetricsView } from "./metrics-query";

const names = { task: "Task", queue: "Queue", version: "Version" } as const;
const none = <span className="text-faint">–</span>;
const took = (ms: number | null) => (ms === null ? none : formatDuration(ms));

/** The same by task, queue or version. A name makes the page tell of it alone; counts lead to their runs. */
export function GroupTable({ metrics, view, onChoose }: { metrics: Metrics; view: MetricsView; onChoose: (name: string) => void }) {
  const time = { fromMs: Date.parse(metrics.from), toMs: Date.parse(metrics.to), clock: "finished" } as const;
  return (
    <Table>
      <thead>
        <tr>
          <Th>{names[view.by]}</Th>
          <Th className="text-right">Ended</Th>
          <Th className="text-right">Failed</Th>
          <Th className="text-right max-sm:hidden">Rate</Th>
          <Th className="text-right max-md:hidden">p50</Th>
          <Th className="text-right max-sm:hidden">p95</Th>
          <Th className="text-right max-lg:hidden">p99</Th>
          <Th className="text-right max-md:hidden">Start p95</Th>
        </tr>
      </thead>
      <tbody>
        {metrics.groups.map((group) => {
          const rate = failureRate(group);
          const own = { ...view, [view.by]: group.name };
          return (
            <Tr key={group.name}>
              <Td className="max-w-80 max-sm:max-w-36">
                {group.name === "" ? (
                  <span className="text-muted">no version yet</span>
                ) : (
                  <button
                    type="button"
                    onClick={() => onChoose(group.name)}
                    className="block max-w-full truncate font-mono hover:underline"
                  >
                    <OthersText text={group.name} whole="on hover" />
                  </button>
                )}
              </Td>
              <Td className="text-right font-mono">
                <Link href={runsHref(own, time)} prefetch={false} className="hover:underline">
                  {formatCount(group.completed + group.failed + group.other)}
                </Link>
              </Td>
              <Td className="text-right font-mono">
                {group.failed === 0 ? (
                  <span className="text-faint">0</span>
                ) : (
                  <Link href={runsHref(own, { ...time, isFailed: true })} prefetch={false} className="text-bad hover:underline">
                    {formatCount(group.failed)}
                  </Link>
                )}
              </Td>
              <Td className="text-right font-mono max-sm:hidden">{rate === null ? none : formatRate(rate)}</Td>
              <Td className="text-right font-mono whitespace-nowrap max-md:hidden">{took(group.p50Ms)}</Td>
              <Td className="text-right font-mono whitespace-nowrap max-sm:hidden">{took(group.p95Ms)}</Td>
              <Td className="text-right font-mono whitespace-nowrap max-lg:hidden">{took(group.p99Ms)}</Td>
              <Td className="text-right font-mono whitespace-nowrap max-md:hidden">{took(group.startP95Ms)}</Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
