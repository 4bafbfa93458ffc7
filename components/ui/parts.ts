import { toast } from "./toast";

/** Code of the page that comes later: loaded when it is shown, and before that as soon as nothing else is to do. */
export interface Part<T> {
  /** Quietly, ahead of time. */
  preload(): Promise<void>;
  /** Somebody waits for it. It never fails: what could not be loaded is told, and comes when the server is back. */
  get(): Promise<T>;
}

interface Loading {
  isLoaded: boolean;
  load(): Promise<boolean>;
}

const parts = new Set<Loading>();
/** Who waits for a part that could not be loaded. */
const waiting = new Set<() => void>();

export function part<T>(load: () => Promise<T>): Part<T> {
  let loading: Promise<T> | undefined;
  const begin = (): Promise<T> => {
    loading ??= load().then(
      (value) => {
        mine.isLoaded = true;
        return value;
      },
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  const mine: Loading = {
    isLoaded: false,
    load: () =>
      begin().then(
        () => true,
        () => false,
      ),
  };
  parts.add(mine);

  async function get(): Promise<T> {
    for (let isTold = false; ; isTold = true) {
      const found = await begin().then(
        (value) => ({ value }),
        () => null,
      );
      if (found) return found.value;
      if (!isTold)
        toast.error("This part of the page is not here yet", {
          description: "The server does not answer. It opens when the connection is back.",
        });
      await new Promise<void>((resume) => waiting.add(resume));
    }
  }

  return { preload: () => mine.load().then(() => undefined), get };
}

/** Everything that the page may show later, also what the loaded parts bring with them. False: some could not be loaded. */
export async function loadParts(): Promise<boolean> {
  for (;;) {
    const missing = [...parts].filter((each) => !each.isLoaded);
    if (missing.length === 0) return true;
    const [first] = missing;
    // One after the other: what the operator asks for meanwhile is not behind all of them.
    if (first && !(await first.load())) return false;
  }
}

/** The server is back: what was asked for in vain comes now. */
export function resumeParts(): void {
  const resumed = [...waiting];
  waiting.clear();
  for (const resume of resumed) resume();
}
