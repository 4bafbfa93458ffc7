import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { askedBy } from "../../db/asker";
import { filterKey } from "@/lib/runs/match-run";
import type { Reads } from "../reads";
import type { RecentChanges } from "@/lib/runs/recent-changes";

/** After a restart a thousand tabs ask for the same lists at once: one read serves all of them for so long. */
const sharedMs = 500;

/** Rows as of `position`: whoever adds the changes after it is current. */
export interface FirstPage {
  rows: RunRow[];
  position: number;
}

export interface FirstPages {
  /** `signal`: the reader has gone. When all of a page's readers have, it is not read to its end. */
  read(filter: RunFilter, signal: AbortSignal): Promise<FirstPage>;
}

interface SharedPage {
  page: Promise<FirstPage>;
  readers: number;
  leave(): void;
}

export function createFirstPages(reads: Reads, changes: RecentChanges<RunRow>): FirstPages {
  const pages = new Map<string, SharedPage>();

  async function readPage(filter: RunFilter): Promise<FirstPage> {
    // Before the read: a change that commits meanwhile has a later position, and is added by the reader.
    const position = changes.head();
    return { position, rows: await reads.firstPage(filter) };
  }

  function start(key: string, filter: RunFilter): SharedPage {
    const left = new AbortController();
    const forget = () => {
      if (pages.get(key) === shared) pages.delete(key);
    };
    const page = askedBy(
      () => left.signal,
      () => readPage(filter),
    );
    const shared: SharedPage = {
      page,
      readers: 0,
      leave() {
        shared.readers -= 1;
        if (shared.readers > 0) return;
        forget();
        left.abort();
      },
    };
    pages.set(key, shared);
    page.then(() => setTimeout(forget, sharedMs).unref(), forget);
    return shared;
  }

  return {
    async read(filter, signal) {
      const key = filterKey(filter);
      const shared = pages.get(key) ?? start(key, filter);
      shared.readers += 1;
      signal.addEventListener("abort", shared.leave);
      try {
        return await shared.page;
      } finally {
        signal.removeEventListener("abort", shared.leave);
      }
    },
  };
}
