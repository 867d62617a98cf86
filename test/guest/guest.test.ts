import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, test } from "vitest";
import { compare } from "../harness/compare.ts";
import { buildGuest, readGuest, unavailable } from "../harness/guest.ts";

/** Every program of this folder, in every build its head asks for, against Linux. */
const FOLDER = fileURLToPath(new URL(".", import.meta.url));

for (const file of readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).sort()) {
  if (!/\.(c|cc|S)$/.test(file)) continue;
  const guest = readGuest(FOLDER + file);
  describe(file, () => {
    for (const build of guest.builds) {
      const reason = unavailable(build);
      for (const { args, exit } of guest.runs) {
        const name = [build, ...args].join(" ");
        if (reason !== undefined) {
          test.skip(`${name} (skipped: ${reason})`);
          continue;
        }
        test(name, () => {
          const argv = [buildGuest(guest.source, build), ...args];
          const { stdin, env, tree, timeout } = guest;
          return compare({ argv, stdin, env, tree, timeout, expect: exit });
        });
      }
    }
  });
}
