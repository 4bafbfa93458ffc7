"use client";
import { Command } from "cmdk";
import { ArrowRight, CornerDownLeft, Filter, Keyboard, LogOut, Moon, Play, Sun, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/components/live/api";
import type { Facets } from "@/lib/contracts/dashboard";
import { environmentPath } from "@/lib/view/environment-path";
import { useModal } from "@/components/ui/modal";
import { EnvironmentMark } from "./environment-mark";
import { leaveFor, useGo } from "./leaving";
import { useMe } from "./me";
import { nav } from "./nav";
import { useShortcutSheet } from "./shortcuts";
import { signOut } from "./sign-out";
import { applyTheme } from "./theme";
import { OthersText } from "@/components/ui/others-text";

const row = "flex h-8 cursor-default items-center gap-2 rounded px-2 data-[selected=true]:bg-hover";
const group = "[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-sm [&_[cmdk-group-heading]]:text-faint";

/** Go anywhere, jump to an id, act on a task. */
export function Palette({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  useModal();
  const leave = useGo();
  const { environments, environment } = useMe();
  const others = environments.filter(({ slug }) => slug !== environment.slug);
  const showSheet = useShortcutSheet();
  const [text, setText] = useState("");
  const facets = useQuery({ queryKey: ["facets"], queryFn: ({ signal }) => getJson<Facets>("/api/dashboard/facets", signal) });
  const id = text.trim();
  const isRun = /^run_\w+$/.test(id);
  const isToken = /^waitpoint_\w+$/.test(id);
  const isBatch = /^batch_\w+$/.test(id);

  const act = (then: () => void) => () => {
    onOpenChange(false);
    then();
  };
  const go = (href: string) => act(() => leave(href));

  return (
    <Command.Dialog
      open
      onOpenChange={onOpenChange}
      label="Search and commands"
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="appear fixed inset-x-2 top-[12vh] z-50 mx-auto max-w-xl overflow-hidden rounded-lg bg-raised shadow-float"
    >
      <Command.Input value={text} onValueChange={setText} placeholder="Page, task, tag, run id or action" className="h-11 w-full border-b border-line bg-transparent px-4 outline-none placeholder:text-faint" />
      <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing fits. Paste a whole run id to open it.</Command.Empty>
        {isRun ? <Row Icon={CornerDownLeft} text={`Open ${id}`} onSelect={go(`/runs/${id}`)} /> : null}
        {isToken ? <Row Icon={CornerDownLeft} text={`Open token ${id}`} onSelect={go(`/tokens?token=${id}`)} /> : null}
        {isBatch ? <Row Icon={CornerDownLeft} text={`Runs of ${id}`} onSelect={go(`/runs?batch=${id}`)} /> : null}
        <Command.Group heading="Go to" className={group}>
          {nav.map((entry) => (
            <Row key={entry.href} Icon={entry.Icon} text={entry.title} onSelect={go(entry.href)} />
          ))}
        </Command.Group>
        <Command.Group heading="Runs" className={group}>
          <Row Icon={Filter} text="Failed runs of the last hour" onSelect={go("/runs?status=FAILED&status=CRASHED&status=SYSTEM_FAILURE&status=TIMED_OUT&last=1h")} />
          <Row Icon={Filter} text="Runs executing now" onSelect={go("/runs?status=EXECUTING&status=DEQUEUED")} />
          <Row Icon={Filter} text="Runs that are queued" onSelect={go("/runs?status=QUEUED&status=DELAYED&status=PENDING_VERSION")} />
          {facets.data?.tasks.map((task) => (
            <Row key={`runs ${task}`} Icon={ArrowRight} text={`Runs of ${task}`} onSelect={go(`/runs?task=${encodeURIComponent(task)}`)} />
          ))}
          {facets.data?.tags.slice(0, 30).map((tag) => (
            <Row key={`tag ${tag}`} Icon={ArrowRight} text={`Runs tagged ${tag}`} onSelect={go(`/runs?tag=${encodeURIComponent(tag)}`)} />
          ))}
        </Command.Group>
        <Command.Group heading="Trigger" className={group}>
          {facets.data?.tasks.map((task) => (
            <Row key={`test ${task}`} Icon={Play} text={`Trigger ${task}`} onSelect={go(`/test?task=${encodeURIComponent(task)}`)} />
          ))}
        </Command.Group>
        {others.length === 0 ? null : (
          <Command.Group heading="Environments" className={group}>
            {others.map((one) => (
              <Command.Item key={one.slug} value={`Switch to ${one.slug} ${one.name}`} onSelect={act(() => leaveFor(`${environmentPath(one)}/runs`))} className={row}>
                <span className="flex size-4 shrink-0 items-center justify-center">
                  <EnvironmentMark type={one.type} />
                </span>
                <OthersText text={`Switch to ${one.name}`} className="truncate" />
              </Command.Item>
            ))}
          </Command.Group>
        )}
        <Command.Group heading="Settings" className={group}>
          <Row Icon={Moon} text="Dark theme" onSelect={act(() => applyTheme("dark"))} />
          <Row Icon={Sun} text="Light theme" onSelect={act(() => applyTheme("light"))} />
          <Row Icon={Keyboard} text="Keyboard shortcuts" onSelect={act(showSheet)} />
          <Row Icon={LogOut} text="Sign out" onSelect={act(() => void signOut())} />
        </Command.Group>
      </Command.List>
    </Command.Dialog>
  );
}

const Row = ({ Icon, text, onSelect }: { Icon: LucideIcon; text: string; onSelect: () => void }) => (
  <Command.Item value={text} onSelect={onSelect} className={row}>
    <Icon aria-hidden className="size-4 shrink-0 text-muted" />
    <OthersText text={text} className="truncate" />
  </Command.Item>
);
