import { clsx, type ClassValue } from "clsx";

/**
 * Kinds of utilities of which one element can have only one; the first that fits counts. A kind that covers others lists them.
 * It knows what this dashboard writes, in 1 KB instead of the 9 KB of a library for all of Tailwind; the test compares the two.
 */
const kinds: readonly (readonly [kind: string, pattern: RegExp, covers?: readonly string[]])[] = [
  ["display", /^(?:block|inline|inline-block|flex|inline-flex|grid|inline-grid|hidden|table|contents)$/],
  ["position", /^(?:static|fixed|absolute|relative|sticky)$/],
  ["visibility", /^(?:visible|invisible)$/],
  ["text-size", /^text-(?:xs|sm|base|lg|xl|2xl|\[\d.*)$/, ["leading"]],
  ["text-align", /^text-(?:left|center|right)$/],
  ["text-overflow", /^truncate$/],
  ["text-color", /^text-/],
  ["font-family", /^font-(?:mono|sans)$/],
  ["font-weight", /^font-(?:normal|medium|semibold|bold)$/],
  ["decoration", /^(?:underline|line-through|no-underline)$/],
  ["flex-direction", /^flex-(?:row|col)$/],
  ["flex-wrap", /^flex-(?:wrap|nowrap)$/],
  ["flex", /^flex-[\d[]/, ["basis", "grow", "shrink"]],
  ["outline-offset", /^-?outline-offset-/],
  ["outline-style", /^outline-none$/],
  ["outline-width", /^outline(?:-\d)?$/],
  ["outline-color", /^outline-/],
  ["border-collapse", /^border-(?:collapse|separate)$/],
  ["border-style", /^border-(?:solid|dashed|dotted|none)$/],
  [
    "border-width",
    /^border(?:-\d)?$/,
    ["border-x-width", "border-y-width", "border-t-width", "border-r-width", "border-b-width", "border-l-width"],
  ],
  ["border-x-width", /^border-x(?:-\d)?$/, ["border-r-width", "border-l-width"]],
  ["border-y-width", /^border-y(?:-\d)?$/, ["border-t-width", "border-b-width"]],
  ...["t", "r", "b", "l"].flatMap((side) => [
    [`border-${side}-width`, new RegExp(`^border-${side}(?:-\\d)?$`)] as const,
    [`border-${side}-color`, new RegExp(`^border-${side}-`)] as const,
  ]),
  ["border-color", /^border-/, ["border-t-color", "border-r-color", "border-b-color", "border-l-color"]],
  ["rounded", /^rounded(?:-(?:sm|md|lg|xl|full|none))?$/, ["rounded-b"]],
  ["rounded-b", /^rounded-b(?:-|$)/],
  ["shadow", /^shadow-/],
  ["size", /^size-[\d[f]/, ["width", "height"]],
  ["width", /^w-/],
  ["height", /^h-/],
  ["overflow", /^overflow-(?:auto|hidden|visible|scroll|clip)$/, ["overflow-x", "overflow-y"]],
  ["line-clamp", /^line-clamp-/, ["display", "overflow"]],
  ["transition", /^transition/],
  ["whitespace", /^whitespace-/],
  ["break", /^break-(?:words|all|normal|keep)$/],
  ["p", /^p-(?:\d|\[|auto)/, ["px", "py", "pt", "pr", "pb", "pl"]],
  ["px", /^px-(?:\d|\[|auto)/, ["pr", "pl"]],
  ["py", /^py-(?:\d|\[|auto)/, ["pt", "pb"]],
  ["m", /^-?m-(?:\d|\[|auto)/, ["mx", "my", "mt", "mr", "mb", "ml"]],
  ["mx", /^-?mx-(?:\d|\[|auto)/, ["mr", "ml"]],
  ["my", /^-?my-(?:\d|\[|auto)/, ["mt", "mb"]],
  ["inset", /^-?inset-(?![xy]-)/, ["inset-x", "inset-y", "top", "right", "bottom", "left"]],
  ["inset-x", /^-?inset-x-/, ["right", "left"]],
  ["inset-y", /^-?inset-y-/, ["top", "bottom"]],
  ["gap", /^gap-(?![xy]-)/, ["gap-x", "gap-y"]],
  ["shrink", /^shrink(?:-|$)/],
  ["grow", /^grow(?:-|$)/],
  ["bg-image", /^bg-\[\w+-gradient/],
  [
    "",
    /^-?((?:min|max)-[wh]|[pm][trbl](?=-(?:\d|\[|auto))|(?:top|right|bottom|left)(?=-(?:\d|\[|auto|full))|gap-[xy]|bg(?=-(?!\[))|overflow-[xy]|items|justify|self|z|opacity|cursor|leading|tracking|grid-cols|col-span|duration|ease|origin|translate-[xy]|rotate|order|basis|accent|pointer-events|select)-/,
  ],
];

interface Found {
  kind: string;
  covers: readonly string[];
}
const found = new Map<string, Found | null>();

function kindOf(utility: string): Found | null {
  const known = found.get(utility);
  if (known !== undefined) return known;
  let made: Found | null = null;
  for (const [kind, pattern, covers = []] of kinds) {
    const match = pattern.exec(utility);
    if (match) {
      made = { kind: kind || (match[1] ?? ""), covers };
      break;
    }
  }
  found.set(utility, made);
  return made;
}

/** Joins class names; a later one wins over an earlier one of the same kind. */
export function cn(...classes: ClassValue[]): string {
  const taken = new Set<string>();
  const kept: string[] = [];
  for (const name of clsx(classes).split(" ").toReversed()) {
    // Variants end at the last colon that is not inside brackets.
    const at = /:(?=[^\]]*(?:\[|$))[^:[\]]*(?:\[[^\]]*\])?$/.exec(name)?.index ?? -1;
    const variants = name.slice(0, at + 1);
    const utility = kindOf(name.slice(at + 1));
    if (utility !== null) {
      if (taken.has(variants + utility.kind)) continue;
      for (const kind of [utility.kind, ...utility.covers]) taken.add(variants + kind);
    }
    kept.push(name);
  }
  return kept.toReversed().join(" ");
}
