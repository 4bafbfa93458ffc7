/** All in ms. Tests shorten some. */
export interface Timings {
  /** How often limits and deadlines are looked at while runs are held. */
  sweep: number;
  /** A busy process is pinged this often; one ping at a time. */
  ping: number;
  /** Without an answer for this long, a process is chosen only when no other is free. */
  suspect: number;
  /** Without an answer for this long, its event loop is blocked: no new runs. */
  blocked: number;
  /** Without an answer and without CPU time for this long, it is stopped or stuck: it is killed and its runs are resumed elsewhere. */
  frozen: number;
  /** A cancelled run in a blocked process: the process is killed after this long without an answer. */
  cancelBlocked: number;
  /** onCancel hooks may take this long. */
  cancel: number;
  /** A run over its maxDuration has this long to report what it has buffered. */
  maxDuration: number;
  /** Between SIGTERM and SIGKILL. */
  terminate: number;
  /** A process must have loaded its bundle within this. */
  start: number;
  /** A process without runs that was told to exit has this long. */
  exit: number;
  /** A process above the warm ones ends when it was idle twice at this interval. */
  tidy: number;
  /** What a draining process has buffered arrives within this. */
  lastWords: number;
  /** At a stop, reports that the database does not take are given up after this; the next start recovers their runs. */
  lastReports: number;
}

export const defaultTimings: Timings = {
  sweep: 100,
  ping: 250,
  suspect: 150,
  blocked: 2_000,
  frozen: 60_000,
  cancelBlocked: 5_000,
  cancel: 30_000,
  maxDuration: 1_000,
  terminate: 1_000,
  start: 30_000,
  exit: 2_000,
  tidy: 15_000,
  lastWords: 300,
  lastReports: 3_000,
};
