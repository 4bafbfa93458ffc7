import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { filterKey, matchesFilter } from "@/lib/runs/match-run";
import type { View } from "../caller";
import type { Recent } from "@/lib/runs/recent-changes";
import type { Subscriber, Subscription } from "../subscription";
import { createFirstPages } from "./first-pages";
import { RunsMember, type RunsShared, type RunsWish } from "./runs-member";

export interface RunsTopic {
  subscribe(party: { to: Subscriber; view: View }, wish: RunsWish): Subscription;
  /** Newest changes since the last call, oldest first. */
  offer(entries: readonly Recent<RunRow>[]): void;
  /** Ids that somebody looks at now. */
  visible(): Set<string>;
}

/** Lists by filter. Members with the same filter are matched once per change. */
export function createRunsTopic(options: Omit<RunsShared, "firstPages" | "offered">): RunsTopic {
  const { reads, changes } = options;
  const groups = new Map<string, { filter: RunFilter; members: Set<RunsMember> }>();
  let offered = changes.head();
  const shared: RunsShared = { ...options, firstPages: createFirstPages(reads, changes), offered: () => offered };

  return {
    subscribe(party, wish) {
      const key = filterKey(wish.filter);
      const group = groups.get(key) ?? { filter: wish.filter, members: new Set<RunsMember>() };
      groups.set(key, group);
      const member = new RunsMember(shared, party, wish);
      group.members.add(member);
      return {
        collect: () => member.collect(),
        cursor: () => member.cursor(),
        watch: (visible) => member.watch(visible),
        close() {
          group.members.delete(member);
          if (group.members.size === 0) groups.delete(key);
          member.close();
        },
      };
    },
    offer(entries) {
      offered = entries.at(-1)?.position ?? offered;
      for (const group of groups.values()) {
        for (const entry of entries) {
          const matches = matchesFilter(entry.value, group.filter);
          for (const member of group.members) member.offer(entry, matches);
        }
      }
    },
    visible() {
      const ids = new Set<string>();
      for (const group of groups.values()) for (const member of group.members) for (const id of member.visible) ids.add(id);
      return ids;
    },
  };
}
