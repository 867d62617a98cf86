import type { Task } from "./task.ts";

/** Tasks that can run, in the order in which they will: strict round robin, so that runs repeat. */
export class RunQueue {
  private tasks: Task[] = [];
  private head = 0;

  push(task: Task): void {
    if (task.queued || task.state !== "ready") return;
    task.queued = true;
    this.tasks.push(task);
  }
  /** The next task that is still ready. */
  shift(): Task | undefined {
    while (this.head < this.tasks.length) {
      const task = this.tasks[this.head++];
      if (this.head > 64 && this.head * 2 > this.tasks.length) {
        this.tasks = this.tasks.slice(this.head);
        this.head = 0;
      }
      task.queued = false;
      if (task.state === "ready") return task;
    }
    return undefined;
  }
  /** What `shift` would answer. */
  get first(): Task | undefined {
    for (let i = this.head; i < this.tasks.length; i++) if (this.tasks[i].state === "ready") return this.tasks[i];
    return undefined;
  }
  get empty(): boolean {
    return this.head >= this.tasks.length;
  }
}

/** Lets a task run (again) unless it is stopped or gone. */
export function makeReady(task: Task): void {
  if (task.state === "dead") return;
  task.state = task.process.stopSignal && !task.tracee ? "stopped" : "ready";
  task.kernel.ready.push(task);
}
