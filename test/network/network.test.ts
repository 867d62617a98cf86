/** The host's network: a program natively and one under blink talk to each other. */
import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { BLINK, BLINK_FLAGS } from "../harness/paths.ts";
import { BASE_ENV } from "../harness/spawn.ts";

const TIME = 120_000;
const lacking = missing(["gcc"]);

function start(guest: boolean, net: string, argv: string[]): ChildProcess {
  const [file, args] = guest
    ? [process.execPath, [BLINK, ...BLINK_FLAGS, "--net", net, ...argv]]
    : [argv[0], argv.slice(1)];
  return spawn(file, args, { env: BASE_ENV, cwd: tmpdir(), stdio: ["ignore", "pipe", "inherit"], timeout: TIME });
}

/** What it prints until it ends, or with `line` its first line. */
function output(child: ChildProcess, line: boolean): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    child.stdout?.on("data", (piece: Buffer) => {
      text += piece;
      if (line && text.includes("\n")) resolve(text);
    });
    child.on("close", (code) => resolve(`${text}${code === 0 ? "" : `exit ${code}`}`));
  });
}

const PAIRS: [string, boolean, boolean][] = [
  ["a client under blink", false, true],
  ["a server under blink", true, false],
  ["both under blink", true, true],
];

for (const [name, server, client] of PAIRS) {
  const run = lacking ? test.skip : test;
  run(`${name}${lacking ? ` (no ${lacking})` : ""}`, { timeout: TIME }, async () => {
    const program = buildGuest(fileURLToPath(new URL("echo.c", import.meta.url)), "gcc -O1");
    const listening = start(server, "host", [program, "server"]);
    try {
      const ports = (await output(listening, true)).trim().split(" ");
      expect(ports).toHaveLength(2);
      const talking = start(client, "host", [program, "client", ...ports]);
      expect(await output(talking, false)).toBe("1310720 bytes\n0\nhello\n");
      if (client) {
        const kept = start(true, "loopback", [program, "client", ...ports]);
        expect(await output(kept, false)).toBe("exit 1");
      }
    } finally {
      listening.kill("SIGKILL");
    }
  });
}
