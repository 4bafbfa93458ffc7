import { NuqsAdapter } from "nuqs/adapters/next/app";
import type { ReactNode } from "react";

/** For pages that keep state in their address; the others do without its 5 KB. */
export const UrlState = ({ children }: { children: ReactNode }) => <NuqsAdapter>{children}</NuqsAdapter>;
