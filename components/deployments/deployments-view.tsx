"use client";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { DeploymentsPage } from "@/lib/contracts/deployments";
import { refusal, ReadOnlyNote } from "../auth/permission";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { useLiveVersions, usePolling } from "../live/hooks";
import { Button } from "../ui/button";
import { PanelHead } from "../ui/page";
import { ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { DeploymentLine } from "./deployment-line";
import { NothingDeployed } from "./nothing-deployed";
import { placesToDeploy } from "./places-to-deploy";

export function DeploymentsView({ initial }: { initial: DeploymentsPage }) {
  const live = useLiveVersions();
  const { interval, measure } = usePolling();
  const revision = live.data?.revision;
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["deployments", revision ?? "first"],
    queryFn: ({ pageParam, signal }) =>
      measure(() =>
        getJson<DeploymentsPage>(`/api/dashboard/deployments${pageParam === "" ? "" : `?after=${encodeURIComponent(pageParam)}`}`, signal),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next,
    ...(revision === undefined && { initialData: { pages: [initial], pageParams: [""] } }),
    placeholderData: keepPreviousData,
    refetchInterval: interval,
  });
  const me = useMe();
  const hasElsewhere = placesToDeploy(me).length > 0;
  const refused = refusal(me.user.role, "operator");
  const pages = data?.pages ?? [initial];
  const deployments = pages.flatMap((page) => page.deployments);
  const pushed = interval === false ? live.data : undefined;
  const runs = pushed?.runs ?? pages[0]?.runs ?? {};
  const current = pushed !== undefined ? pushed.current : (deployments.find((deployment) => deployment.isCurrent)?.version ?? null);
  const currentAt = deployments.find((deployment) => deployment.version === current)?.createdAt;

  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <PanelHead
        title="Deployments"
        detail={
          current === null ? undefined : (
            <>
              new runs start on <span className="font-mono">{current}</span>
            </>
          )
        }
      />
      {error === null ? null : (
        <ErrorState className="m-4" title="The deployments could not be read" detail={error.message} onRetry={() => void refetch()} />
      )}
      {deployments.length === 0 ? (
        <NothingDeployed me={me} />
      ) : (
        <Table>
          <thead>
            <tr>
              <Th>Version</Th>
              <Th className="max-md:hidden">Deployed</Th>
              <Th className="text-right max-sm:hidden">Tasks</Th>
              <Th className="max-lg:hidden">Against the one before</Th>
              <Th className="text-right">Live runs</Th>
              <Th className="w-px">
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {deployments.map((deployment) => (
              <DeploymentLine
                key={deployment.id}
                deployment={deployment}
                current={current}
                isOlder={currentAt !== undefined && deployment.createdAt < currentAt}
                runs={runs[deployment.version] ?? 0}
                currentRuns={current === null ? 0 : (runs[current] ?? 0)}
                hasElsewhere={hasElsewhere}
                refused={refused}
                onChanged={() => void refetch()}
              />
            ))}
          </tbody>
        </Table>
      )}
      {hasNextPage ? (
        <p className="flex justify-center py-3">
          <Button size="sm" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older versions
          </Button>
        </p>
      ) : null}
    </div>
  );
}
