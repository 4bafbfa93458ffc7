import type { UseInfiniteQueryResult } from "@tanstack/react-query";
import { Button } from "./button";

/** The end of a list that is read page by page; nothing where all of it is there. */
export function ShowOlder({ query }: { query: Pick<UseInfiniteQueryResult, "hasNextPage" | "isFetchingNextPage" | "fetchNextPage"> }) {
  if (!query.hasNextPage) return null;
  return (
    <div className="p-3 text-center">
      <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        Show older ones
      </Button>
    </div>
  );
}
