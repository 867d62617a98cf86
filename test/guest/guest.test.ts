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
      if (reason !== undefined) {
        test.skip(`${build} (skipped: ${reason})`);
        continue;
      }
      test(build, () =>
        compare({
          argv: [buildGuest(guest.source, build), ...guest.args],
          stdin: guest.stdin,
          env: guest.env,
          tree: guest.tree,
          timeout: guest.timeout,
          expect: guest.exit,
        }),
      );
    }
  });
}
