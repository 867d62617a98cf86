/** <type>: Itanium C++ ABI, section 5.1.5. */
import { parseName, qualifiers, sourceName, substitution, templateArgs, templateParam } from "./names.ts";
import { BadName, type Node, name, type Source } from "./nodes.ts";

const BUILTINS: Readonly<Record<string, string | undefined>> = {
  a: "signed char",
  b: "bool",
  c: "char",
  d: "double",
  e: "long double",
  f: "float",
  g: "__float128",
  h: "unsigned char",
  i: "int",
  j: "unsigned int",
  l: "long",
  m: "unsigned long",
  n: "__int128",
  o: "unsigned __int128",
  s: "short",
  t: "unsigned short",
  v: "void",
  w: "wchar_t",
  x: "long long",
  y: "unsigned long long",
  z: "...",
};
/** Behind a D. */
const MORE: Readonly<Record<string, string | undefined>> = {
  a: "auto",
  c: "decltype(auto)",
  d: "decimal64",
  e: "decimal128",
  f: "decimal32",
  h: "half",
  i: "char32_t",
  n: "decltype(nullptr)",
  s: "char16_t",
  u: "char8_t",
};
const suffix = (of: Node, text: string): Node => ({ kind: "suffix", of, text });

/** What may be referred to again is noted. */
export function type(s: Source): Node {
  return s.deeper(() => {
    const builtin = BUILTINS[s.next];
    if (builtin !== undefined) {
      s.at++;
      return name(builtin);
    }
    return compound(s);
  });
}

function compound(s: Source): Node {
  const letter = s.next;
  switch (letter) {
    case "r":
    case "V":
    case "K":
      return qualified(s);
    case "P":
      return pointer(s, "*");
    case "R":
      return pointer(s, "&");
    case "O":
      return pointer(s, "&&");
    case "C":
      return pointer(s, " _Complex");
    case "G":
      return pointer(s, " _Imaginary");
    case "F":
      return s.add(functionType(s));
    case "A":
      return s.add(array(s));
    case "M":
      return s.add(memberPointer(s));
    case "T":
      return templated(s);
    case "S":
      return substituted(s);
    case "D":
      return special(s);
    case "U":
      return vendorQualified(s);
    case "u":
      s.at++;
      return s.add(name(sourceName(s)));
    default:
      return s.add(parseName(s));
  }
}

function qualified(s: Source): Node {
  const text = qualifiers(s);
  const of = s.sees("F") || s.sees("Do") || s.sees("DO") || s.sees("Dx") ? functionType(s) : type(s);
  // A method's qualifiers stand behind its parameters.
  return s.add(of.kind === "function" ? { ...of, behind: text + of.behind } : suffix(of, text));
}

function pointer(s: Source, text: string): Node {
  s.at++;
  return s.add(suffix(type(s), text));
}

/** U <source-name> [<template-args>] <type>, or an unnamed type or lambda. */
function vendorQualified(s: Source): Node {
  if (/^U[tl]/.test(s.text.slice(s.at, s.at + 2))) return s.add(parseName(s));
  s.at++;
  let text = sourceName(s);
  const args = s.sees("I") ? templateArgs(s) : undefined;
  const of = type(s);
  if (args) text += " ";
  return s.add(
    args
      ? { kind: "join", parts: [of, ` ${text.trimEnd()}`, { kind: "template", name: name(""), args }] }
      : suffix(of, ` ${text}`),
  );
}

/** [<cv>] [noexcept] F [Y] <return type> <parameters> [R or O] E */
export function functionType(s: Source): Node {
  let noexcept: Node | undefined;
  if (s.eat("Do")) noexcept = name("noexcept");
  else if (s.eat("DO")) {
    noexcept = { kind: "join", parts: ["noexcept(", s.grammar.expression(s), ")"] };
    s.expect("E");
  } else if (s.eat("Dw")) {
    noexcept = { kind: "join", parts: ["throw(", { kind: "list", list: s.until("E", type) }, ")"] };
  }
  const safe = s.eat("Dx") ? " transaction_safe" : "";
  s.expect("F");
  s.eat("Y");
  const returns = type(s);
  const params = parameters(s);
  const behind = s.eat("R") ? " &" : s.eat("O") ? " &&" : "";
  s.expect("E");
  return { kind: "function", returns, params, behind: safe + behind, noexcept };
}

/** <bare-function-type> without the return type: (void) is empty. */
export function parameters(s: Source): Node[] {
  const out: Node[] = [];
  while (s.next !== "" && s.next !== "E" && s.next !== "." && !/^[RO]E/.test(s.text.slice(s.at, s.at + 2))) {
    if (s.next === "Q") break;
    out.push(type(s));
  }
  if (out.length === 0) throw new BadName();
  const [only] = out;
  return out.length === 1 && only.kind === "name" && only.text === "void" ? [] : out;
}

function array(s: Source): Node {
  s.expect("A");
  let size: Node | undefined;
  if (!s.sees("_")) size = /\d/.test(s.next) ? name(s.match(/\d+/y) ?? "") : s.grammar.expression(s);
  s.expect("_");
  return { kind: "array", of: type(s), size };
}

function memberPointer(s: Source): Node {
  s.expect("M");
  const owner = type(s);
  return { kind: "member pointer", owner, of: type(s) };
}

/** T: a parameter of a template, possibly a template itself; or an elaborated name. */
function templated(s: Source): Node {
  if (/^T[sue]/.test(s.text.slice(s.at, s.at + 2))) {
    s.at += 2;
    return s.add(parseName(s));
  }
  const param = s.add(templateParam(s));
  return s.sees("I") ? s.add({ kind: "template", name: param, args: templateArgs(s) }) : param;
}

function substituted(s: Source): Node {
  if (s.sees("St")) return s.add(parseName(s));
  const before = s.at;
  const found = substitution(s);
  if (s.sees("I")) {
    // <template-template-param>, or a name that goes on.
    s.at = before;
    return s.add(parseName(s));
  }
  return found;
}

function special(s: Source): Node {
  const letter = s.text[s.at + 1] ?? "";
  const known = MORE[letter];
  if (known !== undefined) {
    s.at += 2;
    return name(known);
  }
  switch (letter) {
    case "t":
    case "T":
      return s.add(decltype(s));
    case "p":
      s.at += 2;
      return s.add({ kind: "expansion", pattern: type(s) });
    case "v":
      return s.add(vector(s));
    case "o":
    case "O":
    case "w":
    case "x":
      return s.add(functionType(s));
    case "F":
      return floating(s);
    case "B":
    case "U":
      return bits(s);
    default:
      throw new BadName();
  }
}

export function decltype(s: Source): Node {
  if (!s.eat("Dt")) s.expect("DT");
  const of = s.grammar.expression(s);
  s.expect("E");
  return { kind: "join", parts: ["decltype (", of, ")"] };
}

/** Dv <number> _ <type>, Dv [<expression>] _ <type> */
function vector(s: Source): Node {
  s.expect("Dv");
  let size: Node | undefined;
  if (/\d/.test(s.next)) size = name(`${s.digits()}`);
  else if (!s.sees("_")) size = s.grammar.expression(s);
  s.expect("_");
  const of = type(s);
  return { kind: "join", parts: [of, " __vector(", size ?? "", ")"] };
}

/** DF <bits> _ , DF <bits> x, DF16b */
function floating(s: Source): Node {
  s.expect("DF");
  const width = s.digits();
  if (s.eat("b")) return name("std::bfloat16_t");
  if (s.eat("x")) return name(`_Float${width}x`);
  s.expect("_");
  return name(`_Float${width}`);
}

/** DB <bits> _, DU <bits> _ */
function bits(s: Source): Node {
  const unsigned = s.sees("DU") ? "unsigned " : "signed ";
  s.at += 2;
  const width = /\d/.test(s.next) ? name(`${s.digits()}`) : s.grammar.expression(s);
  s.expect("_");
  return { kind: "join", parts: [`${unsigned}_BitInt(`, width, ")"] };
}
