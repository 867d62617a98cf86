/** Where debuggers connect: a port of this machine, which others cannot reach, or a Unix socket. One at a time. */
import fs from "node:fs";
import net from "node:net";

const LOCAL = "127.0.0.1";

export interface Connection {
  send(bytes: Uint8Array): void;
  /** What has come before is told at once. */
  start(on: { data(bytes: Uint8Array): void; closed(): void }): void;
  /** Closes it when all is sent. */
  end(): void;
}

export interface Acceptor {
  /** For GDB's "target remote". */
  readonly address: string;
  next(): Promise<Connection>;
  close(): void;
}

/** A second debugger is turned away as long as this many wait. */
const BACKLOG = 1;

function connectionOf(socket: net.Socket): Connection {
  socket.setNoDelay(true);
  socket.pause();
  // An error is followed by the end, which is all that matters.
  socket.on("error", () => {});
  return {
    send: (bytes) => {
      if (!socket.destroyed) socket.write(bytes);
    },
    start: ({ data, closed }) => {
      socket.on("data", data);
      // Half a connection is of no use.
      socket.on("end", () => socket.destroy());
      socket.on("close", closed);
      if (socket.destroyed) closed();
      socket.resume();
    },
    end: () => {
      socket.end();
    },
  };
}

/** What is left of a socket whose owner is gone. Other files stay. */
function removeStale(path: string): void {
  try {
    if (fs.lstatSync(path).isSocket()) fs.unlinkSync(path);
  } catch {
    // There is none.
  }
}

/** `place`: "1234" or "unix:/path"; port 0 is any that is free. The reason as text if that cannot be. */
export function listen(place: string): Promise<Acceptor | string> {
  const path = place.startsWith("unix:") ? place.slice(5) : undefined;
  const waiting: net.Socket[] = [];
  let taker: ((c: Connection) => void) | undefined;
  const server = net.createServer((socket) => {
    if (taker) {
      taker(connectionOf(socket));
      taker = undefined;
    } else if (waiting.length < BACKLOG) waiting.push(socket);
    else socket.destroy();
  });
  const acceptor = (): Acceptor => {
    const at = server.address();
    return {
      address: path ?? `${LOCAL}:${at && typeof at === "object" ? at.port : place}`,
      next: () => {
        const socket = waiting.shift();
        if (socket) return Promise.resolve(connectionOf(socket));
        return new Promise((resolve) => {
          taker = resolve;
        });
      },
      close: () => {
        server.close();
        for (const socket of waiting) socket.destroy();
      },
    };
  };
  if (path) removeStale(path);
  return new Promise((resolve) => {
    server.on("error", (e) => resolve(e.message));
    const ready = (): void => resolve(acceptor());
    if (path) server.listen(path, ready);
    else server.listen(Number(place), LOCAL, ready);
  });
}
