/** `blink --record`. */
import fs from "node:fs";
import type { Host } from "../../host/types.ts";
import type { Pace } from "../../machine/run-task.ts";
import { type Head, RecordingWriter, type Tail } from "../../record/file.ts";
import { Recording } from "../../record/recording.ts";

/** What a machine gets that is recorded to a file, and what to do when it has ended. */
export interface FileRecording {
  recording: Recording;
  pace: Pace;
  finish(tail: Tail): void;
}

/** Throws if the file cannot be written. */
export function startRecording(path: string, live: Host, head: Head): FileRecording {
  fs.writeFileSync(path, "");
  const recording = new Recording(live);
  // Not kept open: the program gets the descriptors that this process has.
  const append = (bytes: Uint8Array): void => fs.appendFileSync(path, bytes);
  const writer = new RecordingWriter(recording, head, append, () => performance.now());
  process.on("exit", () => writer.flush());
  return {
    recording,
    pace: writer.pace,
    finish: (tail) => writer.finish(tail),
  };
}
