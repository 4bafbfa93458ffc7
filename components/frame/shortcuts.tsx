"use client";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { lazily } from "@/components/ui/lazily";

/** `j`, `shift+j`, `mod+k`, or two keys in a row: `g r`. */
export interface Shortcut {
  keys: string;
  label: string;
  group: string;
  run: (event: KeyboardEvent) => void;
}

interface Registry {
  add(shortcut: Shortcut): () => void;
  showSheet(): void;
}

const ShortcutSheet = lazily(async () => (await import("./shortcut-sheet")).ShortcutSheet);

const RegistryContext = createContext<Registry | null>(null);

/** Keys of one press, as shortcuts spell them. `shift` only for letters: `?` is already shifted. */
export function pressed(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "altKey" | "shiftKey">): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const named = key.length > 1 || (key >= "a" && key <= "z");
  return `${event.metaKey || event.ctrlKey ? "mod+" : ""}${event.altKey ? "alt+" : ""}${event.shiftKey && named ? "shift+" : ""}${key}`;
}

/** Single keys belong to text fields and to open dialogs and menus while these have the focus. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest("input:not([type=checkbox]), textarea, select, [role=dialog], [role=menu], [role=listbox]") !== null;
}

const sequenceMs = 1_200;

export function ShortcutsProvider({ children }: { children: ReactNode }) {
  const shortcuts = useRef(new Set<Shortcut>());
  const [sheet, setSheet] = useState<readonly Shortcut[] | null>(null);

  const registry = useMemo<Registry>(
    () => ({
      add(shortcut) {
        shortcuts.current.add(shortcut);
        return () => shortcuts.current.delete(shortcut);
      },
      showSheet: () => setSheet([...shortcuts.current]),
    }),
    [],
  );

  useEffect(() => {
    let first: { key: string; at: number } | null = null;
    function onKey(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.isComposing) return;
      const key = pressed(event);
      if (!key.startsWith("mod+") && isTyping(event.target)) return;
      if (key === "?") {
        event.preventDefault();
        registry.showSheet();
        return;
      }
      const sequence = first && event.timeStamp - first.at < sequenceMs ? `${first.key} ${key}` : null;
      first = null;
      // The newest registration wins: a panel's keys over the page's.
      const all = [...shortcuts.current].toReversed();
      const found = (sequence && all.find((shortcut) => shortcut.keys === sequence)) || all.find((shortcut) => shortcut.keys === key);
      if (found) {
        event.preventDefault();
        found.run(event);
      } else if (all.some((shortcut) => shortcut.keys.startsWith(`${key} `))) first = { key, at: event.timeStamp };
    }
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [registry]);

  return (
    <RegistryContext.Provider value={registry}>
      {children}
      {sheet === null ? null : <ShortcutSheet shortcuts={sheet} onClose={() => setSheet(null)} />}
    </RegistryContext.Provider>
  );
}

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (!registry) throw new Error("Shortcuts are used outside ShortcutsProvider");
  return registry;
}

/** Registers a key while the component is mounted; it shows up in the `?` sheet. */
export function useShortcut(keys: string, shortcut: Omit<Shortcut, "keys">): void {
  const registry = useRegistry();
  const { label, group } = shortcut;
  const run = useRef(shortcut.run);
  useEffect(() => {
    run.current = shortcut.run;
  });
  useEffect(() => registry.add({ keys, label, group, run: (event) => run.current(event) }), [registry, keys, label, group]);
}

export const useShortcutSheet = (): (() => void) => useRegistry().showSheet;
