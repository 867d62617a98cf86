/** Milliseconds since some moment. Not `performance`: only to load it costs a short program some 5 ms. */
export function milliseconds(): number {
  const [seconds, ns] = process.hrtime();
  return seconds * 1000 + ns / 1e6;
}
