/** npm start: runs the example, or the program and arguments given after `--`. */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const given = process.argv.slice(2);
const args = given.length > 0 ? given : [join(root, "examples/hello/hello")];
const done = spawnSync(process.execPath, [join(root, "dist/blink.js"), ...args], { stdio: "inherit" });
if (done.signal) process.kill(process.pid, done.signal);
process.exitCode = done.status ?? 1;
