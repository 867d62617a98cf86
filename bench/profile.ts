/**
 * What a run under blink.ts spent its time on: sums up a profile that `node --cpu-prof dist/blink.js PROGRAM` wrote.
 * WebAssembly's functions are told apart: regions of the JIT, and the interpreter's handlers by instruction.
 * Run: npx tsx bench/profile.ts FILE.cpuprofile [LINES]      (build with `node tools/build.mjs --readable` before)
 */
import { readFileSync } from "node:fs";
import { handlerNames } from "./handler-names.ts";

interface Node {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
  children?: number[];
}
interface Profile {
  nodes: Node[];
  samples: number[];
  timeDeltas: number[];
}

/** JavaScript functions that stand for a kind of work, with all that they call. The innermost one counts. */
const KINDS: readonly [string, RegExp][] = [
  ["compile regions", /^compile$/],
  ["decode blocks", /^decode$|^recheck$/],
  ["system calls", /^startCall$/],
  ["page faults", /^onFault$|^onExit$/],
  ["engine's run loop", /^runSlice$/],
  ["machine and image", /^Machine$|^unpackImage$|^loadImage$/],
  ["load program", /^start$/],
];

const WASM = /^(wasm-function\[(\d+)\]|\S+$)/;

const [file, lines = "25"] = process.argv.slice(2);
if (!file) {
  console.error("Usage: npx tsx bench/profile.ts FILE.cpuprofile [LINES]");
  process.exit(2);
}
const profile = JSON.parse(readFileSync(file, "utf8")) as Profile;
const nodes = new Map(profile.nodes.map((n) => [n.id, n]));
const parents = new Map(profile.nodes.flatMap((n) => (n.children ?? []).map((c) => [c, n.id])));
const handlers = handlerNames();
/** The handlers' module is the one with by far the most functions. */
const handlerModule = mostCommon(profile.nodes.flatMap((n) => wasmFunction(n)?.module ?? []));

function wasmFunction(n: Node): { module: string; index: number } | undefined {
  const { functionName, url } = n.callFrame;
  if (!url.startsWith("wasm://")) return undefined;
  const index = WASM.exec(functionName)?.[2];
  return { module: url, index: index === undefined ? -1 : Number(index) };
}

/** The module of which most different functions were seen. */
function mostCommon(modules: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const m of modules) counts.set(m, (counts.get(m) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

function kindOf(n: Node): string {
  if (n.callFrame.functionName === "(garbage collector)") return "garbage collection";
  const wasm = wasmFunction(n);
  if (wasm) {
    if (wasm.module !== handlerModule) return "regions";
    return handlers.get(wasm.index)?.special ? "between regions, TLB misses" : "interpreter";
  }
  for (let id: number | undefined = n.id; id !== undefined; id = parents.get(id)) {
    const { functionName } = (nodes.get(id) as Node).callFrame;
    const kind = KINDS.find(([, pattern]) => pattern.test(functionName));
    if (kind) return kind[0];
  }
  return "Node, modules, everything else";
}

function nameOf(n: Node): string {
  const { functionName, url, lineNumber } = n.callFrame;
  const wasm = wasmFunction(n);
  if (!wasm) return `${functionName || "(anonymous)"} ${url.split("/").pop()}:${lineNumber + 1}`;
  if (wasm.module !== handlerModule) return `region ${wasm.module.split("/").pop()} ${wasm.index}`;
  return `handler ${handlers.get(wasm.index)?.name ?? functionName}`;
}

const kinds = new Map<string, number>();
const names = new Map<string, number>();
let total = 0;
profile.samples.forEach((id, i) => {
  const n = nodes.get(id) as Node;
  if (n.callFrame.functionName === "(idle)") return;
  const ms = profile.timeDeltas[i] / 1000;
  total += ms;
  kinds.set(kindOf(n), (kinds.get(kindOf(n)) ?? 0) + ms);
  names.set(nameOf(n), (names.get(nameOf(n)) ?? 0) + ms);
});

function print(title: string, sums: Map<string, number>, most: number): void {
  console.log(`${title} (of ${total.toFixed(0)} ms)`);
  for (const [name, ms] of [...sums].sort((a, b) => b[1] - a[1]).slice(0, most)) {
    console.log(`${ms.toFixed(0).padStart(8)} ms ${((100 * ms) / total).toFixed(1).padStart(5)}%  ${name}`);
  }
}
print("Kinds of work", kinds, 20);
print("Functions", names, Number(lines));
