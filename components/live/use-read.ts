"use client";
import { useEffect, useRef, useState } from "react";
import type { CachedRead, Reader } from "@/lib/client/read-cache";
import { useReadCache, useSubscribable } from "./live-provider";

export interface ReadOptions<T> {
  /** Names what is read: the same key is read once, whoever shows it. */
  key: readonly (string | number | null)[];
  read: Reader<T>;
  /** What the server rendered. */
  initial?: T | undefined;
  /** After so long it is read again by whoever opens it; without, the socket says what has changed. */
  staleMs?: number;
  /** Read again so often while the page is seen; false: not by time. */
  everyMs?: number | false;
  /** False: not yet. */
  enabled?: boolean;
  /** Known for so long after it was shown last. */
  forgetMs?: number;
  /** What to show until another key has been read: the last data, or undefined. */
  keep?: (held: T) => T | undefined;
}

export interface Read<T, Data = T | undefined> {
  data: Data;
  /** Epoch ms of the data; 0: there is none. */
  at: number;
  /** Of the newest attempt; what was read before stays. */
  error: Error | null;
  /** Neither data nor an error yet. */
  isPending: boolean;
  /** Reads anew, with another reader if one is given; resolves with what is known then. */
  refetch: (read?: Reader<T>) => Promise<T | undefined>;
  put: (data: T) => void;
}

const defaultForgetMs = 300_000;

/** Something of our API, read when it is first shown. */
export function useRead<T>(options: ReadOptions<T> & { initial: T }): Read<T, T>;
export function useRead<T>(options: ReadOptions<T>): Read<T>;
export function useRead<T>({ key, read, initial, staleMs = Infinity, everyMs = false, enabled = true, forgetMs = defaultForgetMs, keep }: ReadOptions<T>): Read<T> {
  const entry = useReadCache().entry(JSON.stringify(key), initial);
  const { data = initial, at, error } = useSubscribable(entry, entry.getSnapshot());
  const latest = useRef(read);
  useEffect(() => {
    latest.current = read;
  });
  useEffect(() => entry.hold(forgetMs), [entry, forgetMs]);
  useEffect(() => {
    if (enabled && (entry.getSnapshot().data === undefined || entry.isOlderThan(staleMs))) void entry.poll(latest.current);
  }, [entry, enabled, staleMs]);
  useEffect(() => {
    if (!enabled || everyMs === false) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void entry.poll(latest.current);
    }, everyMs);
    return () => clearInterval(timer);
  }, [entry, enabled, everyMs]);
  const shown = useKept(data, keep);
  return { data: shown, at, error, isPending: shown === undefined && error === null, refetch: (other) => refetch(entry, other ?? latest.current), put: entry.put };
}

async function refetch<T>(entry: CachedRead<T>, read: Reader<T>): Promise<T | undefined> {
  await entry.refetch(read);
  return entry.getSnapshot().data;
}

function useKept<T>(data: T | undefined, keep: ReadOptions<T>["keep"]): T | undefined {
  const [held, setHeld] = useState(data);
  if (keep === undefined) return data;
  if (data !== undefined && data !== held) setHeld(data);
  return data ?? (held === undefined ? undefined : keep(held));
}

interface Page {
  /** Cursor of the one after it. */
  next?: string | undefined;
}

export interface PagesOptions<P extends Page> extends Pick<ReadOptions<P>, "key" | "initial" | "staleMs" | "everyMs" | "forgetMs"> {
  read: (cursor: string | null, signal: AbortSignal) => Promise<P>;
}

export interface Pages<P> extends Omit<Read<readonly P[]>, "put" | "refetch"> {
  hasMore: boolean;
  loadMore: () => void;
  loadingMore: boolean;
  /** As many pages as are held. */
  refetch: () => void;
  /** The first page, in place of all; resolves with what is held then. */
  startAgain: () => Promise<readonly P[] | undefined>;
}

/** A list that is read page by page. */
export function usePages<P extends Page>({ read, initial, ...options }: PagesOptions<P>): Pages<P> {
  const [loadingMore, setLoadingMore] = useState(false);
  const all = useRead<readonly P[]>({
    ...options,
    ...(initial !== undefined && { initial: [initial] }),
    async read(signal, held = []) {
      const pages = [await read(null, signal)];
      for (let next = pages[0]?.next; next !== undefined && pages.length < held.length; next = pages.at(-1)?.next) pages.push(await read(next, signal));
      return pages;
    },
  });
  const next = all.data?.at(-1)?.next;

  async function loadMore(): Promise<void> {
    if (next === undefined) return;
    setLoadingMore(true);
    await all.refetch(async (signal, held = []) => [...held, await read(next, signal)]);
    setLoadingMore(false);
  }

  return {
    ...all,
    hasMore: next !== undefined,
    loadMore: () => void loadMore(),
    loadingMore,
    refetch: () => void all.refetch(),
    startAgain: () => all.refetch(async (signal) => [await read(null, signal)]),
  };
}
