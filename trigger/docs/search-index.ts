import { lexer, type Token, type Tokens } from "marked";

export interface Section {
  file: string;
  heading: string;
  text: string;
  words: number;
}

export interface SearchIndex {
  sections: Section[];
  /** Word → [number of the section, how often it occurs there]. */
  postings: Record<string, [section: number, count: number][]>;
}

/** Cuts Markdown at its headings. Code blocks count as text; what stands before the first heading belongs to the file. */
export function sectionsOf(file: string, markdown: string): Section[] {
  const sections: Section[] = [];
  let heading = file;
  let text: string[] = [];
  const close = () => {
    const whole = text.join(" ").replace(/\s+/g, " ").trim();
    if (whole !== "" || heading !== file) sections.push({ file, heading, text: whole, words: wordsOf(`${heading} ${whole}`).length });
    text = [];
  };
  for (const token of lexer(markdown)) {
    if (token.type !== "heading") text.push(plainText(token));
    else {
      close();
      heading = plainText(token);
    }
  }
  close();
  return sections;
}

export function plainText(token: Token): string {
  if (token.type === "space" || token.type === "html" || token.type === "hr") return "";
  if (token.type === "table") {
    const { header, rows } = token as Tokens.Table; // marked's union has a generic member, which `type` does not exclude
    return [header, ...rows]
      .flat()
      .map((cell) => cell.tokens.map(plainText).join(""))
      .join(" ");
  }
  if (token.type === "list") return (token as Tokens.List).items.map(plainText).join(" "); // as above
  if ("tokens" in token && token.tokens) return token.tokens.map(plainText).join("");
  return "text" in token ? String(token.text) : "";
}

export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];

export function buildIndex(sections: Section[]): SearchIndex {
  const postings = new Map<string, [number, number][]>();
  sections.forEach((section, number) => {
    const counts = new Map<string, number>();
    for (const word of wordsOf(`${section.heading} ${section.text}`)) counts.set(word, (counts.get(word) ?? 0) + 1);
    for (const [word, count] of counts) {
      const list = postings.get(word);
      if (list) list.push([number, count]);
      else postings.set(word, [[number, count]]);
    }
  });
  return { sections, postings: Object.fromEntries(postings) };
}

/** Sections that fit best, by BM25 with its usual constants. */
export function search(index: SearchIndex, query: string, limit = 5): (Section & { score: number })[] {
  const total = index.sections.length;
  const average = index.sections.reduce((sum, section) => sum + section.words, 0) / Math.max(total, 1);
  const scores = new Map<number, number>();
  for (const word of new Set(wordsOf(query))) {
    const list = Object.hasOwn(index.postings, word) ? (index.postings[word] ?? []) : [];
    const rarity = Math.log(1 + (total - list.length + 0.5) / (list.length + 0.5));
    for (const [number, count] of list) {
      const length = (index.sections[number]?.words ?? average) / average;
      scores.set(number, (scores.get(number) ?? 0) + (rarity * count * 2.2) / (count + 1.2 * (0.25 + 0.75 * length)));
    }
  }
  return [...scores]
    .toSorted(([a, x], [b, y]) => y - x || a - b)
    .slice(0, limit)
    .flatMap(([number, score]) => {
      const section = index.sections[number];
      return section ? [{ ...section, score: Math.round(score * 1_000) / 1_000 }] : [];
    });
}
