"use client";
import { Command } from "cmdk";
import { ArrowRight, CornerDownLeft, Filter, Keyboard, LogOut, Moon, Play, Sun } from "lucide-react";
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
import { Group, Item, Row } from "./palette-row";
import { FoundRuns, ThisRun } from "./palette-runs";
import { Answers, QueueVerbs } from "./palette-verbs";
import { useShortcutSheet } from "./shortcuts";
import { signOut } from "./sign-out";
import { applyTheme } from "./theme";

/** Go anywhere, jump to an id, do anything that the pages do. */
export function Palette({ onOpenChange }: { onOpenChange: (open: boolean) => void }) {
  useModal();
  const leave = useGo();
  const { environments, environment } = useMe();
  const others = environments.filter(({ slug }) => slug !== environment.slug);
  const showSheet = useShortcutSheet();
  const [text, setText] = useState("");
  const facets = useQuery({ queryKey: ["facets"], queryFn: ({ signal }) => getJson<Facets>("/api/dashboard/facets", signal) });
  const id = text.trim();
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
      <Command.Input
        value={text}
        onValueChange={setText}
        placeholder="Page, task, tag, end of a run id, or what to do"
        className="h-11 w-full border-b border-line bg-transparent px-4 outline-none placeholder:text-faint"
      />
      <Command.List className="max-h-[min(24rem,60vh)] overflow-y-auto p-1">
        <Command.Empty className="px-3 py-6 text-center text-muted">Nothing fits. Type the end of a run id to find it.</Command.Empty>
        <FoundRuns typed={id} act={act} />
        {isToken ? <Row Icon={CornerDownLeft} text={`Open token ${id}`} onSelect={go(`/tokens?token=${id}`)} /> : null}
        {isBatch ? <Row Icon={CornerDownLeft} text={`Runs of ${id}`} onSelect={go(`/runs?batch=${id}`)} /> : null}
        <ThisRun act={act} />
        <Group heading="Go to">
          {nav.map((entry) => (
            <Row key={entry.href} Icon={entry.Icon} text={entry.title} onSelect={go(entry.href)} />
          ))}
        </Group>
        <Group heading="Runs">
          <Row
            Icon={Filter}
            text="Failed runs of the last hour"
            onSelect={go("/runs?status=FAILED&status=CRASHED&status=SYSTEM_FAILURE&status=TIMED_OUT&last=1h")}
          />
          <Row Icon={Filter} text="Runs executing now" onSelect={go("/runs?status=EXECUTING&status=DEQUEUED")} />
          <Row Icon={Filter} text="Runs that are queued" onSelect={go("/runs?status=QUEUED&status=DELAYED&status=PENDING_VERSION")} />
          {facets.data?.tasks.map((task) => (
            <Row key={`runs ${task}`} Icon={ArrowRight} text={`Runs of ${task}`} onSelect={go(`/runs?task=${encodeURIComponent(task)}`)} />
          ))}
          {facets.data?.tags.slice(0, 30).map((tag) => (
            <Row key={`tag ${tag}`} Icon={ArrowRight} text={`Runs tagged ${tag}`} onSelect={go(`/runs?tag=${encodeURIComponent(tag)}`)} />
          ))}
        </Group>
        <Answers act={act} />
        <QueueVerbs act={act} />
        <Group heading="Trigger">
          {facets.data?.tasks.map((task) => (
            <Row key={`test ${task}`} Icon={Play} text={`Trigger ${task}`} onSelect={go(`/test?task=${encodeURIComponent(task)}`)} />
          ))}
        </Group>
        {others.length === 0 ? null : (
          <Group heading="Environments">
            {others.map((one) => (
              <Item
                key={one.slug}
                text={`Switch to ${one.name}`}
                also={[one.slug]}
                onSelect={act(() => leaveFor(`${environmentPath(one)}/runs`))}
                mark={
                  <span className="flex size-4 shrink-0 items-center justify-center">
                    <EnvironmentMark type={one.type} />
                  </span>
                }
              />
            ))}
          </Group>
        )}
        <Group heading="Settings">
          <Row Icon={Moon} text="Dark theme" onSelect={act(() => applyTheme("dark"))} />
          <Row Icon={Sun} text="Light theme" onSelect={act(() => applyTheme("light"))} />
          <Row Icon={Keyboard} text="Keyboard shortcuts" onSelect={act(showSheet)} />
          <Row Icon={LogOut} text="Sign out" onSelect={act(() => void signOut())} />
        </Group>
      </Command.List>
    </Command.Dialog>
  );
}
