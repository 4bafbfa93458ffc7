export { addAdditionalFilesToBuild } from "./copy-files";
