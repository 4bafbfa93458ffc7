import { AsyncLocalStorage } from "node:async_hooks";

const askers = new AsyncLocalStorage<() => AbortSignal>();

/** Lists that `work` reads end when the one who asked goes away: nobody is there to see them. `signal` is asked for when there is one to read. */
export const askedBy = <T>(signal: () => AbortSignal, work: () => T): T => askers.run(signal, work);

/** What `work` reads is for several: it goes on whoever of them goes away. */
export const askedByMany = <T>(work: () => T): T => askers.exit(work);

/** Of whoever waits for what is read now; undefined: it is read for all. */
export const askerSignal = (): AbortSignal | undefined => askers.getStore()?.();
