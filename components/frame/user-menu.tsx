"use client";
import { Keyboard, LogOut, Monitor, Moon, Sun, UserRound, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { sendJson } from "@/components/live/api";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { Menu, MenuCheck, MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import type { Me } from "@/lib/contracts/dashboard";
import { useShortcutSheet } from "./shortcuts";
import { applyTheme, readTheme, themes, type Theme } from "./theme";

const themeLook: Record<Theme, { word: string; Icon: LucideIcon }> = {
  system: { word: "As the system", Icon: Monitor },
  light: { word: "Light", Icon: Sun },
  dark: { word: "Dark", Icon: Moon },
};

export async function signOut(): Promise<void> {
  await sendJson("/api/auth/sign-out", { json: {} });
  location.assign("/sign-in");
}

export function UserMenu({ me, collapsed }: { me: Me; collapsed: boolean }) {
  const showSheet = useShortcutSheet();
  const [theme, setTheme] = useState<Theme | null>(null);
  const shown = theme ?? (typeof document === "undefined" ? "system" : readTheme(document.documentElement.dataset.theme));
  return (
    <div className="shrink-0 border-t border-line p-2">
      <Menu
        trigger={
          <Button look="ghost" className={cn("w-full justify-start px-2 font-normal", collapsed && "justify-center px-0")} aria-label={`Account of ${me.user.name}`}>
            <UserRound aria-hidden className="size-4 shrink-0" />
            {collapsed ? null : (
              <>
                <span className="min-w-0 flex-1 truncate text-left">{me.user.name}</span>
                <span className="text-sm text-faint">{me.user.role}</span>
              </>
            )}
          </Button>
        }
        className="w-56"
      >
        <MenuLabel>
          <span className="block truncate">{me.user.email}</span>
        </MenuLabel>
        <MenuLine />
        {themes.map((option) => {
          const { word, Icon } = themeLook[option];
          return (
            <MenuCheck
              key={option}
              checked={shown === option}
              onSelect={() => {
                applyTheme(option);
                setTheme(option);
              }}
            >
              <Icon aria-hidden className="size-4 text-muted" />
              {word}
            </MenuCheck>
          );
        })}
        <MenuLine />
        <MenuItem hint="?" onSelect={showSheet}>
          <Keyboard aria-hidden className="size-4 text-muted" />
          Keyboard shortcuts
        </MenuItem>
        <MenuItem onSelect={() => void signOut()}>
          <LogOut aria-hidden className="size-4 text-muted" />
          Sign out
        </MenuItem>
        <MenuLine />
        <MenuLabel>Signalbox {me.version}</MenuLabel>
      </Menu>
    </div>
  );
}
