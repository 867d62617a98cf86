/** Stands for import.meta.url in the command's bundle, which is a script. */
import { pathToFileURL } from "node:url";

export const bundleUrl = pathToFileURL(`${__dirname}/blink.bundle.js`).href;
