export * from "./extensions";
