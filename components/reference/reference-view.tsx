"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { groupOperations, matchesSearch, type ApiDocument } from "@/lib/openapi/operations";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { PanelHead } from "../ui/page";
import { SearchInput } from "../ui/search-input";
import { SkeletonRows } from "../ui/skeleton";
import { EmptyState, ErrorState } from "../ui/state";
import { OperationLine } from "./operation-line";

/** Every route of the HTTP API, from its own document; each can be tried as the person who is signed in. */
export function ReferenceView() {
  const { data, error, refetch } = useQuery({
    queryKey: ["openapi"],
    queryFn: ({ signal }) => getJson<ApiDocument>("/api/openapi.json", signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [search, setSearch] = useState("");
  const me = useMe();
  const groups =
    data === undefined
      ? []
      : [...groupOperations(data)]
          .map(([name, all]) => ({ name, shown: all.filter((operation) => matchesSearch(operation, search)) }))
          .filter(({ shown }) => shown.length > 0);
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <PanelHead title="HTTP API" detail={me.origin}>
        <SearchInput label="Search routes" value={search} onChange={setSearch} />
        <a href="/api/openapi.json" className="text-sm underline">
          openapi.json
        </a>
      </PanelHead>
      <p className="max-w-3xl px-4 py-3 text-muted">
        Send <code className="font-mono">Authorization: Bearer</code> with a secret key. What you try here runs with your own session, in
        the environment {me.environment.slug}, and is real.
      </p>
      {error === null ? null : (
        <ErrorState
          className="m-4"
          title="The document of the API could not be read"
          detail={error.message}
          onRetry={() => void refetch()}
        />
      )}
      {data === undefined && error === null ? <SkeletonRows rows={14} /> : null}
      {data !== undefined && groups.length === 0 ? (
        <EmptyState title="No such route">Search for a path, a method or what a route does.</EmptyState>
      ) : null}
      {groups.map(({ name, shown }) => (
        <section key={name} aria-label={name}>
          <h2 className="border-y border-line bg-panel px-4 py-1.5 font-medium">{name}</h2>
          {shown.map((operation) => (
            <OperationLine key={operation.operationId} operation={operation} />
          ))}
        </section>
      ))}
    </div>
  );
}
