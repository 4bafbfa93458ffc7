import type { Config } from "tailwindcss";

/** A tone says what a thing is doing; `DEFAULT` is its text, `bar` its charts, `soft` its background. */
const tone = (name: string) => ({ DEFAULT: `var(--${name})`, bar: `var(--${name}-bar)`, soft: `var(--${name}-soft)` });

export default {
  content: ["./app/**/*.tsx", "./components/**/*.tsx"],
  theme: {
    extend: {
      colors: {
        canvas: "var(--canvas)",
        panel: "var(--panel)",
        raised: "var(--raised)",
        hover: "var(--hover)",
        active: "var(--active)",
        line: { DEFAULT: "var(--line)", strong: "var(--line-strong)" },
        fg: "var(--fg)",
        muted: "var(--muted)",
        faint: "var(--faint)",
        accent: { DEFAULT: "var(--accent)", soft: "var(--accent-soft)" },
        inverse: { DEFAULT: "var(--inverse)", fg: "var(--inverse-fg)", hover: "var(--inverse-hover)" },
        idle: tone("idle"),
        needs: tone("needs"),
        moving: tone("moving"),
        parked: tone("parked"),
        asks: tone("asks"),
        good: tone("good"),
        bad: tone("bad"),
      },
      fontFamily: {
        sans: ["var(--font-geist-sans)", "ui-sans-serif", "system-ui", "sans-serif"],
        mono: ["var(--font-geist-mono)", "ui-monospace", "monospace"],
      },
      fontSize: {
        xs: ["0.6875rem", "1rem"],
        sm: ["0.75rem", "1rem"],
        base: ["0.8125rem", "1.25rem"],
        lg: ["0.9375rem", "1.25rem"],
        xl: ["1.25rem", "1.75rem"],
      },
      borderRadius: { sm: "4px", DEFAULT: "6px", md: "6px", lg: "8px" },
      boxShadow: { float: "var(--shadow-float)" },
      transitionDuration: { DEFAULT: "120ms" },
    },
  },
} satisfies Config;
