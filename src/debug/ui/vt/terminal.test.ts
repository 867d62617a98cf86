import { describe, expect, test } from "vitest";
import { BOLD, PALETTE, RGB } from "../screen/style.ts";
import { Terminal } from "./terminal.ts";

const bytes = (s: string) => new TextEncoder().encode(s);
function terminal(cols: number, rows: number, text: string): Terminal {
  const t = new Terminal(cols, rows, () => {});
  t.write(bytes(text));
  return t;
}
const shown = (cols: number, rows: number, text: string) => terminal(cols, rows, text).toText();

describe("characters", () => {
  test("wrap only when the next one comes", () => {
    const t = terminal(4, 2, "abcd");
    expect([t.x, t.y]).toEqual([3, 0]);
    t.write(bytes("e"));
    expect(t.toText()).toBe("abcd\ne");
  });
  test("without autowrap the last column is written over", () => {
    expect(shown(4, 2, "\x1b[?7labcdef")).toBe("abcf\n");
  });
  test("wide ones take two columns and are never cut", () => {
    const t = terminal(5, 2, "ab日本語");
    expect(t.toText()).toBe("ab日\n本語");
    t.write(bytes("\x1b[1;4Hx"));
    expect(t.toText()).toBe("ab x\n本語");
  });
  test("UTF-8 in pieces, and what is none", () => {
    const t = new Terminal(8, 1, () => {});
    for (const b of [...bytes("é€"), 0xff, 0xe2, 0x41]) t.write(Uint8Array.of(b));
    expect(t.toText()).toBe("é€\ufffd\ufffdA");
  });
  test("line drawing", () => {
    expect(shown(8, 1, "\x1b(0lqk\x1b(Bq\x0eq\x0f")).toBe("┌─┐qq");
  });
});

describe("movement and erasing", () => {
  test("lines scroll within their region", () => {
    expect(shown(3, 4, "1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\n5")).toBe("1\n3\n5\n4");
    expect(shown(3, 3, "1\r\n2\r\n3\x1b[H\x1bM0")).toBe("0\n1\n2");
  });
  test("insert and delete lines and characters", () => {
    expect(shown(4, 3, "1\r\n2\r\n3\x1b[2;1H\x1b[L")).toBe("1\n\n2");
    expect(shown(4, 3, "1\r\n2\r\n3\x1b[1;1H\x1b[2M")).toBe("3\n\n");
    expect(shown(6, 1, "abcdef\x1b[1;2H\x1b[2P\x1b[@")).toBe("a def");
    expect(shown(6, 1, "abc\x1b[1;1H\x1b[4hxy")).toBe("xyabc");
  });
  test("erasing", () => {
    expect(shown(4, 3, "abcd\r\nefgh\r\nijkl\x1b[2;2H\x1b[J")).toBe("abcd\ne\n");
    expect(shown(4, 3, "abcd\r\nefgh\r\nijkl\x1b[2;2H\x1b[1J")).toBe("\n  gh\nijkl");
    expect(shown(4, 1, "abcd\x1b[1;2H\x1b[2X")).toBe("a  d");
  });
  test("positions are kept within the picture", () => {
    const t = terminal(10, 5, "\x1b[99;99H");
    expect([t.x, t.y]).toEqual([9, 4]);
    t.write(bytes("\x1b[99A\x1b[99D"));
    expect([t.x, t.y]).toEqual([0, 0]);
  });
  test("tabs", () => {
    expect(shown(20, 1, "a\tb\x1b[Zc")).toBe("a       c");
  });
});

test("styles", () => {
  const t = terminal(8, 1, "\x1b[1;31ma\x1b[0;38;5;200mb\x1b[48;2;1;2;3mc\x1b[38:2::4:5:6md\x1b[me");
  const [line] = t.lines;
  expect([...line.fg.subarray(0, 5)]).toEqual([(PALETTE | 1) + BOLD, PALETTE | 200, PALETTE | 200, RGB | 0x040506, 0]);
  expect([...line.bg.subarray(2, 5)]).toEqual([RGB | 0x010203, RGB | 0x010203, 0]);
});

test("the alternate screen comes and goes", () => {
  const t = terminal(6, 2, "shell\x1b[?1049h\x1b[Hvi");
  expect(t.toText()).toBe("vi\n");
  t.write(bytes("\x1b[?1049l$"));
  expect(t.toText()).toBe("shell$\n");
});

test("questions are answered", () => {
  const answers: string[] = [];
  const t = new Terminal(10, 5, (s) => answers.push(s));
  t.write(bytes("\x1b[3;4H\x1b[6n\x1b[5n\x1b[c\x1b[>c\x1b[18t"));
  expect(answers).toEqual(["\x1b[3;4R", "\x1b[0n", "\x1b[?62;22c", "\x1b[>41;354;0c", "\x1b[8;5;10t"]);
});

test("resizing keeps the cursor's line; lines above go to the history, and come back", () => {
  const t = terminal(6, 4, "1\r\n2\r\n3\x1b7\r\n4");
  t.resize(4, 2);
  expect(t.toText()).toBe("3\n4");
  expect([t.x, t.y]).toEqual([1, 1]);
  expect(t.history.length).toBe(2);
  t.resize(8, 3);
  expect(t.toText()).toBe("2\n3\n4");
  expect([t.x, t.y]).toEqual([1, 2]);
  t.write(bytes("\x1b8x"));
  t.resize(8, 6);
  expect(t.toText()).toBe("1\n2\n3x\n4\n\n");
  expect(t.history.length).toBe(0);
});

test("the alternate screen takes nothing out of the history when it grows", () => {
  const t = terminal(6, 2, "1\r\n2\r\n3\x1b[?1049h\x1b[Hfull");
  t.resize(6, 4);
  expect(t.toText()).toBe("full\n\n\n");
  t.write(bytes("\x1b[?1049l"));
  expect(t.toText()).toBe("2\n3\n\n");
});

test("titles are kept, other strings are ignored", () => {
  const t = terminal(12, 1, "a\x1b]0;title\x07b\x1bP1;2|xyz\x1b\\c\x1b]2;other\x1b\\d");
  expect(t.toText()).toBe("abcd");
  expect(t.title).toBe("other");
});

test("random bytes do no harm", () => {
  let seed = 7;
  const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) >>> 8;
  const t = new Terminal(20, 6, () => {});
  const likely = bytes("\x1b[]?;:0123456789ABCDHJKLMPSTXZmhlr\x1b[");
  for (let i = 0; i < 500; i++) {
    t.write(Uint8Array.from({ length: 20 }, () => (random() & 3 ? likely[random() % likely.length] : random() & 255)));
    if (random() % 50 === 0) t.resize(1 + (random() % 40), 1 + (random() % 12));
  }
  expect(t.lines.length).toBe(t.rows);
  expect(t.x < t.cols && t.y < t.rows).toBe(true);
});
