"use client";
import { useEffect, useId, useLayoutEffect, useRef, useState, type FocusEvent, type PointerEvent, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { Kbd } from "./kbd";
import { Slot } from "./slot";

export interface TooltipProps {
  text: ReactNode;
  hint?: string;
  side?: "right" | "bottom";
  /** Must take a ref and props (an element or a forwarding component). */
  children: ReactNode;
}

const openMs = 400;
/** Time to move from the trigger into the hint. */
const closeMs = 120;
const edge = 8;

/** A hint on hover or keyboard focus. Written here because every page has many and a library's first load is 20 KB. */
export function Tooltip({ text, hint, side = "bottom", children }: TooltipProps) {
  const id = useId();
  const [anchor, setAnchor] = useState<Element | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  function later(then: () => void, ms: number): void {
    clearTimeout(timer.current);
    timer.current = setTimeout(then, ms);
  }
  function close(): void {
    clearTimeout(timer.current);
    setAnchor(null);
  }

  return (
    <>
      <Slot
        onPointerEnter={(event: PointerEvent) => {
          const target = event.currentTarget;
          if (event.pointerType !== "touch") later(() => setAnchor(target), openMs);
        }}
        onPointerLeave={() => later(() => setAnchor(null), closeMs)}
        onPointerDown={close}
        onFocus={(event: FocusEvent) => {
          if (event.currentTarget.matches(":focus-visible")) setAnchor(event.currentTarget);
        }}
        onBlur={close}
        {...(anchor && { "aria-describedby": id })}
      >
        {children}
      </Slot>
      {anchor
        ? createPortal(
            <Hint id={id} anchor={anchor} side={side} onStay={() => clearTimeout(timer.current)} onLeave={close}>
              {text}
              {hint ? <Kbd>{hint}</Kbd> : null}
            </Hint>,
            document.body,
          )
        : null}
    </>
  );
}

interface HintProps {
  id: string;
  anchor: Element;
  side: "right" | "bottom";
  onStay: () => void;
  onLeave: () => void;
  children: ReactNode;
}

function Hint({ id, anchor, side, onStay, onLeave, children }: HintProps) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const at = anchor.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const left = side === "right" ? at.right + 6 : at.left + at.width / 2 - width / 2;
    const below = side === "right" ? at.top + at.height / 2 - height / 2 : at.bottom + 6;
    const top = below + height + edge > window.innerHeight ? at.top - height - 6 : below;
    element.style.left = `${Math.max(edge, Math.min(left, window.innerWidth - width - edge))}px`;
    element.style.top = `${Math.max(edge, top)}px`;
  }, [anchor, side]);
  useEffect(() => {
    // Escape dismisses it without moving the pointer; scrolling takes the trigger away from under it.
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") onLeave();
    };
    window.addEventListener("keydown", onKey, true);
    window.addEventListener("scroll", onLeave, true);
    return () => {
      window.removeEventListener("keydown", onKey, true);
      window.removeEventListener("scroll", onLeave, true);
    };
  }, [onLeave]);
  return (
    <div
      ref={box}
      id={id}
      role="tooltip"
      onPointerEnter={onStay}
      onPointerLeave={onLeave}
      className="appear fixed z-[60] flex w-max max-w-80 items-center gap-2 rounded bg-raised px-2 py-1 text-sm text-fg shadow-float"
    >
      {children}
    </div>
  );
}
