"use client";
import { ChevronDown } from "lucide-react";
import { useEffect } from "react";
import { Button } from "@/components/ui/button";
import { lazily } from "@/components/ui/lazily";
import { Popover } from "@/components/ui/menu";
import type { Me } from "@/lib/contracts/dashboard";
import { EnvironmentMark } from "./environment-mark";

const EnvironmentPanel = lazily(async () => (await import("./environment-panel")).EnvironmentPanel);

interface EnvironmentProps {
  me: Me;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** Which environment this tab shows, in its own colour, what runs in it, and the way to the others. */
export function Environment({ me, open, onOpenChange }: EnvironmentProps) {
  useEffect(() => {
    if (open) void EnvironmentPanel.preload();
  }, [open]);
  return (
    <Popover
      className="w-80 p-0"
      preload={EnvironmentPanel.preload}
      open={open}
      onOpenChange={onOpenChange}
      trigger={
        <Button look="ghost" size="sm" className="max-w-40 gap-1.5" aria-label={`Environment ${me.environment.slug}`}>
          <EnvironmentMark type={me.environment.type} />
          <span className="truncate font-mono">{me.environment.slug}</span>
          <ChevronDown aria-hidden className="size-3 shrink-0" />
        </Button>
      }
    >
      <EnvironmentPanel me={me} onLeave={() => onOpenChange(false)} />
    </Popover>
  );
}
