import { expect, test } from "vitest";
import { parseLights } from "./lights-options.ts";

const run = (line: string) => {
  const p = parseLights(line.split(" "), {});
  if (p.kind !== "run") throw new Error(JSON.stringify(p));
  return p.options;
};
const bad = (line: string) => {
  const p = parseLights(line.split(" "), {});
  return p.kind === "bad" ? p.message : p.kind;
};

test("own flags and blink's may be mixed", () => {
  expect(run("-sb main -wzzN -b0x401000 -zzHL /a.log prog -b x")).toMatchObject({
    breakpoints: ["main", "0x401000"],
    watchpoints: ["zzN"],
    zoom: 2,
    highlight: false,
    reactive: true,
    machine: { strace: 1, logPath: "/a.log", program: "prog", argv: ["prog", "-b", "x"], jit: true },
  });
});

test("-j is blinkenlights' own: the JIT is on", () => {
  expect(run("-jm prog").machine.jit).toBe(true);
  expect(run("--no-jit --net host prog").machine).toMatchObject({ jit: false, net: "host" });
  expect(run("-0 prog zero").machine.argv).toEqual(["zero"]);
});

test("what isn't there is refused by name", () => {
  expect(bad("-r prog")).toBe("-r: real mode is not there: 64-bit programs only");
  expect(bad("-B bios prog")).toBe("-B: real mode is not there: 64-bit programs only");
  expect(bad("-q prog")).toBe("unknown option -q");
  expect(bad("--what prog")).toBe("unknown option --what");
  expect(bad("-b")).toBe("option -b needs a value");
  expect(bad("-t")).toBe("no program given");
  expect(bad("-h")).toBe("help");
});
