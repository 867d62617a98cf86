/** blinkenlights(1): the debugger. Its command line; lights.ts starts it. */
import { unusable } from "../src/platform/node/console.ts";
import { replayProgram } from "../src/platform/node/replay.ts";
import { runProgram } from "../src/platform/node/run.ts";
import { setV8Flags } from "../src/platform/node/v8-flags.ts";
import { version } from "../src/version.ts";
import { lights } from "./lights.ts";
import { Refused } from "./lights-launch.ts";
import { LIGHTS_USAGE, parseLights } from "./lights-options.ts";

/** As blink(1) has it. */
const EXIT_USAGE = 48;
/** EX_SOFTWARE of sysexits.h. */
const EXIT_INTERNAL = 70;

function complain(message: string, code: number): void {
  process.stderr.write(`blinkenlights: ${message}\n`);
  process.exitCode = code;
}

async function main(): Promise<void> {
  const parsed = parseLights(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case "help":
      process.stdout.write(LIGHTS_USAGE);
      return;
    case "version":
      process.stdout.write(`blinkenlights of blink.ts ${version}\n`);
      return;
    case "bad":
      complain(`${parsed.message}; -h lists the options`, EXIT_USAGE);
      return;
    case "run": {
      const { options } = parsed;
      const machine = { ...options.machine, version };
      if (options.plain)
        return machine.replay === undefined ? runProgram(machine) : replayProgram(machine.replay, machine);
      const wrong = unusable(process.env);
      if (wrong) complain(`${wrong}; -t runs the program without the user interface`, EXIT_USAGE);
      else await lights(options, failed);
    }
  }
}

function failed(error: unknown): void {
  if (error instanceof Refused) complain(error.message, error.code);
  // Only a bug of ours comes here.
  else complain(`internal error: ${error instanceof Error ? error.stack : error}`, EXIT_INTERNAL);
  process.exit();
}

setV8Flags();
main().catch(failed);
