"use client";
import { Keyboard, LogOut, Monitor, Moon, Sun, UserRound, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { MenuCheck, MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import type { Me } from "@/lib/contracts/dashboard";
import { useGo } from "./leaving";
import { useShortcutSheet } from "./shortcuts";
import { signOut } from "./sign-out";
import { applyTheme, readTheme, themes, type Theme } from "./theme";

const themeLook: Record<Theme, { word: string; Icon: LucideIcon }> = {
  system: { word: "As the system", Icon: Monitor },
  light: { word: "Light", Icon: Sun },
  dark: { word: "Dark", Icon: Moon },
};

export function UserMenuItems({ me }: { me: Me }) {
  const go = useGo();
  const showSheet = useShortcutSheet();
  const [theme, setTheme] = useState(() => readTheme(document.documentElement.dataset.theme));
  return (
    <>
      <MenuLabel>
        <span className="block truncate">{me.user.email}</span>
      </MenuLabel>
      <MenuItem onSelect={() => go("/account")}>
        <UserRound aria-hidden className="size-4 text-muted" />
        Your account
      </MenuItem>
      <MenuLine />
      {themes.map((option) => {
        const { word, Icon } = themeLook[option];
        return (
          <MenuCheck
            key={option}
            checked={theme === option}
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
    </>
  );
}
