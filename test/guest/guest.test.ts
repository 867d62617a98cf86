import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { compare } from "../harness/compare.ts";
import { declare } from "../harness/declare.ts";
import { buildGuest, readGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";

/** Every program of this folder, in every build and run its head asks for, against Linux. */
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

for (const file of readdirSync(FOLDER).sort()) {
  if (!/\.(c|cc|S)$/.test(file)) continue;
  const guest = readGuest(FOLDER + file);
  describe(file, () => {
    for (const build of guest.builds) {
      for (const { args, exit } of guest.runs) {
        declare(file, [build, ...args].join(" "), missing([build.split(" ")[0]]), () => {
          const argv = [buildGuest(guest.source, build), ...args];
          const { stdin, env, tree, timeout } = guest;
          return compare({ argv, stdin, env, tree, timeout, expect: exit });
        });
      }
    }
  });
}
