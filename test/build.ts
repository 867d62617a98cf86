/** Before any test: dist/ as the sources are now, because tests of programs run the built command. */
import { execFileSync } from "node:child_process";

export default function setup(): void {
  if (process.env.BLINK_NO_BUILD) return;
  execFileSync(process.execPath, ["tools/build.mjs"], { stdio: "inherit" });
}
