"use client";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { Button } from "../ui/button";
import { lazily } from "../ui/lazily";
import { Popover } from "../ui/menu";
import type { PayloadChoicesProps } from "./payload-choices";

const PayloadChoices = lazily(async () => (await import("./payload-choices")).PayloadChoices);

/** The author's example and the newest different payloads of the task's runs. */
export function RecentPayloads({ onPick, ...known }: PayloadChoicesProps) {
  const [open, setOpen] = useState(false);
  const pick = (text: string) => {
    onPick(text);
    setOpen(false);
  };
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      preload={PayloadChoices.preload}
      align="end"
      className="w-[min(28rem,90vw)] p-1"
      trigger={
        <Button size="sm">
          Payloads <ChevronDown aria-hidden className="size-3" />
        </Button>
      }
    >
      <PayloadChoices {...known} onPick={pick} />
    </Popover>
  );
}
