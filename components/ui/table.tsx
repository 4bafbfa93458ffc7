import type { ComponentProps } from "react";
import { cn } from "./cn";

/** Plain table for pages with up to some hundred rows; long live lists are virtual. */
export const Table = ({ className, ...rest }: ComponentProps<"table">) => (
  <div className="relative w-full overflow-x-auto">
    <table className={cn("w-full border-collapse text-left", className)} {...rest} />
  </div>
);
export const Th = ({ className, ...rest }: ComponentProps<"th">) => (
  <th
    scope="col"
    className={cn("h-8 border-b border-line px-3 text-sm font-medium whitespace-nowrap text-faint first:pl-4 last:pr-4", className)}
    {...rest}
  />
);
export const Tr = ({ className, ...rest }: ComponentProps<"tr">) => (
  <tr className={cn("border-b border-line hover:bg-hover", className)} {...rest} />
);
export const Td = ({ className, ...rest }: ComponentProps<"td">) => (
  <td className={cn("h-9 px-3 first:pl-4 last:pr-4", className)} {...rest} />
);
