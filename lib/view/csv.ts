/** A spreadsheet would run what begins like this as a formula. */
const formula = /^[=+\-@\t\r]/;

/** One field of a line. Text that a spreadsheet takes for a formula stands behind an apostrophe, which makes it text. */
export function csvField(value: string | number | boolean | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = formula.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A line of RFC 4180, with its end. */
export const csvLine = (values: readonly (string | number | boolean | undefined)[]): string => `${values.map(csvField).join(",")}\r\n`;
