"use client";
import { useEffect, useRef } from "react";

/** A list that moves more often than that cannot be read, and each time costs the work of its rows. */
const everyMs = 200;

/** Lets in what waits while nobody holds the list: the first at once, the others together. What is still there afterwards waits for other news. */
export function useLetIn(waiting: boolean, letIn: () => void): void {
  const latest = useRef(letIn);
  const lastAt = useRef(-Infinity);
  useEffect(() => {
    latest.current = letIn;
  });
  useEffect(() => {
    if (!waiting) return undefined;
    const timer = setTimeout(
      () => {
        lastAt.current = performance.now();
        latest.current();
      },
      Math.max(0, lastAt.current + everyMs - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [waiting]);
}
