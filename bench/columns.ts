/** What runs the programs: the processor itself, other emulators, and blink.ts in its ways. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Options } from "./options.ts";

export interface Column {
  name: string;
  /** What stands before the program's own command. */
  prefix: readonly string[];
  /** Its exec goes to the host's kernel: what the program starts is not emulated. */
  leavesChildren?: boolean;
  /** What this column is, for the page. */
  about: string;
}

export const NATIVE = "native";
export const QEMU = "qemu";
export const OURS = "blink.ts";

export function columns(o: Options): Column[] {
  const blink = (dist: string, ...flags: string[]): string[] => [process.execPath, command(dist), ...flags];
  const list: Column[] = [{ name: NATIVE, prefix: [], about: "the processor itself" }];
  const qemu = o.qemu ? firstLine("qemu-x86_64", "--version") : undefined;
  if (qemu) list.push({ name: QEMU, prefix: ["qemu-x86_64"], leavesChildren: true, about: qemu.replace(/ \(.*/, "") });
  if (o.blink) list.push({ name: "blink", prefix: [o.blink], about: firstLine(o.blink, "-v") ?? o.blink });
  list.push({ name: OURS, prefix: blink(o.dist), about: `blink.ts on Node ${process.version}` });
  if (o.interpreter) list.push({ name: "-j", prefix: blink(o.dist, "-j"), about: "blink.ts without its JIT" });
  if (o.node) {
    const version = firstLine(o.node, "--version") ?? "?";
    list.push({ name: `Node ${version}`, prefix: [o.node, command(o.dist)], about: `blink.ts on Node ${version}` });
  }
  if (o.vs) list.push({ name: "vs", prefix: blink(o.vs), about: "another build of blink.ts" });
  return list;
}

function command(dist: string): string {
  const path = resolve(dist, "blink.js");
  if (!existsSync(path)) throw new Error(`${path} is missing: run \`npm run build\``);
  return path;
}

/** The first line that a command prints, undefined if it is not installed. */
function firstLine(path: string, flag: string): string | undefined {
  const result = spawnSync(path, [flag], { encoding: "utf8" });
  return result.error ? undefined : (result.stdout || result.stderr).split("\n")[0];
}
