/** A run with threads, signals and input from the network, recorded by the command and replayed in this process. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { Debugger } from "../../src/debug/debugger.ts";
import { machineHash } from "../../src/debug/hash.ts";
import { Machine } from "../../src/machine/machine.ts";
import { readRecording } from "../../src/record/file.ts";
import { Recording } from "../../src/record/recording.ts";
import { buildGuest } from "../harness/guest.ts";
import { image } from "../harness/in-process.ts";
import { BLINK, BLINK_FLAGS } from "../harness/paths.ts";
import { BASE_ENV } from "../harness/spawn.ts";

const PIECES = 40;

/** Sends pieces of random size at random times. */
async function talk(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  // The program is about to read.
  await new Promise((resolve) => socket.once("data", resolve));
  for (let i = 0; i < PIECES; i++) {
    socket.write(Uint8Array.from({ length: 1 + Math.random() * 2000 }, () => Math.random() * 256));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
  }
  socket.end();
}

/** Records the program `mixed` to a file: what it printed. */
export async function record(path: string, cwd: string): Promise<string> {
  const program = buildGuest(fileURLToPath(new URL("mixed.c", import.meta.url)), "gcc -O1 -pthread");
  const flags = [...BLINK_FLAGS, "--net", "host", "--record", path];
  const blink = spawn(process.execPath, [BLINK, ...flags, program], {
    env: BASE_ENV,
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  let talking: Promise<void> | undefined;
  blink.stdout.on("data", (piece: Buffer) => {
    printed += piece;
    if (printed.includes("\n")) talking ??= talk(Number(printed.split("\n")[0]));
  });
  const code = await new Promise((resolve) => blink.on("close", resolve));
  await talking;
  if (code !== 5) throw new Error(`the recorded program ended with ${code}`);
  return printed;
}

export interface Replayed {
  printed: string;
  /** Of all registers and memory, before the program's last instruction. */
  hash: string;
  /** Instructions. */
  length: number;
}

/** Replays a file, up to its end. */
export async function replay(path: string): Promise<Replayed> {
  const { head, tape, ends, tail } = readRecording(readFileSync(path));
  if (!tail) throw new Error("the recording has no end");
  const recording = new Recording(undefined, tape, ends);
  let printed = "";
  recording.tap.onOutput = (_stream, bytes) => {
    printed += new TextDecoder().decode(bytes);
  };
  const { host } = recording;
  const { overlays, cwd, stress } = head;
  const machine = new Machine({ host, image, overlays, cwd, stress, net: "host", pace: ends, timer: () => Date.now() });
  if (machine.start(head.program, head.argv, head.env) < 0) throw new Error("the program cannot be started");
  const d = new Debugger(machine);
  await d.run({ position: tail.position - 1 });
  const hash = machineHash(machine);
  const stop = await d.run();
  if (stop.kind !== "end" || d.position !== tail.position) throw new Error(`${stop.kind} at ${d.position}`);
  return { printed, hash, length: d.position };
}
