"use client";
import { useRouter } from "next/navigation";
import { useCallback, useContext, useEffect } from "react";
import { reach } from "@/components/live/reach";
import { LinkBase } from "@/components/ui/link";
import { toast } from "@/components/ui/toast";

/**
 * Nobody leaves the page while the server does not answer: the router gives up what is on the screen for a page that never comes,
 * and in the end for the browser's own error. Links, keys and reloads all ask here.
 */
function whenAnswered(leave: () => void): void {
  if (reach.isSure()) return leave();
  void reach.ask().then((answered) => {
    if (answered) leave();
    else
      toast.error("The server does not answer", {
        description: "This page stays as it was. Other pages open when the connection is back.",
      });
  });
  return undefined;
}

type Go = (href: string, history?: "push" | "replace") => void;

/** Another page of this environment ("/runs"), when the server answers. `replace`: back does not come here again. */
export function useGo(): Go {
  const leave = useLeave();
  const base = useContext(LinkBase);
  return useCallback((href, history) => leave(`${base}${href}`, history), [leave, base]);
}

/** Another address of this site, as it stands. */
function useLeave(): Go {
  const router = useRouter();
  return useCallback((href, history = "push") => whenAnswered(() => router[history](href)), [router]);
}

/** Another environment, as a document of its own: nothing of the one that was shown stays. */
export const leaveFor = (href: string): void => whenAnswered(() => location.assign(href));

/** Reads what the frame and the page were rendered from again, when the server answers. */
export function useRefresh(): () => void {
  const router = useRouter();
  return useCallback(() => whenAnswered(() => router.refresh()), [router]);
}

/** Loads the page anew, when the server answers. */
export const reload = (): void => whenAnswered(() => location.reload());

/** Once, in the frame: links of all kinds, and whatever the router does by itself. */
export function useLeaving(): void {
  const go = useLeave();
  useEffect(() => {
    // Before React and the router hear of it.
    const onClick = (event: MouseEvent): void => {
      const href = reach.isSure() ? null : innerHref(event);
      if (href === null) return;
      event.preventDefault();
      event.stopPropagation();
      go(href);
    };
    document.addEventListener("click", onClick, true);
    const unguard = guardLoads();
    return () => {
      document.removeEventListener("click", onClick, true);
      unguard();
    };
  }, [go]);
}

/** Address within this site of a plain click on a link; null: the click is something else. */
function innerHref(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  if (
    !(link instanceof HTMLAnchorElement) ||
    link.origin !== location.origin ||
    link.hasAttribute("download") ||
    (link.target !== "" && link.target !== "_self")
  )
    return null;
  return link.pathname + link.search + link.hash;
}

/**
 * When the router cannot read a page it loads it as a document, which would replace this one: that waits for an answer, too.
 * Where the browser has no Navigation API only this last net is missing.
 */
function guardLoads(): () => void {
  if (!("navigation" in window)) return () => undefined;
  let isAllowed = false;
  const onNavigate = (event: NavigateEvent): void => {
    const { destination, navigationType } = event;
    if (
      isAllowed ||
      !event.cancelable ||
      event.userInitiated ||
      destination.sameDocument ||
      navigationType === "traverse" ||
      event.downloadRequest !== null
    )
      return;
    if (new URL(destination.url).origin !== location.origin) return;
    event.preventDefault();
    void reach.ask().then((answered) => {
      if (!answered) return;
      isAllowed = true;
      location.assign(destination.url);
    });
  };
  navigation.addEventListener("navigate", onNavigate);
  return () => navigation.removeEventListener("navigate", onNavigate);
}
