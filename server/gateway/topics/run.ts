import type { RunEvent, RunRow } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import type { View } from "../caller";
import type { Reads } from "../reads";
import type { Recent } from "@/lib/runs/recent-changes";
import type { Subscriber, Subscription } from "../subscription";
import { RunMember } from "./run-member";

/** Events after which metadata, output, error or streams may be others than before. */
const changesDetail: Partial<Record<RunEvent["type"], true>> = { metadata: true, streamed: true, retrying: true, started: true };

interface Room {
  members: Set<RunMember>;
  /** Parent, root and children that its members know of. */
  related: Set<string>;
  /** `again`: something changed during the read. */
  reading: "no" | "yes" | "again";
}

export interface RunTopic {
  subscribe(party: { to: Subscriber; view: View }, wish: { runId: string; cursor: string | undefined }): Subscription;
  offer(entry: Recent<RunRow>, events: readonly RunEvent[]): void;
  /** Whether its events are of interest. */
  has(runId: string): boolean;
  /** Lowest version that a subscriber of each subscribed run has. */
  versions(): Map<string, number>;
  /** The database is ahead of what was offered: members catch up. */
  catchUp(runId: string, version: number): void;
}

export function createRunTopic(options: { reads: Reads; epoch: string }): RunTopic {
  const { reads, epoch } = options;
  const rooms = new Map<string, Room>();
  /** Rooms that follow a run as a relation. */
  const followers = new Map<string, Set<Room>>();

  function follow(room: Room, ids: readonly string[]): void {
    for (const id of ids) {
      room.related.add(id);
      const rest = followers.get(id) ?? new Set<Room>();
      followers.set(id, rest.add(room));
    }
  }

  function leave(runId: string, room: Room): void {
    rooms.delete(runId);
    for (const id of room.related) {
      const rest = followers.get(id);
      rest?.delete(room);
      if (rest?.size === 0) followers.delete(id);
    }
  }

  /** One read for all members, however many changes come meanwhile. */
  async function readDetail(runId: string, room: Room): Promise<void> {
    if (room.reading !== "no") {
      room.reading = "again";
      return;
    }
    do {
      room.reading = "yes";
      // A failing read is repaired by the next change, or by the comparison with the database.
      const detail = await reads.detail(runId).catch(() => null);
      if (detail !== null) for (const member of room.members) member.offerDetail(detail);
    } while (wasChanged(room));
    room.reading = "no";
  }

  return {
    has: (runId) => rooms.has(runId),
    subscribe({ to, view }, { runId, cursor }) {
      const room: Room = rooms.get(runId) ?? { members: new Set<RunMember>(), related: new Set<string>(), reading: "no" };
      rooms.set(runId, room);
      const member = new RunMember({ reads, to, view, runId, epoch, cursor });
      member.onRelations = (ids) => follow(room, ids);
      room.members.add(member);
      return {
        collect: () => member.collect(),
        cursor: () => member.cursor(),
        close() {
          member.close();
          room.members.delete(member);
          if (room.members.size === 0 && rooms.get(runId) === room) leave(runId, room);
        },
      };
    },
    offer(entry, events) {
      const room = rooms.get(entry.id);
      for (const member of room?.members ?? []) member.offer(entry, events);
      if (room && (isFinal(entry.value.status) || events.some((event) => changesDetail[event.type]))) void readDetail(entry.id, room);
      const parent = entry.value.parentId === undefined ? undefined : rooms.get(entry.value.parentId);
      if (parent && !parent.related.has(entry.id)) follow(parent, [entry.id]);
      for (const follower of followers.get(entry.id) ?? []) for (const member of follower.members) member.offerRelation(entry);
    },
    versions: () => new Map([...rooms].map(([runId, room]) => [runId, Math.min(...[...room.members].map((member) => member.version))])),
    catchUp(runId, version) {
      for (const member of rooms.get(runId)?.members ?? []) if (member.version < version) member.catchUp();
    },
  };
}

// `reading` changes while the read is awaited, which the compiler does not see.
const wasChanged = (room: Room): boolean => room.reading === "again";
