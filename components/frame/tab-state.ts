"use client";
import { useEffect } from "react";
import { toneColor, type Tone } from "@/components/ui/tone";
import { readableText } from "@/lib/view/readable-text";

/** Letters of a title: tabs show some thirty, and what others wrote may be pages. */
const longest = 200;

/** What the browser's tab says: the words in its title, and a dot in its icon for what the eye finds among many tabs. Null: as it is. */
export function useTabState(title: string | null, tone: Tone | null): void {
  useEffect(() => {
    if (title === null) return undefined;
    let given = document.title;
    let mine = `${readableText(title).slice(0, longest)} · Signalbox`;
    // The router writes the page's own title when it has it, which may be later.
    const write = (): void => {
      if (document.title === mine) return;
      given = document.title;
      document.title = mine;
      // As it reads back, without white space that is more than one space: compared otherwise it would be set again without end.
      mine = document.title;
    };
    write();
    const observer = new MutationObserver(write);
    observer.observe(document.head, { childList: true, subtree: true, characterData: true });
    return () => {
      observer.disconnect();
      if (document.title === mine) document.title = given;
    };
  }, [title]);
  useEffect(() => {
    if (tone === null) return undefined;
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link === null) return undefined;
    const { href, type } = link;
    link.type = "image/svg+xml";
    link.href = iconOf(tone);
    return () => {
      link.type = type;
      link.href = href;
    };
  }, [tone]);
}

/** The sign of app/icon.svg with its lamp in the colour of the state, all over. */
function iconOf(tone: Tone): string {
  const name = /--[\w-]+/.exec(toneColor[tone])?.[0] ?? "";
  const colour = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#18181b"/><rect x="3" y="2" width="2" height="12" rx="1" fill="#ededf0"/><circle cx="10" cy="8" r="4.5" fill="${colour}"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
