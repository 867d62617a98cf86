import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Files a test starts with: path in the working folder -> content. A content of `null` makes a folder. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** Calls `use` with a new folder for every call, always of the same name, so that programs can print it. */
export class Workplace {
  readonly #base = mkdtempSync(join(tmpdir(), "blink-test-"));
  readonly path = join(this.#base, "w");

  /** Empties the folder and puts these files there; names ending in .sh or .py, and scripts with #!, become executable. */
  reset(files: Files): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10 });
    mkdirSync(this.path);
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.path, name);
      if (content === null) {
        mkdirSync(path, { recursive: true });
        continue;
      }
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
      if (content.length > 1 && Buffer.from(content.slice(0, 2)).toString() === "#!") chmodSync(path, 0o755);
    }
  }

  remove(): void {
    rmSync(this.#base, { recursive: true, force: true });
  }
}

/** One line for each entry below a folder: mode, kind, name, length and digest or target, sorted by name. */
export function describeTree(folder: string, below = ""): string[] {
  const lines: string[] = [];
  for (const name of readdirSync(join(folder, below)).sort()) {
    const path = join(below, name);
    const full = join(folder, path);
    const stat = lstatSync(full);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isDirectory()) lines.push(`${mode} folder ${path}`, ...describeTree(folder, path));
    else if (stat.isSymbolicLink()) lines.push(`link ${path} -> ${readlinkSync(full)}`);
    else if (stat.isFile()) {
      const digest = createHash("sha1").update(readFileSync(full)).digest("hex").slice(0, 16);
      lines.push(`${mode} file ${path} ${stat.size} ${digest} links=${stat.nlink}`);
    } else lines.push(`${mode} special ${path}`);
  }
  return lines;
}
