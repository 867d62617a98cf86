/** The library as Node loads it. */
export * from "./index.ts";
export { NodeHost } from "./platform/node/host.ts";
