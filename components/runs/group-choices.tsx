"use client";
import { MenuCheck } from "@/components/ui/menu";
import { groupings, type Grouping } from "@/lib/runs/run-columns";

const names: Record<Grouping, string> = { error: "By error", task: "By task", tag: "By tag" };

export const GroupChoices = ({ chosen, onChoose }: { chosen: Grouping | null; onChoose: (next: Grouping | null) => void }) => (
  <>
    <MenuCheck checked={chosen === null} onSelect={() => onChoose(null)}>
      Each run
    </MenuCheck>
    {groupings.map((group) => (
      <MenuCheck key={group} checked={chosen === group} onSelect={() => onChoose(group)}>
        {names[group]}
      </MenuCheck>
    ))}
  </>
);
