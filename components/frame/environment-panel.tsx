"use client";
import { Check } from "lucide-react";
import { cn } from "@/components/ui/cn";
import { Link } from "@/components/ui/link";
import type { Me } from "@/lib/contracts/dashboard";
import { environmentPath } from "@/lib/view/environment-path";
import { OthersText } from "@/components/ui/others-text";
import { EnvironmentFacts } from "./environment-facts";
import { EnvironmentMark, environmentWords } from "./environment-mark";

/** The environments of this server as links, so that one may open beside the other, and what is known of this one. */
export function EnvironmentPanel({ me, onLeave }: { me: Me; onLeave: () => void }) {
  const { environments, environment } = me;
  return (
    <>
      <nav aria-label="Environments" className="max-h-64 overflow-y-auto border-b border-line p-1">
        <ul>
          {environments.map((one) => {
            const isShown = one.slug === environment.slug;
            return (
              <li key={one.slug}>
                {/* A document of its own: nothing of the environment that was shown stays. */}
                <a
                  href={`${environmentPath(one)}/runs`}
                  aria-current={isShown ? "true" : undefined}
                  className={cn(
                    "flex h-8 items-center gap-2 rounded px-2 hover:bg-hover",
                    one.branch !== undefined && "pl-5",
                    isShown && "font-medium",
                  )}
                >
                  <EnvironmentMark type={one.type} />
                  <span className="min-w-0 truncate">
                    <OthersText text={one.name} whole="on hover" />
                  </span>
                  <span className="shrink-0 text-sm text-faint">{one.branch === undefined ? environmentWords[one.type] : "branch"}</span>
                  {isShown ? <Check aria-hidden className="ml-auto size-3.5 shrink-0" /> : null}
                </a>
              </li>
            );
          })}
        </ul>
        <Link
          href="/environments"
          prefetch={false}
          onClick={onLeave}
          className="flex h-8 items-center rounded px-2 text-muted hover:bg-hover hover:text-fg"
        >
          Manage environments
        </Link>
      </nav>
      <div className="p-3">
        <EnvironmentFacts me={me} />
      </div>
    </>
  );
}
