import { signalName } from "../../abi/signal.ts";

/** What a shell reports for a process that signal n killed, where this process cannot die of it itself. */
const SIGNALLED = 128;

/** Ends this process as the guest's first process ended: with its code, or by its signal. */
export function endLike(status: { code: number; signal: number }): void {
  if (status.signal === 0) process.exit(status.code);
  process.exitCode = SIGNALLED + status.signal;
  const name = signalName(status.signal);
  const { constants } = process.getBuiltinModule("node:os");
  // The host numbers some signals differently, and does not have all.
  const number = (constants.signals as Partial<Record<string, number>>)[name];
  try {
    if (number !== undefined) restoreDefault(name);
    process.kill(process.pid, number ?? status.signal);
  } catch {
    process.exit();
  }
  // Delivery takes a moment; a signal that does not kill leaves the exit code.
  setTimeout(() => process.exit(), 500);
}

/** Node ignores SIGPIPE and handlers may be installed: once a listener has come and gone, the action is the default again. */
function restoreDefault(name: string): void {
  if (name === "SIGKILL" || name === "SIGSTOP") return;
  try {
    process.on(name, () => {});
    process.removeAllListeners(name);
  } catch {
    // Not a signal that Node lets anyone listen to: then nobody does.
  }
}
