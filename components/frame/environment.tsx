"use client";
import { ChevronDown } from "lucide-react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { lazily } from "@/components/ui/lazily";
import { Popover } from "@/components/ui/menu";
import type { Me } from "@/lib/contracts/dashboard";

const EnvironmentFacts = lazily(async () => (await import("./environment-facts")).EnvironmentFacts);

/** Which environment this tab shows, in its own colour, and what runs in it. */
export function Environment({ me }: { me: Me }) {
  const isProduction = me.environment.type === "PRODUCTION";
  return (
    <Popover
      className="w-72 p-3"
      preload={EnvironmentFacts.preload}
      trigger={
        <Button look="ghost" size="sm" className="gap-1" aria-label={`Environment ${me.environment.slug}`}>
          <span aria-hidden className={cn("size-2 rounded-sm", isProduction ? "bg-good-bar" : "bg-needs-bar")} />
          <span className="font-mono">{me.environment.slug}</span>
          <ChevronDown aria-hidden className="size-3" />
        </Button>
      }
    >
      <EnvironmentFacts me={me} />
    </Popover>
  );
}
