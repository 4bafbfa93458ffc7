/** Sends a signal to a process started with `detached` and to everything that it started. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: all gone. EPERM: only processes of other users are left in the group (macOS says so for zombies, too).
    if (!(error instanceof Error && "code" in error && (error.code === "ESRCH" || error.code === "EPERM"))) throw error;
  }
}
