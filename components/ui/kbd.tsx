"use client";
import { useSyncExternalStore, type ReactNode } from "react";

export const Kbd = ({ children }: { children: ReactNode }) => (
  <kbd className="inline-flex h-4 min-w-4 items-center justify-center rounded-sm border border-line-strong px-1 font-mono text-xs text-faint">
    {children}
  </kbd>
);

const symbols: Record<string, string> = {
  mod: "Ctrl",
  shift: "⇧",
  alt: "Alt",
  enter: "↵",
  escape: "Esc",
  arrowdown: "↓",
  arrowup: "↑",
  arrowleft: "←",
  arrowright: "→",
  space: "Space",
};
const onMac: Record<string, string> = { ...symbols, mod: "⌘", alt: "⌥" };

/** Nothing tells when it changes. */
const never = () => () => undefined;
const isMac = (): boolean => /mac|iphone|ipad/i.test(navigator.platform);

/** Keys as shortcuts spell them (`mod+k`, `g r`), as this machine's keyboard names them. */
export function Keys({ keys }: { keys: string }) {
  const names = useSyncExternalStore(never, isMac, () => false) ? onMac : symbols;
  return (
    <span className="flex gap-1">
      {keys.split(/[ +]/).map((key) => (
        <Kbd key={key}>{names[key] ?? (key.length === 1 ? key.toUpperCase() : key)}</Kbd>
      ))}
    </span>
  );
}
