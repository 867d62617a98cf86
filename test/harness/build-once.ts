import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { BLINK, ROOT } from "./paths.ts";

/** Global set-up of the "system" project: dist/ is built once before its first test. BLINK_TEST_NO_BUILD=1 keeps it. */
export default function buildOnce(): void {
  if (process.env.BLINK_TEST_NO_BUILD === "1" && existsSync(BLINK)) return;
  const built = spawnSync(process.execPath, ["tools/build.mjs"], { cwd: ROOT, stdio: "inherit" });
  if (built.status !== 0) throw new Error("tools/build.mjs failed: nothing to test");
}
