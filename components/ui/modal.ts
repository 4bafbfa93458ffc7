"use client";
import { useLayoutEffect } from "react";

let open = 0;

/** Whether a dialog covers the page: then no key is the page's. */
export const isModalOpen = (): boolean => open > 0;

/** Says so while the component is there. */
export function useModal(): void {
  useLayoutEffect(() => {
    open += 1;
    return () => {
      open -= 1;
    };
  }, []);
}
