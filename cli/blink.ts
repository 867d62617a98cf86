import { replayProgram } from "../src/platform/node/replay.ts";
import { type Handlers, runProgram } from "../src/platform/node/run.ts";
import { version } from "../src/version.ts";
import { crashExtras } from "./crash-extras.ts";
import { runForGdb } from "./gdb.ts";
import { type Options, parse, USAGE } from "./options.ts";

/** What blink(1) exits with when it does not understand its command line. */
const EXIT_USAGE = 48;
/** EX_SOFTWARE of sysexits.h. */
const EXIT_INTERNAL = 70;

async function start(given: Options, handlers?: Handlers): Promise<void> {
  const options = { ...given, version };
  if (options.gdb !== undefined) return runForGdb(options, options.gdb, handlers);
  if (options.replay === undefined) return runProgram(options, handlers, crashExtras(options));
  return replayProgram(options.replay, options, handlers);
}

/** `handlers`: if their compilation has begun. */
export function main(handlers?: Handlers): void {
  const parsed = parse(process.argv.slice(2), process.env);
  switch (parsed.kind) {
    case "help":
      process.stdout.write(USAGE);
      break;
    case "version":
      process.stdout.write(`blink.ts ${version}\nx86-64 Linux programs on ${process.platform}-${process.arch}\n`);
      break;
    case "bad":
      process.stderr.write(`blink: ${parsed.message}\n${USAGE}`);
      process.exitCode = EXIT_USAGE;
      break;
    case "run":
      start(parsed.options, handlers).catch((error: unknown) => {
        // Only a bug of ours comes here.
        process.stderr.write(`blink: internal error: ${error instanceof Error ? error.stack : error}\n`);
        process.exit(EXIT_INTERNAL);
      });
  }
}
