import { accessSync, constants } from "node:fs";

const SEARCH = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/** Where a command stands in the guest's PATH, or undefined. Absolute paths stand for themselves. */
export function which(command: string): string | undefined {
  const candidates = command.startsWith("/") ? [command] : SEARCH.map((folder) => `${folder}/${command}`);
  return candidates.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The first of these commands that is missing here; before all else, the system that is compared with. */
export function missing(commands: readonly string[]): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "x86-64 Linux";
  return commands.find((command) => which(command) === undefined);
}
