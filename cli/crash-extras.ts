/** Sets a machine up for crashes. What then happens is loaded only if one does. */
import { resolve } from "node:path";
import { RLIMIT_CORE } from "../src/abi/resource.ts";
import type { Extras } from "../src/platform/node/run.ts";
import { crashed } from "./crash.ts";
import type { Options } from "./options.ts";

export function crashExtras(options: Options): Extras {
  const core = options.core === undefined ? undefined : Buffer.from(resolve(options.core)).toString("latin1");
  return {
    prepare: (around) => {
      around.machine.kernel.onCrash = (task, info) => crashed(task, info, around, core);
    },
    // Who asks for core files has said `ulimit -c unlimited`.
    started: (first) => {
      if (core !== undefined) first.limits[RLIMIT_CORE].soft = Number.POSITIVE_INFINITY;
    },
  };
}
