/** Parking a task on wait queues and a deadline, and waking it. */
import { makeReady } from "./sched.ts";
import type { Task, Waiting } from "./task.ts";
import type { Call, Park } from "./types.ts";

/** Remembers what the task waits for; it does not run until something of that happens. */
export function parkTask(task: Task, call: Call, park: Park): void {
  const wake = (): void => wakeTask(task);
  const timer =
    park.until === undefined
      ? undefined
      : task.kernel.timers.add(park.until, () => {
          call.timedOut = true;
          wakeTask(task);
        });
  task.waiting = { call, park, wake, timer, asleep: true };
  task.state = "waiting";
  for (const q of park.queues) q.add(wake);
}

function unregister(task: Task, w: Waiting): void {
  if (!w.asleep) return;
  w.asleep = false;
  task.kernel.timers.cancel(w.timer);
  for (const q of w.park.queues) q.remove(w.wake);
}

/** Ends the sleep: the call is tried again when the task runs next. */
export function wakeTask(task: Task): void {
  if (task.waiting) unregister(task, task.waiting);
  if (task.state === "waiting") makeReady(task);
}

/** The wait is over without the call being tried again. */
export function endWait(task: Task): number | undefined {
  const w = task.waiting;
  if (!w) return undefined;
  unregister(task, w);
  task.waiting = undefined;
  return w.park.cancel?.();
}
