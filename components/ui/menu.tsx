"use client";
import { Slot, type DropdownMenu } from "radix-ui";
import { createContext, lazy, Suspense, useContext, useState, type ComponentProps, type ComponentType, type KeyboardEvent, type ReactNode } from "react";

const load = () => import("./menu-body");
const MenuBody = lazy(() => load().then((module) => ({ default: module.MenuBody })));
const PopoverBody = lazy(() => load().then((module) => ({ default: module.PopoverBody })));

export interface MenuProps {
  /** The button that opens it. */
  trigger: ReactNode;
  align?: "start" | "center" | "end";
  className?: string;
  children: ReactNode;
}

/** Until it is opened for the first time there is only its button; what floats is loaded when the pointer comes near. */
export function Menu(props: MenuProps) {
  const [used, setUsed] = useState(false);
  const closed = <Opener popup="menu" trigger={props.trigger} onOpen={() => setUsed(true)} />;
  return used ? (
    <Suspense fallback={closed}>
      <MenuBody {...props} />
    </Suspense>
  ) : (
    closed
  );
}

export interface PopoverProps extends MenuProps {
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Popover(props: PopoverProps) {
  const [used, setUsed] = useState(false);
  const closed = (
    <Opener
      popup="dialog"
      trigger={props.trigger}
      onOpen={() => {
        setUsed(true);
        props.onOpenChange?.(true);
      }}
    />
  );
  return used || props.open ? (
    <Suspense fallback={closed}>
      <PopoverBody {...props} />
    </Suspense>
  ) : (
    closed
  );
}

function Opener({ popup, trigger, onOpen }: { popup: "menu" | "dialog"; trigger: ReactNode; onOpen: () => void }) {
  return (
    <Slot.Root
      aria-haspopup={popup}
      aria-expanded={false}
      onPointerEnter={() => void load()}
      onFocus={() => void load()}
      onClick={onOpen}
      onKeyDown={(event: KeyboardEvent) => {
        if (popup === "menu" && event.key === "ArrowDown") {
          event.preventDefault();
          onOpen();
        }
      }}
    >
      {trigger}
    </Slot.Root>
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
