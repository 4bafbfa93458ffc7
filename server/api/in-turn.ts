/** One after the other. */
export type InTurn = <Value>(work: () => Promise<Value>) => Promise<Value>;

export function createTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => {});
    return next;
  };
}
