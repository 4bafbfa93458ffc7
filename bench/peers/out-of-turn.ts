/**
 * Peers' libraries run in this process. What one throws outside of any call, in a timer or a socket's event, is handed to
 * `report` and does not end the bench. Answers how to stop.
 */
export function catchOutOfTurn(report: (error: unknown) => void): () => void {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  for (const event of events) process.on(event, report);
  return () => {
    for (const event of events) process.off(event, report);
  };
}
