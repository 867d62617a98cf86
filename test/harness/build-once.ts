import { spawnSync } from "node:child_process";
import { GIVEN_DIST, ROOT } from "./paths.ts";

/** Global set-up of the "system" project: dist/ is built once before its first test. */
export default function buildOnce(): void {
  if (GIVEN_DIST !== undefined) return;
  const built = spawnSync(process.execPath, ["tools/build.mjs"], { cwd: ROOT, stdio: "inherit" });
  if (built.status !== 0) throw new Error("tools/build.mjs failed: nothing to test");
}
