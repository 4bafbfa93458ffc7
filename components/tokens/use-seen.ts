"use client";
import { useEffect, useRef, useState, type RefObject } from "react";

/** True from the moment the element first comes near the screen: what a row needs beyond its list is read only then. */
export function useSeen<T extends Element>(): [RefObject<T | null>, boolean] {
  const element = useRef<T>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (seen || element.current === null) return;
    const observer = new IntersectionObserver((entries) => (entries.some((entry) => entry.isIntersecting) ? setSeen(true) : undefined), {
      rootMargin: "200px",
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [seen]);
  return [element, seen];
}
