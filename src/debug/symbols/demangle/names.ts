/** <encoding>, <name> and their parts: Itanium C++ ABI, sections 5.1.1 to 5.1.4. */
import { BadName, type Node, name, type Source } from "./nodes.ts";
import { functionName, OPERATORS } from "./operators.ts";

const QUALIFIERS: Readonly<Record<string, string>> = { r: " restrict", V: " volatile", K: " const" };

export function qualifiers(s: Source): string {
  const found = s.match(/r?V?K?/y) ?? "";
  return [...found]
    .reverse()
    .map((q) => QUALIFIERS[q])
    .join("");
}

/** <encoding>: a function with its type, data, or something that the compiler made. */
export function encoding(s: Source): Node {
  if (s.next === "T" || /^G[VRATI]/.test(s.text.slice(s.at, s.at + 2))) return specialName(s);
  const { scope, naming } = s;
  s.scope = { args: [] };
  s.naming = true;
  const made = declaration(s);
  s.naming = naming;
  s.scope = scope;
  return made;
}

function declaration(s: Source): Node {
  const { node, behind, returns } = fullName(s);
  s.naming = false;
  if (s.next === "" || s.next === "E" || s.next === ".")
    return behind ? { kind: "suffix", of: node, text: behind } : node;
  const result = returns ? s.grammar.type(s) : undefined;
  const params = s.grammar.parameters(s);
  const of: Node = { kind: "function", returns: result, params, behind: "", noexcept: undefined };
  return { kind: "typed", name: node, type: of, behind, scope: s.scope };
}

interface Named {
  node: Node;
  /** A method's qualifiers. */
  behind: string;
  /** Its type begins with what it returns. */
  returns: boolean;
}

/** Names of templates have types with results, but for those of constructors and conversions. */
function returnsResult(node: Node): boolean {
  const last = lastOf(node);
  if (node.kind === "qual") return returnsResult(node.name);
  if (node.kind !== "template") return false;
  return !isConstructor(last) && last.kind !== "conversion";
}
function lastOf(node: Node): Node {
  if (node.kind === "qual") return lastOf(node.name);
  if (node.kind === "template") return lastOf(node.name);
  if (node.kind === "tagged") return lastOf(node.of);
  return node;
}
function isConstructor(node: Node): boolean {
  return node.kind === "prefix" && node.text !== "" ? node.text === "~" : node.kind === "prefix";
}

function fullName(s: Source): Named {
  if (s.next === "N") return nested(s);
  if (s.next === "Z") return local(s);
  const node = unscoped(s);
  return { node, behind: "", returns: returnsResult(node) };
}

/** <name>, whatever it is of. */
export function parseName(s: Source): Node {
  const { node, behind } = fullName(s);
  return behind ? { kind: "suffix", of: node, text: behind } : node;
}

/** <unscoped-name> [<template-args>], or a substitution with arguments. */
function unscoped(s: Source): Node {
  let node: Node;
  if (s.next === "S" && !s.sees("St")) {
    node = substitution(s);
    if (!s.sees("I")) return node;
    return withArgs(s, node);
  }
  if (s.eat("St")) node = { kind: "qual", scope: name("std"), name: unqualified(s, undefined) };
  else node = unqualified(s, undefined);
  if (!s.sees("I")) return node;
  s.add(node);
  return withArgs(s, node);
}
function withArgs(s: Source, of: Node): Node {
  return { kind: "template", name: of, args: templateArgs(s) };
}

/** N [<cv>] [<ref>] <prefix> <unqualified-name> E */
function nested(s: Source): Named {
  s.expect("N");
  let behind = s.eat("H") ? "" : qualifiers(s);
  if (s.eat("R")) behind += " &";
  else if (s.eat("O")) behind += " &&";
  let node: Node | undefined;
  while (!s.eat("E")) {
    if (node && s.eat("M")) continue;
    node = component(s, node);
  }
  if (!node) throw new BadName();
  return { node, behind, returns: returnsResult(node) };
}

/** One more part of a nested name; all but the whole name may be referred to. */
function component(s: Source, scope: Node | undefined): Node {
  const note = (n: Node): Node => (s.sees("E") ? n : s.add(n));
  if (s.sees("I")) {
    if (!scope) throw new BadName();
    return note(withArgs(s, scope));
  }
  if (!scope) {
    if (s.sees("St")) {
      s.at += 2;
      return name("std");
    }
    if (s.next === "S") return substitution(s, true);
    if (s.next === "T") return note(templateParam(s));
    if (s.sees("Dt") || s.sees("DT")) return note(s.grammar.decltype(s));
  }
  const part = unqualified(s, scope);
  return note(scope ? { kind: "qual", scope, name: part } : part);
}

/** Z <encoding> E <name> [<discriminator>], Z <encoding> Es, Z <encoding> Ed [<number>] _ <name> */
function local(s: Source): Named {
  s.expect("Z");
  let of = encoding(s);
  // What the function returns would seem to belong to what is inside.
  if (of.kind === "typed" && of.type.kind === "function") of = { ...of, type: { ...of.type, returns: undefined } };
  s.expect("E");
  const inside = (node: Node): Node => ({ kind: "qual", scope: of, name: node });
  if (s.eat("s")) {
    discriminator(s);
    return { node: inside(name("string literal")), behind: "", returns: false };
  }
  let number: number | undefined;
  if (s.eat("d")) number = s.sequence(10) + 1;
  const { node, behind, returns } = fullName(s);
  discriminator(s);
  const shown =
    number === undefined ? node : ({ kind: "qual", scope: name(`{default arg#${number}}`), name: node } as const);
  return { node: inside(shown), behind, returns };
}
function discriminator(s: Source): void {
  s.match(/__\d+_|_\d/y);
}

/** <unqualified-name> with its ABI tags. `scope`: what it is a member of. */
export function unqualified(s: Source, scope: Node | undefined): Node {
  // Names that only this file knows.
  if (s.sees("L")) s.at++;
  return tags(s, plain(s, scope));
}
function tags(s: Source, of: Node): Node {
  let node = of;
  while (s.eat("B")) node = { kind: "tagged", of: node, text: sourceName(s) };
  return node;
}

function plain(s: Source, scope: Node | undefined): Node {
  const { next } = s;
  if (/\d/.test(next)) return name(sourceName(s));
  if (next === "C" || (next === "D" && /[0-9]/.test(s.text[s.at + 1] ?? ""))) return structor(s, scope);
  if (s.eat("DC"))
    return { kind: "join", parts: ["[", { kind: "list", list: s.until("E", (t) => name(sourceName(t))) }, "]"] };
  if (s.eat("Ut")) return name(`{unnamed type#${s.sequence(10) + 1}}`);
  if (s.eat("Ul")) {
    const params = s.grammar.parameters(s);
    s.expect("E");
    return { kind: "lambda", params, number: s.sequence(10) + 1 };
  }
  return operatorName(s);
}

/** C1, C2, CI1 <base>, D0 ... : named as the class. */
function structor(s: Source, scope: Node | undefined): Node {
  if (!scope) throw new BadName();
  const destructor = s.next === "D";
  s.at++;
  const inherited = !destructor && s.eat("I");
  if (!s.match(/[0-5]/y)) throw new BadName();
  if (inherited) s.grammar.type(s);
  return { kind: "prefix", text: destructor ? "~" : "", of: className(scope) };
}
function className(scope: Node): Node {
  if (scope.kind === "qual") return className(scope.name);
  if (scope.kind === "template") return className(scope.name);
  if (scope.kind === "tagged") return className(scope.of);
  if (scope.kind === "name") return name(SHORT_NAMES[scope.text] ?? scope.text);
  return scope;
}

function operatorName(s: Source): Node {
  if (s.eat("cv")) return { kind: "conversion", to: s.grammar.type(s) };
  if (s.eat("li")) return name(`operator"" ${sourceName(s)}`);
  if (s.match(/v\d/y)) return name(`operator ${sourceName(s)}`);
  const operator = OPERATORS.get(s.text.slice(s.at, s.at + 2));
  if (!operator) throw new BadName();
  s.at += 2;
  return name(functionName(operator));
}

export function sourceName(s: Source): string {
  const length = s.digits();
  const text = s.text.slice(s.at, s.at + length);
  if (length === 0 || text.length < length) throw new BadName();
  s.at += length;
  return /^_GLOBAL_[._$]N/.test(text) ? "(anonymous namespace)" : text;
}

const STRING = "std::basic_string<char, std::char_traits<char>, std::allocator<char> >";
/** Short names of the library, and in full where a member follows. */
const LIBRARY: Readonly<Record<string, readonly [string, string] | undefined>> = {
  a: ["std::allocator", "std::allocator"],
  b: ["std::basic_string", "std::basic_string"],
  s: ["std::string", STRING],
  i: ["std::istream", "std::basic_istream<char, std::char_traits<char> >"],
  o: ["std::ostream", "std::basic_ostream<char, std::char_traits<char> >"],
  d: ["std::iostream", "std::basic_iostream<char, std::char_traits<char> >"],
};
/** What their constructors are called. */
const SHORT_NAMES: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.values(LIBRARY).flatMap((row) => (row ?? []).map((full) => [full, full.replace(/^std::|<.*/g, "")])),
);

/** S_, S0_ ..., Sa, Ss ... `member`: in front of a member's name. */
export function substitution(s: Source, member = false): Node {
  s.expect("S");
  const known = LIBRARY[s.next];
  if (known) {
    s.at++;
    const full = member && (s.next === "C" || s.next === "D");
    const node = name(known[full ? 1 : 0]);
    return s.sees("B") ? s.add(tags(s, node)) : node;
  }
  const node = s.subs[s.sequence(36)];
  if (!node) throw new BadName();
  return node;
}

/** T_, T0_ ..., TL <level> __ */
export function templateParam(s: Source): Node {
  s.expect("T");
  if (s.eat("L")) {
    s.digits();
    s.expect("_");
  }
  return { kind: "param", index: s.sequence(10) };
}

/** I <template-arg>... E */
export function templateArgs(s: Source): Node[] {
  s.expect("I");
  const args = s.until("E", templateArg);
  if (s.naming) s.scope.args = args;
  return args;
}
export function templateArg(s: Source): Node {
  return s.deeper(() => {
    if (s.eat("J")) return { kind: "pack", list: s.until("E", templateArg) };
    if (s.sees("L")) return s.grammar.literal(s);
    if (s.eat("X")) {
      const node = s.grammar.expression(s);
      s.expect("E");
      return node;
    }
    return s.grammar.type(s);
  });
}

const SPECIAL: readonly (readonly [string, string, (s: Source) => Node])[] = [
  ["TV", "vtable for ", (s) => s.grammar.type(s)],
  ["TT", "VTT for ", (s) => s.grammar.type(s)],
  ["TI", "typeinfo for ", (s) => s.grammar.type(s)],
  ["TS", "typeinfo name for ", (s) => s.grammar.type(s)],
  ["TF", "typeinfo fn for ", (s) => s.grammar.type(s)],
  ["TH", "TLS init function for ", parseName],
  ["TW", "TLS wrapper function for ", parseName],
  ["TA", "template parameter object for ", templateArg],
  ["GV", "guard variable for ", parseName],
  ["GA", "hidden alias for ", encoding],
  ["GTt", "transaction clone for ", encoding],
  ["GTn", "non-transaction clone for ", encoding],
];

function specialName(s: Source): Node {
  for (const [code, text, of] of SPECIAL) if (s.eat(code)) return { kind: "prefix", text, of: of(s) };
  if (s.eat("TC")) {
    const made = s.grammar.type(s);
    s.digits();
    s.expect("_");
    return { kind: "join", parts: ["construction vtable for ", s.grammar.type(s), "-in-", made] };
  }
  if (s.eat("Tc")) {
    offset(s, s.next === "h");
    offset(s, s.next === "h");
    return { kind: "prefix", text: "covariant return thunk to ", of: encoding(s) };
  }
  if (s.eat("GR")) {
    const of = parseName(s);
    const number = s.next === "" ? 0 : s.sequence(36);
    return { kind: "prefix", text: `reference temporary #${number} for `, of };
  }
  s.expect("T");
  const virtual = s.next === "v";
  offset(s, !virtual);
  return { kind: "prefix", text: virtual ? "virtual thunk to " : "non-virtual thunk to ", of: encoding(s) };
}
/** h <number> _, v <number> _ <number> _ */
function offset(s: Source, plainOne: boolean): void {
  if (!s.match(plainOne ? /hn?\d+_/y : /vn?\d+_n?\d+_/y)) throw new BadName();
}
