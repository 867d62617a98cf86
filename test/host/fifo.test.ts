import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { Workplace } from "../harness/folder.ts";
import { missing } from "../harness/needs.ts";
import { runNatively, runUnderBlink } from "../harness/spawn.ts";

/** A FIFO of the host, with a native program at one end and one under blink at the other. */
const absent = missing(["mkfifo", "sh"]);

describe("a FIFO of the host", () => {
  it.skipIf(absent !== undefined)(`joins programs outside and inside ${absent ?? ""}`, async () => {
    const place = new Workplace();
    try {
      place.reset({});
      const { path: cwd } = place;
      execFileSync("mkfifo", [`${cwd}/in`, `${cwd}/out`]);
      const outside = "(echo one; sleep 0.2; head -c 300000 /dev/zero) > in; wc -c < out";
      const inside = "wc -c < in; head -c 500000 /dev/zero > out";
      const [native, blink] = await Promise.all([
        runNatively(["/bin/sh", "-c", outside], { cwd }),
        runUnderBlink(["/bin/sh", "-c", inside], { cwd }),
      ]);
      expect({ code: blink.code, text: `${blink.stdout}` }).toEqual({ code: 0, text: "300004\n" });
      expect({ code: native.code, text: `${native.stdout}` }).toEqual({ code: 0, text: "500000\n" });
    } finally {
      place.remove();
    }
  });
  it.skipIf(absent !== undefined)(`joins programs inside ${absent ?? ""}`, async () => {
    const place = new Workplace();
    try {
      place.reset({});
      const { path: cwd } = place;
      execFileSync("mkfifo", [`${cwd}/f`]);
      const both = await runUnderBlink(["/bin/sh", "-c", "cat f & echo x > f; wait; : > f & cat f; wait"], { cwd });
      expect({ code: both.code, text: `${both.stdout}` }).toEqual({ code: 0, text: "x\n" });
    } finally {
      place.remove();
    }
  });
});
