import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
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
  read(filter: RunFilter): Promise<FirstPage>;
}

export function createFirstPages(reads: Reads, changes: RecentChanges<RunRow>): FirstPages {
  const pages = new Map<string, Promise<FirstPage>>();

  async function readPage(filter: RunFilter): Promise<FirstPage> {
    // Before the read: a change that commits meanwhile has a later position, and is added by the reader.
    const position = changes.head();
    return { position, rows: await reads.firstPage(filter) };
  }

  return {
    read(filter) {
      const key = filterKey(filter);
      const found = pages.get(key);
      if (found) return found;
      const page = readPage(filter);
      pages.set(key, page);
      const forget = () => void pages.delete(key);
      page.then(() => setTimeout(forget, sharedMs).unref(), forget);
      return page;
    },
  };
}
