/**
 * Something that one room keeps with another's objects: as a WeakMap, but the value is a property of the object (its name a
 * symbol), so that who saves the object saves it too.
 */
export class Attached<K extends object, V> {
  private readonly key: symbol;

  constructor(name: string) {
    this.key = Symbol(name);
  }
  get(to: K): V | undefined {
    // Only `set` writes the property.
    return Reflect.get(to, this.key) as V | undefined;
  }
  set(to: K, value: V): void {
    Reflect.set(to, this.key, value);
  }
  delete(to: K): boolean {
    return Reflect.has(to, this.key) && Reflect.deleteProperty(to, this.key);
  }
}
