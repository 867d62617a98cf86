/** Lines of source files, where the guest has them. */
import type { ElfSources } from "./objects.ts";

/** Larger files are made by programs. */
const LARGEST = 8 << 20;
const LONGEST = 400;

/** Tells the text of a line, from 1 on, without what it begins with; undefined if the file isn't there. */
export type SourceText = (file: string, line: number) => string | undefined;

function read(files: ElfSources, path: string): readonly string[] {
  const source = files(path);
  if (!source || source.size > LARGEST) return [];
  return new TextDecoder().decode(source.read(0, source.size)).split("\n");
}

export function makeSourceText(files: ElfSources): SourceText {
  const known = new Map<string, readonly string[]>();
  return (file, line) => {
    let lines = known.get(file);
    if (!lines) {
      lines = read(files, file);
      known.set(file, lines);
    }
    // What a terminal would obey is not shown.
    return lines[line - 1]
      ?.slice(0, LONGEST)
      .replace(/\p{Cc}+/gu, " ")
      .trim();
  };
}
