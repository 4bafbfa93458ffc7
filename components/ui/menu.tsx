"use client";
import type { DropdownMenu } from "radix-ui";
import { createContext, useContext, useState, type ComponentProps, type ComponentType, type KeyboardEvent, type ReactNode } from "react";
import { lazily } from "./lazily";
import { Slot } from "./slot";

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  className?: string;
  /** Loads what it shows, when the pointer or the focus comes near. */
  preload?: () => Promise<void>;
  children: ReactNode;
}

const MenuBody = lazily<MenuProps>(async () => (await import("./menu-body")).MenuBody);
const PopoverBody = lazily<PopoverProps>(async () => (await import("./menu-body")).PopoverBody);

/** Until it is opened for the first time there is only its button; what floats is loaded when the pointer comes near. */
export function Menu(props: MenuProps) {
  const [used, setUsed] = useState(false);
  return used ? <MenuBody {...props} /> : <Opener {...props} popup="menu" load={MenuBody.preload} onOpen={() => setUsed(true)} />;
}

export interface PopoverProps extends MenuProps {
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Popover(props: PopoverProps) {
  const [used, setUsed] = useState(false);
  // By somebody else than its button.
  if (props.open === true && !used) setUsed(true);
  const open = (): void => {
    setUsed(true);
    props.onOpenChange?.(true);
  };
  return used ? <PopoverBody {...props} /> : <Opener {...props} popup="dialog" load={PopoverBody.preload} onOpen={open} />;
}

interface OpenerProps extends Pick<MenuProps, "trigger" | "preload"> {
  popup: "menu" | "dialog";
  load: () => Promise<void>;
  onOpen: () => void;
}

/** Opens when all is there that it will show: what opens takes the focus to its first entry. */
function Opener({ popup, trigger, preload, load, onOpen }: OpenerProps) {
  const ready = async (): Promise<void> => void (await Promise.all([load(), preload?.()]));
  const open = (): void => void ready().then(onOpen);
  return (
    <Slot
      aria-haspopup={popup}
      aria-expanded={false}
      onPointerEnter={() => void ready()}
      onFocus={() => void ready()}
      onClick={open}
      onKeyDown={(event: KeyboardEvent) => {
        if (popup === "menu" && event.key === "ArrowDown") {
          event.preventDefault();
          open();
        }
      }}
    >
      {trigger}
    </Slot>
  );
}

export interface MenuItemProps extends ComponentProps<typeof DropdownMenu.Item> {
  hint?: string;
  danger?: boolean;
}
export type MenuCheckProps = ComponentProps<typeof DropdownMenu.CheckboxItem>;

interface Parts {
  Item: ComponentType<MenuItemProps>;
  Check: ComponentType<MenuCheckProps>;
  Label: ComponentType<{ children: ReactNode }>;
  Line: ComponentType;
}

/** What an open menu draws its lines with. */
export const MenuParts = createContext<Parts | null>(null);

function useParts(): Parts {
  const parts = useContext(MenuParts);
  if (!parts) throw new Error("A menu line is used outside a menu");
  return parts;
}

export function MenuItem(props: MenuItemProps) {
  const { Item } = useParts();
  return <Item {...props} />;
}
export function MenuCheck(props: MenuCheckProps) {
  const { Check } = useParts();
  return <Check {...props} />;
}
export function MenuLabel(props: { children: ReactNode }) {
  const { Label } = useParts();
  return <Label {...props} />;
}
export function MenuLine() {
  const { Line } = useParts();
  return <Line />;
}
