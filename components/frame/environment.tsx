"use client";
import { ChevronDown } from "lucide-react";
import { Ago } from "@/components/live/time";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { CopyValue } from "@/components/ui/copy";
import { Popover } from "@/components/ui/menu";
import type { Me } from "@/lib/contracts/dashboard";

/** Which environment this tab shows, in its own colour, and what runs in it. */
export function Environment({ me }: { me: Me }) {
  const isProduction = me.environment.type === "PRODUCTION";
  return (
    <Popover
      className="w-72 p-3"
      trigger={
        <Button look="ghost" size="sm" className="gap-1" aria-label={`Environment ${me.environment.slug}`}>
          <span aria-hidden className={cn("size-2 rounded-sm", isProduction ? "bg-good-bar" : "bg-needs-bar")} />
          <span className="font-mono">{me.environment.slug}</span>
          <ChevronDown aria-hidden className="size-3" />
        </Button>
      }
    >
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
        <dt className="text-faint">Project</dt>
        <dd className="truncate">{me.project.name}</dd>
        <dt className="text-faint">Ref</dt>
        <dd>
          <CopyValue text={me.project.ref} />
        </dd>
        <dt className="text-faint">Address</dt>
        <dd>
          <CopyValue text={me.origin} />
        </dd>
        <dt className="text-faint">Concurrency</dt>
        <dd className="font-mono">{me.environment.concurrencyLimit}</dd>
        <dt className="text-faint">Tasks version</dt>
        <dd>
          {me.deployment ? (
            <>
              <CopyValue text={me.deployment.version} /> <Ago at={me.deployment.createdAt} className="text-faint" />
            </>
          ) : (
            "none deployed"
          )}
        </dd>
      </dl>
    </Popover>
  );
}
