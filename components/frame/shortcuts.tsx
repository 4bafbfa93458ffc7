"use client";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { lazilyDialog } from "@/components/ui/dialog";
import { isModalOpen } from "@/components/ui/modal";

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

const ShortcutSheet = lazilyDialog(async () => (await import("./shortcut-sheet")).ShortcutSheet);

const RegistryContext = createContext<Registry | null>(null);

/** Keys of one press, as shortcuts spell them. `shift` only for letters: `?` is already shifted. */
export function pressed(event: Pick<KeyboardEvent, "key" | "metaKey" | "ctrlKey" | "altKey" | "shiftKey">): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const named = key.length > 1 || (key >= "a" && key <= "z");
  return `${event.metaKey || event.ctrlKey ? "mod+" : ""}${event.altKey ? "alt+" : ""}${event.shiftKey && named ? "shift+" : ""}${key}`;
}

/** Kinds of input that take no text: letters mean nothing to them. */
const wordless = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"]
  .map((type) => `:not([type=${type}])`)
  .join("");
const taking = `input${wordless}, textarea, select, [role=dialog], [role=menu], [role=listbox]`;

/** Keys that the element under the focus has a meaning of its own for; all others are the page's. */
const own: readonly { of: string; keys: ReadonlySet<string> }[] = [
  { of: "button, summary, input[type=checkbox]", keys: new Set(["enter", "space"]) },
  { of: "input[type=radio], input[type=range]", keys: new Set(["space", "arrowup", "arrowdown", "arrowleft", "arrowright"]) },
  { of: "a[href]", keys: new Set(["enter"]) },
];

/** Text fields, open menus and popovers take every key while they have the focus; a button or a switch only those that work it. */
function isTaken(key: string, target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest(taking) !== null) return true;
  return own.some(({ of, keys }) => keys.has(key) && target.matches(of));
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
      // A dialog covers the page, also while its code is still on its way.
      if (event.defaultPrevented || event.isComposing || isModalOpen()) return;
      const key = pressed(event);
      if (!key.startsWith("mod+") && isTaken(key, event.target)) return;
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
