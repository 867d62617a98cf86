/** Ties a terminal to processes: job control of the session that has it. */
import { SIG_IGN, SIGCONT, SIGHUP } from "../abi/signal.ts";
import type { Tty } from "./fs/tty.ts";
import { orphaned } from "./groups.ts";
import type { Kernel } from "./kernel.ts";
import type { Process } from "./process.ts";
import { kernelInfo, sendToGroup } from "./send.ts";
import { sigBit } from "./sighand.ts";

/** Makes the terminal the controlling one of the process's session, with its group in the foreground. */
export function connectTerminal(kernel: Kernel, tty: Tty, process: Process): void {
  process.tty = tty;
  tty.session = process.sid;
  tty.pgrp = process.pgid;
  tty.control = {
    current: () => {
      const p = kernel.current?.process;
      return p && { pgrp: p.pgid, session: p.sid, leader: p.pid === p.sid };
    },
    signalGroup: (pgrp, signo) => sendToGroup(kernel, pgrp, kernelInfo(signo)),
    ignores: (signo) => {
      const task = kernel.current;
      if (!task) return false;
      const blocked = (task.mask & sigBit(signo)) !== 0n;
      return blocked || task.sighand.actions[signo].handler === SIG_IGN || orphaned(task.process);
    },
  };
  const before = kernel.onSessionEnd;
  kernel.onSessionEnd = (leader) => {
    before?.(leader);
    if (leader.sid !== tty.session) return;
    if (tty.pgrp) {
      sendToGroup(kernel, tty.pgrp, kernelInfo(SIGHUP));
      sendToGroup(kernel, tty.pgrp, kernelInfo(SIGCONT));
    }
    tty.session = 0;
    tty.pgrp = 0;
  };
}
