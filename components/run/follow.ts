"use client";
import { useCallback, useLayoutEffect, useRef, useState } from "react";

/** So close to the end counts as at the end. */
const tolerance = 24;

/** Keeps a scrolling box at its end while new content comes, until somebody scrolls up. */
export function useFollow(grows: unknown) {
  const box = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  const onScroll = useCallback(() => {
    const element = box.current;
    if (element) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < tolerance);
  }, []);
  const follow = useCallback(() => {
    setFollowing(true);
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }, []);
  // Before the paint, so that the text does not jump for a frame.
  useLayoutEffect(() => {
    if (following && box.current) box.current.scrollTop = box.current.scrollHeight;
    // Again whenever the content has grown.
    // oxlint-disable-next-line react/exhaustive-effect-dependencies
  }, [grows, following]);
  return { box, following, onScroll, follow };
}
