export * from "../core/additional-files";
export * from "../core/additional-packages";
export * from "../core/apt-get";
export * from "../core/ffmpeg";
export * from "../core/sync-env-vars";
export * from "../core/sync-vercel";
export * from "../core/sync-neon";
export * from "../core/sync-supabase";
