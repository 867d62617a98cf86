/**
 * Runs every program of /usr/bin and /bin with --version and with --help, natively and under blink, and compares standard
 * output, standard error and exit code.
 *
 *   npm run sweep                       all of them; writes docs/sweep.md
 *   npm run sweep -- --every 8          each eighth program; writes nothing
 *   npm run sweep -- --every 8 --offset 3    the same, from the fourth one on
 *   npm run sweep -- --only '^git'      programs whose name matches
 *   npm run sweep -- --report --results FILE    writes docs/sweep.md from such a file, and runs nothing
 *   npm run sweep -- --results FILE     keeps each result there as a line of JSON, and goes on where it left off
 *
 * A program whose two native runs differ from each other (times, process ids) is counted apart: nothing can be compared.
 */
import {
  accessSync,
  appendFileSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Workplace } from "../test/harness/folder.ts";
import { type Outcome, runNatively, runUnderBlink, type SpawnOptions } from "../test/harness/spawn.ts";
import { knownReason } from "./sweep-known.ts";
import { type Result, summary, writeReport } from "./sweep-report.ts";

const { values } = parseArgs({
  options: {
    every: { type: "string", default: "1" },
    offset: { type: "string", default: "0" },
    only: { type: "string" },
    results: { type: "string" },
    report: { type: "boolean", default: false },
    timeout: { type: "string", default: "60" },
  },
});

const FOLDERS = ["/usr/bin", "/bin"];
const ARGUMENTS = ["--version", "--help"];
const LIMIT = 16 << 20;

function programs(): string[] {
  const found: string[] = [];
  for (const folder of new Set(FOLDERS.map((f) => realpathSync(f)))) {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        if (statSync(path).isFile()) found.push(path);
      } catch {
        // A dangling link.
      }
    }
  }
  const wanted = new RegExp(values.only ?? "");
  return found.filter(
    (path, i) =>
      i % Number(values.every) === Number(values.offset) && wanted.test(path.slice(path.lastIndexOf("/") + 1)),
  );
}

type Runner = (argv: readonly string[], options: SpawnOptions) => Promise<Outcome>;

async function once(place: Workplace, how: Runner, argv: string[], timeout: number): Promise<Outcome> {
  place.reset({});
  return how(argv, { cwd: place.path, stdin: { none: true }, timeout, limit: LIMIT, env: { PAGER: "cat" } });
}

/** What differs; undefined if nothing does. */
function difference(a: Outcome, b: Outcome): string | undefined {
  if (a.timedOut || b.timedOut) return a.timedOut && b.timedOut ? undefined : "time";
  if (a.code !== b.code || a.signal !== b.signal) return "exit";
  if (!a.stdout.equals(b.stdout)) return "stdout";
  return a.stderr.equals(b.stderr) ? undefined : "stderr";
}

async function judge(place: Workplace, path: string, argument: string): Promise<Result> {
  const argv = [path, argument];
  const native = await once(place, runNatively, argv, 20_000);
  const blink = await once(place, runUnderBlink, argv, Number(values.timeout) * 1000);
  const result: Result = { path, argument, kind: "same", ms: Math.round(blink.milliseconds) };
  const what = difference(native, blink);
  if (what === undefined) return native.timedOut ? { ...result, kind: "never ends" } : result;
  const again = await once(place, runNatively, argv, 20_000);
  if (difference(native, again) !== undefined) return { ...result, kind: "varies" };
  return { ...result, kind: "differs", what, detail: detail(native, blink, what) };
}

function ending(o: Outcome): string {
  return o.timedOut ? "time is up" : (o.signal ?? String(o.code));
}

/** The first lines that differ. */
function detail(native: Outcome, blink: Outcome, what: string): string {
  const text = (o: Outcome): string => (what === "stdout" ? o.stdout : o.stderr).toString("latin1");
  const [a, b] = [text(native).split("\n"), text(blink).split("\n")];
  const at = b.findIndex((line, i) => line !== a[i]);
  const lines =
    at < 0 ? `native: ${a[b.length] ?? ""}` : `native: ${a[at] ?? ""} | blink: ${b.slice(at, at + 3).join(" / ")}`;
  const ends = ending(native) === ending(blink) ? "" : `${ending(native)} -> ${ending(blink)}; `;
  return (ends + lines).replace(/[^\x20-\x7e]/g, "?").slice(0, 300);
}

function earlier(): Result[] {
  if (!values.results || !existsSync(values.results)) return [];
  return readFileSync(values.results, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Result);
}

const results = earlier();
const done = new Set(results.map((r) => `${r.path} ${r.argument}`));
const place = new Workplace();
const list = values.report ? [] : programs();
try {
  for (const path of list) {
    for (const argument of ARGUMENTS) {
      if (done.has(`${path} ${argument}`)) continue;
      const result = await judge(place, path, argument);
      results.push(result);
      if (values.results) appendFileSync(values.results, `${JSON.stringify(result)}\n`);
      if (result.kind !== "same" && result.kind !== "varies")
        console.log(
          `${path} ${argument}: ${result.kind} ${result.what ?? ""} ${result.detail ?? ""} ${knownReason(result)?.reason ?? ""}`,
        );
    }
  }
} finally {
  place.remove();
}
console.log(summary(results).join("\n"));
if (values.report || (values.every === "1" && values.only === undefined)) writeReport("docs/sweep.md", results);
