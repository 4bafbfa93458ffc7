/** What the list is filtered by, as it stands in the address. */
export interface ErrorsView {
  state: ErrorsState;
  task: string;
  version: string;
  hours: ErrorsHours;
  search: string;
}

export const errorsStates = ["open", "resolved", "ignored", "all"] as const;
type ErrorsState = (typeof errorsStates)[number];
export const stateWords: Record<ErrorsState, string> = { open: "Open", resolved: "Resolved", ignored: "Ignored", all: "All" };
export const errorsHours = ["24", "168", "720"] as const;
type ErrorsHours = (typeof errorsHours)[number];
export const hoursWords: Record<ErrorsHours, string> = { "24": "24 h", "168": "7 d", "720": "30 d" };

export function viewOfErrors(params: URLSearchParams): ErrorsView {
  const state = params.get("state");
  const hours = params.get("hours");
  return {
    state: errorsStates.find((known) => known === state) ?? "open",
    hours: errorsHours.find((known) => known === hours) ?? "168",
    task: params.get("task") ?? "",
    version: params.get("version") ?? "",
    search: params.get("search") ?? "",
  };
}

/** Query of `GET /api/dashboard/errors`. One that came back is open. */
export function errorsQuery(view: ErrorsView): URLSearchParams {
  const query = new URLSearchParams({ hours: view.hours });
  for (const status of view.state === "open" ? ["open", "regressed"] : view.state === "all" ? [] : [view.state])
    query.append("status", status);
  if (view.task !== "") query.append("task", view.task);
  if (view.version !== "") query.append("version", view.version);
  if (view.search.trim() !== "") query.append("search", view.search.trim());
  return query;
}
