/** Stands for import.meta.url in the command's bundles, which are scripts; made when it is asked for. */
import { pathToFileURL } from "node:url";

export const bundle = {
  get url(): string {
    return pathToFileURL(`${__dirname}/blink.bundle.js`).href;
  },
};
