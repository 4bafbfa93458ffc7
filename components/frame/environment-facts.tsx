"use client";
import { Ago } from "@/components/live/time";
import { CopyValue } from "@/components/ui/copy";
import type { Me } from "@/lib/contracts/dashboard";

export const EnvironmentFacts = ({ me }: { me: Me }) => (
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
);
