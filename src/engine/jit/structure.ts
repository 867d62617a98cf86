/**
 * From a flow graph to structured control flow: dominators, and which blocks are loop heads or join points (Ramsey,
 * "Beyond Relooper", 2022). Edges that would enter a loop other than at its head (irreducible graphs) are cut: control
 * goes another way.
 */
export interface Shape {
  /** Blocks in reverse postorder; order[0] is the entry. */
  order: number[];
  rpo: Map<number, number>;
  /** Blocks that each block immediately dominates, in reverse postorder. */
  children: Map<number, number[]>;
  loopHeads: Set<number>;
  /** Blocks with two or more forward predecessors. */
  joins: Set<number>;
  /** Edges that can't be, by `edgeKey`. */
  cut: Map<string, readonly [number, number]>;
}

export function edgeKey(from: number, to: number): string {
  return `${from}>${to}`;
}

/**
 * Of each block that lies in a loop which meets a condition: the head of the largest such loop. `next` as for `structure`;
 * a loop is what gets from its head back to it.
 */
export function loopsOf(
  { order, rpo, loopHeads }: Shape,
  next: (n: number) => number[],
  keep: (head: number, body: ReadonlySet<number>) => boolean,
): Map<number, number> {
  const before = new Map<number, number[]>(order.map((n) => [n, []]));
  for (const n of order) for (const to of next(n)) before.get(to)?.push(n);
  const inside = new Map<number, number>();
  for (const head of order) {
    if (!loopHeads.has(head) || inside.has(head)) continue;
    const body = new Set([head]);
    const at = rpo.get(head) as number;
    const work = (before.get(head) as number[]).filter((n) => (rpo.get(n) as number) >= at);
    for (let n = work.pop(); n !== undefined; n = work.pop()) {
      if (body.has(n)) continue;
      body.add(n);
      work.push(...(before.get(n) as number[]));
    }
    if (keep(head, body)) for (const n of body) inside.set(n, head);
  }
  return inside;
}

function postorder(entry: number, next: (n: number) => number[]): number[] {
  const seen = new Set<number>([entry]);
  const out: number[] = [];
  const stack: { node: number; edges: number[]; at: number }[] = [{ node: entry, edges: next(entry), at: 0 }];
  while (stack.length) {
    const top = stack[stack.length - 1];
    if (top.at === top.edges.length) {
      out.push(top.node);
      stack.pop();
      continue;
    }
    const to = top.edges[top.at++];
    if (seen.has(to)) continue;
    seen.add(to);
    stack.push({ node: to, edges: next(to), at: 0 });
  }
  return out;
}

/** Immediate dominators by reverse-postorder number (Cooper, Harvey, Kennedy). */
function dominators(count: number, preds: number[][]): number[] {
  const idom = new Array<number>(count).fill(-1);
  idom[0] = 0;
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while (a > b) a = idom[a];
      while (b > a) b = idom[b];
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 1; i < count; i++) {
      const done = preds[i].filter((p) => idom[p] >= 0);
      const d = done.reduce(meet);
      if (idom[i] !== d) {
        idom[i] = d;
        changed = true;
      }
    }
  }
  return idom;
}

/** `next` gives successors inside the region only. */
export function structure(entry: number, next: (n: number) => number[]): Shape {
  const order = postorder(entry, next).reverse();
  const rpo = new Map(order.map((n, i) => [n, i]));
  const at = (n: number): number => rpo.get(n) as number;
  const preds: number[][] = order.map(() => []);
  for (const n of order) for (const to of next(n)) preds[at(to)].push(at(n));
  const idom = dominators(order.length, preds);
  const dominates = (a: number, b: number): boolean => {
    while (b > a) b = idom[b];
    return a === b;
  };
  const shape: Shape = { order, rpo, children: new Map(), loopHeads: new Set(), joins: new Set(), cut: new Map() };
  for (const n of order) shape.children.set(n, []);
  for (let i = 1; i < order.length; i++) shape.children.get(order[idom[i]])?.push(order[i]);
  for (let i = 0; i < order.length; i++) {
    let forward = 0;
    // Two edges from one block count as two: a conditional jump to the next instruction.
    for (const p of preds[i]) {
      if (p < i) forward++;
      else if (dominates(i, p)) shape.loopHeads.add(order[i]);
      else shape.cut.set(edgeKey(order[p], order[i]), [order[p], order[i]]);
    }
    if (forward > 1) shape.joins.add(order[i]);
  }
  return shape;
}
