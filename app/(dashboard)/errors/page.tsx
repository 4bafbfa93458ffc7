import type { Metadata } from "next";
import { fetchDashboard } from "@/app/data";
import { toParams, type Search } from "@/app/search";
import { errorsQuery, viewOfErrors } from "@/components/errors/error-query";
import { ErrorsView } from "@/components/errors/errors-view";
import { ErrorsPage } from "@/lib/contracts/error-group";

export const metadata: Metadata = { title: "Errors" };

export default async function Page({ searchParams }: { searchParams: Promise<Search> }) {
  const query = errorsQuery(viewOfErrors(toParams(await searchParams))).toString();
  return <ErrorsView initial={await fetchDashboard(`/errors?${query}`, ErrorsPage)} initialQuery={query} />;
}
