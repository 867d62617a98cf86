/** Names of C++: Itanium C++ ABI, section 5.1. */
import { expression, literal } from "./expressions.ts";
import { encoding } from "./names.ts";
import { BadName, type Grammar, type Node, Source } from "./nodes.ts";
import { Printer } from "./print.ts";
import { decltype, parameters, type } from "./types.ts";

const GRAMMAR: Grammar = { type, decltype, parameters, expression, literal };

const CLONE = /\.(?:[a-z_]+|\d+)(?:\.\d+)*/y;

/**
 * As c++filt(1) writes it. `withTypes` false: without the types of the outermost function's parameters and of what it
 * returns. Undefined for what is no such name.
 */
export function demangleCxx(text: string, withTypes: boolean): string | undefined {
  try {
    const source = new Source(text, GRAMMAR);
    source.expect("_Z");
    const node = encoding(source);
    const printer = new Printer(node.kind === "typed" ? node.scope : { args: [] });
    printer.print(withTypes ? node : withoutTypes(node));
    let clones = "";
    for (let c = source.match(CLONE); c !== undefined; c = source.match(CLONE)) clones += ` [clone ${c}]`;
    return source.at === text.length ? printer.text + clones : undefined;
  } catch (e) {
    if (e instanceof BadName) return undefined;
    throw e;
  }
}

function withoutTypes(node: Node): Node {
  if (node.kind === "typed") return node.name;
  return node.kind === "suffix" && node.text.startsWith(" ") ? node.of : node;
}
