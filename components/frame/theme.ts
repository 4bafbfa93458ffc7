export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const readTheme = (value: string | undefined): Theme => themes.find((theme) => theme === value) ?? "system";

/** Kept in a cookie, so that the server renders the right one at once. */
export function applyTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}
