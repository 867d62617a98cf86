import { expect, test } from "vitest";
import { parse } from "./options.ts";

const run = (line: string, env = {}) => {
  const p = parse(line.split(" "), env);
  if (p.kind !== "run") throw new Error(p.kind);
  return p.options;
};

test("options end at the program", () => {
  const o = run("-sj -s prog -s -x");
  expect(o).toMatchObject({ strace: 2, jit: false, program: "prog", argv: ["prog", "-s", "-x"] });
});

test("values may be joined or apart, and win over the environment", () => {
  const env = { BLINK_LOG_FILENAME: "/env.log", BLINK_OVERLAYS: "o" };
  expect(run("prog", env)).toMatchObject({ logPath: "/env.log", overlays: "o" });
  expect(run("-eL/a.log -C /root prog", env)).toMatchObject({
    logToStderr: true,
    logPath: "/a.log",
    overlays: "/root",
  });
});

test("-0 takes argv[0] after the program", () => {
  expect(run("-0 prog zero one")).toMatchObject({ program: "prog", argv: ["zero", "one"] });
  expect(run("-0 prog")).toMatchObject({ program: "prog", argv: [] });
});

test("-- ends the options", () => {
  expect(run("-m -- -prog a")).toMatchObject({ program: "-prog", argv: ["-prog", "a"] });
});

test("what is not understood is said", () => {
  expect(parse(["-q", "x"], {})).toEqual({ kind: "bad", message: "unknown option -q" });
  expect(parse([], {})).toEqual({ kind: "bad", message: "no program given" });
  expect(parse(["-L"], {})).toEqual({ kind: "bad", message: "option -L needs a path" });
  expect(parse(["-h"], {})).toEqual({ kind: "help" });
});
