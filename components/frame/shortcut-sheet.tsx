"use client";
import { Dialog } from "@/components/ui/dialog";
import { Keys } from "@/components/ui/kbd";
import type { Shortcut } from "./shortcuts";

/** Every key that does something here. */
export function ShortcutSheet({ shortcuts: all, onClose }: { shortcuts: readonly Shortcut[]; onClose: () => void }) {
  const groups = [...new Set(all.map((shortcut) => shortcut.group))];
  return (
    <Dialog open onOpenChange={onClose} title="Keyboard" size="md">
      <div className="columns-1 gap-8 sm:columns-2">
        {groups.map((group) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-sm font-medium text-faint">{group}</h3>
            <dl>
              {all
                .filter((entry) => entry.group === group)
                .map((entry) => (
                  <div key={`${entry.keys} ${entry.label}`} className="flex h-7 items-center justify-between gap-4">
                    <dt>{entry.label}</dt>
                    <dd>
                      <Keys keys={entry.keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
