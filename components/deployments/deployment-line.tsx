"use client";
import { ChevronRight, TriangleAlert } from "lucide-react";
import { useId, useState } from "react";
import type { DeploymentLine as Deployment, DeploymentStatus, TaskChanges } from "@/lib/contracts/deployments";
import { formatCount, plural } from "@/lib/view/format";
import { readableText } from "@/lib/view/readable-text";
import { ActionButton } from "../auth/permission";
import { useTint } from "../live/hooks";
import { Ago } from "../live/time";
import { IconButton } from "../ui/button";
import { cn } from "../ui/cn";
import { lazilyDialog } from "../ui/dialog";
import { Td, Tr } from "../ui/table";
import { Badge } from "../ui/tag";
import { DeploymentDetail } from "./deployment-detail";

const DeployElsewhereDialog = lazilyDialog(async () => (await import("./deploy-elsewhere-dialog")).DeployElsewhereDialog);
const PromoteDialog = lazilyDialog(async () => (await import("./promote-dialog")).PromoteDialog);

interface DeploymentLineProps {
  deployment: Deployment;
  /** The version on which new runs start. */
  current: string | null;
  /** Than the current one: promoting it rolls back. */
  isOlder: boolean;
  /** Runs that have started on it and not ended. */
  runs: number;
  currentRuns: number;
  /** There is another environment that could run it. */
  hasElsewhere: boolean;
  refused: string | undefined;
  onChanged: () => void;
}

export function DeploymentLine({ deployment, current, isOlder, runs, currentRuns, hasElsewhere, refused, onChanged }: DeploymentLineProps) {
  const [isOpen, setOpen] = useState(false);
  const [asking, setAsking] = useState<"promote" | "elsewhere" | null>(null);
  const detail = useId();
  const tinted = useTint(runs);
  const { version, warnings } = deployment;
  const isCurrent = version === current;
  const isDeployed = deployment.status === "DEPLOYED";
  const unbuilt = deployment.isBuilt ? undefined : "Its build was removed to free the disk. Deploy its code again.";

  return (
    <>
      <Tr>
        <Td className="whitespace-nowrap">
          <span className="flex items-center gap-2">
            <IconButton
              label={`${isOpen ? "Hide" : "Show"} details of ${version}`}
              size="icon-sm"
              aria-expanded={isOpen}
              aria-controls={detail}
              onClick={() => setOpen(!isOpen)}
            >
              <ChevronRight className={cn("size-3.5 transition-transform duration-[120ms]", isOpen && "rotate-90")} />
            </IconButton>
            <span className={cn("font-mono", isCurrent && "font-medium")}>{version}</span>
            {isCurrent ? <Badge tone="good">current</Badge> : null}
            {stateOf[deployment.status] === undefined ? null : (
              <Badge tone={deployment.status === "FAILED" ? "bad" : "idle"}>{stateOf[deployment.status]}</Badge>
            )}
            {warnings.length === 0 ? null : (
              <Badge tone="needs">
                <TriangleAlert aria-hidden className="size-3" />
                <span className="max-sm:sr-only">{plural(warnings.length, "warning")}</span>
              </Badge>
            )}
          </span>
        </Td>
        <Td className="whitespace-nowrap max-md:hidden">
          <Ago at={deployment.createdAt} />
          {deployment.promotedAt === undefined ? null : (
            <span className="text-faint">
              , promoted <Ago at={deployment.promotedAt} /> by {readableText(deployment.promotedBy ?? "")}
            </span>
          )}
        </Td>
        <Td className="text-right font-mono max-sm:hidden">{isDeployed ? formatCount(deployment.tasks) : null}</Td>
        <Td className="max-w-80 truncate whitespace-nowrap max-lg:hidden">
          {isDeployed ? (
            <Summary changes={deployment.changes} />
          ) : (
            <span className="text-faint">{readableText(deployment.error ?? "")}</span>
          )}
        </Td>
        <Td className={cn("text-right font-mono", tinted && "tint", runs === 0 ? "text-faint" : "text-moving")}>{formatCount(runs)}</Td>
        <Td>
          <span className="flex justify-end gap-1">
            {hasElsewhere && isDeployed ? (
              <ActionButton
                size="sm"
                look="ghost"
                refused={refused ?? unbuilt}
                onClick={() => setAsking("elsewhere")}
                className="max-sm:hidden"
              >
                Deploy to…<span className="sr-only"> another environment: {version}</span>
              </ActionButton>
            ) : null}
            {isCurrent || !isDeployed ? null : (
              <ActionButton size="sm" refused={refused ?? unbuilt} onClick={() => setAsking("promote")}>
                {isOlder ? "Roll back" : "Promote"}
                <span className="sr-only"> to {version}</span>
              </ActionButton>
            )}
          </span>
          {asking === "elsewhere" ? <DeployElsewhereDialog version={version} onClose={() => setAsking(null)} /> : null}
          {asking === "promote" ? (
            <PromoteDialog
              version={version}
              current={current}
              isOlder={isOlder}
              currentRuns={currentRuns}
              onClose={() => setAsking(null)}
              onPromoted={onChanged}
            />
          ) : null}
        </Td>
      </Tr>
      {isOpen ? (
        <tr id={detail}>
          <td colSpan={6} className="border-b border-line bg-panel px-4 py-3">
            <DeploymentDetail deployment={deployment} runs={runs} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

/** What is said of versions that run nothing. */
const stateOf: Record<DeploymentStatus, string | undefined> = {
  PENDING: "uploading",
  BUILDING: "building",
  DEPLOYING: "deploying",
  DEPLOYED: undefined,
  FAILED: "failed",
  CANCELED: "given up",
  TIMED_OUT: "upload not finished",
};

function Summary({ changes }: { changes: TaskChanges | null }) {
  if (changes === null) return <span className="text-faint">the first one</span>;
  const parts = [
    [changes.added.length, "new"],
    [changes.removed.length, "gone"],
    [changes.changed.length, "declared otherwise"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return said.length === 0 ? <span className="text-faint">code only</span> : <>{said.join(", ")}</>;
}
