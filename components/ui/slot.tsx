import { Children, cloneElement, isValidElement, type ComponentProps, type ReactNode } from "react";
import { cn } from "./cn";

type Props = Record<string, unknown>;
type Handler = (...args: unknown[]) => unknown;

const isHandler = (name: string, value: unknown): value is Handler => /^on[A-Z]/.test(name) && typeof value === "function";

/** Its props, given to its only child: the child's own come first, handlers of both are called, classes join. */
export function Slot({ children, ...given }: ComponentProps<"button"> & { children: ReactNode }) {
  const child = Children.only(children);
  if (!isValidElement<Props>(child)) return null;
  const merged: Props = { ...given, ...child.props };
  for (const [name, outer] of Object.entries(given)) {
    const own = child.props[name];
    if (isHandler(name, outer) && isHandler(name, own)) {
      merged[name] = (...args: unknown[]) => {
        own(...args);
        outer(...args);
      };
    }
  }
  merged["className"] = cn(given.className, typeof child.props["className"] === "string" && child.props["className"]);
  return cloneElement(child, merged);
}
