"use client";
import { FlaskConical, Link2 } from "lucide-react";
import { useGo } from "@/components/frame/leaving";
import { copyText } from "@/components/ui/copy";
import { MenuItem } from "@/components/ui/menu";
import { toast } from "@/components/ui/toast";
import type { RunDetail } from "@/lib/contracts/run";

export function MoreActions({ run }: { run: RunDetail }) {
  const go = useGo();
  return (
    <>
      <MenuItem onSelect={() => go(`/test?task=${encodeURIComponent(run.task)}&run=${encodeURIComponent(run.id)}`)}>
        <FlaskConical aria-hidden className="size-4 text-muted" />
        Open in Test
      </MenuItem>
      <MenuItem onSelect={() => void copyText(location.href).then(() => toast.success("Link copied"))}>
        <Link2 aria-hidden className="size-4 text-muted" />
        Copy link to this view
      </MenuItem>
    </>
  );
}
