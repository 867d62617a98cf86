/** Input files of the benchmark programs, made anew from fixed seeds: equal on every machine. */
import { gzipSync } from "node:zlib";

/** Marsaglia's xorshift32. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const SYLLABLES = "ba co di fu ge ha in jo ka lu me no or pe qui ra se ta un vo wa xi yo ze ing er ly st".split(" ");

/** Text of made-up words, in lines; frequent words are more frequent, as in a language. */
function text(length: number): string {
  const random = generator(20011);
  const words = Array.from({ length: 3000 }, () =>
    Array.from({ length: 1 + random(4) }, () => SYLLABLES[random(SYLLABLES.length)]).join(""),
  );
  const parts: string[] = [];
  for (let size = 0, column = 0; size < length; ) {
    const word = words[random(1 + random(words.length))];
    column += word.length + 1;
    size += word.length + 1;
    parts.push(word, column > 70 ? "\n" : " ");
    if (column > 70) column = 0;
  }
  return parts.join("");
}

/** A script for sqlite3: rows one by one in a transaction, many more in one statement, then indices, joins, aggregates, changes. */
export function sql(visits: number, generated: number): string {
  const random = generator(4177);
  const lines = [
    "CREATE TABLE place (id INTEGER PRIMARY KEY, name TEXT, region INTEGER);",
    "CREATE TABLE visit (id INTEGER PRIMARY KEY, place INTEGER, day INTEGER, cost REAL, note TEXT);",
    "BEGIN;",
  ];
  for (let i = 0; i < 2000; i++)
    lines.push(`INSERT INTO place VALUES (${i}, 'place ${random(100000)}', ${random(40)});`);
  for (let i = 0; i < visits; i++) {
    const note = `'${SYLLABLES[random(30)]}${SYLLABLES[random(30)]} ${random(1000)}'`;
    lines.push(
      `INSERT INTO visit VALUES (${i}, ${random(2000)}, ${random(365)}, ${random(90000)}.${random(100)}, ${note});`,
    );
  }
  lines.push(
    "COMMIT;",
    "CREATE INDEX by_place ON visit (place, day);",
    "CREATE INDEX by_note ON visit (note);",
    "SELECT region, count(*), round(sum(cost), 2) FROM visit JOIN place ON place = place.id GROUP BY region ORDER BY 3;",
    "SELECT note, count(*) AS n FROM visit GROUP BY note HAVING n > 1 ORDER BY n DESC, note LIMIT 20;",
    "SELECT count(*) FROM visit WHERE note LIKE '%a%7%' OR note GLOB '*qui*';",
    "UPDATE visit SET cost = cost * 1.1 WHERE day % 7 = 0;",
    "DELETE FROM visit WHERE place IN (SELECT id FROM place WHERE region < 10);",
    `WITH RECURSIVE c(i, x) AS (SELECT 1, 7 UNION ALL SELECT i + 1, (x * 48271) % 2147483647 FROM c WHERE i < ${generated})`,
    "  SELECT x % 10, count(*), max(x) FROM c GROUP BY 1;",
    "SELECT day, round(avg(cost), 3), group_concat(DISTINCT place % 9) FROM visit WHERE day < 30 GROUP BY day;",
    "SELECT a.id, b.id FROM visit a JOIN visit b ON a.note = b.note AND a.id < b.id ORDER BY 1, 2 LIMIT 10;",
  );
  return `${lines.join("\n")}\n`;
}

/** About 3,000 lines of C for a compiler to optimize. */
function csource(): string {
  const random = generator(977);
  const out = ["typedef struct { int kind, size; long value; double weight; } item;", "static long total;"];
  const operators = ["+", "-", "*", "^", "&", "|"];
  for (let f = 0; f < 150; f++) {
    const op = (): string => operators[random(operators.length)];
    const earlier = f ? `step${random(f)}(v + ${random(9)}, n / 2)` : "n";
    out.push(
      `long step${f}(item *v, int n) {`,
      `  long sum = ${random(1000)}, last = 0;`,
      "  for (int i = 0; i < n; i++) {",
      `    if (v[i].kind % ${2 + random(7)} == ${random(3)}) sum ${op()}= v[i].value ${op()} ${random(5000)};`,
      `    else if (v[i].size > ${random(100)}) sum = (sum << ${random(8)}) ${op()} v[i].size;`,
      `    else v[i].weight = v[i].weight * ${random(90)}.5 + (double)(sum ${op()} i);`,
      "    switch (v[i].kind) {",
      `    case ${random(5)}: last = sum ${op()} v[i].value; break;`,
      `    case ${5 + random(5)}: sum -= last / ${1 + random(50)}; break;`,
      `    case ${10 + random(5)}: v[i].kind = (int)(sum % ${3 + random(50)}); break;`,
      `    default: last ${op()}= ${random(7777)};`,
      "    }",
      `    for (int j = i; j > 0 && v[j].value < v[j - 1].value; j -= ${1 + random(2)}) last += v[j].size ${op()} j;`,
      "  }",
      `  if (n > ${random(300)}) total += ${earlier};`,
      `  return sum ${op()} last;`,
      "}",
    );
    for (let k = 0; k < 3; k++) out.push(`static const long table${f}_${k} = ${random(100000)};`);
  }
  out.push("int main(void) {", "  static item v[1000];");
  for (let f = 0; f < 150; f++) out.push(`  total += step${f}(v, ${random(1000)}) + table${f}_${random(3)};`);
  out.push("  return (int)total;", "}");
  return `${out.join("\n")}\n`;
}

const TEXT_LENGTH = 12_000_000;

export const INPUTS = {
  "text.txt": () => text(TEXT_LENGTH),
  /** The same several times: gzip takes members one after the other. */
  "texts.gz": () => Buffer.concat(new Array<Uint8Array>(6).fill(gzipSync(text(TEXT_LENGTH)))),
  "script.sql": () => sql(40_000, 1_000_000),
  "large.c": csource,
} satisfies Readonly<Record<string, () => string | Uint8Array>>;

export type InputName = keyof typeof INPUTS;
