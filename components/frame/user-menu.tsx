"use client";
import { UserRound } from "lucide-react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/cn";
import { lazily } from "@/components/ui/lazily";
import { Menu } from "@/components/ui/menu";
import { readableText } from "@/lib/view/readable-text";
import type { Me } from "@/lib/contracts/dashboard";

const UserMenuItems = lazily(async () => (await import("./user-menu-items")).UserMenuItems);

export function UserMenu({ me, collapsed }: { me: Me; collapsed: boolean }) {
  return (
    <div className="shrink-0 border-t border-line p-2">
      <Menu
        trigger={
          <Button
            look="ghost"
            className={cn("w-full justify-start px-2 font-normal", collapsed && "justify-center px-0")}
            aria-label={collapsed ? `Account of ${me.user.name}` : undefined}
          >
            <UserRound aria-hidden className="size-4 shrink-0" />
            {collapsed ? null : (
              <>
                <span className="min-w-0 flex-1 truncate text-left">
                  <span className="sr-only">Account of </span>
                  {readableText(me.user.name)}
                </span>
                <span className="text-sm text-faint">{me.user.role}</span>
              </>
            )}
          </Button>
        }
        className="w-56"
        preload={UserMenuItems.preload}
      >
        <UserMenuItems me={me} />
      </Menu>
    </div>
  );
}
