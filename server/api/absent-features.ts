/** What the published clients can ask for and this server has not, by the beginning of the path; and what to do instead. */
const absent: readonly { paths: RegExp; error: string }[] = [
  {
    paths: /^\/api\/v1\/prompts(\/|$)/,
    error: "Prompts are not available in Signalbox. Keep them in the code of the task, or in the variables of the environment.",
  },
  {
    paths: /^\/api\/v1\/sessions(\/|$)|^\/realtime\/v1\/sessions(\/|$)|^\/api\/v1\/runs\/[^/]+\/session-streams\//,
    error: "Sessions (chat.agent) are not available in Signalbox. Send data into a run with input streams, and out of it with streams.",
  },
  {
    paths: /^\/api\/v1\/webhooks(\/|$)/,
    error: "Webhook endpoints are not available in Signalbox. Let a route of your own application trigger the task.",
  },
  {
    paths: /^\/api\/v1\/query(\/|$)/,
    error:
      "Queries are not available in Signalbox. GET /api/v1/runs lists and filters runs, GET /api/v1/errors groups their errors, GET /metrics has counts.",
  },
  {
    paths: /^\/api\/v1\/reports(\/|$)/,
    error: "Reports are not available in Signalbox. GET /api/v1/runs lists and filters runs, GET /api/v1/errors groups their errors.",
  },
  {
    paths: /^\/api\/v1\/auth\/oidc(\/|$)/,
    error: "OIDC tokens are not available in Signalbox. Give the task its credentials in the variables of the environment.",
  },
  {
    paths: /^\/engine\/v1\/|^\/api\/v1\/runs\/[^/]+\/input-streams\/wait$/,
    error: "Tasks wait through the process that runs them, not over HTTP. Deploy the task here: its SDK then waits by itself.",
  },
];

/** Null: no feature that is known to be missing. */
export const absentFeature = (path: string): string | null => absent.find(({ paths }) => paths.test(path))?.error ?? null;
