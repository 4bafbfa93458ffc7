"use client";
import { useQuery } from "@tanstack/react-query";
import type { z } from "zod";
import type { PublicTokensPage } from "@/lib/contracts/dashboard";
import { ReadOnlyNote, refusal } from "../auth/permission";
import { useMe } from "../frame/me";
import { getJson } from "../live/api";
import { PanelHead } from "../ui/page";
import { ErrorState } from "../ui/state";
import { Table, Th } from "../ui/table";
import { IssuedLine } from "./issued-line";
import { Workbench } from "./workbench";

type Page = z.infer<typeof PublicTokensPage>;
/** Last use is stored with a delay of seconds; so often it is looked up while the page is open. */
const lastUseMs = 15_000;

export function PublicTokensView({ initial }: { initial: Page }) {
  const refused = refusal(useMe().user.role, "operator");
  const { data, error, refetch } = useQuery({
    queryKey: ["public-tokens"],
    queryFn: ({ signal }) => getJson<Page>("/api/dashboard/public-tokens", signal),
    initialData: initial,
    refetchInterval: lastUseMs,
  });
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <ReadOnlyNote refused={refused} />
      <Workbench refused={refused} onMinted={() => void refetch()} />
      <section aria-label="Issued tokens" className="border-t border-line">
        <PanelHead title="Issued here" detail="Tokens that your own code signs are not listed; rotating the key ends those" />
        {error === null ? null : (
          <ErrorState className="m-4" title="The issued tokens could not be read" detail={error.message} onRetry={() => void refetch()} />
        )}
        {data.tokens.length === 0 ? (
          <p className="px-4 py-6 text-center text-faint">
            None yet. A public token lets a browser follow, trigger or answer exactly what you choose, and nothing else.
          </p>
        ) : (
          <Table>
            <thead>
              <tr>
                <Th>Scopes</Th>
                <Th>Note</Th>
                <Th>Made</Th>
                <Th>Last used</Th>
                <Th>State</Th>
                <Th className="w-px">
                  <span className="sr-only">Actions</span>
                </Th>
              </tr>
            </thead>
            <tbody>
              {data.tokens.map((row) => (
                <IssuedLine key={row.id} row={row} refused={refused} onRevoked={() => void refetch()} />
              ))}
            </tbody>
          </Table>
        )}
      </section>
    </div>
  );
}
