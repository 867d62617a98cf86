/** The library as a browser loads it. */
export * from "./index.ts";
export { BrowserHost, type BrowserHostOptions } from "./platform/browser/host.ts";
