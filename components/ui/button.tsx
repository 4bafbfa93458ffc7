import type { ComponentProps, ReactNode } from "react";
import { cn } from "./cn";
import { Slot } from "./slot";
import { Spinner } from "./spinner";
import { Tooltip } from "./tooltip";

const shape =
  "relative inline-flex shrink-0 items-center justify-center gap-1.5 rounded font-medium whitespace-nowrap transition-colors duration-[120ms] select-none disabled:opacity-50 aria-disabled:opacity-50";
const looks = {
  plain: "border border-line-strong bg-canvas text-fg hover:bg-hover disabled:hover:bg-canvas",
  primary: "bg-inverse text-inverse-fg hover:bg-inverse-hover disabled:hover:bg-inverse",
  ghost: "text-muted hover:bg-hover hover:text-fg disabled:hover:bg-transparent",
  danger: "bg-bad-soft text-bad hover:bg-bad hover:text-canvas disabled:hover:bg-bad-soft disabled:hover:text-bad",
  asks: "bg-asks-bar text-white hover:opacity-90",
};
const sizes = { sm: "h-6 px-2 text-sm", md: "h-8 px-3 text-base", icon: "size-8", "icon-sm": "size-6" };

export interface ButtonProps extends ComponentProps<"button"> {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
  /** Renders the child element (a link) with the look of a button. */
  asChild?: boolean;
  /** Shows a spinner in place and refuses clicks; the width stays. */
  busy?: boolean;
}

export function Button({ look = "plain", size = "md", asChild, busy, className, children, disabled, type, ...rest }: ButtonProps) {
  const classes = cn(shape, looks[look], sizes[size], className);
  if (asChild) {
    return (
      <Slot className={classes} {...rest}>
        {children}
      </Slot>
    );
  }
  return (
    <button type={type ?? "button"} className={classes} disabled={disabled || busy} aria-busy={busy || undefined} {...rest}>
      {busy ? (
        <>
          <Spinner className="absolute size-3.5" />
          <span className="invisible inline-flex items-center gap-1.5">{children}</span>
        </>
      ) : (
        children
      )}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, "children"> {
  /** Accessible name and tooltip. */
  label: string;
  /** Key shown in the tooltip. */
  hint?: string;
  children: ReactNode;
}

export function IconButton({ label, hint, look = "ghost", size = "icon", children, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(hint ? { hint } : {})}>
      <Button look={look} size={size} aria-label={label} {...rest}>
        {children}
      </Button>
    </Tooltip>
  );
}
