/** A stretch of text as a terminal would colour it. */
export interface AnsiPart {
  /** Where it begins in the whole. */
  at: number;
  text: string;
  color?: AnsiColor;
  bold?: true;
  dim?: true;
  underline?: true;
}

const colors = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
export type AnsiColor = (typeof colors)[number];

/** The colour sequences (SGR) alone: `ESC [ 1 ; 31 m`. */
// Control characters are what it looks for.
// oxlint-disable-next-line no-control-regex
const sequence = /(?:\u001b\[|\u009b)([\d;:]*)m/g;

type Style = Omit<AnsiPart, "at" | "text">;

function styled(held: Style, codes: readonly number[]): Style {
  let style = held;
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    const { color, bold, dim, underline } = style;
    const named = colors[code % 10];
    if (code === 0) style = {};
    else if (code === 1) style = { ...style, bold: true };
    else if (code === 2) style = { ...style, dim: true };
    else if (code === 4) style = { ...style, underline: true };
    else if (code === 22) style = { ...(color && { color }), ...(underline && { underline }) };
    else if (code === 24) style = { ...(color && { color }), ...(bold && { bold }), ...(dim && { dim }) };
    else if (code === 39) style = { ...(bold && { bold }), ...(dim && { dim }), ...(underline && { underline }) };
    else if (((code >= 30 && code < 38) || (code >= 90 && code < 98)) && named !== undefined) style = { ...style, color: named };
    // Colours by number or by parts are read over: they may be unreadable here.
    else if (code === 38 || code === 48) at += codes[at + 1] === 5 ? 2 : codes[at + 1] === 2 ? 4 : 0;
  }
  return style;
}

/** Text with its colours apart; other sequences stay in it, for `readableText` to take away. */
export function ansiParts(text: string): AnsiPart[] {
  const parts: AnsiPart[] = [];
  let style: Style = {};
  let from = 0;
  const add = (to: number): void => {
    if (to > from) parts.push({ at: from, text: text.slice(from, to), ...style });
  };
  for (const match of text.matchAll(sequence)) {
    add(match.index);
    from = match.index + match[0].length;
    style = styled(style, (match[1] ?? "").split(/[;:]/).map(Number));
  }
  add(text.length);
  return parts;
}
