import type { NextConfig } from "next";

const config: NextConfig = {
  reactStrictMode: true,
  poweredByHeader: false,
  // Pages are private and made per request; the server in front adds its own limits.
  compress: true,
  // Types are checked by `npm test`, once for the whole repository; checking here again would only delay the first start.
  typescript: { ignoreBuildErrors: true },
  images: { unoptimized: true },
  // Of Next and what it needs only the files that serving reads are kept, beside the pages: an installed package brings no compiler.
  output: "standalone",
  outputFileTracingRoot: import.meta.dirname,
  outputFileTracingExcludes: {
    "next-server": ["node_modules/sharp/**", "node_modules/@img/**", "node_modules/detect-libc/**", "node_modules/semver/**"],
  },
  devIndicators: false,
  // In development pages are asked for by the address that the server listens on.
  ...(process.env.HOST !== undefined && { allowedDevOrigins: [process.env.HOST] }),
  // The terminal of `dev` is for the tasks.
  logging: false,
  experimental: {
    // Pages are loaded when they are first asked for: quicker to start, and less memory while nobody looks.
    preloadEntriesOnStart: false,
    // Fewer and larger files compress better: 2 KB less on every page than with 50 KB.
    turbopackChunking: { minChunkSize: 400_000 },
  },
};

export default config;
