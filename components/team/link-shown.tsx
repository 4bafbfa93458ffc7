"use client";
import type { LinkMade } from "@/lib/contracts/people";
import { Until } from "../live/time";
import { SecretOnce } from "../ui/secret";

/** The server sends no mail: who made the link hands it over. */
export const LinkShown = ({ made }: { made: LinkMade }) => (
  <div className="flex flex-col gap-3 pb-2">
    <SecretOnce value={made.link} what="link" />
    <p className="text-muted">
      Give it to {made.email} yourself, in a message that only they read: who opens it first has the account. It works once, for{" "}
      <Until at={made.expiresAt} className="font-mono" />.
    </p>
  </div>
);
